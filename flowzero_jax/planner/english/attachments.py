"""Phrases that say where, whereto and beside what: they belong to the clause's event."""

from typing import Any

from flowzero_jax.planner.english import places
from flowzero_jax.planner.english.adverbs import overhead
from flowzero_jax.planner.english.boundaries import opens
from flowzero_jax.planner.english.changes import read_change
from flowzero_jax.planner.english.complements import attach, contains, flank
from flowzero_jax.planner.english.drafts import (
    Draft,
    Event,
    Mention,
    PlaceDraft,
    SpotDraft,
    ThingDraft,
)
from flowzero_jax.planner.english.mentions import another_one, mention, other_than_subject
from flowzero_jax.planner.english.noun_phrases import read
from flowzero_jax.planner.english.prepositions import FROM, TO
from flowzero_jax.planner.intent import RelationKind
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.verbs import FORMS, VERBS, Verb

_SLOPES = frozenset({"hill", "slope", "ramp", "mountain", "stairs", "stair", "staircase", "step"})
_WHILE = frozenset({"while", "moment", "second", "seconds", "minute", "time", "bit"})


def read_attachment(draft: Draft) -> bool:
    """Reads a direction, a place, a relation or a prepositional phrase at the position, if any."""
    word = draft.word()
    if draft.at("in", "opposite", "directions"):
        if draft.event is not None:
            draft.event.mutual = "past"
        draft.i += 3
        return True
    if word == "from" and _verbless_change(draft):
        return True
    relation = places.read_relation(draft.words, draft.i)
    long_relation = relation if relation and relation[2] > draft.i + 1 else None
    path = places.read_path(draft.words, draft.i)
    if path and (long_relation is None or not path.of):
        _apply_path(draft, path)
        draft.i, draft.fresh = path.end, path.direction is None
        return True
    if long_relation:
        return _relative(draft, *long_relation)
    if word in ("up", "down") and draft.word(1) in lexicon.DETERMINERS:
        return _along_slope(draft)
    return _prepositional(draft)


def _verbless_change(draft: Draft) -> bool:
    """ "a bench from foggy morning to sunny afternoon", "rusting from smooth to rough"."""
    event = draft.event
    change = read_change(draft.words, draft.i, event.verb.lemma if event else "", False)
    subjects = event.subjects if event else draft.subjects or [draft.last]
    if change is None or subjects == [None]:
        return False
    if event is None or event.verb.kind != "change":
        event = draft.event = draft.begin(Verb("change", "change"), subjects)
    event.start_state, event.end_state, draft.i = change
    return True


def _event(draft: Draft, still: bool) -> Event | None:
    """The clause's event; a clause without a verb gets one."""
    if draft.event is None and (draft.subjects or draft.last):
        verb = Verb("be", "still") if still else Verb("move", "travel")
        draft.event = draft.begin(verb, draft.subjects or [draft.last], stated=False)
    return draft.event


def _next_stage(draft: Draft, event: Event) -> Event:
    """Another stage of the same motion: "to the left, then to the right"."""
    draft.event = draft.begin(event.verb, event.subjects)
    draft.event.pace, draft.event.passive = event.pace, event.passive
    return draft.event


def _apply_path(draft: Draft, path: places.Path) -> None:
    begins = draft.last is None or bool(draft.joined)
    if path.at and begins and _subject_follows(draft, path.end):
        draft.pending_region = (path.at.x, path.at.y)  # "on the left a ball"
        return
    if path.goal and path.goal.of_it and (draft.event is None or not draft.event.stated):
        other = _earlier(draft)
        if other is not None:  # "a tree to its left"
            draft.relate(path.goal.relation, f"{path.goal.words} of", other, None)
            draft.joined = ""
            return
    event = _event(draft, still=path.at is not None)
    if event is None:
        return
    event.manner = path.manner or event.manner
    event.crossing |= path.crossing
    if path.direction:
        if event.direction and draft.joined and not event.origin:
            event = _next_stage(draft, event)
        event.direction = path.direction
    resting = event.verb.kind in ("still", "other", "auxiliary") and not event.passive
    if path.origin and resting and not (path.goal or path.of or event.obj or event.direction):
        _stand(draft, event, path.origin)  # "watches from the right"
    elif path.origin:
        event.origin = _spot(path.origin)
    if path.goal:
        if event.goal is not None:
            event = _next_stage(draft, event)
        event.goal = _spot(path.goal)
    if path.at:
        _stand(draft, event, path.at)
    draft.joined = ""


