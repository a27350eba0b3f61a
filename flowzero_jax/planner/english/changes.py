"""Reads what something changes from and to: "from green to red", "into a butterfly"."""

import re
from dataclasses import dataclass

from flowzero_jax.planner.english import noun_phrases
from flowzero_jax.planner.english.boundaries import word_at
from flowzero_jax.planner.english.places import read_path
from flowzero_jax.planner.intent import Label, label_of
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.nouns import article
from flowzero_jax.planner.words.tables import GRAMMAR, by_value, by_word, load
from flowzero_jax.planner.words.verbs import VERBS, form_of

_CHANGING = GRAMMAR["carrying"] | {"turn", "change", "grow"}
#: How much larger: "bigger", "closer".
COMPARATIVES = by_value(load("phrases")["comparatives"])
_TIMES = by_word(load("phrases")["times"])
_TRAVELS = frozenset(
    lemma for lemma, verb in VERBS.items() if verb.kind in ("travel", "jiggle", "enter", "leave")
)
# "changes its skin color" before "from" or "to".
_ASPECT = re.compile(
    rf"(?:its (?:\w+ )*?|(?:\w+ )*?(?:{'|'.join(GRAMMAR['aspects'])}) )(?=(?:from|to|into)\b)"
)
_STOPS = (
    GRAMMAR["after_states"] | lexicon.THEN | lexicon.AUXILIARIES | lexicon.PRONOUNS
    | lexicon.DETERMINERS
)  # fmt: skip


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
    if len(words) > 1 and words[-1] in GRAMMAR["parts_of_day"]:
        return f"on {article(text)} {text}"
    return f"{preposition} {text}"


def read_change(words: list[str], i: int, lemma: str, known: bool) -> States | None:
    """The states after a verb at `i` as (start, end, position after), or None.

    `known`: the verb always means a change; others need "from" and an adjective.
    """
    while lexicon.is_adverb(word_at(words, i)) and words[i] not in ("up", "down"):
        i += 1
    changing = known or lemma in _CHANGING
    aspect = _ASPECT.match(" ".join(words[i : i + 6])) if changing else None
    i += len(aspect[0].split()) if aspect else 0
    word = word_at(words, i)
    if word == "from":
        return _read_from(words, i + 1, lemma, changing, known)
    direct = lemma in GRAMMAR["direct"] and word not in lexicon.PREPOSITIONS
    if not (direct or word in ("to", "into")) or (not direct and read_path(words, i)):
        return None
    state = _read_state(words, i + (not direct), word == "into")
    if state is None:
        return None
    if direct:
        looks = _is_attribute(state[0].attribute) and not (lemma == "get" and form_of(word))
        fits = lemma == "become" or looks
    elif changing:
        placed = lemma in GRAMMAR["carrying"] - {"shift"}
        fits = not placed and not (lemma == "shift" and state[0].label)
    else:
        fits = word == "to" and bool(time_text(state[0].attribute))
    return (None, *state) if fits else None


def _read_from(words: list[str], i: int, lemma: str, changing: bool, known: bool) -> States | None:
    """After "from": two states, or the one before a growth."""
    start = _read_state(words, i, False)
    if start is None:
        return None
    first, middle = start
    joined = word_at(words, middle) in ("to", "into") and not read_path(["from", *words[i:]], 0)
    end = _read_state(words, middle + 1, words[middle] == "into") if joined else None
    if end is not None:
        last = end[0]
        if last.attribute[-1:] == ("weather",) and first.attribute[-1:] not in ((), ("weather",)):
            first = State(attribute=(*first.attribute, "weather"), text=first.text)
        carried = lemma in GRAMMAR["carrying"] and _is_body(first) and _is_body(last)
        to_place = first.attribute and last.label and last.label.noun in lexicon.SCENERY
        stays = lemma not in _TRAVELS and (words[middle] == "into" or to_place)
        looks = _is_attribute(first.attribute) or _is_attribute(first.attribute[:1])
        described = changing or looks or time_text(first.words)
        if not carried and (described or stays):
            return first, *end
    grows = lemma in GRAMMAR["changes_growing"] and first.label is not None
    return (first, None, middle) if grows or (known and _is_attribute(first.attribute)) else None


def _is_body(state: State) -> bool:
    """Whether a state names a thing or place with its article, not a look."""
    opened = state.text.split()[0] in ("a", "an", "the") and not time_text(state.words)
    return opened and not (state.label is not None and state.label.noun in lexicon.SCENERY)


def _is_attribute(words: tuple[str, ...]) -> bool:
    if not words or words[-1] in ("left", "right"):
        return False
    last = words[-1]
    looks = last in lexicon.COLORS or last in COMPARATIVES or lexicon.is_adjective(last)
    ended = last.endswith("ed") and not last.endswith(lexicon.NOT_PARTICIPLES)
    return looks or ended or form_of(last) in ("past", "participle")


def _read_state(words: list[str], i: int, into: bool) -> tuple[State, int] | None:
    """A state at `i`: a noun phrase, or words that describe the thing that changes."""
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
    if found is None or not (first in lexicon.DETERMINERS or into or found[0].counted):
        return described, j
    phrase, end = found
    time = noun_phrases.read(words, end + 1) if word_at(words, end) in GRAMMAR["at"] else None
    if phrase.noun in lexicon.SCENERY and time and time_text(time[0].words):
        end = time[1]  # "into a beach at sunset"
    label = label_of(phrase.words, phrase.written, bool(phrase.determiner) or not into)
    return State(label=label, text=" ".join(words[i:end])), end


def _read_thing(
    words: list[str], i: int, phrase: noun_phrases.NounPhrase, end: int, into: bool
) -> tuple[State, int]:
    """A state that is another thing, or scenery with its time."""
    label = label_of(phrase.words, phrase.written, bool(phrase.determiner) or not into)
    return State(label=label, text=" ".join(words[i:end])), end


def _ends_state(words: list[str], j: int) -> bool:
    if words[j] in ("and", ","):
        return not _is_attribute((word_at(words, j + 1),))
    return words[j] in _STOPS
