"""How a thing moves: which of its events displace it, when, from where and to where."""

from dataclasses import replace
from typing import cast

from flowzero_jax.planner.english.drafts import Draft, Event, SpotDraft, ThingDraft
from flowzero_jax.planner.english.stages import displaces, is_explicit, stages_of
from flowzero_jax.planner.intent import Direction, Move, Pace, Relation, RelationKind, Spot, When

_RELATION_TO: dict[float, RelationKind] = {-1: "left_of", 1: "right_of"}
#: A time said of these is not the time in which their subject is seen.
_LASTING = frozenset({"enter", "leave", "change", "grow", "shrink"})
_NEEDS_DIRECTION = frozenset({"straight", "fall", "arc", "hop", "zigzag"})
_SWAYING = frozenset({"sway", "swing", "zigzag"})


class Timing:
    """When events take place: each step of a sequence has an equal share of the video."""

    def __init__(self, events: list[Event]) -> None:
        orders = sorted({event.order for event in events})
        self._rank = {order: k for k, order in enumerate(orders)}
        self._steps = max(len(orders), 1)

    def share(self, event: Event) -> tuple[float, float]:
        """The part of the video of the event's step."""
        k = self._rank[event.order]
        return k / self._steps, (k + 1) / self._steps

    def moment(self, event: Event, within: bool = False) -> float:
        """When something appears or disappears: where its step begins, or `within` the step.

        The first step begins with the video, so that its moment is always within.
        """
        k = self._rank[event.order]
        return k / self._steps if k and not within else (k + 0.5) / self._steps


def visible_of(events: list[Event], timing: Timing) -> tuple[float, float]:
    """The part of the video in which the subject of these events is seen."""
    start, end = 0.0, 1.0
    spans = [event for event in events if event.span is not None]
    movers = [event for event in events if displaces(event)]
    appeared = any(event.verb.kind == "appear" for event in events)
    for event in events:
        kind, span = event.verb.kind, event.span
        if kind == "appear":
            start, end = span or (timing.moment(event), end)
        elif kind == "disappear" and span:
            start, end = 0.0, span[0] or span[1] / 2
        elif kind == "disappear":
            arrives = any(is_explicit(e) and e.order == event.order for e in movers)
            gone = 7 / 8 if arrives else timing.moment(event, appeared)
            end = gone if gone > start else 1.0
        elif span and len(spans) == 1 and kind not in _LASTING:
            moves = displaces(event) and is_explicit(event)
            start, end = (start, end) if moves and not event.only else span
    return start, end


def moves_of(
    thing: ThingDraft, events: list[Event], timing: Timing, draft: Draft
) -> tuple[tuple[Move, ...], list[Relation]]:
    """The stages of a thing's motion, and its relations where they begin and end."""
    stages = stages_of(thing, events, draft)
    moves: list[Move] = []
    relations: list[Relation] = []
    for number, event in enumerate(stages):
        begin, end = timing.share(event)
        same = [e for e in stages if e.order == event.order]
        if len(same) > 1 and event.span is None:
            k, width = same.index(event), (end - begin) / len(same)
            begin, end = begin + k * width, begin + (k + 1) * width
        if event.span is not None and not event.only:
            begin, end = event.span
        move = _move(thing, event, (begin, end), draft)
        if event.returns and moves and not (event.direction or event.goal):
            move = _return(move, moves)
        moves.append(move)
        ends: list[tuple[Spot | None, When]] = []
        ends += [(move.origin, "start")] if number == 0 else []
        ends += [(move.goal, "end")] if number == len(stages) - 1 else []
        for spot, when in ends:
            if spot is not None and spot.relation and spot.target is not None and not spot.implied:
                subject = draft.things.index(thing)
                relations.append(Relation(spot.relation, subject, spot.target, when))
    return tuple(moves), relations


def _return(move: Move, before: list[Move]) -> Move:
    """The way back to where the motion before began."""
    goal, direction = before[0].origin, before[-1].direction
    if goal is None and direction is None:
        last = before[-1].goal
        if last is not None and last.target is None:
            direction = _reversed((last.x or 0, last.y or 0))
    elif direction is not None:
        direction = _reversed(direction)
    if goal is not None and goal.outside:
        goal = replace(goal, outside=False)
    direction = None if goal is not None else direction or (-1, 0)
    return replace(move, goal=goal, direction=direction, origin=None, free=False)