def _earlier(draft: Draft) -> ThingDraft | None:
    """What "its left" belongs to where nothing moves: the thing that was named first."""
    own = draft.subjects or [draft.last]
    others = [m for m in draft.mentioned if isinstance(m, ThingDraft) and m not in own]
    return others[0] if others else None


def _subject_follows(draft: Draft, i: int) -> bool:
    """Whether a subject stands at `i`, if need be after its verb: "flies a bird"."""
    words = draft.words[i : i + 3]
    if words[:1] == ["there"]:
        words = draft.words[i + 1 : i + 4]
    if words and words[0] not in lexicon.OPENERS and len(words) > 1:
        lemma, form = FORMS.get(words[0], ("", ""))
        words = words[1:] if form in ("s", "base") else []
        if words and words[0] in lexicon.OPENERS:
            draft.pending_verb = VERBS[lemma]
            return True
        return False
    return bool(words) and words[0] in lexicon.OPENERS


def _spot(region: places.Region) -> SpotDraft:
    return SpotDraft(region.x, region.y, of_it=region.of_it)


def _stand(draft: Draft, event: Event, region: places.Region) -> None:
    """ "on the left": where the last thing stands, or where it appears."""
    if event.verb.kind in ("enter", "leave"):
        event.origin = _spot(region)
        return
    last = [draft.last] if draft.fresh and isinstance(draft.last, ThingDraft) else event.things
    if event.verb.lemma in ("stop", "pause", "halt", "rest"):
        before = [e for e in draft.events if e is not event and e.goal is None and e.stated]
        for earlier in [e for e in before if e.subjects == event.subjects][-1:]:
            earlier.goal = _spot(region)  # "enters and stops in the middle"
            return
    if event.verb.lemma in ("end", "finish"):
        event.verb, event.goal = Verb(event.verb.lemma, "travel"), _spot(region)
        return
    for thing in last:
        thing.region = (region.x, region.y)


def _target(draft: Draft, start: int, role: str) -> tuple[Mention | None, int] | None:
    """The noun phrase or pronoun after a preposition, and the position after it."""
    word = draft.words[start] if start < len(draft.words) else ""
    if word in lexicon.PRONOUNS:
        return other_than_subject(draft), start + 1
    if word == "another" and read(draft.words, start) is None:
        return another_one(draft), start + 1
    several = len(draft.subjects) > 1 or any(
        isinstance(s, ThingDraft) and s.count > 1 for s in draft.subjects
    )
    found = read(draft.words, start, many=several and draft.event is None)
    if found is None:
        return None
    other = other_than_subject(draft)
    part = found[0].written[-1] in lexicon.PARTS and found[0].determiner in lexicon.POSSESSIVES
    if part and role in ("onto", "into") and other is not None:
        return other, found[1]  # "falls onto its cover"
    return mention(draft, found[0], start, found[1], role), found[1]


