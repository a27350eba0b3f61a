"""Boxes that make no sense whatever the prompt says: slivers, jumps, swapped conventions."""

import math
import statistics
from collections.abc import Iterator
from itertools import pairwise

from flowzero_jax.planner.checks.findings import Finding, severity_of
from flowzero_jax.planner.checks.matching import Case
from flowzero_jax.planner.checks.tracks import Track, area, numbered, touches_edge

_TINIEST, _TINY = 1 / 64, 0.035  # of the side: one latent cell of a 512-pixel image
_THIN, _THINNEST = 6.0, 15.0  # long side over short side
_HUGE = 0.93  # of the frame
_SLIVER = 0.3  # of the track's usual area
_GROWS, _BURSTS = 1.45, 2.2  # side over side from one frame to the next
_SPIKE = 0.13  # of the frame: how far a single frame may lie aside
_FIXED, _MOVED = 0.012, 0.08  # corners that stay and that move


def check_boxes(case: Case) -> Iterator[Finding]:
    """Sizes and shapes of single boxes; one finding for each kind and track."""
    for track in case.tracks:
        yield from _sizes(track)
        yield from _slivers(case, track)
        yield from _convention(track)


def check_continuity(case: Case) -> Iterator[Finding]:
    """Jumps in place and size, gaps, and tracks that tremble."""
    for track in case.tracks:
        yield from _gaps(track)
        yield from _jumps(case, track)
        yield from _trembling(case, track)


def _sizes(track: Track) -> Iterator[Finding]:
    frame = min(track.frames, key=lambda f: min(track.size(f)))
    width, height = track.size(frame)
    least = min(width, height)
    if least < _TINY:
        size = f"{width:.3f} wide and {height:.3f} high; make both at least {_TINY:g}"
        message = f"frame {frame}: the box of {track.id!r} is {size}"
        yield Finding("tiny-box", severity_of(least < _TINIEST), message, frame, track.id, least)
    ratios = {f: max(track.size(f)) / min(track.size(f)) for f in track.frames}
    frame = max(ratios, key=ratios.__getitem__)
    ratio = ratios[frame]
    if ratio > _THIN and not touches_edge(track.box(frame)):
        message = f"frame {frame}: the box of {track.id!r} is {ratio:.1f} times as long as wide"
        yield Finding("thin-box", severity_of(ratio > _THINNEST), message, frame, track.id, ratio)
    frame = max(track.frames, key=lambda f: area(track.box(f)))
    if area(track.box(frame)) > _HUGE:
        message = (
            f"frame {frame}: the box of {track.id!r} fills {area(track.box(frame)):.0%} of the "
            "frame; a box holds an object, not the background"
        )
        yield Finding("huge-box", "soft", message, frame, track.id, area(track.box(frame)))


def _slivers(case: Case, track: Track) -> Iterator[Finding]:
    """Boxes cut off by the edge of the frame, unless the prompt sends them there."""
    if case.intent.background.camera or any(move.crosses_edge for move in case.moves_of(track)):
        return
    usual = statistics.median(area(track.box(f)) for f in track.frames)
    for frame in track.frames:
        part = area(track.box(frame)) / usual
        if part < _SLIVER and touches_edge(track.box(frame), 0.001):
            hint = "keep it inside, it neither enters nor leaves"
            message = f"frame {frame}: only {part:.0%} of {track.id!r} is inside the frame; {hint}"
            yield Finding("outside-frame", "soft", message, frame, track.id, 1 - part)
            return


def _convention(track: Track) -> Iterator[Finding]:
    """Width and height in place of the second corner: it stays put while the first one moves."""
    if len(track.frames) < 3:
        return
    boxes = [track.box(f) for f in track.frames]
    x0, y0, x1, y1 = (max(b[k] for b in boxes) - min(b[k] for b in boxes) for k in range(4))
    near_origin = all(b[0] + b[2] <= 1.02 and b[1] + b[3] <= 1.02 for b in boxes)
    if max(x1, y1) <= _FIXED and max(x0, y0) >= _MOVED and near_origin:
        message = (
            f"{track.id!r}: the second corner never moves while the first one does; the boxes seem "
            "to be [x, y, width, height], write [x0, y0, x1, y1]"
        )
        yield Finding("wrong-convention", "hard", message, object_id=track.id, amount=max(x0, y0))


