"""Passes events on: to the ball that is kicked, the horse that is ridden, the chased cat."""

from collections.abc import Callable

from flowzero_jax.planner.drafts import Camera, Draft, Event, PlaceDraft, SpotDraft, ThingDraft
from flowzero_jax.planner.verbs import BOTH_MOVE, CHASES, OBJECT_MOVES, RIDES, Verb


def spread_effects(draft: Draft) -> None:
    """Rewrites the draft's events so that every mover is a subject of its own motion."""
    for event in list(draft.events):
        if isinstance(event.subjects[0], Camera):
            continue
        if event.mutual:
            _part(draft, event)
            continue
        obj, lemma = event.obj, event.verb.lemma
        if isinstance(obj, PlaceDraft):
            event.crossing |= lemma in ("cross", "traverse")
        elif lemma in CHASES and obj is None and not event.passive:
            prey = _first_mover(draft, event)
            if prey is not None and not (event.direction or event.goal or event.origin):
                _chase(draft, event, prey)  # "a car drives, and a bus follows"
        elif lemma == "approach" and not (obj or event.goal or event.origin):
            event.verb = Verb(lemma, "grow")  # it comes nearer to the viewer
        elif isinstance(obj, ThingDraft) and not event.passive:
            effect = _effect_of(event)
            if effect is not None:
                effect(draft, event, obj)


def _effect_of(event: Event) -> Callable[[Draft, Event, ThingDraft], None] | None:
    lemma = event.verb.lemma
    if lemma in CHASES:
        return _chase
    if lemma in RIDES:
        return _move_together
    if lemma in BOTH_MOVE:
        return _push
    if event.verb.kind == "leave":
        return _leave
    if lemma in OBJECT_MOVES or (lemma == "pass" and event.goal is not None):
        return _throw
    if event.verb.kind == "other" and event.goal is not None and event.goal.target is not None:
        return _throw  # "transplants a flower into a bed"
    return _EFFECTS.get(lemma)


def _move_together(draft: Draft, event: Event, other: ThingDraft) -> None:
    event.subjects, event.obj = [*event.subjects, other], None


def _push(draft: Draft, event: Event, load: ThingDraft) -> None:
    """Who pushes is behind the load, who pulls before it."""
    if event.verb.lemma in ("carry", "bring"):
        draft.relate("with", "with", load, event)
        event.obj = None
        return
    rightwards = (event.direction or (1, 0))[0] >= 0
    kind = "left_of" if rightwards == (event.verb.lemma == "push") else "right_of"
    draft.relate(kind, "with", load, event, together=True)
    _move_together(draft, event, load)


def _first_mover(draft: Draft, event: Event) -> ThingDraft | None:
    """Who moves before the one that follows."""
    for earlier in draft.events[: draft.events.index(event)]:
        for thing in earlier.things:
            if earlier.verb.kind == "travel" and thing not in event.subjects:
                return thing
    return None


def _chase(draft: Draft, event: Event, prey: ThingDraft) -> None:
    """Hunter and prey move alike, the hunter behind."""
    if not (event.direction or event.origin or event.goal):
        event.direction, event.free = (1, 0), True
    leftwards = event.direction is not None and event.direction[0] < 0
    draft.relate("right_of" if leftwards else "left_of", "and", prey, event, together=True)
    if not any(prey in e.subjects and e.verb.kind == "travel" for e in draft.events):
        _move_together(draft, event, prey)


def _throw(draft: Draft, event: Event, thing: ThingDraft) -> None:
    """ "kicks a ball to the right": the ball moves, the kicker does not."""
    told = event.direction or event.origin or event.goal or event.crossing
    if event.verb.kind != "travel" and not told:
        return
    verb = event.verb
    moved = Event(
        Verb(verb.lemma, "travel", verb.direction, verb.manner, verb.pace, verb.airborne),
        [thing], event.order, passive=True, direction=event.direction, origin=event.origin,
        goal=event.goal, manner=event.manner, pace=event.pace, crossing=event.crossing,
        span=event.span, implied=event.implied, free=event.free,
    )  # fmt: skip
    held_before = any(e.passive and thing in e.subjects for e in draft.events)
    if moved.origin is None and event.things and not held_before:
        leftwards = event.direction is not None and event.direction[0] < 0
        side = "left_of" if leftwards else "right_of"
        moved.origin = SpotDraft(relation=side, target=event.things[0], implied=True)
    draft.events.insert(draft.events.index(event) + 1, moved)
    event.direction = event.origin = event.goal = None
    event.crossing, event.manner, event.verb = False, "", Verb(verb.lemma, "other")


def _leave(draft: Draft, event: Event, thing: ThingDraft) -> None:
    event.origin = event.origin or SpotDraft(relation="next_to", target=thing)


def _climb(draft: Draft, event: Event, thing: ThingDraft) -> None:
    draft.relate("in_front_of", "on", thing, event)


def _arrive(draft: Draft, event: Event, thing: ThingDraft) -> None:
    kind = "in" if event.verb.lemma == "enter" else "next_to"
    event.verb = Verb(event.verb.lemma, "travel", pace=event.verb.pace)
    event.goal = event.goal or SpotDraft(relation=kind, target=thing)


def _catch(draft: Draft, event: Event, thing: ThingDraft) -> None:
    """What was thrown before flies to its catcher."""
    flights = [e for e in draft.events if e.things == [thing] and e.passive and e is not event]
    if flights and event.things and flights[-1].goal is None:
        flights[-1].goal = SpotDraft(relation="next_to", target=event.things[0])
        flights[-1].direction = None


def _circle(draft: Draft, event: Event, thing: ThingDraft) -> None:
    event.around = thing


def _pass(draft: Draft, event: Event, thing: ThingDraft) -> None:
    event.crossing = True


def _leap(draft: Draft, event: Event, thing: ThingDraft) -> None:
    event.origin = SpotDraft(relation="left_of", target=thing)
    event.goal = SpotDraft(relation="right_of", target=thing)


_EFFECTS: dict[str, Callable[[Draft, Event, ThingDraft], None]] = {
    "climb": _climb, "ascend": _climb, "descend": _climb, "approach": _arrive, "reach": _arrive,
    "enter": _arrive, "meet": _arrive, "hit": _arrive, "catch": _catch, "circle": _circle,
    "orbit": _circle, "pass": _pass, "cross": _pass, "jump": _leap, "leap": _leap, "hop": _leap,
    "overtake": _leap,
}  # fmt: skip


def _part(draft: Draft, event: Event) -> None:
    """ "toward each other", "apart", "past each other": one from or to each side."""
    movers = event.things
    if len(movers) == 1 and movers[0].count == 2:
        movers = [draft.take_one(movers[0]), movers[0]]
    if len(movers) < 2:
        return
    event.subjects = [subject for subject in event.subjects if subject not in movers]
    for number, mover in enumerate(movers):
        side = -1 if number % 2 == 0 else 1
        own = Event(event.verb, [mover], event.order, pace=event.pace, span=event.span, free=True)
        if event.mutual == "apart":
            own.direction = (side, 0)
        else:
            own.origin = SpotDraft(x=side)
            own.goal = SpotDraft(x=0.45 * side if event.mutual == "toward" else -side)
        draft.events.append(own)
    if not event.subjects:
        draft.events.remove(event)
