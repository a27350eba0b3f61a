"""Reads what something changes from and to: "from green to red", "into a butterfly"."""

from flowzero_jax.planner.english import noun_phrases
from flowzero_jax.planner.english.drafts import StateDraft
from flowzero_jax.planner.english.places import read_path
from flowzero_jax.planner.intent import label_of
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import word_set
from flowzero_jax.planner.words.verbs import FORMS, VERBS

#: Verbs that may be followed by a state without a preposition: "turns red", "becomes a frog".
_DIRECT = word_set("become turn grow get")
#: "grows from a seed": what it was before.
_GROWING = frozenset({"grow", "hatch", "sprout", "develop", "evolve"})
_CARRYING = word_set("go get come move shift")
_CHANGING = word_set("turn change shift go grow get come move")
COMPARATIVES = {
    "bigger": 1.8, "larger": 1.8, "taller": 1.6, "greater": 1.6, "wider": 1.5, "longer": 1.5,
    "higher": 1.4, "huge": 2.2, "giant": 2.2, "gigantic": 2.2, "enormous": 2.2, "closer": 1.6,
    "smaller": 0.5, "tinier": 0.5, "shorter": 0.6, "tiny": 0.4, "thinner": 0.7,
}  # fmt: skip
_TIMES = {
    **dict.fromkeys("day daylight".split(), "by"),
    **dict.fromkeys("night dawn dusk noon midnight midday sunrise sunset twilight nighttime "
                    "daybreak nightfall".split(), "at"),
    **dict.fromkeys("morning evening afternoon summer winter spring autumn fall weather daytime "
                    "rain snow fog mist sunshine sunlight moonlight darkness".split(), "in"),
}  # fmt: skip
_TRAVELS = frozenset(
    lemma for lemma, verb in VERBS.items() if verb.kind in ("travel", "jiggle", "enter", "leave")
)
_STOPS = word_set(
    "as while when in on next beside besides under near by at after during over against inside "
    "behind above below then that which until for before because across along around from so but "
    "alongside where through throughout"
)


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


def read_change(
    words: list[str], i: int, lemma: str, known: bool
) -> tuple[StateDraft | None, StateDraft | None, int] | None:
    """The states after a verb at `i` as (start, end, position after), or None.

    `known`: the verb always means a change; others need "from" and an adjective.
    """
    j = i
    while j < len(words) and lexicon.is_adverb(words[j]) and words[j] not in ("up", "down"):
        j += 1
    changing = known or lemma in _CHANGING
    if changing:
        j = _skip_aspect(words, j)
    word = words[j] if j < len(words) else ""
    if word == "from":
        found = _read_from(words, j + 1)
        into = found and words[j : found[2]].count("into") and lemma not in _TRAVELS
        described = found and (_is_attribute(found[0].attribute) or _is_time(found[0]))
        if found and found[0].attribute and found[1].label and lemma not in _TRAVELS:
            described = described or found[1].label.noun in lexicon.SCENERY
        carried = found and lemma in _CARRYING and all(map(_is_body, found[:2]))
        if carried:
            return None  # "moves a cup from the table to a shelf"
        if found and (changing or described or into):
            return found
        start = _read_state(words, j + 1, False, frozenset({"to", "into"}))
        if known and start and _is_attribute(start[0].attribute):
            return start[0], None, start[1]
        if lemma in _GROWING and start and start[0].label is not None:
            return start[0], None, start[1]
        return None
    if word == "to" and not changing:
        state = _read_state(words, j + 1, False)
        if state and time_text(state[0].attribute):
            return None, state[0], state[1]
    if word in ("to", "into") and changing:
        if lemma in ("go", "come", "move", "get") or read_path(words, j):
            return None
        state = _read_state(words, j + 1, word == "into")
        if state is None or (lemma == "shift" and state[0].label):
            return None
        return None, state[0], state[1]
    if lemma in _DIRECT and word and word not in lexicon.PREPOSITIONS:
        state = _read_state(words, j, False)
        plain = lemma != "get" or FORMS.get(word, ("", ""))[1] == ""
        if state and plain and (lemma == "become" or _is_attribute(state[0].attribute)):
            return None, state[0], state[1]
    return None


def _is_body(state: StateDraft) -> bool:
    """Whether a state names a thing or place with its article, not a look."""
    if time_text(state.label.words if state.label else state.attribute):
        return False
    opened = state.text.split()[0] in ("a", "an", "the")
    return opened and not (state.label is not None and state.label.noun in lexicon.SCENERY)


