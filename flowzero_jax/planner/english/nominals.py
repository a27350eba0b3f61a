"""Readers of noun phrases and pronouns without preposition: subjects, objects, more of a list."""

from dataclasses import replace

from flowzero_jax.planner.english import clauses
from flowzero_jax.planner.english.attachments import noun_then_verb
from flowzero_jax.planner.english.clauses import Attachment, Here, How, Named, Object, Subject
from flowzero_jax.planner.english.kinds import is_known_thing
from flowzero_jax.planner.english.noun_phrases import NounPhrase, read
from flowzero_jax.planner.english.verb_groups import read_verb
from flowzero_jax.planner.words import lexicon, nouns, sizes
from flowzero_jax.planner.words.verbs import BOTH_MOVE, OBJECT_MOVES

_OTHERS = (("the", "other"), ("the", "others"), ("the", "rest"), ("the", "first"),
           ("the", "second"))  # fmt: skip
_RECEIVING = OBJECT_MOVES | BOTH_MOVE | {"catch", "hit"}


def read_division(here: Here) -> Here | None:
    """ "six sheep, three white and three black": looks dealt out among a group."""
    number, look = nouns.number(here.word()), here.word(1)
    if number is None or not (look in lexicon.COLORS or lexicon.is_adjective(look)):
        return None
    following = here.word(2)
    verb = read_verb(here.words, here.i + 2, True)
    ends = following in ("", ",", "and")
    if not here.joint or not (ends or (verb and not sizes.is_known(nouns.singular(following)))):
        return None
    named = Named(f"{here.word()} {look}", "subject", many=number, look=look)
    return _with_subject(here, named, here.i + 2, listed=here.verb is None)


def read_one_of_them(here: Here) -> Here | None:
    """ "two cats, one moving left and the other moving right"."""
    length = 1 if here.word() in ("one", "another") else 2
    if length == 2 and (here.word(), here.word(1)) not in _OTHERS:
        return None
    text = " ".join(here.words[here.i : here.i + length])
    length += 2 * here.at("of", "them", ahead=length)
    verb = read_verb(here.words, here.i + length, bare=False)
    if here.word(length) in lexicon.COLORS:
        return None  # "one yellow fish"
    if verb is None and here.word(length) not in lexicon.PREPOSITIONS:
        return None
    return _with_subject(here, Named(text, "subject"), here.i + length, listed=False)


def read_pronoun(here: Here) -> Here | None:
    word, verb = here.word(), here.verb
    if here.at("each", "other") or here.at("one", "another"):
        passes = verb is not None and verb.verb.lemma in ("pass", "cross")
        return here.add(How(here.i, here.i + 2, "past" if passes else "toward"), fresh=here.fresh)
    if word not in lexicon.PRONOUNS:
        return None
    if verb is None or here.joint or read_verb(here.words, here.i + 1, bare=False):
        return _with_subject(here, Named(word, "subject"), here.i + 1, listed=False)
    acts_on = any(isinstance(part, Object) for part in here.clause.parts)
    if verb.verb.lemma in _RECEIVING and not acts_on:
        named = Named(word, "object")
        return replace(here.add(Object(here.i, here.i + 1, named)), latest=here.latest)
    return here.skip()


def read_nominal(here: Here) -> Here | None:
    """A noun phrase without a preposition: a subject, an object, or one more of a list."""
    acts = here.verb is not None
    found = read(here.words, here.i, many=here.joint == "and" and not acts)
    if found is None:
        return None
    phrase, end = found
    text = " ".join(here.words[here.i : end])
    new_clause = not acts or here.clause.inverted
    if not new_clause and not (here.joint and noun_then_verb(here, here.i)):
        return _complement(here, Named(text, "object", phrase), end)
    if not new_clause and _is_decoration(here, phrase, end):
        stop = here.words.index(",", end) if "," in here.words[end:] else len(here.words)
        return replace(here, i=stop)
    described = here.clause.described and noun_then_verb(here, here.i)
    listed = not acts and here.joint and here.role == "subject" and not described
    return _with_subject(here, Named(text, "subject", phrase), end, bool(listed))


def _complement(here: Here, named: Named, end: int) -> Here:
    """What follows a verb: what it is done to, or one more of what was named last."""
    verb = here.verb
    assert verb is not None and named.phrase is not None
    if verb.verb.lemma in ("wear", "dress"):
        return here.add(clauses.Told(here.i, end, "worn", named.text))
    attached = [part for part in here.clause.parts if isinstance(part, Attachment)]
    if here.joint and attached and here.role == attached[-1].named.role:
        named = replace(named, role=here.role)
        another = replace(attached[-1], start=here.i, end=end, named=named, holds=False)
        return here.add(another, named)
    part = Object(here.i, end, named)
    if named.kind == "nothing":
        return here.add(part, fresh=here.fresh and not here.joint)
    return here.add(part, named)


def _is_decoration(here: Here, phrase: NounPhrase, end: int) -> bool:
    """ ", its wheels spinning", ", tires squealing": a part of what was said."""
    if is_known_thing(phrase) or phrase.head in lexicon.SCENERY - lexicon.PARTS:
        return False
    if phrase.determiner in lexicon.POSSESSIVES:
        return True
    verb = here.word(end - here.i)
    return phrase.bare and (lexicon.is_ing_verb(verb) or phrase.head in lexicon.PARTS)


def _with_subject(here: Here, named: Named, end: int, listed: bool) -> Here:
    """A subject of the open clause, one more of them if `listed`, else of a new clause."""
    clause = here.clause
    if listed and clause.subjects and not here.then:
        here = here.change(subjects=(*clause.subjects, Subject(named)))
    elif not clause.begun and not here.then:  # it is fronted, or its verb is
        here = here.change(subjects=(Subject(named),))
    else:
        here = here.begin(subjects=(Subject(named),))
    return here.move(end, fresh=True, latest=named)
