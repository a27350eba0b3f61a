"""How a thing moves: which of its events displace it, when, from where and to where."""

from dataclasses import replace
from itertools import pairwise
from typing import cast

from flowzero_jax.planner.english.story import Event, SpotDraft, Story, ThingDraft
from flowzero_jax.planner.intent import Direction, Move, Pace, Relation, RelationKind, Spot, When
from flowzero_jax.planner.words.tables import GRAMMAR
from flowzero_jax.planner.words.verbs import OBJECT_MOVES, RIDES

_SIDES: dict[float, RelationKind] = {-1: "left_of", 1: "right_of"}


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
    lone_span = sum(event.span is not None for event in events) == 1
    appeared = any(event.verb.kind == "appear" for event in events)
    for event in events:
        kind, span = event.verb.kind, event.span
        moves = displaces(event) and is_explicit(event)
        if kind == "appear":
            start, end = span or (timing.moment(event), end)
        elif kind == "disappear" and span:
            start, end = 0.0, span[0] or span[1] / 2
        elif kind == "disappear":
            ways = [e for e in events if displaces(e) and is_explicit(e)]
            arrives = any(e.order == event.order for e in ways)
            gone = 7 / 8 if arrives else timing.moment(event, appeared)
            end = gone if gone > start else 1.0
        elif span and lone_span and kind not in GRAMMAR["lasting"] and (event.only or not moves):
            start, end = span
    return start, end


def moves_of(
    thing: ThingDraft, events: list[Event], timing: Timing, story: Story
) -> tuple[tuple[Move, ...], list[Relation]]:
    """The stages of a thing's motion, and its relations where they begin and end."""
    stages = _stages_of(thing, events, story)
    moves: list[Move] = []
    for event in stages:
        begin, end = timing.share(event)
        same = [e for e in stages if e.order == event.order]
        if event.span is None:
            k, width = same.index(event), (end - begin) / len(same)
            begin, end = begin + k * width, begin + (k + 1) * width
        elif not event.only:
            begin, end = event.span
        move = _move(thing, event, (begin, end), story)
        if event.returns and moves and not (event.direction or event.goal):
            move = _return(move, moves)
        moves.append(move)
    ends: list[tuple[Spot | None, When]] = []
    if moves:
        ends = [(moves[0].origin, "start"), (moves[-1].goal, "end")]
    subject = story.things.index(thing)
    relations = [
        Relation(spot.relation, subject, spot.target, when)
        for spot, when in ends
        if spot is not None and spot.relation and spot.target is not None and not spot.implied
    ]
    return tuple(moves), relations


def _return(move: Move, before: list[Move]) -> Move:
    """The way back to where the motion before began."""
    goal, direction, last = before[0].origin, before[-1].direction, before[-1].goal
    if direction is not None:
        direction = _reversed(direction)
    elif goal is None and last is not None and last.target is None:
        direction = _reversed((last.x or 0, last.y or 0))
    if goal is not None:
        return replace(
            move, goal=replace(goal, outside=False), direction=None, origin=None, free=False
        )
    return replace(move, goal=None, direction=direction or (-1, 0), origin=None, free=False)


def _move(thing: ThingDraft, event: Event, when: tuple[float, float], story: Story) -> Move:
    verb, free, manner = event.verb, event.free, _manner(thing, event, story)
    origin, goal = _ends(event, thing, story)
    direction = _direction(event, origin, goal)
    if verb.kind == "enter":
        free |= origin is None and direction is None
        side = origin or (_spot_at(_reversed(direction)) if direction else Spot(x=-1))
        origin, direction = Spot(side.x, side.y, outside=True), None
        goal = goal or Spot(x=0, y=0 if side.y else None)
    elif verb.kind == "leave":
        free |= goal is None and direction is None and origin is None
        side = goal or (_spot_at(direction) if direction else origin or Spot(x=1))
        side = Spot(x=1) if side.target is not None else side
        origin, direction, goal = None, None, Spot(side.x, side.y, outside=True)
    elif origin is not None and origin.target is None and goal is None:
        goal = _spot_at(direction or _reversed((origin.x or 0, origin.y or 0)))
        direction = None
    elif direction is None and goal is None and displaces(event) and event.around is None:
        direction = (
            _unsaid_direction(thing, event, origin)
            if manner in GRAMMAR["needs_direction"]
            else None
        )
        free = True
    around = story.things.index(event.around) if event.around is not None else None
    return Move(
        when[0], when[1], manner, cast(Pace, event.pace or verb.pace), direction, origin, goal,
        event.crossing or _are_opposite(origin, goal), around, free, event.stated,
    )  # fmt: skip


