"""Walks through a prompt clause by clause and drafts what it says.

The grammar is small: a clause is a subject, a verb and any number of prepositional phrases,
directions and parts of the video. What it does not understand it passes over.
"""

from flowzero_jax.planner.english import times
from flowzero_jax.planner.english.adverbs import read_adverb, read_in_place, read_one_by_one
from flowzero_jax.planner.english.attachments import read_attachment
from flowzero_jax.planner.english.changes import COMPARATIVES, read_change
from flowzero_jax.planner.english.drafts import Camera, Draft, PlaceDraft, ThingDraft
from flowzero_jax.planner.english.introductions import skip_introduction, skip_viewpoint
from flowzero_jax.planner.english.mentions import is_known_thing, weather
from flowzero_jax.planner.english.nominals import (
    noun_then_verb,
    read_division,
    read_nominal,
    read_one_of_them,
    read_pronoun,
)
from flowzero_jax.planner.english.noun_phrases import read
from flowzero_jax.planner.english.predicates import start_verb
from flowzero_jax.planner.english.verb_groups import VerbGroup, read_verb
from flowzero_jax.planner.words import lexicon, nouns, sizes
from flowzero_jax.planner.words.verbs import VERBS, Verb

_WEATHER = {"snowing": "snow", "snows": "snow", "raining": "rain", "rains": "rain"}
_CAMERA_VERBS = frozenset({"pan", "tilt", "dolly", "zoom"})


def read_sentence(draft: Draft, words: list[str]) -> None:
    """Reads one sentence into the draft."""
    draft.words, draft.i = words, 0
    draft.subjects, draft.event, draft.last = [], None, None
    draft.role, draft.joined, draft.fresh = "subject", "", False
    skip_introduction(draft)
    while draft.word():
        before = draft.i
        _step(draft)
        draft.i += draft.i == before


def _step(draft: Draft) -> None:
    word = draft.word()
    if word == "," or word in lexicon.CONJUNCTIONS:
        draft.joined = word if word != "," else draft.joined or word
        draft.fresh = False
        draft.i += 1
        return
    for reader in (
        skip_viewpoint, read_in_place, read_one_by_one, _time, _sequence, _weather,
        _further_state, _clause_opener, _camera_command, _verb,
        read_division, read_one_of_them, read_pronoun,
        _comparative, read_attachment, _style, read_nominal,
    ):  # fmt: skip
        if reader(draft):
            return
    read_adverb(draft)


def _time(draft: Draft) -> bool:
    """ "only in the second half of the video"."""
    found = times.read_time(draft.words, draft.i)
    if found is None:
        return False
    span, only, draft.i = found
    event = draft.event
    if draft.joined and draft.word(draft.word() == ",") in lexicon.OPENERS:
        draft.pending_span = (span, only)  # "and, in the second half, a moth"
        return True
    if event is not None and not isinstance(event.subjects[0], Camera):
        event.span, event.only = span, event.only or only
    elif draft.subjects:
        event = draft.begin(Verb("be", "still"), draft.subjects, stated=False)
        event.span, event.only = span, only
    else:
        draft.pending_span = (span, only)
    return True


def _sequence(draft: Draft) -> bool:
    """ "then", "after that", "before bouncing"."""
    word = draft.word()
    if word == "after" and draft.word(1) in ("that", "which"):
        draft.i += 1
    elif word == "before":
        if not lexicon.is_ing_verb(draft.word(1)):
            return False
    elif word not in lexicon.THEN or (word == "next" and draft.word(1) == "to"):
        return False
    draft.order += bool(draft.events or draft.places)
    draft.joined = draft.joined or "then"
    draft.i += 1
    return True


def _weather(draft: Draft) -> bool:
    """ "it is snowing", "it rains"."""
    word = draft.word()
    if word not in _WEATHER or draft.word(-1) not in ("it", "is", "'s", "starts", "begins"):
        return False
    weather(draft, _WEATHER[word])
    draft.i += 1
    return True


def _further_state(draft: Draft) -> bool:
    """ "turns brown and then black", "into a sapling and then into a tree"."""
    event = draft.event
    if event is None or event.verb.kind != "change" or not draft.joined or draft.word() == "from":
        return False
    opened = draft.word() in ("into", "to")
    if not opened and draft.word() not in lexicon.COLORS:
        becomes = draft.at("a") or draft.at("an")
        if not becomes or event.end_state is None or noun_then_verb(draft, draft.i):
            return False
        opened = True  # "becomes a sprout, then a flower"
        change = read_change(["into", *draft.words[draft.i :]], 0, "change", True)
        change = change and (*change[:2], change[2] - 1 + draft.i)
    else:
        change = read_change(draft.words, draft.i, "change" if opened else "turn", opened)
    if change is None or (not opened and read_verb(draft.words, change[2], bare=True)):
        return False
    draft.event = draft.begin(event.verb, event.subjects)
    draft.event.start_state, draft.event.end_state, draft.i = change
    draft.joined, draft.last, draft.fresh = "", event.subjects[-1], True
    return True


