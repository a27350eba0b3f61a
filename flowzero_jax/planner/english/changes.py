"""Reads what something changes from and to: "from green to red", "into a butterfly"."""

from dataclasses import dataclass

from flowzero_jax.planner.english import noun_phrases
from flowzero_jax.planner.english.boundaries import word_at
from flowzero_jax.planner.english.places import read_path
from flowzero_jax.planner.intent import Label, label_of
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR, by_value, by_word, load, word_set
from flowzero_jax.planner.words.verbs import VERBS, form_of

_CHANGING = GRAMMAR["carrying"] | {"turn", "change", "grow"}
#: How much larger: "bigger", "closer".
COMPARATIVES = by_value(load("phrases")["comparatives"])
_TIMES = by_word(load("phrases")["times"])
_TRAVELS = frozenset(
    lemma for lemma, verb in VERBS.items() if verb.kind in ("travel", "jiggle", "enter", "leave")
)
_STOPS = (
    lexicon.THEN
    | lexicon.AUXILIARIES
    | lexicon.PRONOUNS
    | lexicon.DETERMINERS
    | word_set(
        "as while when in on next beside besides under near by at after during over against inside "
        "behind above below that which until for before because across along around from so but "
        "alongside where through throughout to into with"
    )
)


@dataclass(frozen=True)
class State:
    """One side of a change: a new noun phrase, or attributes such as "bright red"."""

    label: Label | None = None
    attribute: tuple[str, ...] = ()
    text: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        return self.label.words if self.label else self.attribute


States = tuple[State | None, State | None, int]


def time_text(words: tuple[str, ...]) -> str:
    """A time of day, season or weather as a caption says it ("at night"), or ""."""
    if not words or words[-1] not in _TIMES:
        return ""
    preposition, text = _TIMES[words[-1]], " ".join(words)
    if len(words) > 1 and preposition == "at":
        return f"on a {text}" if words[-1] in ("night", "noon") else f"at {text}"
    if words[-1] in ("morning", "evening", "afternoon"):
        return f"in the {text}" if len(words) == 1 else f"on a {text}"
    return f"{preposition} {text}"


def read_change(words: list[str], i: int, lemma: str, known: bool) -> States | None:
    """The states after a verb at `i` as (start, end, position after), or None.

    `known`: the verb always means a change; others need "from" and an adjective.
    """
    while lexicon.is_adverb(word_at(words, i)) and words[i] not in ("up", "down"):
        i += 1
    changing = known or lemma in _CHANGING
    i = _skip_aspect(words, i) if changing else i
    word = word_at(words, i)
    if word == "from":
        return _read_from(words, i + 1, lemma, changing, known)
    if word in ("to", "into") and changing:
        if lemma in ("go", "come", "move", "get") or read_path(words, i):
            return None
        state = _read_state(words, i + 1, word == "into")
        return None if lemma == "shift" and state and state[0].label else _only_end(state)
    if word == "to":
        state = _read_state(words, i + 1, False)
        return _only_end(state) if state and time_text(state[0].attribute) else None
    if lemma in GRAMMAR["direct"] and word and word not in lexicon.PREPOSITIONS:
        state = _read_state(words, i, False)
        plain = lemma != "get" or not form_of(word)
        if state and plain and (lemma == "become" or _is_attribute(state[0].attribute)):
            return _only_end(state)
    return None


def _only_end(state: tuple[State, int] | None) -> States | None:
    return (None, *state) if state else None


def _skip_aspect(words: list[str], j: int) -> int:
    """The position after "color" or "its skin color" where "from" or "to" follows."""
    for k in range(j, min(j + 5, len(words))):
        if words[k] in ("from", "to", "into"):
            return k if k > j and (words[k - 1] in GRAMMAR["aspects"] or words[j] == "its") else j
        if words[k] in lexicon.PREPOSITIONS or words[k] == ",":
            break
    return j


