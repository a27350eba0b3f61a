"""Readers of what is attached to a clause: where, whereto, beside what, and how."""

from dataclasses import replace

from flowzero_jax.planner.english import places
from flowzero_jax.planner.english.boundaries import opens
from flowzero_jax.planner.english.changes import COMPARATIVES, read_change
from flowzero_jax.planner.english.clauses import Attachment, Change, Here, How, Named, Way
from flowzero_jax.planner.english.noun_phrases import read
from flowzero_jax.planner.english.verb_groups import VerbGroup, read_verb
from flowzero_jax.planner.intent import RelationKind
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR, load, longest, word_set
from flowzero_jax.planner.words.verbs import Verb, form_of

_LISTS = load("phrases")
_PREPOSITIONS = _LISTS["goals"] | _LISTS["origins"]
_HOW = lexicon.PACES.keys() | word_set(
    "back apart overhead above aloft high below underneath beneath"
)


def noun_then_verb(here: Here, i: int) -> bool:
    """Whether a noun phrase at `i`, with its prepositional phrases, is followed by a verb."""
    words = here.words
    if i < len(words) and words[i] in lexicon.PRONOUNS:
        return read_verb(words, i + 1, bare=True) is not None
    found = read(words, i, many=here.joint == "and")
    if found is not None and found[1] == i + 1 and lexicon.is_ing_verb(words[i]):
        return False
    while found is not None:
        end = found[1]
        if read_verb(words, end, bare=True) is not None:
            return True
        if end >= len(words) or words[end] not in lexicon.PREPOSITIONS:
            return False
        found = read(words, end + 1)
    return False


def is_followed_by_subject(here: Here, i: int) -> bool:
    """Whether a subject stands at `i`, if need be after its verb: "flies a bird"."""
    words = here.words[i + (here.words[i : i + 1] == ["there"]) :]
    verb = bool(words) and form_of(words[0]) in ("s", "base")
    return any(word in lexicon.OPENERS for word in words[: 1 + verb][-1:])


def _in_turn(here: Here) -> Here | None:
    """ "one by one", "one after the other": no new things."""
    found = longest(_LISTS["in_turn"], here.words, here.i)
    return replace(here, i=found[1]) if found else None


def _comparative(here: Here) -> Here | None:
    """ "comes closer and closer", "becomes bigger": a change of size."""
    word, verb, following = here.word(), here.verb, here.word(1)
    if word not in COMPARATIVES or verb is None or word in lexicon.SIZES:
        return None
    if verb.verb.kind not in ("auxiliary", "travel", "grow", "shrink"):
        return None
    if following not in ("", ",", "and", "to") and following not in lexicon.FUNCTION_WORDS:
        return None
    length = 3 if here.at("and", word, ahead=1) else 1
    return here.add(How(here.i, here.i + length, word), fresh=here.fresh)


def _verbless_change(here: Here) -> Here | None:
    """ "a bench from foggy morning to sunny afternoon", "rusting from smooth to rough"."""
    verb, clause = here.verb, here.clause
    if here.word() != "from" or not (clause.begun or here.latest):
        return None
    change = read_change(here.words, here.i, verb.verb.lemma if verb else "", False)
    if change is None:
        return None
    before, after, end = change
    part = Change(here.i, end, before, after)
    if verb is None or verb.verb.kind != "change":
        changing = VerbGroup(Verb("change", "change"), "base", here.i)
        if verb is not None or not clause.begun:
            here = here.begin(shares="same" if clause.begun else "last")
        here = here.change(verb=changing)
    return here.add(part, fresh=False)


def _way_or_relation(here: Here) -> Here | None:
    """A direction, a place in the frame, or a relation in several words: "next to a tree"."""
    relation = places.read_relation(here.words, here.i)
    path = places.read_path(here.words, here.i)
    if path is None or (relation is not None and path.of):
        return _relation(here, *relation) if relation is not None else None
    part, fresh = Way(here.i, path.end, path, here.fresh), path.direction is None
    begins = here.latest is None or here.joint
    if path.at and begins and is_followed_by_subject(here, path.end):
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
    first = here.word()
    region = places.read_region(here.words, here.i + (first in places.BEFORE_REGIONS))
    side = None
    if region and region[0].of:  # "the left side of the room" is that of the frame
        whole, origin = places.Region(region[0].x, region[0].y), first == "from"
        side = places.Path(
            stop,
            goal=whole if to else None,
            origin=whole if origin and not to else None,
            at=whole if not (to or origin) else None,
        )
    words = " ".join(here.words[here.i : end])
    part = Attachment(here.i, stop, first, words, target, kind, to, side)
    if here.joint and is_followed_by_subject(here, stop):  # ", to its left stands a tree"
        here = here.begin()
    return here.add(part, replace(target, role=kind))


