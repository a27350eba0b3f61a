"""The shapes of motion: circles go around, what bounces comes down again, what zigzags turns."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from flowzero_jax.planner.checks.findings import Finding, Severity
from flowzero_jax.planner.checks.tracks import Track
from flowzero_jax.planner.intent import Move


def check_shape(track: Track, move: Move, severity: Severity) -> Iterator[Finding]:
    """Whether a track has the shape that its motion should have."""
    if len(track.frames) < 6:
        return
    points = [track.centre(f) for f in track.frames]
    if move.manner == "arc" and not move.free and _is_low(points):
        message = (
            f"{track.id!r} is thrown, but its track is no arc; let it rise on the first half of "
            "its way and fall on the second"
        )
        yield Finding("wrong-path", "soft", message, object_id=track.id)
    is_line = min(track.reach) < 0.15 * max(track.reach)
    wanted = {
        "circle": ("goes round", _angle(points) >= 0.75 * math.pi and not is_line),
        "bounce": ("goes up and down", _swings([y for _, y in points]) >= 1),
        "zigzag": ("turns from side to side", max(map(_swings, zip(*points, strict=True))) >= 1),
        "swing": ("goes to and fro", max(map(_swings, zip(*points, strict=True))) >= 1),
    }.get(move.manner)
    if wanted is not None and not wanted[1]:
        message = f"{track.id!r}: the prompt says that it {wanted[0]}; its track does not"
        yield Finding("wrong-path", severity, message, object_id=track.id)


def _is_low(points: Sequence[tuple[float, float]], least: float = 0.03) -> bool:
    """Whether a way to the side never rises above the straight line between its ends."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    if abs(x1 - x0) < 0.12:
        return False
    return all((y0 + (y1 - y0) * (x - x0) / (x1 - x0)) - y < least for x, y in points)


def _angle(points: Sequence[tuple[float, float]]) -> float:
    """The angle that a track sweeps around the middle of its extent."""
    xs, ys = zip(*points, strict=True)
    cx, cy = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    angles = [math.atan2(y - cy, x - cx) for x, y in points]
    steps = [(b - a + math.pi) % (2 * math.pi) - math.pi for a, b in pairwise(angles)]
    return abs(sum(steps))


def _swings(values: Sequence[float], least: float = 0.02) -> int:
    """How often a series turns back by more than `least`."""
    turns, low, high, heading = 0, values[0], values[0], 0
    for value in values:
        low, high = min(low, value), max(high, value)
        if heading <= 0 and value > low + least:
            turns, heading, high = turns + (heading < 0), 1, value
        elif heading >= 0 and value < high - least:
            turns, heading, low = turns + (heading > 0), -1, value
    return turns
