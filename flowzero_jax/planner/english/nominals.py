"""Readers of noun phrases and pronouns without preposition: subjects, objects, more of a list."""

from dataclasses import replace

from flowzero_jax.planner.english.attachments import noun_then_verb
from flowzero_jax.planner.english.changes import read_change
from flowzero_jax.planner.english.clauses import Attachment, Change, Here, Named, Object, Subject
from flowzero_jax.planner.english.kinds import is_known_thing
from flowzero_jax.planner.english.noun_phrases import NounPhrase, read
from flowzero_jax.planner.english.verb_groups import read_verb
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.verbs import BOTH_MOVE, OBJECT_MOVES

_OTHERS = frozenset({"the other", "the others", "the rest", "the first", "the second"})
_RECEIVING = OBJECT_MOVES | BOTH_MOVE | {"catch", "hit"}


def read_one_of_them(here: Here) -> Here | None:
    """ "two cats, one moving left and the other moving right": told in words alone."""
    rest = here.words[here.i :]
    length = 1 if rest[0] in ("one", "another") else 2 * (" ".join(rest[:2]) in _OTHERS)
    colored = " ".join(rest[length : length + 1]) in lexicon.COLORS  # "one yellow fish"
    if not length or colored or read_verb(rest, length, bare=False) is None:
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
    acts_on = any(isinstance(part, Object) for part in here.clause.parts)
    if verb.verb.lemma in _RECEIVING and not acts_on:
        part = Object(here.i, here.i + 1, Named(word, "object"))
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
    if changes and phrase.determiner in ("a", "an") and not followed:
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
    part = Object(here.i, end, named)
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
    part = Subject(here.i, end, named)
    return here.change(parts=(*here.clause.parts, part)).move(end, fresh=True, latest=named)