def _manner(thing: ThingDraft, event: Event, story: Story) -> str:
    manner = event.manner or event.verb.manner
    if manner == "hop" and not displaces(event):
        return "bounce"
    sways = manner == "fall" and any(  # "falls, swaying from side to side"
        thing in e.subjects and e is not event and e.order == event.order and not displaces(e)
        and (e.manner or e.verb.manner) in ("sway", "swing", "zigzag")
        for e in story.events
    )  # fmt: skip
    if manner == "arc" and event.direction is not None and event.direction[1] > 0:
        return "straight" if event.direction[0] else "fall"  # thrown down
    return "zigzag" if sways else "straight" if manner == "still" else manner


def _direction(event: Event, origin: Spot | None, goal: Spot | None) -> Direction | None:
    """The direction that is said, or the verb's own where no goal tells more."""
    direction = event.direction
    if goal is None:
        return direction or event.verb.direction
    if goal.target is None and ((goal.x and goal.y) or (origin is not None and not direction)):
        return None  # "diagonally to the upper left corner"
    lands = goal.relation in ("on", "in")  # what lands on a roof comes from above
    return direction or (event.verb.direction if lands else None)


def _unsaid_direction(thing: ThingDraft, event: Event, origin: Spot | None) -> Direction:
    """Where something goes that only moves: to the right, out of a box, away from the viewer.

    What stands on the right goes to the left: there is its room.
    """
    if thing.region and thing.region[0] == 1:
        return -1, 0
    if event.away:
        return (1, -1) if event.verb.airborne else (0, -1)
    return (0, -1) if origin is not None and origin.relation == "in" else (1, 0)


def _spot_at(direction: Direction) -> Spot:
    return Spot(direction[0] or None, direction[1] or None)


def _reversed(direction: tuple[float, float]) -> Direction:
    return cast(Direction, (-direction[0], -direction[1]))


def _are_opposite(origin: Spot | None, goal: Spot | None) -> bool:
    if origin is None or goal is None or origin.target is not None or goal.target is not None:
        return False
    return bool((origin.x and goal.x == -origin.x) or (origin.y and goal.y == -origin.y))


def _ends(event: Event, thing: ThingDraft, story: Story) -> tuple[Spot | None, Spot | None]:
    """Origin and goal, with what they refer to: "from the left of a box to its right"."""
    origin = _spot(event.origin, event.goal, thing, story)
    goal = _spot(event.goal, event.origin, thing, story)
    beside = event.origin.relation if event.origin is not None else None
    if goal is None and event.direction and beside in _SIDES.values() and origin:
        other_side = event.direction[0] and _SIDES[event.direction[0]] != beside
        if other_side:  # "from the left of a box to the right"
            goal = Spot(relation=_SIDES[event.direction[0]], target=origin.target)
    return origin, goal


def _spot(
    spot: SpotDraft | None, other: SpotDraft | None, thing: ThingDraft, story: Story
) -> Spot | None:
    if spot is None or (spot.relation is not None and spot.target in (thing, None)):
        return None
    if spot.relation is not None and spot.target is not None:
        target = story.things.index(spot.target)
        return Spot(relation=spot.relation, target=target, implied=spot.implied)
    beside = other.target if other is not None and other.relation and not other.implied else None
    if beside is None and spot.of_it:
        named = [t for t in story.named_things if t is not thing]
        beside = named[-1] if named else None
    if beside is not None and beside is not thing and (spot.x or spot.y):
        kind = _SIDES[spot.x] if spot.x else "above" if spot.y == -1 else "below"
        return Spot(relation=kind, target=story.things.index(beside))
    return Spot(spot.x, spot.y)


