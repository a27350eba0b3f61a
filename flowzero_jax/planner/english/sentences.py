"""From the words of a sentence to its clauses: the first of two passes.

Every reader looks at one place in the sentence and returns the place after what it has understood,
or None; the first that understands something is taken. What none understands is passed over.
"""

from dataclasses import replace

from flowzero_jax.planner.english import attachments
from flowzero_jax.planner.english.attachments import noun_then_verb
from flowzero_jax.planner.english.boundaries import is_nounish, opens, word_at
from flowzero_jax.planner.english.changes import read_change
from flowzero_jax.planner.english.clauses import Change, Clause, Here, How, Named, Span, Subject
from flowzero_jax.planner.english.noun_phrases import NounPhrase, read
from flowzero_jax.planner.english.places import read_time
from flowzero_jax.planner.english.verb_groups import VerbGroup, read_verb
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR, load, longest, word_set
from flowzero_jax.planner.words.verbs import VERBS, Verb

_LISTS = load("phrases")
_ENDS = word_set(", from to on at into and then but while as") | {""}


def read_sentence(words: list[str]) -> Here:
    """The clauses of a sentence, and which of its words were passed over."""
    here = _skip_introduction(Here(words))
    telling = lexicon.STYLE | lexicon.COLORS | lexicon.PICTURES | GRAMMAR["kinds_of_picture"]
    start = here.i if telling.isdisjoint(words[: here.i]) else 0
    here = replace(here, start=start, clauses=(Clause(here.i),))
    while here.word():
        read_on = (reader(here) for reader in _READERS)
        moved = (h for h in read_on if h and (h.i > here.i or h.clauses != here.clauses))
        here = next(moved, replace(here.skip(), passed=(*here.passed, here.word())))
    return here


def _joint(here: Here) -> Here | None:
    word = here.word()
    if word == "," or word in lexicon.CONJUNCTIONS:
        joint = word if word != "," else here.joint or word
        return replace(here.skip(), joint=joint, fresh=False)
    return None


def _time(here: Here) -> Here | None:
    """ "only in the second half of the video"."""
    found = read_time(here.words, here.i)
    if found is None:
        return None
    span, only, end = found
    part, joint = Span(here.i, end, span, only), here.joint
    if here.joint and here.word(end - here.i + (here.word(end - here.i) == ",")) in lexicon.OPENERS:
        return here.begin(parts=(part,)).move(end)  # "and, in the second half, a moth"
    return replace(here.add(part, fresh=here.fresh), joint=joint)


def _sequence(here: Here) -> Here | None:
    """ "then", "after that", "before bouncing"."""
    word, following = here.word(), here.word(1)
    after_that = word == "after" and following in ("that", "which")
    then = word in lexicon.THEN and (word, following) != ("next", "to")
    if then or after_that or (word == "before" and lexicon.is_ing_verb(following)):
        return replace(here.skip(1 + after_that), then=True, joint=here.joint or "then")
    return None


def _opener(here: Here) -> Here | None:
    """ "that", "which", "while", "as": another clause."""
    word = here.word()
    if word in lexicon.RELATIVES and (word != "that" or here.latest is not None):
        return here.begin(shares="last").move(here.i + 1, joint=here.joint, fresh=True)
    if word not in lexicon.SUBORDINATORS:
        return None
    if word in ("before", "after", "until", "once") and not noun_then_verb(here, here.i + 1):
        return None  # "after the rain"
    going_on = word in ("while", "when", "whilst") and lexicon.is_ing_verb(here.word(1))
    if going_on and here.clause.begun:
        return here.move(here.i + 1, joint=",", fresh=False)  # "grows while rolling"
    return here.begin().move(here.i + 1, fresh=False)


def _camera_command(here: Here) -> Here | None:
    """ "pan left", "zoom in", without a subject."""
    if here.fresh and here.clause.begun:
        return None
    group = read_verb(here.words, here.i, bare=False)
    if group is None or group.verb.lemma not in GRAMMAR["camera_verbs"]:
        return None
    viewer = Named("camera", "subject", NounPhrase(("camera",), ("camera",)))
    return start_verb(here.begin(parts=(Subject(here.i, here.i, viewer),)), group)