def _gaps(track: Track) -> Iterator[Finding]:
    missing = [f for f in range(track.first, track.last) if f not in track.objects]
    if missing:
        where = numbered(missing, 6, "…")
        message = f"{track.id!r} is missing in {where} and comes back; list it there too"
        yield Finding("gap", "soft", message, missing[0], track.id, len(missing))


def longest_step(num_frames: int) -> float:
    """How far a centre may go from one frame to the next, in fractions of the frame."""
    return min(max(3.2 / max(num_frames - 1, 1), 0.22), 0.75)


def _jumps(case: Case, track: Track) -> Iterator[Finding]:
    limit = longest_step(case.num_frames)
    worst, worst_size = (0.0, 0), (1.0, 0)
    for a, b in pairwise(track.frames):
        if b - a > 1:
            continue
        (x0, y0), (x1, y1) = track.centre(a), track.centre(b)
        worst = max(worst, (max(abs(x1 - x0), abs(y1 - y0)), b))
        edge = touches_edge(track.box(a)) or touches_edge(track.box(b))
        if not edge and track.phrase(a) == track.phrase(b):
            ratio = track.side(b) / track.side(a)
            worst_size = max(worst_size, (max(ratio, 1 / ratio), b))
    step, frame = worst
    if case.num_frames > 2 and step > limit:
        jumps = f"jumps by {step:.2f} of the frame since the frame before"
        message = f"frame {frame}: {track.id!r} {jumps}; move it at most {limit:.2f} a frame"
        yield Finding("teleport", severity_of(step > 1.25 * limit), message, frame, track.id, step)
    factor, frame = worst_size
    if factor > _GROWS:
        message = (
            f"frame {frame}: the sides of {track.id!r} change by a factor of {factor:.2f} since "
            "the frame before; change sizes gradually"
        )
        yield Finding("size-jump", severity_of(factor > _BURSTS), message, frame, track.id, factor)


_LIVELY = frozenset({"arc", "hop", "bounce", "zigzag", "swing", "sway", "circle"})


def _trembling(case: Case, track: Track) -> Iterator[Finding]:
    """Tracks that go to and fro although nothing of that kind is asked for."""
    moves = case.moves_of(track)
    if any(move.manner in _LIVELY for move in moves):
        return
    if len(moves) < 2:
        yield from _spikes(track)
    turns = max(_turns([track.centre(f)[axis] for f in track.frames]) for axis in (0, 1))
    if turns > max(2, len(moves)):
        message = f"{track.id!r} turns back {turns} times on its way; move it smoothly"
        yield Finding("rough-track", "soft", message, object_id=track.id, amount=turns)


def _spikes(track: Track) -> Iterator[Finding]:
    """Single frames that jump off the track and back again."""
    for a, frame, b in zip(track.frames, track.frames[1:], track.frames[2:], strict=False):
        before, at, after = track.centre(a), track.centre(frame), track.centre(b)
        aside = min(math.dist(before, at), math.dist(at, after))
        if aside > _SPIKE and math.dist(before, after) < 0.7 * aside:
            jumps = f"jumps aside by {aside:.2f} of the frame and back again"
            message = f"frame {frame}: {track.id!r} {jumps}; move it smoothly"
            yield Finding("teleport", "soft", message, frame, track.id, aside)
            return


def _turns(values: list[float], least: float = 0.02) -> int:
    """How often a series changes its direction by more than `least`."""
    turns, heading, extreme = 0, 0, values[0]
    for value in values:
        if heading >= 0 and value < extreme - least:
            turns, heading, extreme = turns + (heading > 0), -1, value
        elif heading <= 0 and value > extreme + least:
            turns, heading, extreme = turns + (heading < 0), 1, value
        elif (heading >= 0 and value > extreme) or (heading < 0 and value < extreme):
            extreme = value
    return turns
