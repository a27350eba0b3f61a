"""What each kind of part says of the clause's event: a rule for each, in `PARTS`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flowzero_jax.planner.english import clauses
from flowzero_jax.planner.english.attaching import attach
from flowzero_jax.planner.english.changes import COMPARATIVES
from flowzero_jax.planner.english.mentions import mention
from flowzero_jax.planner.english.places import Path, Region
from flowzero_jax.planner.english.story import (
    Event,
    Mention,
    Nothing,
    PlaceDraft,
    SpotDraft,
    ThingDraft,
)
from flowzero_jax.planner.english.teller import Teller
from flowzero_jax.planner.intent import RelationKind
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.verbs import BOTH_MOVE, CHASES, OBJECT_MOVES, RIDES, Verb

_REST = frozenset({"still", "auxiliary", "other"})
_SIZED = frozenset({"auxiliary", "travel", "grow", "shrink"})
_MOVING = frozenset({"travel", "jiggle"})
_ZOOMS = {"in": 1, "closer": 1, "forward": 1, "forwards": 1}
_MUTUAL = frozenset({"past", "toward", "apart"})


def _attachment(teller: Teller, part: clauses.Attachment) -> None:
    target = attach(teller, part)
    if isinstance(target, PlaceDraft) and part.side is not None:
        target.preposition = target.preposition.replace("near", "in")
        _way(teller, clauses.Way(part.start, part.end, part.side))  # a room's side is the frame's


def _way(teller: Teller, part: clauses.Way) -> None:
    path, event = part.path, teller.event
    if path.goal and path.goal.of_it and (event is None or not event.stated):
        others = [thing for thing in teller.story.named_things if thing is not teller.last]
        if others and teller.last is not None:  # "a tree to its left"
            region, own = path.goal, [teller.last]
            teller.story.relate(region.relation, region.words, own, others[0])
            return
    event = teller.implied_event(still=path.at is not None)
    if event is None:
        return
    if path.manner == "place":  # "runs in place"
        event.verb = Verb(event.verb.lemma)
    elif path.manner in _MUTUAL:
        event.mutual = path.manner
    else:
        event.manner = path.manner or event.manner
    event.crossing |= path.crossing
    _head(teller, event, path, part.of_last)


def _head(teller: Teller, event: Event, path: Path, of_last: bool) -> None:
    """Where the event leads, from where, or where it takes place."""
    if path.direction:
        if event.direction and teller.goes_on and not event.origin:
            event = teller.next_stage(event)
        event.direction = path.direction
    resting = event.verb.kind in _REST and not event.passive
    if path.origin and resting and not (path.goal or path.of or event.obj or event.direction):
        _stand(teller, event, path.origin, of_last)  # "watches from the right"
    elif path.origin:
        event.origin = _spot(path.origin)
    if path.goal:
        if event.goal is not None:
            event = teller.next_stage(event)
        event.goal = _spot(path.goal)
    if path.at:
        _stand(teller, event, path.at, of_last)


def _spot(region: Region) -> SpotDraft:
    return SpotDraft(region.x, region.y, of_it=region.of_it)


def _stand(teller: Teller, event: Event, region: Region, of_last: bool) -> None:
    """ "on the left": where the last thing stands, or where it appears."""
    if event.verb.kind in ("enter", "leave"):
        event.origin = _spot(region)
        return
    if event.verb.lemma in ("stop", "pause", "halt", "rest"):
        events = teller.story.events
        before = [e for e in events if e is not event and e.goal is None and e.stated]
        for earlier in [e for e in before if e.subjects == event.subjects][-1:]:
            earlier.goal = _spot(region)  # "enters and stops in the middle"
            return
    if event.verb.lemma in ("end", "finish"):
        event.verb, event.goal = Verb(event.verb.lemma, "travel"), _spot(region)
        return
    last = teller.last
    for thing in [last] if of_last and isinstance(last, ThingDraft) else event.things:
        thing.region = (region.x, region.y)


def _span(teller: Teller, part: clauses.Span) -> None:
    event = teller.implied_event(still=True)
    if event is not None and not event.of_camera:
        event.span, event.only = part.span, event.only or part.only


def _change(teller: Teller, part: clauses.Change) -> None:
    if teller.event is not None:
        teller.event.start_state, teller.event.end_state = part.before, part.after
        teller.last = teller.event.subjects[-1]


def _look(teller: Teller, part: clauses.Look) -> None:
    for thing in [s for s in teller.subjects if isinstance(s, ThingDraft)]:
        label = thing.label
        new = tuple(word for word in part.words if word not in label.words)
        thing.label = replace(label, words=(*new, *label.words), written=(*new, *label.written))
    teller.last = teller.subjects[-1] if teller.subjects else teller.last


def _told(teller: Teller, part: clauses.Told) -> None:
    story, event = teller.story, teller.event
    if part.kind == "style":
        story.style.append(part.text)
    elif event is not None:
        event.verb = Verb("be", "still")
        for thing in event.things:
            extra = f"{thing.label.extra} wearing {part.text}".strip()
            thing.label = replace(thing.label, extra=extra)
        teller.last = event.subjects[-1]


def _how(teller: Teller, part: clauses.How) -> None:
    word, event = part.word, teller.event
    if event is None:
        return
    verb = event.verb
    if event.of_camera and word not in lexicon.PACES:
        event.zoom = _ZOOMS.get(word, -1)
    elif word in _MUTUAL and not (word == "apart" and verb.kind != "travel"):
        swings = event.obj is not None  # a ball goes to and fro
        event.manner, event.mutual = ("swing", "") if swings else (event.manner, word)
    elif word in lexicon.PACES:
        event.pace = lexicon.PACES[word]
    elif word == "back":
        _back(teller, event)
    elif word in COMPARATIVES:
        if verb.kind in _SIZED:
            event.verb = Verb(word, "grow" if COMPARATIVES[word] > 1 else "shrink")
    elif word in ("away", "off"):
        event.away = word == "away" or verb.kind == "travel"
        if not event.away and event.direction is None:
            event.direction, event.free = (1, 0), True  # "jumps off"
    else:
        _overhead(teller, event, word)


def _back(teller: Teller, event: Event) -> None:
    """ "comes back", "hits it back"; "there, then back": to where it began."""
    if teller.goes_on and event.verb.kind in _MOVING:
        teller.event = event = teller.begin(event.verb, event.subjects)
    event.returns = event.verb.kind in _MOVING or event.obj is not None


def _overhead(teller: Teller, event: Event, word: str) -> None:
    """ "flies overhead": the subjects are high up; "while the earth spins below": low."""
    below = word in ("below", "underneath", "beneath")
    for thing in event.things:
        own = [e.direction or e.verb.direction for e in teller.story.events if thing in e.subjects]
        climbs = any(direction and direction[1] for direction in own)
        if below or (event.verb.kind in _MOVING | {"other"} and not climbs):
            thing.region = thing.region or (None, 1 if below else -1)


def _object(teller: Teller, part: clauses.Object) -> None:
    """What the verb is done to."""
    event, story = teller.event, teller.story
    if part.named.phrase is None:
        objects = [e.obj for e in story.events if isinstance(e.obj, ThingDraft)]
        if event is not None:
            event.obj = event.obj or (objects[-1] if objects else None)
        return
    named = mention(story, part.named, event)
    if event is not None:
        _take_object(teller, event, named)
    if isinstance(named, ThingDraft | PlaceDraft):
        teller.last = named


def _take_object(teller: Teller, event: Event, named: Mention) -> None:
    verb = event.verb
    if isinstance(named, Nothing):
        if verb.kind == "leave" and named.text.split()[-1] not in lexicon.FRAME_NOUNS:
            event.verb = Verb(verb.lemma)  # "leaving a trail"
        event.obj_text = event.obj_text or named.text
        return
    if verb.kind == "leave" and event.implied:
        event.verb = verb = Verb(verb.lemma)
    if isinstance(named, ThingDraft | PlaceDraft):
        event.obj = event.obj or named
    if not isinstance(named, ThingDraft):
        return
    if verb.lemma in RIDES:
        kind: RelationKind = "in" if verb.lemma in ("drive", "steer") else "on"
        teller.relate(kind, kind, named, together=True)
    elif verb.kind in _REST and verb.lemma not in OBJECT_MOVES | BOTH_MOVE | CHASES:
        teller.relate("with", "with" if verb.kind == "auxiliary" else verb.ing, named)


PARTS: dict[type[clauses.Part], Callable[[Teller, Any], None]] = {
    clauses.Way: _way,
    clauses.Attachment: _attachment,
    clauses.Object: _object,
    clauses.Span: _span,
    clauses.Change: _change,
    clauses.How: _how,
    clauses.Look: _look,
    clauses.Told: _told,
}
