"""The verbs that the planner understands (`verbs.toml`), what they do on screen, and their forms.

An unknown verb is recognised by its place in the sentence; it moves its subject only where the
prompt gives a direction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flowzero_jax.planner.words.tables import entries, load, word_set

_LISTS = load("verbs")
_IRREGULAR = {lemma: (past, participle) for lemma, past, participle in entries(_LISTS["irregular"])}
_SPECIAL = {form: (lemma, name) for form, lemma, name in entries(_LISTS["special"])}
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
    irregular_past, participle = _IRREGULAR.get(lemma, (past, past))
    return {participle: "participle", irregular_past: "past", ing: "ing", s: "s", lemma: "base"}


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


def _read(lemmas: str, direction: Sequence[int] = (), **details: Any) -> dict[str, Verb]:
    """The verbs of one group of the list, which do alike."""
    dx_dy = (direction[0], direction[1]) if direction else None
    return {lemma: Verb(lemma, direction=dx_dy, **details) for lemma in lemmas.split()}


VERBS = {lemma: verb for group in _LISTS["verbs"] for lemma, verb in _read(**group).items()}
RESULTS = dict(entries(_LISTS["results"]))
OBJECT_MOVES = word_set(_LISTS["object_moves"])
BOTH_MOVE = word_set(_LISTS["both_move"])
RIDES = word_set(_LISTS["rides"])
RIDDEN = word_set(_LISTS["ridden"])
CHASES = word_set(_LISTS["chases"])


#: Written form -> (lemma, form name). A past that is also the participle is a `past`.
FORMS = {
    form: (lemma, name) for lemma in reversed(VERBS) for form, name in forms(lemma).items()
} | _SPECIAL


def form_of(word: str) -> str:
    """The name of a verb's written form, "" if it is none that is known."""
    return FORMS.get(word, ("", ""))[1]


def lemma_of(word: str) -> str:
    """The lemma of a verb's written form, "" if it is none that is known."""
    return FORMS.get(word, ("", ""))[0]
