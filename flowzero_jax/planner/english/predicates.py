"""What follows a verb at once: the change it names, its particles, "is red"."""

from dataclasses import replace

from flowzero_jax.planner.english.boundaries import is_nounish, word_at
from flowzero_jax.planner.english.changes import read_change
from flowzero_jax.planner.english.clauses import Change, Here, How, Named, Subject
from flowzero_jax.planner.english.noun_phrases import read
from flowzero_jax.planner.english.verb_groups import VerbGroup
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR, load, longest, word_set
from flowzero_jax.planner.words.verbs import VERBS, Verb

_LISTS = load("phrases")
_ENDS = word_set(", from to on at into and then but while as") | {""}
_TAKE_OFF = {"take": (1, -1), "blast": (0, -1), "lift": (0, -1)}


def start_verb(here: Here, group: VerbGroup) -> Here:
    """The clause with its verb, at the position behind what belongs to the verb."""
    verb, subjects = group.verb, here.subjects
    here = here.change(verb=group).move(group.end, fresh=False)
    if subjects and subjects[0].kind == "camera":
        zooms = here.word() in GRAMMAR["zooms"]
        return here.add(How(here.i, here.i + 1, here.word()), fresh=False) if zooms else here
    if verb.lemma == "be" and not group.passive:
        return _skip_look(here)
    change = read_change(here.words, here.i, verb.lemma, verb.kind == "change")
    if change:
        before, after, end = change
        here = here.change(verb=replace(group, verb=Verb(verb.lemma, "change"), passive=False))
        here = here.add(Change(here.i, end, before, after))
        return replace(here, latest=subjects[-1] if subjects else here.latest)
    caused = _read_causative(here, group) if verb.lemma in GRAMMAR["causatives"] else None
    return caused or _read_particle(here, group)


def _skip_look(here: Here) -> Here:
    """ "is red", "is big and round": told in words alone."""
    end = here.i
    looks = lexicon.COLORS | {"and"}
    while (word := word_at(here.words, end)) in looks or lexicon.is_adjective(word):
        end += 1
    end -= end > here.i and here.words[end - 1] == "and"
    if end == here.i or is_nounish(here.words, end):
        return here
    return here.change(verb=None).move(end, fresh=True)


def _read_causative(here: Here, group: VerbGroup) -> Here | None:
    """ "turns a frog into a prince": the object changes."""
    found = read(here.words, here.i)
    into = found is not None and here.at("into", ahead=found[1] - here.i)
    change = read_change(here.words, found[1], "change", True) if found and into else None
    if found is None or change is None:
        return None
    named = Named(here.text(found[1]), "object", found[0])
    verb = replace(group, verb=Verb("change", "change"), passive=False)
    part = Change(found[1], change[2], change[0], change[1])
    parts = (Subject(here.i, found[1], named), part)
    here = here.change(verb=None).begin(verb=verb, parts=parts)
    return here.move(part.end, fresh=False, latest=named)


def _read_particle(here: Here, group: VerbGroup) -> Here:
    """Words that belong to the verb: "come in", "fly away", "take off", "fade out"."""
    verb, word, bare = group.verb, here.word(), here.word(1) in _ENDS
    kind, end = longest(_LISTS["particles"], here.words, here.i) or ("", here.i + 1)
    if not kind and bare:
        kind = _LISTS["verb_particles"].get(f"{verb.lemma} {word}", "")
    if kind:
        return here.change(verb=replace(group, verb=Verb(verb.lemma, kind))).move(end)
    if word == "off" and verb.lemma in _TAKE_OFF and bare:
        lifted = Verb(verb.lemma, "travel", _TAKE_OFF[verb.lemma], airborne=True)
        return here.change(verb=replace(group, verb=lifted)).move(end)
    moves = verb.kind in ("travel", "jiggle") or verb.lemma == "get"
    if (word == "away" or (word == "off" and bare)) and here.word(1) != "from" and moves:
        return here.add(How(here.i, end, word), fresh=False)
    return here.skip() if _is_idle_particle(verb, word) else here


def _is_idle_particle(verb: Verb, word: str) -> bool:
    """ "sits up", "burns down", "turns on", "stands tall": no direction."""
    if verb.lemma == "turn":
        return word in ("up", "down", "on", "off", "out")
    known = verb.kind in ("still", "change", "grow", "shrink") or (
        verb.kind in ("other", "auxiliary") and verb.lemma in VERBS
    )
    return known and word in ("up", "down", "tall", "open")