def _clause_opener(draft: Draft) -> bool:
    """ "that", "which", "while", "as": another clause."""
    word = draft.word()
    if word in lexicon.RELATIVES and (word != "that" or draft.last is not None):
        if draft.last is not None and draft.word(-1) != "in":
            draft.subjects, draft.event, draft.fresh = [draft.last], None, True
        draft.i += 1
        return True
    if word not in lexicon.SUBORDINATORS:
        return False
    if word == "after" and _runs_after(draft):
        return True
    if word == "as" and draft.word(1) in ("if", "well", "seen"):
        draft.i += 2
        return True
    if word in ("before", "after", "until", "once") and not noun_then_verb(draft, draft.i + 1):
        found = read(draft.words, draft.i + 1)  # "after the rain"
        draft.i = found[1] if found else draft.i + 1
        return True
    going_on = word in ("while", "when", "whilst") and lexicon.is_ing_verb(draft.word(1))
    if going_on and draft.subjects:
        draft.joined, draft.fresh = ",", False  # "grows while rolling"
        draft.i += 1
        return True
    draft.subjects, draft.event, draft.role, draft.joined = [], None, "subject", ""
    draft.i += 1
    return True


def _runs_after(draft: Draft) -> bool:
    """ "runs after a mouse": it follows the mouse."""
    event = draft.event
    if event is None or event.verb.kind != "travel" or draft.joined:
        return False
    found = read(draft.words, draft.i + 1)
    hunted = draft.word(1) in lexicon.PRONOUNS or (found and is_known_thing(found[0]))
    if not hunted or noun_then_verb(draft, draft.i + 1):
        return False
    event.verb = Verb("follow", "travel", pace=event.verb.pace)
    draft.i += 1
    return True


def _camera_command(draft: Draft) -> bool:
    """ "pan left", "zoom in", without a subject; also "a slow pan to the left"."""
    if draft.fresh and draft.subjects:
        return False
    group = read_verb(draft.words, draft.i, bare=False)
    if group is None or group.verb.lemma not in _CAMERA_VERBS:
        found = read(draft.words, draft.i)
        if found is None or found[0].noun not in _CAMERA_VERBS - {"pan"}:
            return False
        group = VerbGroup(VERBS[found[0].noun], "base", found[1])
    draft.subjects, draft.event = [Camera()], None
    start_verb(draft, group)
    return True


def _verb(draft: Draft) -> bool:
    """A verb group, where one may stand."""
    inverting = draft.pending_region is not None and draft.pending_verb is not None
    if not draft.subjects and (inverting or draft.pending_relation is not None):
        group = read_verb(draft.words, draft.i, bare=True)
        if group is not None:  # "in the corner flies a bird"
            draft.i, draft.pending_verb = group.end, group.verb
            return True
    if not draft.subjects and draft.last is None:
        return False
    event = draft.event
    inverted = draft.pending_relation is not None and not draft.subjects
    bare = draft.fresh or _is_second_verb(draft)
    group = read_verb(draft.words, draft.i, bare=bare)
    if group is None:
        return False
    if inverted:  # "above the house flies a bird"
        draft.i = group.end
        return True
    if not draft.fresh:
        goes_on = draft.joined and group.known and not noun_then_verb(draft, draft.i)
        chained = event is not None and group.form == "ing" and not draft.joined
        if not (goes_on or chained or group.auxiliary):
            return False
    elif event is not None and _belongs_to_last(draft, group):
        draft.subjects = [draft.last]
    elif draft.role == "with" and isinstance(draft.last, PlaceDraft):
        draft.subjects = [draft.last]  # "with the sun setting"
    elif draft.role == "with" and isinstance(draft.subjects[0], PlaceDraft):
        draft.subjects = [draft.last]  # "a lake with a duck swimming"
    if not draft.subjects:
        return False
    start_verb(draft, group)
    return True


def _is_second_verb(draft: Draft) -> bool:
    """Whether an unknown word in -s after "and" is a verb: "floats up and pops"."""
    word, event = draft.word(), draft.event
    return bool(
        draft.joined
        and event is not None
        and event.obj is None
        and draft.role == "subject"
        and word.endswith("s")
        and not sizes.is_known(nouns.singular(word))
    )


def _belongs_to_last(draft: Draft, group: VerbGroup) -> bool:
    """Whether a verb right after a noun phrase is that noun's: "watches a bird flying"."""
    if draft.last is None:
        return False
    if draft.role == "with" or (draft.role == "object" and group.form == "base"):
        return True
    if draft.role == "object" and group.passive and not group.auxiliary:
        return True  # "catches a ball thrown by a girl"
    if group.form != "ing" or group.auxiliary:
        return False
    return isinstance(draft.last, ThingDraft) and draft.role not in ("on", "in")


def _comparative(draft: Draft) -> bool:
    """ "comes closer and closer", "becomes bigger": a change of size."""
    word, event = draft.word(), draft.event
    if word not in COMPARATIVES or event is None or word in lexicon.SIZES:
        return False
    if event.verb.kind not in ("auxiliary", "travel", "grow", "shrink"):
        return False
    following = draft.word(1)
    if following not in ("", ",", "and", "to") and following not in lexicon.FUNCTION_WORDS:
        return False
    event.verb = Verb(word, "grow" if COMPARATIVES[word] > 1 else "shrink")
    draft.i += 3 if draft.at("and", word, ahead=1) else 1
    return True


def _style(draft: Draft) -> bool:
    """ ", cinematic lighting, 4k": words about the picture."""
    if draft.i and draft.word(-1) != ",":
        return False
    piece = draft.words[draft.i :]
    piece = piece[: piece.index(",")] if "," in piece else piece
    styled = piece and (piece[-1] in lexicon.STYLE or "style" in piece)
    if not styled or len(piece) > 6 or (not draft.i and piece[0] in lexicon.DETERMINERS):
        return False
    draft.style.append(" ".join(piece))
    draft.i += len(piece)
    return True
