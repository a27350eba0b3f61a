"""From the words of a sentence to its clauses: the first of two passes, without any knowledge of
what has been named before.

Every reader looks at one place in the sentence and returns the place after what it has understood,
or None; the first that understands something is taken. What none understands is passed over.
"""

from dataclasses import replace

from flowzero_jax.planner.english import nominals
from flowzero_jax.planner.english.attachments import (
    EARLY_READERS,
    LATE_READERS,
    READERS,
    noun_then_verb,
)
from flowzero_jax.planner.english.boundaries import opens
from flowzero_jax.planner.english.changes import read_change
from flowzero_jax.planner.english.clauses import Change, Clause, Here, Named, Span, Subject, Told
from flowzero_jax.planner.english.kinds import is_known_thing
from flowzero_jax.planner.english.noun_phrases import NounPhrase, read
from flowzero_jax.planner.english.places import read_time
from flowzero_jax.planner.english.predicates import start_verb
from flowzero_jax.planner.english.verb_groups import VerbGroup, read_verb
from flowzero_jax.planner.words import lexicon, nouns, sizes
from flowzero_jax.planner.words.tables import GRAMMAR
from flowzero_jax.planner.words.verbs import VERBS, Verb


def read_sentence(words: list[str]) -> Here:
    """The clauses of a sentence, and which of its words were passed over."""
    here = _skip_introduction(Here(words))
    telling = lexicon.STYLE | lexicon.COLORS | lexicon.PICTURES | GRAMMAR["kinds_of_picture"]
    start = here.i if telling.isdisjoint(words[: here.i]) else 0
    here = replace(here, start=start, clauses=(Clause(here.i),))
    while here.word():
        here = _step(here)
    return here


def _step(here: Here) -> Here:
    for reader in _READERS:
        found = reader(here)
        if found is not None and (found.i > here.i or found.clauses != here.clauses):
            return found
    return replace(here.skip(), passed=(*here.passed, here.word()))


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
        return here.begin(fronted=(part,)).move(end)  # "and, in the second half, a moth"
    return replace(here.add(part, fresh=here.fresh), joint=joint)


def _sequence(here: Here) -> Here | None:
    """ "then", "after that", "before bouncing"."""
    word, length = here.word(), 1
    if word == "after" and here.word(1) in ("that", "which"):
        length = 2
    elif word == "before":
        if not lexicon.is_ing_verb(here.word(1)):
            return None
    elif word not in lexicon.THEN or (word == "next" and here.word(1) == "to"):
        return None
    return replace(here.skip(length), then=True, joint=here.joint or "then")


def _further_state(here: Here) -> Here | None:
    """ "turns brown and then black", "into a sapling and then into a tree"."""
    verb = here.verb
    if verb is None or verb.verb.kind != "change" or not here.joint or here.at("from"):
        return None
    if here.word() in ("into", "to") or here.word() in lexicon.COLORS:
        opened = here.word() not in lexicon.COLORS
        change = read_change(here.words, here.i, "change" if opened else "turn", opened)
    elif here.word() in ("a", "an") and not noun_then_verb(here, here.i):
        opened = True  # "becomes a sprout, then a flower"
        change = read_change(["into", *here.words[here.i :]], 0, "change", True)
        change = change and (*change[:2], change[2] - 1 + here.i)
    else:
        return None
    if change is None or (not opened and read_verb(here.words, change[2], bare=True)):
        return None
    before, after, end = change
    part = Change(here.i, end, before, after)
    return here.begin(shares="same", verb=verb, parts=(part,)).move(end, fresh=True)


def _opener(here: Here) -> Here | None:
    """ "that", "which", "while", "as": another clause."""
    word = here.word()
    if word in lexicon.RELATIVES and (word != "that" or here.latest is not None):
        if here.latest is None or here.word(-1) == "in":
            return here.skip()
        return here.begin(shares="last").move(here.i + 1, joint=here.joint, fresh=True)
    if word not in lexicon.SUBORDINATORS:
        return None
    if word == "as" and here.word(1) in ("if", "well", "seen"):
        return here.skip(2)
    if word == "after" and _runs_after(here):
        verb = here.verb
        assert verb is not None
        follow = replace(verb, verb=Verb("follow", "travel", pace=verb.verb.pace))
        return here.change(verb=follow).skip()
    if word in ("before", "after", "until", "once") and not noun_then_verb(here, here.i + 1):
        found = read(here.words, here.i + 1)  # "after the rain"
        return replace(here, i=found[1] if found else here.i + 1)
    going_on = word in ("while", "when", "whilst") and lexicon.is_ing_verb(here.word(1))
    if going_on and here.clause.begun:
        return here.move(here.i + 1, joint=",", fresh=False)  # "grows while rolling"
    return here.begin().move(here.i + 1, fresh=False)


def _runs_after(here: Here) -> bool:
    """ "runs after a mouse": it follows the mouse."""
    verb = here.clause.verb
    if verb is None or verb.verb.kind != "travel" or here.joint:
        return False
    found = read(here.words, here.i + 1)
    hunted = here.word(1) in lexicon.PRONOUNS or (found and is_known_thing(found[0]))
    return bool(hunted) and not noun_then_verb(here, here.i + 1)


