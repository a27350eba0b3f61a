"""Readers of what is attached to a clause: where, whereto, beside what, and how."""

import re
from dataclasses import replace

from flowzero_jax.planner.english import places
from flowzero_jax.planner.english.boundaries import opens
from flowzero_jax.planner.english.changes import COMPARATIVES, read_change
from flowzero_jax.planner.english.clauses import Attachment, Change, Here, How, Named, Way
from flowzero_jax.planner.english.noun_phrases import read
from flowzero_jax.planner.english.verb_groups import VerbGroup, read_verb
from flowzero_jax.planner.intent import RelationKind
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import load, word_set
from flowzero_jax.planner.words.verbs import Verb, form_of

_LISTS = load("phrases")
_PREPOSITIONS = _LISTS["goals"] | _LISTS["origins"]
_IDLE = re.compile(rf"(?:{'|'.join(_LISTS['idle'])})(?= |$)")
_HOW = lexicon.PACES.keys() | word_set("back overhead above aloft high below underneath beneath")


def noun_then_verb(here: Here, i: int) -> bool:
    """Whether a noun phrase at `i`, with its prepositional phrases, is followed by a verb."""
    words = here.words
    found = read(words, i, many=here.joint == "and")
    if found is not None and found[1] == i + 1 and lexicon.is_ing_verb(words[i]):
        return False
    if i < len(words) and words[i] in lexicon.PRONOUNS:
        return read_verb(words, i + 1, bare=True) is not None
    while found is not None:
        end = found[1]
        if read_verb(words, end, bare=True) is not None:
            return True
        if end >= len(words) or words[end] not in lexicon.PREPOSITIONS:
            return False
        found = read(words, end + 1)
    return False


def _is_followed_by_subject(here: Here, i: int) -> bool:
    """Whether a subject stands at `i`, if need be after its verb: "flies a bird"."""
    words = here.words[i + (here.words[i : i + 1] == ["there"]) :]
    verb = bool(words) and form_of(words[0]) in ("s", "base")
    return any(word in lexicon.OPENERS for word in words[: 1 + verb][-1:])


def read_idle_phrase(here: Here) -> Here | None:
    """ "one by one", "seen from above", "for a while": no new things."""
    match = _IDLE.match(" ".join(here.words[here.i : here.i + 6]))
    return here.skip(len(match[0].split())) if match else None


def read_verbless_change(here: Here) -> Here | None:
    """ "a bench from foggy morning to sunny afternoon", "rusting from smooth to rough"."""
    verb, clause = here.verb, here.clause
    if here.word() != "from" or not (clause.begun or here.latest):
        return None
    change = read_change(here.words, here.i, verb.verb.lemma if verb else "", False)
    if change is None:
        return None
    before, after, end = change
    if verb is None or verb.verb.kind != "change":
        if verb is not None or not clause.begun:
            here = here.begin(shares="same" if clause.begun else "last")
        here = here.change(verb=VerbGroup(Verb("change", "change"), "base", here.i))
    return here.add(Change(here.i, end, before, after), fresh=False)


def read_way(here: Here) -> Here | None:
    """A direction, a place in the frame, or a relation in several words: "next to a tree"."""
    path = places.read_path(here.words, here.i)
    relation = places.read_relation(here.words, here.i)
    if relation is not None and (path is None or path.region):
        return _relation(here, *relation)
    if path is None:
        return None
    if path.region and path.region.of_it:  # "a tree to its left"
        kind, goal = path.region.relation, path.goal is not None
        words, it = f"to the {kind}".replace("_", " "), Named("its", kind)
        return _related(here, Attachment(here.i, path.end, here.word(), words, it, kind, goal))
    part, fresh = Way(here.i, path.end, path, here.fresh), path.direction is None
    begins = here.latest is None or here.joint
    if path.at and begins and _is_followed_by_subject(here, path.end):
        here = here.begin() if here.clause.begun else here  # "on the left a ball"
        return here.add(part)
    if here.joint and here.verb is not None and (path.direction or path.goal):
        here = here.begin(shares="same")  # "to the left, then to the right"
    return here.add(part, fresh=fresh)


def _relation(here: Here, kind: RelationKind, to: bool, end: int) -> Here | None:
    found = _target(here, end, kind if kind in ("on", "in") else "near")
    if found is None:
        return None
    target, stop = found
    first, side = here.word(), None
    region = places.read_region(here.words, here.i + (first in places.BEFORE_REGIONS))
    if region and region[0].of:  # "the left side of the room" is that of the frame
        whole = places.Region(region[0].x, region[0].y)
        field = "goal" if to else "origin" if first == "from" else "at"
        side = replace(places.Path(stop), **{field: whole})
    words = here.text(end)
    return _related(here, Attachment(here.i, stop, first, words, target, kind, to, side))


def _related(here: Here, part: Attachment) -> Here:
    if here.joint and _is_followed_by_subject(here, part.end):
        here = here.begin()  # ", to its left stands a tree"
    return here.add(part, replace(part.named, role=part.kind or part.named.role))


def read_prepositional(here: Here) -> Here | None:
    """Any other preposition and its noun."""
    word, following = here.word(), here.word(2)
    away = here.at("away", "from")
    if not away and word not in lexicon.PREPOSITIONS:
        return None
    if word == "round" and not opens(here.word(1)):
        return None  # a round table
    ends = following in ("", ",") or following in lexicon.FUNCTION_WORDS
    if word == "to" and form_of(here.word(1)) == "base" and ends and here.verb is not None:
        return here.skip(2)  # "leaps to catch it"
    if word in ("upon", "by", "after", "for", "without") and lexicon.is_ing_verb(here.word(1)):
        rest = here.words[here.i :]
        return here.skip(rest.index(",") if "," in rest else len(rest))
    two = f"{word} {here.word(1)}" in _PREPOSITIONS
    preposition = f"{word} {here.word(1)}" if two else word
    end = here.i + 1 + two
    found = _target(here, end, preposition)
    if found is None:
        return None
    target, stop = found
    if here.role == "with" and target.phrase is None and preposition in ("in", "inside", "on"):
        return here.move(stop)  # "a pot with a cactus in it"
    part = Attachment(here.i, stop, preposition, here.text(end), target)
    return here.add(part, here.latest if target.kind == "nothing" else target)


def _target(here: Here, start: int, role: str) -> tuple[Named, int] | None:
    """What is named after a preposition, and the position after it."""
    word = here.words[start] if start < len(here.words) else ""
    subjects = [named.phrase for named in here.clause.subjects]
    several = len(subjects) > 1 or any(phrase is not None and phrase.plural for phrase in subjects)
    found = read(here.words, start, many=here.verb is None and several)
    if word in lexicon.PRONOUNS or (word == "another" and found is None):
        return Named(word, role), start + 1
    if found is None:
        return None
    return Named(" ".join(here.words[start : found[1]]), role, found[0]), found[1]


def read_adverb(here: Here) -> Here | None:
    """A word that says how: slowly, apart, overhead."""
    word = here.word()
    onward = word == "back" and here.word(1) in ("and", "to")
    if onward or (word not in _HOW and word not in COMPARATIVES):
        return here.skip() if lexicon.is_adverb(word) else None
    part = How(here.i, here.i + 1, word)
    return replace(here.add(part, fresh=here.fresh), joint=here.joint)