def _is_time(state: StateDraft) -> bool:
    return bool(time_text(state.label.words if state.label else state.attribute))


def _skip_aspect(words: list[str], j: int) -> int:
    """The position after "color" or "its skin color" where "from" or "to" follows."""
    for k in range(j, min(j + 5, len(words))):
        if words[k] in ("from", "to", "into"):
            aspects = ("color", "colour", "colors", "colours", "hues", "hue", "shape", "form")
            return k if k > j and (words[k - 1] in aspects or words[j] == "its") else j
        if words[k] in lexicon.PREPOSITIONS or words[k] == ",":
            break
    return j


def _read_from(words: list[str], i: int) -> tuple[StateDraft, StateDraft, int] | None:
    if read_path(["from", *words[i:]], 0):
        return None
    start = _read_state(words, i, False, frozenset({"to", "into"}))
    if start is None or words[start[1] : start[1] + 1] not in (["to"], ["into"]):
        return None
    end = _read_state(words, start[1] + 1, words[start[1]] == "into")
    if end is None:
        return None
    first, last = start[0], end[0]
    if last.attribute[-1:] == ("weather",) and first.attribute[-1:] not in ((), ("weather",)):
        first = StateDraft(attribute=(*first.attribute, "weather"), text=first.text)
    return first, last, end[1]


def _is_attribute(words: tuple[str, ...]) -> bool:
    return (
        bool(words)
        and words[-1] not in ("left", "right")
        and (
            words[-1] in lexicon.COLORS
            or words[-1] in COMPARATIVES
            or lexicon.is_adjective(words[-1])
            or FORMS.get(words[-1], ("", ""))[1] in ("past", "participle")
        )
    )


def _read_state(
    words: list[str], i: int, into: bool, stops: frozenset[str] = frozenset()
) -> tuple[StateDraft, int] | None:
    """A state at `i`: a noun phrase, or words that describe the thing that changes."""
    if i >= len(words):
        return None
    first = words[i]
    shade = _read_shade(words, i)
    if shade:
        return shade
    j, taken = i, []
    if first in ("a", "an", "the", "being"):
        j += 1
    while j < len(words) and not _ends_state(words, j, stops):
        taken.append(words[j])
        j += 1
    while taken and taken[-1] in ("and", ","):
        taken.pop()
        j -= 1
    if not taken:
        return None
    text = " ".join(words[i:j])
    describing = taken[-1] in lexicon.COLORS or all(
        w in ("and", ",") or _is_attribute((w,)) or lexicon.is_adverb(w) for w in taken
    )
    if describing or time_text(tuple(taken)):
        return StateDraft(attribute=tuple(w for w in taken if w != ","), text=text), j
    found = noun_phrases.read(words, i)
    noun = first in lexicon.DETERMINERS or into or (found and found[0].counted)
    if found and noun and not found[0].part:
        phrase, end = found
        label = label_of(phrase.words, phrase.written, bool(phrase.determiner) or not into)
        if phrase.noun in ("shape", "form") and phrase.tail:
            shaped = noun_phrases.read(phrase.tail.split(), 1)
            label = label_of(shaped[0].words, shaped[0].written, True) if shaped else label
        if label.noun in lexicon.SCENERY and words[end : end + 1] in (["at"], ["in"], ["on"]):
            time = noun_phrases.read(words, end + 1)
            if time and time_text(time[0].words):  # "into a beach at sunset"
                end = time[1]
        return StateDraft(label=label, text=" ".join(words[i:end])), end
    return StateDraft(attribute=tuple(w for w in taken if w != ","), text=text), j


def _read_shade(words: list[str], i: int) -> tuple[StateDraft, int] | None:
    """ "a soft shade of pink" as pink."""
    for k in range(i, min(i + 4, len(words) - 2)):
        if words[k] in ("shade", "hue", "tone", "tint") and words[k + 1] == "of":
            end = k + 3
            return StateDraft(attribute=(words[k + 2],), text=" ".join(words[i:end])), end
    return None


def _ends_state(words: list[str], j: int, stops: frozenset[str]) -> bool:
    word, following = words[j], words[j + 1] if j + 1 < len(words) else ""
    if word in stops or word in _STOPS or word in lexicon.THEN:
        return True
    if word in ("and", ","):
        return not _is_attribute((following,))
    if word in ("to", "into", "with"):
        return True
    return word in lexicon.AUXILIARIES or word in lexicon.PRONOUNS or word in lexicon.DETERMINERS
