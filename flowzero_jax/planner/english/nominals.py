"""Noun phrases and pronouns in a clause: subjects, objects, one more of a list."""

from dataclasses import replace

from flowzero_jax.planner.english.complements import attach
from flowzero_jax.planner.english.drafts import Draft, Nothing, ThingDraft
from flowzero_jax.planner.english.mentions import adorn, is_known_thing, mention, refer
from flowzero_jax.planner.english.noun_phrases import NounPhrase, read
from flowzero_jax.planner.english.predicates import take_object
from flowzero_jax.planner.english.verb_groups import read_verb
from flowzero_jax.planner.words import lexicon, nouns, sizes
from flowzero_jax.planner.words.verbs import BOTH_MOVE, OBJECT_MOVES, VERBS, Verb

_OTHERS = (("the", "other"), ("the", "others"), ("the", "rest"), ("the", "first"),
           ("the", "second"))  # fmt: skip


def read_nominal(draft: Draft) -> bool:
    """A noun phrase without a preposition: a subject, an object, or one more of a list."""
    found = read(draft.words, draft.i, many=draft.joined == "and" and draft.event is None)
    if found is None:
        return False
    phrase, end = found
    event, start = draft.event, draft.i
    unstated = event is not None and not event.stated and bool(draft.joined)
    new_clause = event is None or unstated or (draft.joined and noun_then_verb(draft, start))
    if new_clause and event is not None and _is_decoration(draft, phrase, end):
        while draft.word() not in ("", ","):
            draft.i += 1
        return True
    if event is not None and not new_clause and event.verb.lemma in ("wear", "dress"):
        adorn(draft, event, " ".join(draft.words[start:end]))
        draft.i, draft.joined, draft.fresh = end, "", True
        return True
    in_list = draft.joined and not new_clause and draft.role not in ("subject", "object")
    role = "subject" if new_clause else "list" if in_list else "object"
    named = mention(draft, phrase, start, end, role)
    together = event is None and draft.subjects and draft.joined and draft.role == "subject"
    together = together and named not in draft.subjects
    together = together and not (draft.described and noun_then_verb(draft, start))
    draft.described = False
    draft.i, draft.joined = end, ""
    if role == "list":
        attach(draft, draft.role, draft.role, named)
    elif role == "object":
        take_object(draft, named)
    else:
        draft.subjects = [*draft.subjects, named] if together else [named]
        draft.event, draft.role = None, "subject"
        if isinstance(named, ThingDraft):
            _settle_pending(draft, named)
            if phrase.doing:
                draft.begin(VERBS[phrase.doing], [named], stated=False)
    if role == "subject" or not isinstance(named, Nothing):
        draft.last, draft.fresh = named, True
    return True


def _settle_pending(draft: Draft, thing: ThingDraft) -> None:
    """Gives a subject the place that was said before it: "on the left a ball"."""
    if draft.pending_region is not None:
        thing.region, draft.pending_region = draft.pending_region, None
    verb, draft.pending_verb = draft.pending_verb, None
    if verb is not None and read_verb(draft.words, draft.i, bare=True) is None:
        draft.event = draft.begin(verb, [thing])
    if draft.pending_span and read_verb(draft.words, draft.i, bare=True) is None:
        draft.event = draft.begin(Verb("be", "still"), [thing], stated=False)
    if draft.pending_relation is not None:
        kind, words, target = draft.pending_relation
        draft.subjects, draft.pending_relation = [thing], None
        draft.relate(kind, words, target, None)


def _is_decoration(draft: Draft, phrase: NounPhrase, end: int) -> bool:
    """ ", its wheels spinning", ", tires squealing": a part of what was said."""
    if is_known_thing(phrase) or phrase.written[-1] in lexicon.SCENERY - lexicon.PARTS:
        return False
    if phrase.determiner in lexicon.POSSESSIVES:
        return True
    verb = draft.words[end] if end < len(draft.words) else ""
    bare = not phrase.determiner and not phrase.counted
    return bare and (lexicon.is_ing_verb(verb) or phrase.written[-1] in lexicon.PARTS)


def read_pronoun(draft: Draft) -> bool:
    word, event = draft.word(), draft.event
    if draft.at("each", "other") or draft.at("one", "another"):
        if event is not None:
            event.mutual = "past" if event.verb.lemma in ("pass", "cross") else "toward"
        draft.i += 2
        return True
    if word not in lexicon.PRONOUNS:
        return False
    draft.i += 1
    if event is None or draft.joined or read_verb(draft.words, draft.i, bare=False):
        referents = refer(draft, word)
        if referents:
            draft.subjects, draft.event, draft.role = list(referents), None, "subject"
            draft.last, draft.fresh, draft.joined = referents[-1], True, ""
    elif event.obj is None and event.verb.lemma in OBJECT_MOVES | BOTH_MOVE | {"catch", "hit"}:
        objects = [e.obj for e in draft.events if isinstance(e.obj, ThingDraft)]
        event.obj = objects[-1] if objects else None
    return True


def read_one_of_them(draft: Draft) -> bool:
    """ "two cats, one moving left and the other moving right"."""
    word, two = draft.word(), (draft.word(), draft.word(1))
    if word not in ("one", "another") and two not in _OTHERS:
        return False
    length = 1 if word in ("one", "another") else 2
    if draft.word(length) in lexicon.COLORS:
        return False  # "one yellow fish"
    group = draft.group or next((t for t in reversed(draft.things) if t.count > 1), None)
    if group is None:
        return False
    if draft.at("of", "them", ahead=length):
        length += 2
    following = draft.word(length)
    verb = read_verb(draft.words, draft.i + length, bare=False)
    if verb is None and following not in lexicon.PREPOSITIONS:
        return False
    draft.group = group
    rest = two[1] in ("others", "rest") or group.count == 1
    draft.subjects = [group if rest else draft.take_one(group)]
    draft.event, draft.last, draft.role = None, draft.subjects[0], "subject"
    draft.joined, draft.fresh = "", True
    draft.i += length
    return True


def read_division(draft: Draft) -> bool:
    """ "six sheep, three white and three black": looks dealt out among a group."""
    number, look = nouns.number(draft.word()), draft.word(1)
    if number is None or not (look in lexicon.COLORS or lexicon.is_adjective(look)):
        return False
    following = draft.word(2)
    if following not in ("", ",", "and") and not (
        read_verb(draft.words, draft.i + 2, True) and not sizes.is_known(nouns.singular(following))
    ):
        return False
    group = next((t for t in reversed(draft.things) if t.count >= number), None)
    if (
        group is None
        or nouns.singular(following) == group.label.noun
        or not draft.joined
        or look in group.label.words
    ):
        return False
    part = group if group.count == number else draft.take(group, number)
    label = group.label
    part.label = replace(label, words=(look, *label.words), written=(look, *label.written))
    draft.i, draft.joined, draft.fresh, draft.last = draft.i + 2, "", True, part
    if draft.event is None and part not in draft.subjects:
        draft.subjects = [*draft.subjects, part]
    return True


def noun_then_verb(draft: Draft, i: int) -> bool:
    """Whether a noun phrase at `i`, with its prepositional phrases, is followed by a verb."""
    words = draft.words
    if i < len(words) and words[i] in lexicon.PRONOUNS:
        return read_verb(words, i + 1, bare=True) is not None
    found = read(words, i, many=draft.joined == "and")
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