def _slope(here: Here) -> Here | None:
    """ "down the stairs", "up a tree"."""
    if here.word() not in ("up", "down") or here.word(1) not in lexicon.DETERMINERS:
        return None
    return _attached(here, here.word(), here.i + 1) if here.verb is not None else None


def _prepositional(here: Here) -> Here | None:
    """Any other preposition and its noun."""
    word = here.word()
    if word not in lexicon.PREPOSITIONS or word in lexicon.SUBORDINATORS:
        return None
    if word == "round" and not opens(here.word(1)):
        return None  # a round table
    skipped = _without_noun(here)
    if skipped is not None:
        return skipped
    preposition, end = word, here.i + 1
    if word == "from" and here.word(-1) == "away":
        preposition = "away from"
    if f"{word} {here.word(1)}" in _PREPOSITIONS:
        preposition, end = f"{word} {here.word(1)}", here.i + 2
    if here.words[end : end + 2] in (["each", "other"], ["one", "another"]):
        how = "apart" if "from" in preposition else "toward"
        return here.add(How(here.i, end + 2, how), fresh=here.fresh)
    return _attached(here, preposition, end)


def _without_noun(here: Here) -> Here | None:
    """ "leaps to catch it", "for a while", "upon reaching the edge"."""
    word, following = here.word(), here.word(2)
    ends = following in ("", ",") or following in lexicon.FUNCTION_WORDS
    if word == "to" and form_of(here.word(1)) == "base" and ends and here.verb is not None:
        return here.skip(2)
    if word == "for" and following in GRAMMAR["while"]:
        return here.skip(3)
    if word in ("upon", "by", "after", "for", "without") and lexicon.is_ing_verb(here.word(1)):
        rest = here.words[here.i :]
        return here.skip(rest.index(",") if "," in rest else len(rest))
    return None


def _attached(here: Here, preposition: str, start: int) -> Here | None:
    """A preposition with the noun phrase or pronoun that stands at `start`."""
    found = _target(here, start, preposition)
    if found is None:
        return None
    target, end = found
    words = " ".join(here.words[here.i : start])
    inside = preposition in ("in", "inside", "on") and target.phrase is None
    holds = inside and here.role == "with"
    part = Attachment(here.i, end, preposition, words, target, holds=holds)
    return here.add(part, here.latest if target.kind in ("nothing", "adornment") else target)


def _target(here: Here, start: int, role: str) -> tuple[Named, int] | None:
    """What is named after a preposition, and the position after it."""
    word = here.words[start] if start < len(here.words) else ""
    many = here.verb is None and _are_several(here)
    found = read(here.words, start, many=many)
    if word in lexicon.PRONOUNS or (word == "another" and found is None):
        return Named(word, role), start + 1
    if found is None:
        return None
    return Named(" ".join(here.words[start : found[1]]), role, found[0]), found[1]


def _are_several(here: Here) -> bool:
    named = [subject.named for subject in here.clause.subjects]
    return len(named) > 1 or any(n.phrase is not None and n.phrase.plural for n in named)


def _adverb(here: Here) -> Here | None:
    """A word that says how: slowly, apart, overhead."""
    word = here.word()
    onward = word == "back" and here.word(1) in ("and", "to")
    if onward or (word not in _HOW and word not in COMPARATIVES):
        return here.skip() if lexicon.is_adverb(word) else None
    part = How(here.i, here.i + 1, word)
    return replace(here.add(part, fresh=here.fresh), joint=here.joint)


#: What is tried before, among and after everything else.
EARLY_READERS = (_in_turn,)
READERS = (_comparative, _verbless_change, _way_or_relation, _slope, _prepositional)
LATE_READERS = (_adverb,)