def _verb(here: Here) -> Here | None:
    """A verb group, where one may stand."""
    clause = here.clause
    group = read_verb(here.words, here.i, here.fresh or not clause.begun)
    if group is None:
        return None
    if not clause.begun:  # "above the house flies a bird"
        fronted = clause.parts and clause.verb is None and not here.joint
        inverted = fronted and here.word(group.end - here.i) in lexicon.OPENERS
        return here.change(verb=group).move(group.end) if inverted else None
    shares: str = "same"
    if not here.fresh:
        goes_on = here.joint and group.known and not noun_then_verb(here, here.i)
        chained = here.verb is not None and group.form == "ing" and not here.joint
        if not (goes_on or chained or group.auxiliary):
            return None
    elif _belongs_to_last(here, group):
        shares = "last"
    takes = clause.verb is None and shares == "same" and not here.then
    takes = takes and (here.fresh or not clause.parts)
    here = here if takes else here.begin(shares=shares)
    return start_verb(here, group)


def _belongs_to_last(here: Here, group: VerbGroup) -> bool:
    """Whether a verb right after a noun phrase is that noun's: "watches a bird flying"."""
    role, latest = here.role, here.latest
    if latest is None:
        return False
    if here.verb is None:  # "with the sun setting", "a lake with a duck swimming"
        places = (latest.kind, *(named.kind for named in here.subjects[:1]))
        return role == "with" and "place" in places
    if role == "with" or (role == "object" and (group.form == "base" or group.passive)):
        return not (group.passive and group.auxiliary)  # "catches a ball thrown by a girl"
    acts = group.form == "ing" and not group.auxiliary and role not in ("on", "in")
    return acts and latest.kind == "thing"


def _skip_introduction(here: Here) -> Here:
    """ "A lively video of", "Create a scene in which", "There is"."""
    while here.word() in GRAMMAR["commands"] and (
        opens(here.word(1)) or here.word(1) in GRAMMAR["command_ends"]
    ):
        here = here.skip(1 if opens(here.word(1)) else 2)
    found = read(here.words, here.i)
    if found is None or found[0].head not in lexicon.MEDIA:
        return here
    phrase, ahead = found[0], found[1] - here.i
    two = (here.word(ahead), here.word(ahead + 1)) in (("in", "which"), ("that", "shows"))
    one = here.word(ahead) in GRAMMAR["introducers"]
    if lexicon.SCENERY.intersection(phrase.written[:-1]) or not (one or two):
        return here
    return _skip_introduction(here.skip(ahead + 1 + two))


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
    if end == here.i and lexicon.is_ing_verb(here.word(1)) and not opens(here.word()):
        end += 1  # "is rock climbing"
    elif end == here.i or is_nounish(here.words, end):
        return here
    return here.change(verb=None).move(end, fresh=True)


def _read_causative(here: Here, group: VerbGroup) -> Here | None:
    """ "turns a frog into a prince": the object changes."""
    found = read(here.words, here.i)
    if found is None or here.word(found[1] - here.i) != "into":
        return None
    subject = Subject(here.i, found[1], Named(here.text(found[1]), "object", found[0]))
    here = here.change(verb=None).begin(parts=(subject,))
    return start_verb(here, replace(group, verb=VERBS["change"], passive=False, end=found[1]))


def _read_particle(here: Here, group: VerbGroup) -> Here:
    """Words that belong to the verb: "come in", "fly away", "take off", "fade out", "sits up"."""
    verb, word, bare = group.verb, here.word(), here.word(1) in _ENDS
    lemma, end = longest(_LISTS["particles"], here.words, here.i) or ("", here.i + 1)
    if not lemma and bare:
        lemma = _LISTS["verb_particles"].get(f"{verb.lemma} {word}", "")
    if lemma:
        return here.change(verb=replace(group, verb=VERBS[lemma])).move(end)
    moves = verb.kind in GRAMMAR["moving"]
    leaves = (word == "away" or (word == "off" and bare)) and here.word(1) != "from"
    if leaves and (moves or verb.lemma == "get"):
        return here.add(How(here.i, end, word), fresh=False)
    idle = word in GRAMMAR["idle_particles"] and verb.lemma in VERBS and not moves
    turned = verb.lemma == "turn" and word in GRAMMAR["turned"]
    return here.skip() if idle or turned else here


_READERS = (
    _joint, attachments.read_idle_phrase, _time, _sequence, _opener, _camera_command, _verb,
    attachments.read_one_of_them, attachments.read_pronoun,
    attachments.read_verbless_change, attachments.read_way, attachments.read_prepositional,
    attachments.read_nominal, attachments.read_adverb,
)  # fmt: skip