def _relative(draft: Draft, kind: RelationKind, to: bool, end: int) -> bool:
    """A relation in several words: "next to a tree", "to the left of it"."""
    start = draft.i
    found = _target(draft, end, kind if kind in ("on", "in") else "near")
    if found is None:
        return False
    (target, draft.i), event = found, draft.event
    text, first = " ".join(draft.words[start:end]), draft.words[start]
    amid = text in ("in the middle of", "in the center of")
    if amid and isinstance(target, ThingDraft) and target.count > 1:
        flank(draft, event, target)
        draft.joined, draft.fresh, draft.last = "", True, target
        return True
    if isinstance(target, PlaceDraft):
        region = places.read_region(draft.words, start + (first in places.BEFORE_REGIONS))
        if region and region[0].of:  # "the left side of the room" is that of the frame
            target.preposition = target.preposition.replace("near", "in")
            whole: Any = places.Region(region[0].x, region[0].y, True)
            field = "goal" if to else "origin" if first == "from" else "at"
            _apply_path(draft, places.Path(draft.i, **{field: whole}))
    if not isinstance(target, ThingDraft):
        draft.joined, draft.fresh = "", True
        draft.last = target if isinstance(target, PlaceDraft) else draft.last
        return True
    opened = draft.last is None and event is None and not draft.subjects
    if draft.joined and _subject_follows(draft, draft.i):  # ", to its left stands a tree"
        opened = True
        draft.subjects, draft.event, draft.last = [], None, None
    if opened:
        draft.pending_relation = (kind, text, target)
        draft.joined, draft.fresh, draft.role = "", True, "subject"
        return True
    draft.joined, draft.fresh, draft.role = "", True, kind
    still = event is None or event.verb.kind in ("still", "auxiliary", "other")
    if to and event is not None and (not still or event.passive):
        if event.goal is not None:
            event = _next_stage(draft, event)
        event.goal = SpotDraft(relation=kind, target=target)
    elif first == "from" and event is not None:
        event.origin = SpotDraft(relation=kind, target=target)
    else:
        draft.relate(kind, text, target, event)
    draft.last = target
    return True


def _along_slope(draft: Draft) -> bool:
    """ "down the stairs", "up a tree"; but "down the street" is a way along."""
    found = read(draft.words, draft.i + 1)
    if found is None or draft.event is None:
        return False
    word, noun, event = draft.word(), found[0].noun, draft.event
    target = mention(draft, found[0], draft.i + 1, found[1], word)
    draft.i, draft.fresh, draft.last = found[1], True, target
    if noun not in lexicon.LEVEL_WAYS:
        vertical = 1 if word == "down" else -1
        event.direction = event.direction or (int(noun in _SLOPES), vertical)
        if isinstance(target, ThingDraft):
            draft.relate("in_front_of", "on", target, event)
    return True


def _prepositional(draft: Draft) -> bool:
    """Any other preposition and its noun."""
    word = draft.word()
    if word not in lexicon.PREPOSITIONS or word in lexicon.SUBORDINATORS:
        return False
    if word == "round" and not opens(draft.word(1)):
        return False  # a round table
    if word == "to" and _is_infinitive(draft):
        draft.i += 2  # "leaps to catch it": not yet so
        return True
    if word == "for" and draft.word(2) in _WHILE:
        draft.i += 3  # "for a while"
        return True
    if word in ("upon", "by", "after", "for", "without") and lexicon.is_ing_verb(draft.word(1)):
        while draft.word() not in ("", ","):  # "upon reaching the edge"
            draft.i += 1
        return True
    preposition, end = word, draft.i + 1
    if word == "from" and draft.word(-1) == "away":
        preposition = "away from"
    if f"{word} {draft.word(1)}" in TO.keys() | FROM.keys():
        preposition, end = f"{word} {draft.word(1)}", draft.i + 2
    if draft.words[end : end + 2] in (["each", "other"], ["one", "another"]):
        if draft.event is not None and draft.event.obj is not None:
            draft.event.manner = "swing"  # a ball goes to and fro
        elif draft.event is not None:
            draft.event.mutual = "apart" if "from" in preposition else "toward"
        draft.i = end + 2
        return True
    if draft.role == "with" and preposition in ("in", "inside", "on") and contains(draft, end):
        return True
    found = _target(draft, end, preposition)
    if found is None:
        overhead(draft)
        draft.i += 1
        return True
    text = " ".join(draft.words[draft.i : end])
    target, draft.i = found
    attach(draft, preposition, text, target)
    return True


def _is_infinitive(draft: Draft) -> bool:
    following = draft.word(2)
    ends = following in ("", ",") or following in lexicon.FUNCTION_WORDS
    return FORMS.get(draft.word(1), ("", ""))[1] == "base" and ends and bool(draft.event)