def _camera_command(here: Here) -> Here | None:
    """ "pan left", "zoom in", without a subject; also "a slow pan to the left"."""
    if here.fresh and here.clause.begun:
        return None
    group = read_verb(here.words, here.i, bare=False)
    if group is None or group.verb.lemma not in GRAMMAR["camera_verbs"]:
        found = read(here.words, here.i)
        if found is None or found[0].noun not in GRAMMAR["camera_verbs"] - {"pan"}:
            return None
        group = VerbGroup(VERBS[found[0].noun], "base", found[1])
    viewer = Named("camera", "subject", NounPhrase(("camera",), ("camera",)))
    return start_verb(here.begin(subjects=(Subject(viewer),)), group)


def _verb(here: Here) -> Here | None:
    """A verb group, where one may stand."""
    clause = here.clause
    if not clause.begun:
        return _inverted(here)
    group = read_verb(here.words, here.i, here.fresh or _is_second_verb(here))
    if group is None:
        return None
    shares: str = "same"
    if not here.fresh:
        goes_on = here.joint and group.known and not noun_then_verb(here, here.i)
        chained = here.verb is not None and group.form == "ing" and not here.joint
        if not (goes_on or chained or group.auxiliary):
            return None
    elif _belongs_to_last(here, group):
        shares = "last"
    implied = group.form == "ing" and here.joint == "," and not group.auxiliary
    takes = clause.verb is None and shares == "same" and not here.then
    takes = takes and (here.fresh or not clause.parts)
    here = here if takes else here.begin(shares=shares)
    return start_verb(here.change(implied=implied), group)


def _inverted(here: Here) -> Here | None:
    """ "above the house flies a bird": the verb stands before its subject."""
    placed = any(not isinstance(part, Span | Told) for part in here.clause.fronted)
    if here.joint or here.clause.verb is not None or not placed:
        return None
    group = read_verb(here.words, here.i, bare=True)
    if group is None or here.word(group.end - here.i) not in lexicon.OPENERS:
        return None
    return here.change(verb=group).move(group.end)


def _is_second_verb(here: Here) -> bool:
    """Whether an unknown word in -s after "and" is a verb: "floats up and pops"."""
    word = here.word()
    return bool(
        here.joint
        and here.verb is not None
        and here.role == "subject"
        and word.endswith("s")
        and not sizes.is_known(nouns.singular(word))
    )


def _belongs_to_last(here: Here, group: VerbGroup) -> bool:
    """Whether a verb right after a noun phrase is that noun's: "watches a bird flying"."""
    role, latest = here.role, here.latest
    if latest is None:
        return False
    if here.verb is None:  # "with the sun setting", "a lake with a duck swimming"
        places = (latest.kind, *(subject.named.kind for subject in here.subjects[:1]))
        return role == "with" and "place" in places
    if role == "with" or (role == "object" and group.form == "base"):
        return True
    if role == "object" and group.passive and not group.auxiliary:
        return True  # "catches a ball thrown by a girl"
    acts = group.form == "ing" and not group.auxiliary and role not in ("on", "in")
    return acts and latest.kind == "thing"


def _style(here: Here) -> Here | None:
    """ ", cinematic lighting, 4k": words about the picture."""
    if here.i and here.word(-1) != ",":
        return None
    piece = here.words[here.i :]
    piece = piece[: piece.index(",")] if "," in piece else piece
    styled = piece and (piece[-1] in lexicon.STYLE or "style" in piece)
    if not styled or len(piece) > 6 or (not here.i and piece[0] in lexicon.DETERMINERS):
        return None
    part = Told(here.i, here.i + len(piece), "style", " ".join(piece))
    return replace(here.add(part, fresh=here.fresh), joint=here.joint)


def _skip_introduction(here: Here) -> Here:
    """ "A lively video of", "Create a scene in which", "There is"."""
    for k in range(4):
        if (
            here.word(k) in GRAMMAR["shots"] and here.word(k + 1) in GRAMMAR["follows"]
        ):  # "a tracking shot follows"
            here = replace(here.skip(k + 2), following=True)
    while here.word() in GRAMMAR["commands"] and (
        opens(here.word(1)) or here.word(1) in GRAMMAR["command_ends"]
    ):
        here = here.skip(1 if opens(here.word(1)) else 2)
    found = read(here.words, here.i)
    if found is None or found[0].head not in lexicon.MEDIA:
        return here
    phrase, ahead = found[0], found[1] - here.i
    two = here.at("in", "which", ahead=ahead) or here.at("that", "shows", ahead=ahead)
    one = here.word(ahead) in GRAMMAR["introducers"]
    if lexicon.SCENERY.intersection(phrase.written[:-1]) or not (one or two):
        return here
    follows = phrase.doing in ("follow", "track") or {"tracking", "following"} & set(phrase.written)
    following = here.following or bool(follows)
    return _skip_introduction(replace(here.skip(ahead + 1 + two), following=following))


def _skip_viewpoint(here: Here) -> Here | None:
    """ "seen from above", "filmed from the side"."""
    there = 3 if here.word(2) in ("the", "a") else 2
    if (
        here.word() in GRAMMAR["seen"]
        and here.word(1) == "from"
        and here.word(there) in GRAMMAR["viewpoints"]
    ):
        return here.skip(there + 1)
    return None


_READERS = (
    _joint, _skip_viewpoint, *EARLY_READERS, _time, _sequence, _further_state, _opener,
    _camera_command, _verb, nominals.read_division, nominals.read_one_of_them,
    nominals.read_pronoun, *READERS, _style, nominals.read_nominal, *LATE_READERS,
)  # fmt: skip
