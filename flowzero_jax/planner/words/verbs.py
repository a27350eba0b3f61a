"""The verbs that the planner understands, what they do on screen, and all their written forms.

An unknown verb is no problem: it is recognised by its place in the sentence and moves its subject
only where the prompt gives a direction.
"""

from dataclasses import dataclass
from typing import Any

_IRREGULAR = {
    "go": "went gone", "run": "ran run", "fly": "flew flown", "swim": "swam swum",
    "fall": "fell fallen", "rise": "rose risen", "drive": "drove driven", "ride": "rode ridden",
    "sit": "sat sat", "stand": "stood stood", "lie": "lay lain", "slide": "slid slid",
    "sink": "sank sunk", "leap": "leapt leapt", "creep": "crept crept", "sleep": "slept slept",
    "sweep": "swept swept", "throw": "threw thrown", "blow": "blew blown", "grow": "grew grown",
    "become": "became become", "begin": "began begun", "come": "came come", "swing": "swung swung",
    "hold": "held held", "shoot": "shot shot", "spin": "spun spun", "shrink": "shrank shrunk",
    "freeze": "froze frozen", "take": "took taken", "bring": "brought brought", "hang": "hung hung",
    "catch": "caught caught", "feed": "fed fed", "lead": "led led", "eat": "ate eaten",
    "drink": "drank drunk", "break": "broke broken", "hide": "hid hidden", "put": "put put",
    "cut": "cut cut", "dig": "dug dug", "speed": "sped sped", "wear": "wore worn",
    "write": "wrote written", "sing": "sang sung", "see": "saw seen", "wind": "wound wound",
    "flee": "fled fled", "send": "sent sent", "give": "gave given", "get": "got gotten",
    "make": "made made", "build": "built built", "lay": "laid laid", "keep": "kept kept",
    "stride": "strode stridden", "spread": "spread spread", "set": "set set", "hit": "hit hit",
    "leave": "left left", "arise": "arose arisen", "shine": "shone shone", "bite": "bit bitten",
    "fling": "flung flung", "weave": "wove woven", "draw": "drew drawn", "meet": "met met",
    "be": "was been", "have": "had had", "do": "did done", "speak": "spoke spoken",
    "arrive": "arrived arrived", "dive": "dived dived", "shed": "shed shed", "know": "knew known",
    "teach": "taught taught", "think": "thought thought", "hear": "heard heard",
    "string": "strung strung", "burst": "burst burst", "fight": "fought fought",
    "overtake": "overtook overtaken", "let": "let let", "stick": "stuck stuck",
}  # fmt: skip
_SPECIAL = {
    "is": ("be", "s"), "are": ("be", "base"), "am": ("be", "base"), "were": ("be", "past"),
    "has": ("have", "s"), "does": ("do", "s"), "can": ("can", "base"), "will": ("will", "base"),
    "would": ("will", "base"), "lying": ("lie", "ing"), "dying": ("die", "ing"),
    "lit": ("illuminate", "participle"), "gets": ("get", "s"), "dove": ("dive", "past"),
}  # fmt: skip
_VOWELS = set("aeiou")


def _doubles(lemma: str) -> bool:
    """Whether the last consonant doubles before -ing and -ed: running, but not floating."""
    groups = sum(
        c in _VOWELS and (i == 0 or lemma[i - 1] not in _VOWELS) for i, c in enumerate(lemma)
    )
    short = groups == 1 and len(lemma) > 2 and lemma[-2] in _VOWELS and lemma[-3] not in _VOWELS
    short = short or (groups == 1 and lemma[-3:-1] in ("ui", "ua"))
    return lemma in ("begin", "zigzag") or (short and lemma[-1] not in _VOWELS | set("wxy"))