def is_explicit(event: Event) -> bool:
    """Whether the event says where its subject goes."""
    told = event.direction or event.origin or event.goal or event.crossing or event.around
    own = event.verb.kind == "travel" and event.verb.direction
    return bool(told or event.returns or event.away or own or event.verb.kind in ("enter", "leave"))


def displaces(event: Event) -> bool:
    """Whether the event moves its subject to another place."""
    verb = event.verb
    if verb.kind in GRAMMAR["steady"]:
        return False
    if verb.kind in ("travel", "enter", "leave"):
        throws = verb.lemma in OBJECT_MOVES and (event.obj or event.obj_text) and not event.passive
        return not throws or verb.lemma in RIDES
    ends = [s for s in (event.origin, event.goal) if s is not None]
    told = event.direction or event.returns or event.crossing or event.around
    away = event.away and verb.kind == "jiggle"
    return bool(told or away or any(s.x or s.y or s.target for s in ends))


def _stages_of(thing: ThingDraft, events: list[Event], story: Story) -> list[Event]:
    """The events that make up the thing's motion, in order."""
    ways = [e for e in events if displaces(e)]
    strong = [e for e in ways if is_explicit(e) or e.manner]
    if strong:
        _join_landings(strong)
        _join_kicks(strong)
        kept = [e for e in strong if not _is_echo(e, strong)]
        return [e for e in events if e in kept or _is_rebound(e, kept)]
    if ways and not ways[0].manner and ways[0].verb.manner == "straight":
        held = any(  # it does not walk off unasked
            r.subject is thing and r.kind != "with" and r.words != "over" and not r.together
            for r in story.relations
        )
        return [] if held else ways[:1]
    jiggles = [
        e for e in events if e.manner or (e.verb.kind == "jiggle" and e.verb.manner != "still")
    ]
    return ways[:1] or [e for e in jiggles if e.verb.kind not in ("still", "change")][:1]


def _is_rebound(event: Event, strong: list[Event]) -> bool:
    """ "drops and bounces twice": where a fall ends, it bounces in place."""
    bounces = (event.manner or event.verb.manner) in ("hop", "bounce") and not displaces(event)
    fallen = [e for e in strong if e.verb.manner == "fall" and e.order <= event.order]
    return bounces and event not in strong and strong[-1:] == fallen[-1:] != []


def _join_landings(strong: list[Event]) -> None:
    """ "falls down, landing on a bed", "takes it from a box and puts it into a bag": one motion."""
    for event, landing in pairwise(strong):
        if landing.goal is None or event.goal is not None or landing.origin is not None:
            continue
        lands = landing.implied or landing.verb.lemma in GRAMMAR["landing"]
        picked = event.origin is not None and event.direction is None
        if (lands and landing.order == event.order) or picked:
            event.goal, landing.goal, landing.direction = landing.goal, None, None
            landing.implied = True


def _join_kicks(strong: list[Event]) -> None:
    """ "kicks a ball, and it rolls to the left": the second tells where the first leads."""
    for kick, way in list(pairwise(strong)):
        unsaid = kick.passive and not (kick.direction or kick.goal or kick.returns)
        hand = kick.origin if unsaid and way.origin is None and kick.order == way.order else None
        if hand is not None and hand.implied and way.direction and way.direction[0]:
            side = _SIDES[way.direction[0]]
            way.origin = SpotDraft(relation=side, target=hand.target, implied=True)
            strong.remove(kick)


def _is_echo(event: Event, strong: list[Event]) -> bool:
    """Whether an event only repeats an earlier one: "rises, moving upwards"."""
    before = [e for e in strong[: strong.index(event)]
              if (e.order, e.span) == (event.order, event.span)]  # fmt: skip
    if event.returns or not before:
        return False
    if event.implied and event.direction is None and before[0].goal is not None:
        return True  # "drops onto a bed, sinking into the pillows"
    same = _heading(before[0]) == _heading(event)
    if event.goal is not None or event.origin is not None or not (event.implied or same):
        return False
    return event.direction is None or same


def _heading(event: Event) -> Direction | None:
    direction = event.direction or event.verb.direction
    if direction is None and event.goal is not None and event.goal.target is None:
        direction = cast(Direction, (event.goal.x or 0, event.goal.y or 0))
    return direction