def _move(thing: ThingDraft, event: Event, when: tuple[float, float], draft: Draft) -> Move:
    verb, direction = event.verb, event.direction
    manner = event.manner or verb.manner
    if manner == "hop" and not displaces(event):
        manner = "bounce"
    if manner == "still":
        manner = "straight"  # it turns on its way
    if manner == "fall" and _sways(thing, event, draft):
        manner = "zigzag"
    if manner == "arc" and direction is not None and direction[1] > 0:
        manner = "fall" if not direction[0] else "straight"  # thrown down
    origin, goal = _ends(event, thing, draft)
    free = event.free
    if direction is None and goal is None:
        direction = verb.direction
    elif goal is not None and goal.target is None and goal.x and goal.y:
        direction = None  # "diagonally to the upper left corner"
    elif direction is None and goal is not None and goal.relation in ("on", "in"):
        direction = verb.direction  # what lands on a roof comes from above
    elif origin is not None and goal is not None and goal.target is None:
        direction = None
    if verb.kind == "enter":
        free |= origin is None and direction is None
        side = origin or (_spot_at(_reversed(direction)) if direction else Spot(x=-1))
        origin, direction = Spot(side.x, side.y, outside=True), None
        goal = goal or Spot(x=0, y=0 if side.y else None)
    elif verb.kind == "leave":
        free |= goal is None and direction is None and origin is None
        side = goal or (_spot_at(direction) if direction else origin or Spot(x=1))
        side = Spot(x=1) if side.target is not None else side
        origin, direction = None, None
        goal = Spot(side.x, side.y, outside=True)
    elif origin is not None and origin.target is None and goal is None:
        goal = _spot_at(direction or _reversed((origin.x or 0, origin.y or 0)))
        direction = None
    elif direction is None and goal is None and displaces(event) and event.around is None:
        direction = _unsaid_direction(thing, event, origin) if manner in _NEEDS_DIRECTION else None
        free = True
    return Move(
        when[0], when[1], manner, cast(Pace, event.pace or verb.pace), direction, origin, goal,
        crossing=event.crossing or _are_opposite(origin, goal),
        around=_index(draft, event.around), free=free, stated=event.stated,
    )  # fmt: skip


def _sways(thing: ThingDraft, event: Event, draft: Draft) -> bool:
    """ "falls, swaying from side to side"."""
    return any(
        thing in e.subjects and e is not event and e.order == event.order and not displaces(e)
        and (e.manner or e.verb.manner) in _SWAYING
        for e in draft.events
    )  # fmt: skip


def _unsaid_direction(thing: ThingDraft, event: Event, origin: Spot | None) -> Direction:
    """Where something goes that only moves: to the right, out of a box, away from the viewer.

    What stands on the right goes to the left: there is its room.
    """
    if thing.region and thing.region[0] == 1:
        return -1, 0
    if event.away:
        return (1, -1) if event.verb.airborne else (0, -1)
    return (0, -1) if origin is not None and origin.relation == "in" else (1, 0)


def _index(draft: Draft, thing: ThingDraft | None) -> int | None:
    return draft.things.index(thing) if thing in draft.things else None


def _spot_at(direction: Direction) -> Spot:
    return Spot(direction[0] or None, direction[1] or None)


def _reversed(direction: tuple[float, float]) -> Direction:
    return cast(Direction, (-direction[0], -direction[1]))


def _are_opposite(origin: Spot | None, goal: Spot | None) -> bool:
    if origin is None or goal is None or origin.target is not None or goal.target is not None:
        return False
    return bool((origin.x and goal.x == -origin.x) or (origin.y and goal.y == -origin.y))


def _ends(event: Event, thing: ThingDraft, draft: Draft) -> tuple[Spot | None, Spot | None]:
    """Origin and goal, with what they refer to: "from the left of a box to its right"."""
    origin = _spot(event.origin, event.goal, thing, draft)
    goal = _spot(event.goal, event.origin, thing, draft)
    beside = event.origin.relation if event.origin is not None else None
    if goal is None and event.direction and beside in ("left_of", "right_of") and origin:
        other_side = event.direction[0] and _RELATION_TO[event.direction[0]] != beside
        if other_side:  # "from the left of a box to the right"
            goal = Spot(relation=_RELATION_TO[event.direction[0]], target=origin.target)
    return origin, goal


def _spot(
    spot: SpotDraft | None, other: SpotDraft | None, thing: ThingDraft, draft: Draft
) -> Spot | None:
    if spot is None:
        return None
    if spot.relation is not None:
        if spot.target is thing or spot.target not in draft.things:
            return None
        index = draft.things.index(spot.target)
        return Spot(relation=spot.relation, target=index, implied=spot.implied)
    told = other is not None and other.relation is not None and not other.implied
    target = other.target if other is not None and told else None
    if target is None and spot.of_it:
        named = [t for t in draft.mentioned if isinstance(t, ThingDraft) and t is not thing]
        target = named[-1] if named else None
    if target is not None and target is not thing and (spot.x or spot.y):
        kind = _RELATION_TO[spot.x] if spot.x else "above" if spot.y == -1 else "below"
        return Spot(relation=kind, target=draft.things.index(target))
    return Spot(spot.x, spot.y)
