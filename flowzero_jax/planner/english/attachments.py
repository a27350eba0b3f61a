"""Readers of what stands beside the verb: who acts, on what, where, whereto, and how."""

import re
from dataclasses import replace

from flowzero_jax.planner.english import clauses, places
from flowzero_jax.planner.english.boundaries import opens
from flowzero_jax.planner.english.changes import COMPARATIVES, read_change
from flowzero_jax.planner.english.clauses import Attachment, Change, Here, Named
from flowzero_jax.planner.english.noun_phrases import NounPhrase, is_known_thing, read
from flowzero_jax.planner.english.verb_groups import VerbGroup, read_verb
from flowzero_jax.planner.intent import RelationKind
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import load
from flowzero_jax.planner.words.verbs import BOTH_MOVE, OBJECT_MOVES, Verb, form_of

_LISTS = load("phrases")
_PREPOSITIONS = _LISTS["goals"] | _LISTS["origins"]
_IDLE = re.compile(rf"(?:{'|'.join(_LISTS['idle'])})(?= |$)")
_HOW = lexicon.PACES.keys() | COMPARATIVES.keys() | {"back"}
_OTHERS = frozenset({"the other", "the others", "the rest", "the first", "the second"})
_RECEIVING = OBJECT_MOVES | BOTH_MOVE | {"catch", "hit"}


def noun_then_verb(here: Here, i: int) -> bool:
    """Whether a noun phrase at `i`, with its prepositional phrases, is followed by a verb."""
    words = here.words
    found = read(words, i, many=here.joint == "and")
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
    part, fresh = clauses.Way(here.i, path.end, path, here.fresh), path.direction is None
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
        origin = first == "from" and not to
        side = places.Path(stop, None, whole if origin else None, whole if to else None,
                           whole if not (to or origin) else None)  # fmt: skip
    words = here.text(end)
    return _related(here, Attachment(here.i, stop, first, words, target, kind, to, side))


def _related(here: Here, part: Attachment) -> Here:
    if here.joint and _is_followed_by_subject(here, part.end):
        here = here.begin()  # ", to its left stands a tree"
    return here.add(part, replace(part.named, role=part.kind or part.named.role))


def read_prepositional(here: Here) -> Here | None:
    """Any other preposition and its noun."""
    word, following = here.word(), here.word(2)
    if word not in lexicon.PREPOSITIONS and (word, here.word(1)) != ("away", "from"):
        return None
    if word == "round" and not opens(here.word(1)):
        return None  # a round table
    ends = following in ("", ",") or following in lexicon.FUNCTION_WORDS
    if word == "to" and form_of(here.word(1)) == "base" and ends and here.verb is not None:
        return here.skip(2)  # "leaps to catch it"
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
    """A word that says how: slowly, bigger."""
    word = here.word()
    onward = word == "back" and here.word(1) in ("and", "to")
    if onward or word not in _HOW:
        return here.skip() if lexicon.is_adverb(word) else None
    part = clauses.How(here.i, here.i + 1, word)
    return replace(here.add(part, fresh=here.fresh), joint=here.joint)


def read_one_of_them(here: Here) -> Here | None:
    """ "two cats, one moving left and the other moving right": told in words alone."""
    rest = here.words[here.i :]
    length = 1 if rest[0] in ("one", "another") else 2 * (" ".join(rest[:2]) in _OTHERS)
    found = read(rest, 0)
    named = found is not None and found[1] > length + 1  # "one yellow fish", "one moving car"
    if not length or named or read_verb(rest, length, bare=False) is None:
        return None
    stop = next((k for k, word in enumerate(rest) if word in (",", "and")), len(rest))
    return replace(here.skip(stop), passed=(*here.passed, *rest[:stop]))


def read_pronoun(here: Here) -> Here | None:
    """ "it", "they"."""
    word, verb = here.word(), here.verb
    if word not in lexicon.PRONOUNS:
        return None
    if verb is None or here.joint or read_verb(here.words, here.i + 1, bare=False):
        return _with_subject(here, Named(word, "subject"), here.i + 1, listed=False)
    acts_on = any(isinstance(part, clauses.Object) for part in here.clause.parts)
    if verb.verb.lemma in _RECEIVING and not acts_on:
        part = clauses.Object(here.i, here.i + 1, Named(word, "object"))
        return replace(here.add(part), latest=here.latest)
    return here.skip()


def read_nominal(here: Here) -> Here | None:
    """A noun phrase without a preposition: a subject, an object, or one more of a list."""
    acts = here.verb is not None
    found = read(here.words, here.i, many=here.joint == "and" and not acts)
    if found is None:
        return None
    phrase, end = found
    text = here.text(end)
    new_clause = not acts or not here.clause.begun
    followed = bool(here.joint) and noun_then_verb(here, here.i)
    changes = here.then and here.verb is not None and here.verb.verb.kind == "change"
    if changes and not followed:
        state = read_change(["into", *here.words[here.i : end]], 0, "", True)
        if state is not None:  # "becomes a sprout, then a flower"
            later = here.begin(shares="same", verb=here.verb)
            return later.add(Change(here.i, end, state[0], state[1]))
    if not new_clause and not followed:
        return _complement(here, Named(text, "object", phrase), end)
    if not new_clause and _is_decoration(here, phrase, end):
        stop = here.words.index(",", end) if "," in here.words[end:] else len(here.words)
        return replace(here, i=stop)
    listed = not acts and bool(here.joint) and here.role == "subject"
    return _with_subject(here, Named(text, "subject", phrase), end, listed)


def _complement(here: Here, named: Named, end: int) -> Here:
    """What follows a verb: what it is done to, or one more of what was named last."""
    if here.verb is not None and here.verb.verb.lemma in ("wear", "dress"):
        named = replace(named, role="wearing")
    attached = [part for part in here.clause.parts if isinstance(part, Attachment)]
    if here.joint and attached and here.role == attached[-1].named.role:
        named = replace(named, role=here.role)
        return here.add(replace(attached[-1], start=here.i, end=end, named=named), named)
    part = clauses.Object(here.i, end, named)
    if named.kind == "nothing":
        return here.add(part, fresh=here.fresh and not here.joint)
    return here.add(part, named)


def _is_decoration(here: Here, phrase: NounPhrase, end: int) -> bool:
    """ ", its wheels spinning", ", tires squealing": a part of what was said."""
    if is_known_thing(phrase) or phrase.head in lexicon.SCENERY - lexicon.PARTS:
        return False
    acts = lexicon.is_ing_verb(here.word(end - here.i)) or phrase.head in lexicon.PARTS
    return phrase.determiner in lexicon.POSSESSIVES or (phrase.bare and acts)


def _with_subject(here: Here, named: Named, end: int, listed: bool) -> Here:
    """A subject of the open clause, one more of them if `listed`, else of a new clause."""
    clause = here.clause
    open_ = (listed and clause.subjects) or not clause.begun  # it is fronted, or its verb is
    here = here if open_ and not here.then else here.begin()
    part = clauses.Subject(here.i, end, named)
    return here.change(parts=(*here.clause.parts, part)).move(end, fresh=True, latest=named)
