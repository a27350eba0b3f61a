"""How a placed unit's way looks: whether it can be seen, whether it leaves its place at all."""

import math

from flowzero_jax.planner.intent import Move
from flowzero_jax.planner.paths import SHORTEST_CROSSING, SHORTEST_TRAVEL
from flowzero_jax.planner.units import Unit

_SHORTEST_WAY = 0.15
_SHORTEST_MEETING = 0.12
_DIRECTED = frozenset({"straight", "fall", "hop", "zigzag"})


def is_in_place(move: Move) -> bool:
    """Whether a motion ends where it begins: hopping, swaying."""
    return move.direction is None and move.goal is None and move.origin is None


def moves_vertically(unit: Unit) -> bool:
    spots = [spot for m in unit.moves for spot in (m.origin, m.goal) if spot is not None]
    up = any(move.direction and move.direction[1] for move in unit.moves)
    region = unit.thing.region
    return up or bool(region and region.y) or any(s.y or s.target is not None for s in spots)


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
        ends = [spot.target if spot is not None else None for spot in (move.origin, move.goal)]
        if None not in ends and ends[0] != ends[1]:
            cost += max(_SHORTEST_WAY - math.dist(start, end), 0.0)
            continue  # from one thing to another: as far as they stand apart
        least = SHORTEST_CROSSING if move.crossing else SHORTEST_TRAVEL
        if move.goal is not None and move.goal.x and abs(move.goal.x) < 1:
            least = _SHORTEST_MEETING
        direction = move.direction or (_sides(move) if move.crossing else None)
        if direction is None:
            cost += max(least - math.dist(start, end), 0.0)
            continue
        for sign, before, after in zip(direction, start, end, strict=True):
            cost += max(least - sign * (after - before), 0.0) if sign else 0.0
    return cost
