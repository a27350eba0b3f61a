"""Motion as positions: from the stages of an intent's motion to a centre for every frame."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flowzero_jax.planner.intent import Move, Spot

Point = tuple[float, float]
MARGIN = 0.03
#: How far a move goes that has a direction but no goal, as a fraction of the frame's side.
TRAVEL = {"slow": 0.34, "normal": 0.46, "fast": 0.62}
#: How high a circle is that goes around nothing: it is seen from the side.
FREE_CIRCLE = 0.15
_RISE = 0.28  # of what is thrown from one side to the other
_NARROW = 0.3  # what falls off something lands beside it, unless it is a wide crowd
#: Shorter travels are not seen.
SHORTEST_TRAVEL = 0.27
SHORTEST_CROSSING = 0.53


@dataclass(frozen=True)
class Body:
    """What moves: its size, where it is at home, and where it starts if the prompt says so."""

    width: float
    height: float
    start: Spot | None = None

    def clamp(self, point: Point) -> Point:
        """The nearest point at which the body is inside the frame."""
        return (
            _between(point[0], self.width / 2 + MARGIN, 1 - self.width / 2 - MARGIN),
            _between(point[1], self.height / 2 + MARGIN, 1 - self.height / 2 - MARGIN),
        )

    def region(self, spot: Spot, otherwise: Point) -> Point:
        """The centre of the body in a region of the frame; axes left open are `otherwise`."""
        way = 1 if spot.outside else -1  # from the edge

        def side(value: float | None, size: float, free: float) -> float:
            return free if value is None else 0.5 + value * (0.5 + way * MARGIN + way * size / 2)

        return side(spot.x, self.width, otherwise[0]), side(spot.y, self.height, otherwise[1])


#: Finds the centre of a body at a spot relative to another thing.
Resolver = Callable[[Spot, Body, Move | None], Point]


def _between(value: float, low: float, high: float) -> float:
    return (low + high) / 2 if low > high else min(max(value, low), high)


def waypoints(moves: Sequence[Move], body: Body, anchor: Point, resolve: Resolver) -> list[Point]:
    """Where the stages begin and end: one point more than there are moves.

    `anchor`: the middle of a lone directed move, else the starting point where nothing fixes it.
    """
    points = [_start(moves, body, anchor, resolve)]
    for number, move in enumerate(moves):
        here = points[-1]
        if move.origin is not None and number:
            here = _spot(move.origin, body, here, resolve, move)
        if move.goal is not None:
            here = _at_goal(move, move.goal, body, here, resolve)
        elif move.direction:
            here = _after_step(move, body, here, resolve, alone=len(moves) == 1)
        points.append(here)
    return points


def _start(moves: Sequence[Move], body: Body, anchor: Point, resolve: Resolver) -> Point:
    """Where the first of the stages begins."""
    start = _spot(body.start, body, anchor, resolve, None) if body.start else anchor
    if not moves:
        return start
    first = moves[0]
    if first.origin is not None:
        return _spot(first.origin, body, anchor, resolve, first)
    if body.start is None and first.goal is not None:
        return _away_from_goal(first.goal, body, anchor)
    leads_on = any(move.direction or move.spots for move in moves[1:])
    if body.start is None and first.direction and not leads_on:
        dx, dy = _step(first, body)
        return body.clamp((anchor[0] - dx / 2, anchor[1] - dy / 2))
    return start


def _at_goal(move: Move, goal: Spot, body: Body, here: Point, resolve: Resolver) -> Point:
    """Where a move from `here` to its goal ends."""
    there = _spot(goal, body, here, resolve, move)
    if move.direction and move.direction[0] and goal.x is None and goal.target is None:
        return body.clamp((here[0] + _step(move, body)[0], there[1]))  # down a ramp
    return there


def _after_step(move: Move, body: Body, here: Point, resolve: Resolver, alone: bool) -> Point:
    """Where a move from `here` with only a direction ends, sooner if it is not the only one."""
    dx, dy = _step(move, body)
    if not alone:
        dx, dy = dx * 0.85, dy * 0.85
    there = body.clamp((here[0] + dx, here[1] + dy))
    left = move.origin.target if move.origin is not None else None
    if left is not None and dy > 0 and body.width < _NARROW:
        beside = resolve(Spot(relation="right_of", target=left), body, move)
        return beside[0], body.region(Spot(y=1), there)[1]
    return there


def _spot(spot: Spot, body: Body, otherwise: Point, resolve: Resolver, move: Move | None) -> Point:
    if spot.target is not None:
        return resolve(spot, body, move)
    return body.region(spot, otherwise)


def _step(move: Move, body: Body) -> Point:
    """The displacement of a move that has only a direction."""
    dx, dy = move.direction or (0, 0)
    reach_x = max(1 - body.width - 2 * MARGIN, 0.0)
    reach_y = max(1 - body.height - 2 * MARGIN, 0.0)
    travel = 1.0 if move.crossing else TRAVEL[move.pace]
    if dx and dy:
        travel *= 0.85
    return dx * min(travel, reach_x), dy * min(travel, reach_y)


def _away_from_goal(goal: Spot, body: Body, anchor: Point) -> Point:
    """A start from which the way to the goal is clearly seen."""
    if goal.target is not None or goal.outside:
        return anchor
    end = body.region(goal, anchor)
    x = anchor[0] if not goal.x else 0.5 - 0.6 * (end[0] - 0.5)
    y = anchor[1] if not goal.y else 0.5 - 0.6 * (end[1] - 0.5)
    if goal.x == 0 and not goal.y:
        x = body.region(Spot(x=-1), anchor)[0]
    return body.clamp((x, y))


def stage_frames(
    moves: Sequence[Move], num_frames: int, visible: tuple[int, int]
) -> list[tuple[int, int]]:
    """The first and last frame of every stage; a stage that fills the video fills what is seen.

    `visible`: the first frame that shows the thing and the one after the last.
    """
    frames = []
    for move in moves:
        first, last = 0, num_frames - 1
        if (move.start, move.end) == (0.0, 1.0):
            first, last = visible[0], visible[1] - 1
        span = last - first
        frames.append(
            (first + math.floor(move.start * span + 0.5), first + math.floor(move.end * span + 0.5))
        )
    return frames


#: Finds the centre and the body of what a move goes around, in a frame.
Hub = Callable[[Move, int], tuple[Point, Body] | None]


def centres(
    moves: Sequence[Move],
    points: Sequence[Point],
    body: Body,
    frames: Sequence[tuple[int, int]],
    wanted: Sequence[int],
    hub: Hub,
) -> list[Point]:
    """The centre of a body in the `wanted` frames.

    `points`: of `waypoints`; `frames`: of `stage_frames`.
    """
    result = []
    for frame in wanted:
        point = points[0]
        for number, move in enumerate(moves):
            first, last = frames[number]
            if frame < first:
                break
            if frame > last or first == last:
                point = points[number + 1]
                continue
            progress = (frame - first) / (last - first)
            way = (points[number], points[number + 1])
            point = _along(move, way, progress, body, last - first, hub(move, frame))
        result.append(point)
    return result


def _along(
    move: Move,
    way: tuple[Point, Point],
    progress: float,
    body: Body,
    steps: int,
    around: tuple[Point, Body] | None,
) -> Point:
    """Where a move is after a part of its `steps` frames."""
    (x0, y0), (x1, y1) = way
    eased = progress**2 if move.manner == "fall" else progress
    if move.manner == "arc" and x0 == x1 and y1 < y0:
        eased = 1 - (1 - progress) ** 2  # thrown straight up, it slows down
    x, y = x0 + (x1 - x0) * eased, y0 + (y1 - y0) * eased
    if move.manner == "arc":
        rise = 4 * rise_of(way, body) * progress * (1 - progress)
        return x, max(y - rise, min(body.height / 2 + MARGIN, y))
    if move.manner == "circle":
        return _circle(way[0], progress, body, around)
    if move.manner in ("hop", "bounce"):
        leaps = move.goal is not None and move.goal.target is not None
        height = 0.22 if leaps else min(0.16, 0.5 * body.height + 0.04)
        hops = 1 if leaps else max(1, min(3, steps // 3))
        room = max(y - body.height / 2 - MARGIN, 0.0)
        return x, y - min(height, room) * abs(math.sin(hops * math.pi * progress))
    if move.manner in ("swing", "sway"):
        reach = 0.18 if move.manner == "swing" else 0.05
        return body.clamp((x + reach * math.sin(2 * math.pi * progress), y))
    if move.manner == "zigzag":
        waves = max(1, min(2, steps // 4))
        wave = 0.13 * math.sin(2 * math.pi * waves * progress)
        sideways = abs(x1 - x0) >= abs(y1 - y0)
        return body.clamp((x, y + wave) if sideways else (x + wave, y))
    return x, y


def rise_of(way: tuple[Point, Point], body: Body) -> float:
    """How far what is thrown rises above the straight line between the ends of its way."""
    (x0, y0), (x1, y1) = way
    if x0 == x1 and y0 != y1:
        return 0.0
    room = (y0 + y1) / 2 - body.height / 2 - MARGIN
    return min(max(room, 0.0), _RISE + abs(y1 - y0) / 4)


def _circle(start: Point, progress: float, body: Body, around: tuple[Point, Body] | None) -> Point:
    """A round around another body, or around the own place, clockwise from the left."""
    (cx, cy), hub = around or (start, None)
    rx = (hub.width + body.width) / 2 + MARGIN if hub else 0.22
    ry = (hub.height + body.height) / 2 + MARGIN if hub else FREE_CIRCLE
    rx = min(rx, cx - body.width / 2, 1 - cx - body.width / 2)
    ry = min(ry, cy - body.height / 2, 1 - cy - body.height / 2)
    angle = math.pi + 2 * math.pi * progress
    return cx + max(rx, 0.05) * math.cos(angle), cy + max(ry, 0.05) * math.sin(angle)
