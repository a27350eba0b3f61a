"""Where tracks go: the directions, ends, order and shapes of motion that the prompt asks for."""

import math
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import TypeGuard

from flowzero_jax.planner.checks.findings import Finding, Severity, severity_of
from flowzero_jax.planner.checks.matching import Case
from flowzero_jax.planner.checks.shapes import check_shape
from flowzero_jax.planner.checks.tracks import Track, aside, touches_edge
from flowzero_jax.planner.intent import Direction, Move, Spot

_LEAST = 0.04  # of the frame: less is no motion
_CLEAR = 0.12  # what one sees at once
_WAYS = {
    (-1, 0): "to the left", (1, 0): "to the right", (0, -1): "up", (0, 1): "down",
    (-1, -1): "up and to the left", (-1, 1): "down and to the left",
    (1, -1): "up and to the right", (1, 1): "down and to the right",
}  # fmt: skip
_IN_PLACE = frozenset({"hop", "bounce", "swing", "sway", "circle", "zigzag"})
_MOST_KNOTS = 33  # frames that are looked at as ends of stages


def check_movement(case: Case) -> Iterator[Finding]:
    """All things that move, track by track."""
    for thing, track in case.shown:
        if thing.moves and len(track.frames) > 1:
            yield from _movement(case, track, thing.moves)


def check_sizes(case: Case) -> Iterator[Finding]:
    """Growing and shrinking, approaching and receding."""
    for thing, track in case.shown:
        growth = thing.growth
        if abs(math.log(growth)) < 0.1 or len(track.frames) < 2:
            continue
        ratio = track.side(track.last) / track.side(track.first)
        if (ratio > 1.06) if growth > 1 else (ratio < 0.94):
            continue
        word = "larger" if growth > 1 else "smaller"
        message = (
            f"{track.id!r} should become {word}; its sides change by a factor of {ratio:.2f}, "
            f"make it about {growth:.1f}"
        )
        yield Finding("wrong-size-change", "hard", message, object_id=track.id, amount=ratio)


def _movement(case: Case, track: Track, moves: Sequence[Move]) -> Iterator[Finding]:
    severity: Severity = severity_of(any(m.stated and m.manner != "sway" for m in moves))
    moving = [m for m in moves if m.manner != "still"]
    in_place = all(m.manner in _IN_PLACE for m in moving)  # few frames may show it at one spot
    if not moving or (in_place and len(track.frames) < 4):
        return
    reach = max(track.reach)
    if reach < _LEAST and not case.intent.background.camera:
        heading = None if moving[0].free else heading_of(moving[0])
        told = f" {_WAYS[heading]}" if heading else ""
        message = (
            f"{track.id!r} stays where it is (its centre moves by {reach:.2f} of the frame), but "
            f"the prompt says that it moves{told}; change its box from frame to frame"
        )
        yield Finding("still-track", severity, message, object_id=track.id, amount=reach)
        return
    if len(moves) > 1:
        yield from _stages(track, moves, severity)
        return
    if not moves[0].free:
        yield from _direction(track, moves[0], severity)
        yield from _ends(track, moves[0], severity)
    yield from check_shape(track, moves[0], severity)


def heading_of(move: Move) -> Direction | None:
    """The direction on screen of a move whose direction or ends the prompt names.

    A corner to go to tells none: the way there depends on where the track comes from.
    """
    if move.direction:
        return move.direction
    start, goal = ((spot.x, spot.y) if spot and spot.target is None else (None, None)
                   for spot in (move.origin, move.goal))  # fmt: skip
    if start == (None, None):
        ways = [_sign(value) for value in goal]
        return (ways[0], ways[1]) if sum(map(abs, ways)) == 1 else None
    open_ended = move.goal is None or move.goal.target is not None
    ways = [
        _sign((b or 0) - (a or 0)) if b is not None or (a is not None and open_ended) else 0
        for a, b in zip(start, goal, strict=True)
    ]
    return (ways[0], ways[1]) if any(ways) else None


