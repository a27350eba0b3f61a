"""How a placed unit's way looks: whether it can be seen, whether it leaves its place at all."""

import math

from flowzero_jax.planner.boxes.paths import SHORTEST_CROSSING, SHORTEST_TRAVEL, rise_of
from flowzero_jax.planner.boxes.units import Unit
from flowzero_jax.planner.intent import Move

_SHORTEST_WAY = 0.15
_SHORTEST_THROW = 0.2
_SHORTEST_MEETING = 0.12
_LEAST_RISE = 0.18
_DIRECTED = frozenset({"straight", "fall", "arc", "hop", "zigzag"})


def is_in_place(move: Move) -> bool:
    """Whether a motion ends where it begins: hopping, swaying."""
    return move.direction is None and not move.spots


def moves_vertically(unit: Unit) -> bool:
    spots = [spot for move in unit.moves for spot in move.spots]
    up = any(move.direction and move.direction[1] for move in unit.moves)
    region = unit.thing.region
    return up or bool(region and region.y) or any(s.y or s.target is not None for s in spots)


def meets(unit: Unit) -> bool:
    """Whether it ends, or begins, at the side of another thing in the middle."""
    return any(_is_inside(move) for move in unit.moves)


def _is_inside(move: Move) -> bool:
    """Whether it begins or ends between the middle and a side."""
    return any(spot.x and abs(spot.x) < 1 for spot in move.spots)


def _sides(move: Move) -> tuple[int, int] | None:
    """The direction from one side of the frame to the other."""
    if move.origin is None or move.goal is None:
        return None
    ways = ((move.origin.x, move.goal.x), (move.origin.y, move.goal.y))
    x, y = (int(goal) if goal and start == -goal else 0 for start, goal in ways)
    return (x, y) if x or y else None


def lack_of_travel(unit: Unit) -> float:
    """By how much the unit's moves are too short to be seen."""
    cost = 0.0
    for number, move in enumerate(unit.moves):
        if move.manner not in _DIRECTED or (move.direction is None and move.goal is None):
            continue
        start, end = unit.points[number], unit.points[number + 1]
        if move.manner == "arc" and start[0] != end[0]:
            cost += max(_LEAST_RISE - rise_of((start, end), unit.body), 0.0)
        ends = [spot.target if spot is not None else None for spot in (move.origin, move.goal)]
        before = unit.moves[number - 1].goal if number else None
        if ends[0] is None and before is not None:
            ends[0] = before.target
        if None not in ends and ends[0] == ends[1] and move.manner == "arc":
            cost += max(_LEAST_RISE - rise_of((start, end), unit.body), 0.0)
            continue  # thrown up and caught again
        if None not in ends and ends[0] != ends[1]:
            least = _SHORTEST_THROW if move.manner == "arc" else _SHORTEST_WAY
            cost += max(least - math.dist(start, end), 0.0)
            continue  # from one thing to another: as far as they stand apart
        least = SHORTEST_CROSSING if move.crossing else SHORTEST_TRAVEL
        if _is_inside(move):
            least = _SHORTEST_MEETING
        direction = move.direction or (_sides(move) if move.crossing else None)
        if direction is None:
            cost += max(least - math.dist(start, end), 0.0)
            continue
        for sign, first, last in zip(direction, start, end, strict=True):
            cost += max(least - sign * (last - first), 0.0) if sign else 0.0
    return cost