def forms(lemma: str) -> dict[str, str]:
    """Every written form of a verb with its name: `s`, `ing`, `past`, `participle`, `base`."""
    stem = lemma + lemma[-1] if _doubles(lemma) else lemma
    past = stem + "d" if lemma.endswith("e") else stem + "ed"
    drop_e = lemma.endswith("e") and not lemma.endswith(("ee", "oe", "ye"))
    ing = (lemma[:-1] if drop_e else stem) + "ing"
    if lemma.endswith("ie"):
        ing = lemma[:-2] + "ying"
    s = lemma + "s"
    if lemma.endswith(("s", "x", "z", "ch", "sh", "o")):
        s = lemma + "es"
    elif lemma.endswith("y") and lemma[-2] not in _VOWELS:
        s, past = lemma[:-1] + "ies", lemma[:-1] + "ied"
    irregular_past, participle = _IRREGULAR.get(lemma, f"{past} {past}").split()
    return {
        participle: "participle",
        irregular_past: "past",
        ing: "ing",
        s: "s",
        lemma: "base",
    }


def ing_form(lemma: str) -> str:
    """`run` as `running`."""
    return next(form for form, name in forms(lemma).items() if name == "ing")


@dataclass(frozen=True)
class Verb:
    """What a verb does.

    `kind`: `travel` (changes place), `jiggle` (moves in place), `still` (a posture), `change`,
    `appear`, `disappear`, `enter`, `leave`, `grow`, `shrink`, `auxiliary`, `phase` ("starts to"),
    `other`.
    `direction`: (dx, dy) on screen where the verb itself has one, y downwards.
    `manner`: `straight`, `fall`, `arc`, `hop`, `bounce`, `zigzag`, `circle`, `sway`.
    `pace`: `slow`, `normal`, `fast`.
    `airborne`: the mover is in the air.
    `ing`: its participle, as captions use it.
    """

    lemma: str
    kind: str = "other"
    direction: tuple[int, int] | None = None
    manner: str = "straight"
    pace: str = "normal"
    airborne: bool = False
    ing: str = ""

    def __post_init__(self) -> None:
        if not self.ing:
            object.__setattr__(self, "ing", ing_form(self.lemma))


def _verbs(words: str, kind: str, **details: Any) -> dict[str, Verb]:
    return {word: Verb(word, kind, **details) for word in words.split()}


_UP, _DOWN = (0, -1), (0, 1)

VERBS: dict[str, Verb] = {
    **_verbs(
        "read eat drink play paint cook talk speak sing sew knit write draw wash clean sweep mop "
        "watch look stare gaze smile laugh cry shout bark meow sniff lick bite chew graze munch "
        "dig plow water pick make build wear hold use open close help show reveal hug kiss greet "
        "wield fix repair plant bake grill roast serve slice cut chop fetch catch feed pet "
        "admire discuss explain salute celebrate practice exercise stretch yawn breathe glow "
        "shine glitter sparkle shimmer twinkle flash gleam glisten reflect smoke steam splash "
        "spray drip crash ripple billow rustle flicker burn glimmer buzz hum nest forage hunt "
        "hide seek shelter surround cover fill contain meet see hear like love want need know "
        "think take put place lay keep give get bring hand shed tip tie wrap weave set dress "
        "decorate wait work study teach shop type listen pose touch hit break pan tilt zoom "
        "dolly track string suspend mount strap drape prop stack pile share chat pop explode "
        "burst end finish fight illuminate scroll crack scratch collide bump smash let",
        "other",
    ),
    **_verbs(
        "sit stand lie rest sleep nap doze perch stay remain hang lean lounge bask kneel crouch "
        "park stop pause loom tower stick stretch lurk huddle snooze squat recline balance",
        "still",
    ),
    **_verbs(
        "go come move walk run drive ride roll swim slide travel jog trot march hike cycle pedal "
        "paddle row ski skate surf sled canter wade slither scuttle cruise steer navigate head "
        "proceed advance progress pass cross traverse migrate parade strut stride tiptoe wriggle "
        "squirm push pull drag carry tow haul lead follow chase pursue trail flee escape return "
        "wheel wind swerve veer taxi commute continue step send blow approach retreat back cart "
        "escort shift transport spread flow stream pour charge board",
        "travel",
    ),
    **_verbs(
        "crawl creep stroll wander amble plod inch waddle slink sneak trudge limp meander "
        "saunter shuffle toddle roam lumber snake pace shamble hobble",
        "travel",
        pace="slow",
    ),
    **_verbs("hover", "still", airborne=True),
    **_verbs("float drift waft levitate", "travel", pace="slow", airborne=True),
    **_verbs(
        "race speed dash dart sprint rush bolt gallop hurry scurry scamper whiz streak hurtle "
        "shoot zip blast accelerate overtake stampede scoot careen barrel roar thunder",
        "travel",
        pace="fast",
    ),
    **_verbs("fly glide soar swoop flutter flit sail wing", "travel", airborne=True),
    **_verbs("kick launch", "travel", airborne=True),
    **_verbs("throw toss hurl fling lob", "travel", manner="arc", airborne=True),
    **_verbs("rise ascend climb lift raise hoist elevate", "travel", direction=_UP),
    **_verbs("descend sink land dive dip lower settle", "travel", direction=_DOWN),
    **_verbs("fall drop plunge plummet tumble topple", "travel", direction=_DOWN, manner="fall"),
    **_verbs("hop jump leap bounce skip bound pounce dribble", "jiggle", manner="hop"),
    **_verbs(
        "sway swing rock wobble dance shake tremble wiggle vibrate jiggle wave flap wag",
        "jiggle", manner="sway",
    ),
    **_verbs(
        "spin rotate revolve twist pirouette twirl whirl turn swirl",
        "jiggle", manner="still",
    ),
    **_verbs("circle orbit", "travel", manner="circle"),
    **_verbs("zigzag zig-zag slalom", "travel", manner="zigzag"),
    **_verbs(
        "transform become change morph hatch evolve transition develop convert mutate ripen "
        "transmute metamorphose fade melt bloom blossom wilt wither rust corrode decay rot "
        "darken lighten brighten dim tarnish age weather dry thaw freeze crumble dissolve mature "
        "sprout germinate solidify yellow redden blacken whiten bleach",
        "change",
    ),
    **_verbs("appear emerge materialize materialise arise", "appear"),
    **_verbs("disappear vanish evaporate dissipate", "disappear"),
    **_verbs("enter arrive", "enter"),
    **_verbs("leave exit depart", "leave"),
    **_verbs("grow expand inflate swell enlarge widen", "grow"),
    **_verbs("shrink contract deflate diminish dwindle", "shrink"),
    **_verbs("start begin keep try stop cease attempt manage seem continue", "phase"),
    **_verbs("be have do can could will would should may might must get", "auxiliary"),
}  # fmt: skip