def _read_from(words: list[str], i: int, lemma: str, changing: bool, known: bool) -> States | None:
    """After "from": two states, or the one before a growth."""
    start = _read_state(words, i, False)
    if start is None:
        return None
    pair = _read_pair(words, i, start)
    if pair is not None:
        first, last, _ = pair
        if lemma in GRAMMAR["carrying"] and _is_body(first) and _is_body(last):
            return None  # "moves a cup from the table to a shelf"
        into = word_at(words, start[1]) == "into"
        to_place = first.attribute and last.label and last.label.noun in lexicon.SCENERY
        described = _is_attribute(first.attribute) or time_text(first.words)
        stays = lemma not in _TRAVELS and (into or to_place)
        if changing or described or stays:
            return pair
    if known and _is_attribute(start[0].attribute):
        return start[0], None, start[1]
    if lemma in GRAMMAR["changes_growing"] and start[0].label is not None:
        return start[0], None, start[1]
    return None


def _read_pair(
    words: list[str], i: int, start: tuple[State, int]
) -> tuple[State, State, int] | None:
    """Both states of "from A to B", of which `start` is read already."""
    first, middle = start
    if read_path(["from", *words[i:]], 0) or word_at(words, middle) not in ("to", "into"):
        return None
    end = _read_state(words, middle + 1, words[middle] == "into")
    if end is None:
        return None
    if end[0].attribute[-1:] == ("weather",) and first.attribute[-1:] not in ((), ("weather",)):
        first = State(attribute=(*first.attribute, "weather"), text=first.text)
    return first, end[0], end[1]


def _is_body(state: State) -> bool:
    """Whether a state names a thing or place with its article, not a look."""
    opened = state.text.split()[0] in ("a", "an", "the") and not time_text(state.words)
    return opened and not (state.label is not None and state.label.noun in lexicon.SCENERY)


def _is_attribute(words: tuple[str, ...]) -> bool:
    if not words or words[-1] in ("left", "right"):
        return False
    last = words[-1]
    looks = last in lexicon.COLORS or last in COMPARATIVES or lexicon.is_adjective(last)
    return looks or form_of(last) in ("past", "participle")


def _read_state(words: list[str], i: int, into: bool) -> tuple[State, int] | None:
    """A state at `i`: a noun phrase, or words that describe the thing that changes."""
    shade = _read_shade(words, i)
    if shade:
        return shade
    first = word_at(words, i)
    j = i + (first in ("a", "an", "the", "being"))
    opening = j
    while j < len(words) and not _ends_state(words, j):
        j += 1
    while j > opening and words[j - 1] in ("and", ","):
        j -= 1
    taken = words[opening:j]
    if not taken:
        return None
    described = State(attribute=tuple(w for w in taken if w != ","), text=" ".join(words[i:j]))
    describing = taken[-1] in lexicon.COLORS or all(
        w in ("and", ",") or _is_attribute((w,)) or lexicon.is_adverb(w) for w in taken
    )
    if describing or time_text(tuple(taken)):
        return described, j
    found = noun_phrases.read(words, i)
    if found and not found[0].part and (first in lexicon.DETERMINERS or into or found[0].counted):
        return _read_thing(words, i, *found, into)
    return described, j


def _read_thing(
    words: list[str], i: int, phrase: noun_phrases.NounPhrase, end: int, into: bool
) -> tuple[State, int]:
    """A state that is another thing, or scenery with its time."""
    if phrase.noun in ("shape", "form") and phrase.tail:
        shaped = noun_phrases.read(phrase.tail.split(), 1)
        phrase = shaped[0] if shaped else phrase
    label = label_of(phrase.words, phrase.written, bool(phrase.determiner) or not into)
    if label.noun in lexicon.SCENERY and word_at(words, end) in ("at", "in", "on"):
        time = noun_phrases.read(words, end + 1)
        if time and time_text(time[0].words):  # "into a beach at sunset"
            end = time[1]
    return State(label=label, text=" ".join(words[i:end])), end


def _read_shade(words: list[str], i: int) -> tuple[State, int] | None:
    """ "a soft shade of pink" as pink."""
    for k in range(i, min(i + 4, len(words) - 2)):
        if words[k] in ("shade", "hue", "tone", "tint") and words[k + 1] == "of":
            return State(attribute=(words[k + 2],), text=" ".join(words[i : k + 3])), k + 3
    return None


def _ends_state(words: list[str], j: int) -> bool:
    if words[j] in ("and", ","):
        return not _is_attribute((word_at(words, j + 1),))
    return words[j] in _STOPS
