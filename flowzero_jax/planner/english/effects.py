"""Passes events on: to the ball that is kicked, the horse that is ridden, the chased cat."""

from collections.abc import Callable

from flowzero_jax.planner.english.drafts import (
    Camera,
    Draft,
    Event,
    PlaceDraft,
    SpotDraft,
    ThingDraft,
)
from flowzero_jax.planner.english.throws import catch, ends_there, push_off, shuttle, throw, touch
from flowzero_jax.planner.intent import RelationKind
from flowzero_jax.planner.words.verbs import BOTH_MOVE, CHASES, OBJECT_MOVES, RIDDEN, RIDES, Verb

_NEAR = 0.45  # how far from the middle two things meet
_COLLIDE = frozenset({"collide", "meet", "crash"})


def spread_effects(draft: Draft) -> None:
    """Rewrites the draft's events so that every mover is a subject of its own motion."""
    for event in list(draft.events):
        if isinstance(event.subjects[0], Camera):
            continue
        if event.mutual:
            _part(draft, event)
            continue
        if event.between and event.things:
            shuttle(draft, event, event.things, event.between)
            continue
        obj, lemma = event.obj, event.verb.lemma
        if isinstance(obj, PlaceDraft):
            event.crossing |= lemma in ("cross", "traverse")
        elif lemma in CHASES and obj is None and not event.passive:
            prey = _first_mover(draft, event)
            if prey is not None and not (event.direction or event.goal or event.origin):
                _chase(draft, event, prey)  # "a car drives, and a bus follows"
        elif lemma == "approach" and not (obj or event.goal):
            _approach(draft, event)
        elif lemma in _COLLIDE and obj is None and len(event.things) > 1:
            _collide(draft, event)
        elif lemma == "launch" and obj is None and not event.passive:
            event.direction = event.direction or (0, -1)
        elif isinstance(obj, ThingDraft) and not event.passive:
            effect = _effect_of(event)
            if effect is not None:
                effect(draft, event, obj)
    _board(draft)


def _effect_of(event: Event) -> Callable[[Draft, Event, ThingDraft], None] | None:
    lemma = event.verb.lemma
    if lemma in BOTH_MOVE and event.origin is not None and event.origin.relation == "on":
        return push_off
    if lemma == "hit" and event.returns:
        return _hit_back
    if lemma in CHASES:
        return _chase
    if lemma in RIDES:
        return _move_together
    if lemma in BOTH_MOVE:
        return _push
    if event.verb.kind == "leave":
        return _leave
    if lemma in OBJECT_MOVES or (lemma == "pass" and event.goal is not None):
        return throw
    if event.verb.kind == "other" and event.goal is not None and event.goal.target is not None:
        return throw  # "transplants a flower into a bed"
    return _EFFECTS.get(lemma)


def _move_together(draft: Draft, event: Event, other: ThingDraft) -> None:
    event.subjects, event.obj = [*event.subjects, other], None


def _push(draft: Draft, event: Event, load: ThingDraft) -> None:
    """Who pushes is behind the load, who pulls before it."""
    if event.returns and event.verb.kind == "other":
        event.verb = Verb(event.verb.lemma, "travel")  # "brings it back"
    if event.verb.lemma in ("carry", "bring"):
        draft.relate("with", "with", load, event)
        event.obj = None
        return
    rightwards = (event.direction or (1, 0))[0] >= 0
    kind: RelationKind = "left_of" if rightwards == (event.verb.lemma == "push") else "right_of"
    draft.relate(kind, "with", load, event, together=True)
    _move_together(draft, event, load)


def _of_frame(spot: SpotDraft | None) -> SpotDraft | None:
    """A spot that is as good for another thing."""
    return spot if spot is not None and spot.target is None else None


def _board(draft: Draft) -> None:
    """Who goes somewhere on a bicycle takes it along."""
    for relation in draft.relations:
        ridden = relation.kind in ("on", "in") and relation.target.label.noun in RIDDEN
        if not ridden or relation.together:
            continue
        for event in draft.events:
            ends = [spot.target for spot in (event.origin, event.goal) if spot is not None]
            goes = relation.subject in event.subjects and event.verb.kind in ("travel", "jiggle")
            if goes and not event.away and relation.target not in [*event.subjects, *ends]:
                event.subjects = [*event.subjects, relation.target]
                relation.together = True


def _first_mover(draft: Draft, event: Event) -> ThingDraft | None:
    """Who moves before the one that follows."""
    for earlier in draft.events[: draft.events.index(event)]:
        for thing in earlier.things:
            if earlier.verb.kind == "travel" and thing not in event.subjects:
                return thing
    return None


