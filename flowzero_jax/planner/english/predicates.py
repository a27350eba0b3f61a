"""Starts the event of a verb: its particles, the change it names, its object."""

from dataclasses import replace

from flowzero_jax.planner.english.boundaries import is_nounish
from flowzero_jax.planner.english.changes import read_change
from flowzero_jax.planner.english.drafts import (
    Camera,
    Draft,
    Event,
    Mention,
    Nothing,
    PlaceDraft,
    ThingDraft,
)
from flowzero_jax.planner.english.mentions import mention
from flowzero_jax.planner.english.noun_phrases import read
from flowzero_jax.planner.english.verb_groups import VerbGroup
from flowzero_jax.planner.intent import RelationKind
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.verbs import (
    BOTH_MOVE,
    CHASES,
    FORMS,
    OBJECT_MOVES,
    RIDES,
    VERBS,
    Verb,
)

#: "is visible": not how it looks, but whether it is seen.
_PRESENCE = frozenset({"visible", "invisible", "present", "absent", "available", "alone"})
_CAUSATIVES = frozenset({"turn", "transform", "change", "convert", "morph"})
_INWARDS = frozenset({"in", "closer", "forward", "forwards"})
_OUTWARDS = frozenset({"out", "back", "away", "backward", "backwards"})
_ENDS = frozenset({"", ",", "from", "to", "on", "at", "into", "and", "then", "but", "while", "as"})
#: Particles of several words, each with the kind of verb that it makes.
_PHRASES = (
    (("into", "view"), "enter"), (("into", "sight"), "enter"), (("into", "frame"), "enter"),
    (("into", "the", "frame"), "enter"), (("into", "the", "scene"), "enter"),
    (("into", "the", "picture"), "enter"), (("into", "the", "screen"), "enter"),
    (("out", "of", "view"), "leave"), (("out", "of", "sight"), "leave"),
    (("out", "of", "frame"), "leave"), (("out", "of", "the", "frame"), "leave"),
    (("out", "of", "the", "scene"), "leave"), (("out", "of", "the", "picture"), "leave"),
    (("off", "the", "screen"), "leave"), (("off", "screen"), "leave"),
    (("out", "of", "the", "screen"), "leave"),
)  # fmt: skip
_APPEARING = {("pop", "up"), ("show", "up"), ("fade", "in"), ("pop", "out"), ("come", "out")}
_VANISHING = {("fade", "out"), ("fade", "away"), ("melt", "away"), ("go", "away")}
_ENTERING = {("come", "in"), ("go", "in"), ("walk", "in"), ("run", "in"), ("fly", "in"),
             ("drive", "in"), ("swim", "in"), ("roll", "in")}  # fmt: skip
_TAKE_OFF = {"take": (1, -1), "blast": (0, -1), "lift": (0, -1)}


def start_verb(draft: Draft, group: VerbGroup) -> None:
    """Begins the event of a verb group for the clause's subjects and moves behind it."""
    draft.i = group.end
    verb, subjects = group.verb, draft.subjects
    joined, draft.joined, draft.fresh = draft.joined, "", False
    if not isinstance(subjects[0], Camera) and verb.lemma != "be":
        change = read_change(draft.words, draft.i, verb.lemma, verb.kind == "change")
        if change:
            draft.event = draft.begin(Verb(verb.lemma, "change"), subjects)
            draft.event.start_state, draft.event.end_state, draft.i = change
            draft.last, draft.fresh = subjects[-1], True  # "a butterfly that flies away"
            return
        if verb.lemma in _CAUSATIVES and _start_causative(draft):
            return
    if verb.lemma == "set" and any(t.label.unique for t in subjects if isinstance(t, ThingDraft)):
        verb = Verb("set", "travel", direction=(0, 1))  # the sun sets
    event = draft.event = draft.begin(verb, subjects)
    event.passive, event.pace, event.participle = group.passive, group.pace, group.participle
    event.returns = verb.lemma == "return"
    event.implied = group.form == "ing" and joined == "," and not group.auxiliary
    if verb.lemma == "be" and not group.passive:
        _read_predicate(draft)
    if draft.event is event:
        _read_particle(draft, event)