#: Implicit end states: a snowman that melts is a melted snowman in the end.
RESULTS = {
    "melt": "melted", "wilt": "wilted", "wither": "withered", "rust": "rusty", "corrode": "rusty",
    "decay": "decayed", "rot": "rotten", "fade": "faded", "ripen": "ripe", "freeze": "frozen",
    "thaw": "thawed", "dry": "dry", "bloom": "blooming", "blossom": "blooming",
    "darken": "dark", "brighten": "bright", "lighten": "light", "dim": "dim", "age": "old",
    "tarnish": "tarnished", "weather": "weathered", "crumble": "crumbled", "deflate": "deflated",
    "inflate": "inflated", "yellow": "yellow", "redden": "red", "blacken": "black",
    "whiten": "white", "bleach": "white", "sprout": "sprouting", "dissolve": "dissolved",
}  # fmt: skip

#: What the object of a transitive motion verb does.
OBJECT_MOVES = frozenset(
    "throw toss kick hurl fling lob launch send blow roll drop lower raise lift hoist elevate "
    "place put move hand pick take slide shift shoot fly bounce transport give".split()
)
BOTH_MOVE = frozenset("push pull drag carry tow haul lead walk wheel cart escort bring".split())
RIDES = frozenset("ride drive pedal row paddle sail steer cycle board navigate".split())
#: What goes where the one who is on it goes.
RIDDEN = frozenset(
    "bicycle bike motorcycle motorbike moped scooter unicycle tricycle skateboard surfboard "
    "snowboard sled sledge horse pony camel donkey broom broomstick wheelchair".split()
)
CHASES = frozenset("chase follow pursue trail hunt".split())


def _index() -> dict[str, tuple[str, str]]:
    index: dict[str, tuple[str, str]] = {}
    for lemma in VERBS:
        for form, name in forms(lemma).items():
            index.setdefault(form, (lemma, name))
    return index | _SPECIAL


#: Written form -> (lemma, form name). A past that is also the participle is a `past`.
FORMS = _index()
