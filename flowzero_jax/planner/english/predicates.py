"""What follows a verb at once: the change it names, its particles, "is red"."""

from dataclasses import replace

from flowzero_jax.planner.english.boundaries import is_nounish
from flowzero_jax.planner.english.changes import read_change
from flowzero_jax.planner.english.clauses import Change, Here, How, Look, Named, Subject
from flowzero_jax.planner.english.noun_phrases import read
from flowzero_jax.planner.english.verb_groups import VerbGroup
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR, load, longest, word_set
from flowzero_jax.planner.words.verbs import VERBS, Verb, form_of

_LISTS = load("phrases")
_ENDS = word_set(", from to on at into and then but while as") | {""}
_TAKE_OFF = {"take": (1, -1), "blast": (0, -1), "lift": (0, -1)}


def start_verb(here: Here, group: VerbGroup) -> Here:
    """The clause with its verb, at the position behind what belongs to the verb."""
    verb, views = group.verb, here.subjects and here.subjects[0].named.kind == "camera"
    start = here.i
    here = here.change(verb=group).move(group.end, fresh=False)
    if views:
        zooms = here.word() in GRAMMAR["zooms"]
        return here.add(How(here.i, here.i + 1, here.word()), fresh=False) if zooms else here
    if verb.lemma == "be" and not group.passive:
        return _read_look(here)
    change = read_change(here.words, here.i, verb.lemma, verb.kind == "change")
    if change:
        before, after, end = change
        part = Change(here.i, end, before, after)
        here = here.change(verb=replace(group, verb=Verb(verb.lemma, "change"), passive=False))
        return replace(
            here.add(part), latest=here.subjects[-1].named if here.subjects else here.latest
        )
    if verb.lemma in GRAMMAR["causatives"]:
        return _read_causative(here, group, start) or _read_particle(here, group)
    return _read_particle(here, group)


def _read_look(here: Here) -> Here:
    """ "is red", "is big and round"."""
    taken, i = [], here.i
    while i < len(here.words):
        word = here.words[i]
        if word in lexicon.COLORS or lexicon.is_adjective(word):
            taken.append(word)
        elif not (word == "and" and taken) and not (lexicon.is_adverb(word) and not taken):
            break
        i += 1
    following = form_of(here.word(i - here.i))
    if (
        not taken
        or set(taken) & GRAMMAR["presence"]
        or (is_nounish(here.words, i) and following != "s")
    ):
        return here
    i -= here.words[i - 1] == "and"
    return here.change(verb=None).add(Look(here.i, i, tuple(taken)))


def _read_causative(here: Here, group: VerbGroup, start: int) -> Here | None:
    """ "turns a frog into a prince": the object changes."""
    found = read(here.words, here.i)
    if found is None or not here.at("into", ahead=found[1] - here.i):
        return None
    change = read_change(here.words, found[1], "change", True)
    if change is None:
        return None
    text = " ".join(here.words[here.i : found[1]])
    named = Named(text, "object", found[0])
    verb = replace(group, verb=Verb("change", "change"), passive=False)
    before, after, end = change
    here = here.change(verb=None).begin(
        subjects=(Subject(named),), verb=verb, parts=(Change(found[1], end, before, after),)
    )
    return here.move(end, fresh=False, latest=named)


def _read_particle(here: Here, group: VerbGroup) -> Here:
    """Words that belong to the verb: "come in", "fly away", "take off", "fade out"."""
    verb, word, bare = group.verb, here.word(), here.word(1) in _ENDS
    found = longest(_LISTS["particles"], here.words, here.i)
    if found is not None:
        return _as(here, Verb(verb.lemma, found[0]), found[1])
    kind = _LISTS["verb_particles"].get(f"{verb.lemma} {word}")
    if kind is not None and bare:
        return _as(here, Verb(verb.lemma, kind), here.i + 1)
    if word == "off" and verb.lemma in _TAKE_OFF and bare:
        direction = _TAKE_OFF[verb.lemma]
        return _as(here, Verb(verb.lemma, "travel", direction, airborne=True), here.i + 1)
    moves = verb.kind in ("travel", "jiggle") or verb.lemma == "get"
    if (word == "away" or (word == "off" and bare)) and here.word(1) != "from" and moves:
        return here.add(How(here.i, here.i + 1, word), fresh=False)
    return here.skip() if _is_idle_particle(verb, word) else here


def _as(here: Here, verb: Verb, end: int) -> Here:
    """The clause with another verb, behind its particle."""
    group = here.clause.verb
    assert group is not None
    return here.change(verb=replace(group, verb=verb)).move(end)


def _is_idle_particle(verb: Verb, word: str) -> bool:
    """ "sits up", "burns down", "turns on", "stands tall": no direction."""
    if word in ("tall", "open"):
        return verb.kind in ("still", "other")
    if verb.lemma == "turn":
        return word in ("up", "down", "on", "off", "out")
    known = verb.kind in ("other", "auxiliary") and verb.lemma in VERBS
    return word in ("up", "down") and (known or verb.kind in ("still", "change", "grow", "shrink"))