def _read_predicate(draft: Draft) -> None:
    """ "is red", "is big and round": adjectives that could as well stand before the noun."""
    taken, i = [], draft.i
    while i < len(draft.words):
        word = draft.words[i]
        if word in lexicon.COLORS or lexicon.is_adjective(word):
            taken.append(word)
        elif not (word == "and" and taken) and not (lexicon.is_adverb(word) and not taken):
            break
        i += 1
    following = FORMS.get(draft.words[i] if i < len(draft.words) else "", ("", ""))[1]
    if set(taken) & _PRESENCE:
        return
    if not taken or (is_nounish(draft.words, i) and following != "s"):
        return
    if draft.words[i - 1] == "and":
        i -= 1
    for thing in draft.subjects:
        if isinstance(thing, ThingDraft):
            label = thing.label
            new = tuple(word for word in taken if word not in label.words)
            thing.label = replace(label, words=(*new, *label.words), written=(*new, *label.written))
    draft.i, draft.event, draft.described = i, None, True
    draft.last, draft.fresh = draft.subjects[-1], True


def _start_causative(draft: Draft) -> bool:
    """ "turns a frog into a prince": the object changes."""
    found = read(draft.words, draft.i)
    if found is None or draft.words[found[1] : found[1] + 1] != ["into"]:
        return False
    change = read_change(draft.words, found[1], "change", True)
    thing = mention(draft, found[0], draft.i, found[1], "object")
    if change is None or not isinstance(thing, ThingDraft):
        return False
    draft.event = draft.begin(Verb("change", "change"), [thing])
    draft.event.start_state, draft.event.end_state, draft.i = change
    draft.last = thing
    return True


def _read_particle(draft: Draft, event: Event) -> None:
    """Words that belong to the verb: "come in", "fly away", "take off", "fade out"."""
    verb, word, following = event.verb, draft.word(), draft.word(1)
    pair, bare = (verb.lemma, word), following in _ENDS
    for phrase, kind in _PHRASES:
        if draft.at(*phrase):
            event.verb = Verb(verb.lemma, kind)
            draft.i += len(phrase)
            return
    if isinstance(event.subjects[0], Camera):
        event.zoom = 1 if word in _INWARDS else -1 if word in _OUTWARDS else 0
        draft.i += bool(event.zoom)
    elif pair in _APPEARING and bare:
        event.verb = Verb(verb.lemma, "appear")
        draft.i += 1
    elif pair in _VANISHING and bare:
        event.verb = Verb(verb.lemma, "disappear")
        draft.i += 1
    elif pair in _ENTERING and bare:
        event.verb = Verb(verb.lemma, "enter")
        draft.i += 1
    elif word == "off" and verb.lemma in _TAKE_OFF and bare:
        direction = _TAKE_OFF[verb.lemma]
        event.verb = Verb(verb.lemma, "travel", direction, airborne=True)
        draft.i += 1
    elif word == "away" or (word == "off" and bare):
        if draft.word(1) != "from" and (verb.kind in ("travel", "jiggle") or verb.lemma == "get"):
            event.away = word == "away" or verb.kind == "travel"
            if not event.away and event.direction is None:
                event.direction, event.free = (1, 0), True  # "jumps off"
            draft.i += 1
    elif _is_idle_particle(verb, word):
        draft.i += 1


def _is_idle_particle(verb: Verb, word: str) -> bool:
    """ "sits up", "burns down", "turns on", "stands tall": no direction."""
    if word in ("tall", "open"):
        return verb.kind in ("still", "other")
    if verb.lemma == "turn":
        return word in ("up", "down", "on", "off", "out")
    known = verb.kind in ("other", "auxiliary") and verb.lemma in VERBS
    return word in ("up", "down") and (known or verb.kind in ("still", "change", "grow", "shrink"))


def take_object(draft: Draft, named: Mention) -> None:
    """Makes what was named the object of the clause's event."""
    event = draft.event
    assert event is not None
    draft.role = "object"
    verb = event.verb
    leaves_frame = isinstance(named, Nothing) and named.text.split()[-1] in lexicon.FRAME_NOUNS
    nothing_left = isinstance(named, Nothing) and not leaves_frame
    if verb.kind == "leave" and (event.implied or nothing_left):
        event.verb = verb = Verb(verb.lemma, "other")  # "leaving a trail"
    if isinstance(named, Nothing):
        event.obj_text = event.obj_text or named.text
        return
    if isinstance(named, Camera):
        return
    event.obj = event.obj or named
    if isinstance(named, PlaceDraft):
        if verb.kind == "other" and not named.preposition:
            event.obj_text, named.told = named.text, False  # "sweeping the floor"
        return
    if verb.lemma in RIDES:
        kind: RelationKind = "in" if verb.lemma in ("drive", "steer") else "on"
        draft.relate(kind, kind, named, event, together=True)
        return
    moves = verb.lemma in OBJECT_MOVES | BOTH_MOVE | CHASES
    if verb.kind in ("other", "auxiliary", "still") and not moves:
        draft.relate("with", "with" if verb.kind == "auxiliary" else verb.ing, named, event)