def _direction(track: Track, move: Move, severity: Severity) -> Iterator[Finding]:
    """Whether a track goes where it should, on each axis that is named."""
    a, b, heading = track.first, track.last, heading_of(move)
    if heading is None:
        return
    way = [end - start for start, end in zip(track.centre(a), track.centre(b), strict=True)]
    for axis, sign in enumerate(heading):
        along = sign * way[axis]
        if not sign or along >= _CLEAR:
            continue
        wanted = _WAYS[(sign, 0) if axis == 0 else (0, sign)]
        other = abs(way[1 - axis])
        swapped = abs(way[axis]) < _LEAST < _CLEAR < other and not heading[1 - axis]
        hint = "; are x and y swapped?" if swapped else ""
        did = f"its centre goes by x {way[0]:+.2f}, y {way[1]:+.2f}"
        if along < _LEAST:
            message = f"{track.id!r} should move {wanted} between frames {a} and {b}; {did}{hint}"
            yield Finding("wrong-direction", severity, message, b, track.id, along)
        else:
            message = f"{track.id!r} hardly moves {wanted} between frames {a} and {b}: {did}"
            yield Finding("still-track", "soft", message, b, track.id, along)


def _ends(track: Track, move: Move, severity: Severity) -> Iterator[Finding]:
    """Whether a track begins and ends in the parts of the frame that the prompt names."""
    ends = ((move.origin, track.first, "begin"), (move.goal, track.last, "end"))
    for spot, frame, word in ends:
        if spot is None or spot.target is not None:
            continue
        should = f"frame {frame}: {track.id!r} should {word} at the {_side(spot)}"
        if spot.outside:
            if not touches_edge(track.box(frame), 0.12):
                message = f"{should} edge of the frame, coming in or going out there"
                yield Finding("wrong-path", "soft", message, frame, track.id)
        elif not _is_at(track.centre(frame), spot):
            x, y = track.centre(frame)
            message = f"{should} of the frame; its centre is at x {x:.2f}, y {y:.2f}"
            yield Finding("wrong-path", severity, message, frame, track.id)


def _is_at(point: tuple[float, float], spot: Spot) -> bool:
    return not any(map(aside, point, (spot.x, spot.y)))


def _side(spot: Spot) -> str:
    x = {-1: "left", 1: "right", 0: ""}.get(_sign(spot.x), "")
    y = {-1: "upper", 1: "lower", 0: ""}.get(_sign(spot.y), "")
    return f"{y} {x}".strip() or "centre"


def _sign(value: float | None) -> int:
    return (value > 0) - (value < 0) if value else 0


def _stages(track: Track, moves: Sequence[Move], severity: Severity) -> Iterator[Finding]:
    """Several motions one after the other: whether there are frames between which each is done."""
    frames = track.frames
    if len(frames) <= len(moves):
        return
    step = max(1, math.ceil(len(frames) / _MOST_KNOTS))
    knots = sorted({*frames[::step], frames[-1]})
    # By frame: the faults of the best division up to there, and where its stages end.
    best = {knots[0]: (0, knots[:1])}
    for move in moves:
        following: dict[int, tuple[int, list[int]]] = {}
        for b in knots:
            options = [
                (faults + _faults(track, move, a, b), [*ends, b])
                for a, (faults, ends) in best.items()
                if a < b
            ]
            if options:
                following[b] = min(options, key=itemgetter(0))
        best = following
    if knots[-1] not in best:
        return
    faults, ends = min(best.values(), key=itemgetter(0))
    if not faults:
        return
    # Names the stage that fails when the video is divided as the prompt divides it.
    for number, (move, a, b) in enumerate(zip(moves, ends, ends[1:], strict=False), start=1):
        if _faults(track, move, a, b):
            heading = heading_of(move)
            does = _WAYS[heading] if heading else f"in the manner {move.manner!r}"
            goal = f", ending at the {_side(move.goal)}" if _is_region(move.goal) else ""
            message = (
                f"{track.id!r}: step {number} of {len(moves)} should go {does}{goal}; no such "
                f"step follows after frame {a}"
            )
            yield Finding("wrong-order", severity, message, a, track.id, number)
            return


def _is_region(spot: Spot | None) -> TypeGuard[Spot]:
    return spot is not None and spot.target is None and not spot.outside


def _faults(track: Track, move: Move, a: int, b: int) -> int:
    """How many conditions of a stage fail between two frames."""
    if move.free:
        return 0
    x0, y0 = track.centre(a)
    x1, y1 = track.centre(b)
    faults = 0
    heading = heading_of(move)
    if heading and (move.direction or move.origin):
        ways = zip(heading, (x1 - x0, y1 - y0), strict=True)
        faults += sum(sign * way < _LEAST for sign, way in ways if sign)
    if _is_region(move.origin):
        faults += not _is_at((x0, y0), move.origin)
    if _is_region(move.goal):
        faults += not _is_at((x1, y1), move.goal)
    return faults