def _chase(draft: Draft, event: Event, prey: ThingDraft) -> None:
    """Hunter and prey move alike, the hunter behind."""
    own = [
        e for e in draft.events
        if prey in e.subjects and e.verb.kind == "travel" and e is not event
        and (e.order, e.span) == (event.order, event.span)
    ]  # fmt: skip
    if own and own[0].passive and own[0].verb.lemma in OBJECT_MOVES:
        event.goal = SpotDraft(relation="next_to", target=prey)  # after a ball that is thrown
        return
    if own and not (event.direction or event.origin or event.goal):
        event.direction, event.free = own[0].direction, own[0].free
        event.origin, event.goal = _of_frame(own[0].origin), _of_frame(own[0].goal)
    if not (event.direction or event.origin or event.goal):
        event.direction, event.free = (1, 0), True
    goal = event.goal.x if event.goal is not None else None
    goal = goal or (-event.origin.x if event.origin is not None and event.origin.x else 0)
    leftwards = event.direction[0] < 0 if event.direction is not None else goal < 0
    draft.relate("right_of" if leftwards else "left_of", "and", prey, event, together=True)
    if not own:
        _move_together(draft, event, prey)


def _hit_back(draft: Draft, event: Event, thing: ThingDraft) -> None:
    """ "hits it back": it returns to where it came from."""
    verb = Verb("fly", "travel", manner="arc")
    flight = Event(verb, [thing], event.order, passive=True, returns=True, span=event.span)
    draft.events.insert(draft.events.index(event) + 1, flight)
    event.returns = False
    draft.relations = [r for r in draft.relations if r.event is not event or r.target is not thing]


def _leave(draft: Draft, event: Event, thing: ThingDraft) -> None:
    event.origin = event.origin or SpotDraft(relation="next_to", target=thing)


def _climb(draft: Draft, event: Event, thing: ThingDraft) -> None:
    draft.relate("in_front_of", "on", thing, event)


def _arrive(draft: Draft, event: Event, thing: ThingDraft) -> None:
    kind: RelationKind = "in" if event.verb.lemma == "enter" else "next_to"
    draft.relations = [r for r in draft.relations if r.event is not event or r.target is not thing]
    if ends_there(draft, event, thing):
        return
    event.verb = Verb(event.verb.lemma, "travel", pace=event.verb.pace)
    event.goal = event.goal or SpotDraft(relation=kind, target=thing)


def _approach(draft: Draft, event: Event) -> None:
    """ "a bee approaches": the one other thing that is there, else the viewer."""
    others = [t for t in draft.things if t not in event.subjects]
    if len(others) == 1 and event.things:
        event.goal = SpotDraft(relation="next_to", target=others[0], implied=True)
    elif event.origin is None:
        event.verb = Verb(event.verb.lemma, "grow")


def _collide(draft: Draft, event: Event) -> None:
    """Those that came from two sides stop in the middle."""
    for mover in event.things:
        earlier = [e for e in draft.events if e.things == [mover] and e.verb.kind == "travel"]
        if not earlier or (earlier[-1].goal is not None and earlier[-1].goal.target is not None):
            continue
        way = earlier[-1]
        side = way.origin.x if way.origin is not None else way.direction and -way.direction[0]
        if side:
            way.origin, way.direction = way.origin or SpotDraft(x=side), None
            way.goal = SpotDraft(x=_NEAR * side)


def _circle(draft: Draft, event: Event, thing: ThingDraft) -> None:
    event.around = thing


def _pass(draft: Draft, event: Event, thing: ThingDraft) -> None:
    event.crossing = True


def _leap(draft: Draft, event: Event, thing: ThingDraft) -> None:
    event.origin = SpotDraft(relation="left_of", target=thing)
    event.goal = SpotDraft(relation="right_of", target=thing)


_EFFECTS: dict[str, Callable[[Draft, Event, ThingDraft], None]] = {
    "climb": _climb, "ascend": _climb, "descend": _climb, "approach": _arrive, "reach": _arrive,
    "enter": _arrive, "meet": _arrive, "hit": _arrive, "catch": catch,
    "crash": _arrive, "collide": _arrive, "bump": _arrive, "smash": _arrive, "touch": touch,
    "grab": touch, "circle": _circle, "orbit": _circle, "pass": _pass, "cross": _pass,
    "jump": _leap, "leap": _leap, "hop": _leap, "overtake": _leap,
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
            own.origin, own.goal = SpotDraft(x=_NEAR * side), SpotDraft(x=side)
        else:
            own.origin = SpotDraft(x=side)
            own.goal = SpotDraft(x=_NEAR * side if event.mutual == "toward" else -side)
        draft.events.append(own)
    if not event.subjects:
        draft.events.remove(event)
