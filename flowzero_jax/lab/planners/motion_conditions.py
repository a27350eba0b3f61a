"""What a benchmark prompt expects of motion and place, as data: see `conditions`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flowzero_jax.lab.planners.tracks import Box, Boxes, centre, distance, find, overlap, side
from flowzero_jax.scene import SceneSyntax

_TRAVEL = 0.15  # of the frame: a motion that is seen
_STILL = 0.06


def _only(scene: SceneSyntax, noun: str, attribute: str = "") -> Boxes:
    """The boxes of the one track of a noun; empty if there is none."""
    tracks = find(scene, noun, attribute)
    return next(iter(tracks.values()), {})


@dataclass(frozen=True)
class Moves:
    """A noun travels in a direction, from its first frame to its last or within a part of them.

    `x`, `y`: the signs of the way, 0 where it does not matter. `start`, `end`: parts of the video.
    """

    noun: str
    x: int = 0
    y: int = 0
    start: float = 0.0
    end: float = 1.0
    least: float = _TRAVEL

    def fault(self, scene: SceneSyntax) -> str:
        boxes = _only(scene, self.noun)
        if len(boxes) < 2:
            return f"{self.noun!r} is not there"
        frames = sorted(boxes)
        first, last = (frames[round(part * (len(frames) - 1))] for part in (self.start, self.end))
        way = [b - a for a, b in zip(centre(boxes[first]), centre(boxes[last]), strict=True)]
        for sign, along, axis in zip((self.x, self.y), way, "xy", strict=True):
            if sign and sign * along < self.least:
                return f"{self.noun!r} moves {along:+.2f} in {axis} from frame {first} to {last}"
        return ""


@dataclass(frozen=True)
class At:
    """A noun is in a part of the frame at a time (a part of the video); None: anywhere."""

    noun: str
    time: float
    x: int | None = None
    y: int | None = None

    def fault(self, scene: SceneSyntax) -> str:
        boxes = _only(scene, self.noun)
        if not boxes:
            return f"{self.noun!r} is not there"
        frames = sorted(boxes)
        # The middle of an even number of frames is the earlier or the later one of the two.
        position = self.time * (len(frames) - 1)
        near = {int(position), min(int(position + 0.999), len(frames) - 1)}
        places = [centre(boxes[frames[k]]) for k in near]
        if any(_is_at(place, self.x, self.y) for place in places):
            return ""
        return f"{self.noun!r} is at {places[0][0]:.2f}, {places[0][1]:.2f} at time {self.time}"


def _is_at(place: tuple[float, float], x: int | None, y: int | None) -> bool:
    return all(
        wanted is None or ((value - 0.5) * wanted > 0 if wanted else abs(value - 0.5) < 0.25)
        for value, wanted in zip(place, (x, y), strict=True)
    )


@dataclass(frozen=True)
class Stays:
    """A noun does not move."""

    noun: str

    def fault(self, scene: SceneSyntax) -> str:
        boxes = _only(scene, self.noun)
        if not boxes:
            return f"{self.noun!r} is not there"
        reach = _reach(boxes)
        return f"{self.noun!r} moves by {reach:.2f}" if reach > _STILL else ""


def _reach(boxes: Boxes) -> float:
    xs, ys = zip(*map(centre, boxes.values()), strict=True)
    return max(max(xs) - min(xs), max(ys) - min(ys))


@dataclass(frozen=True)
class Turns:
    """A noun goes to and fro along an axis ("x", "y") at least so often; "xy": around in a loop."""

    noun: str
    axis: str
    times: int = 1

    def fault(self, scene: SceneSyntax) -> str:
        boxes = _only(scene, self.noun)
        points = [centre(boxes[f]) for f in sorted(boxes)]
        for axis in self.axis:
            turns = _turns([point["xy".index(axis)] for point in points])
            if turns < self.times:
                return f"{self.noun!r} turns back {turns} times in {axis}, not {self.times}"
        return ""


def _turns(values: Sequence[float]) -> int:
    """Reversals of at least 0.02."""
    corners = list(values[:1])
    for value in values[1:]:
        if abs(value - corners[-1]) < 0.02:
            continue
        if len(corners) > 1 and (value - corners[-1]) * (corners[-1] - corners[-2]) > 0:
            corners[-1] = value
        else:
            corners.append(value)
    return max(len(corners) - 2, 0)


@dataclass(frozen=True)
class Grows:
    """A noun becomes larger, or smaller if `larger` is False."""

    noun: str
    larger: bool = True

    def fault(self, scene: SceneSyntax) -> str:
        boxes = _only(scene, self.noun)
        if not boxes:
            return f"{self.noun!r} is not there"
        ratio = side(boxes[max(boxes)]) / side(boxes[min(boxes)])
        good = ratio > 1.15 if self.larger else ratio < 0.87
        return "" if good else f"the sides of {self.noun!r} change by a factor of {ratio:.2f}"


_RELATIONS: dict[str, Callable[[Box, Box], bool]] = {
    "left": lambda a, b: centre(a)[0] < centre(b)[0],
    "right": lambda a, b: centre(a)[0] > centre(b)[0],
    "above": lambda a, b: centre(a)[1] < centre(b)[1],
    "below": lambda a, b: centre(a)[1] > centre(b)[1],
    "on": lambda a, b: centre(a)[1] < centre(b)[1] and distance(a, b) < 0.05 and _beside(a, b),
    "in": lambda a, b: overlap(a, b) > 0.5,
    "near": lambda a, b: distance(a, b) < 0.2,
    "front": lambda a, b: distance(a, b) < 0.1,
}


def _beside(a: Box, b: Box) -> bool:
    return min(a[2], b[2]) > max(a[0], b[0])


@dataclass(frozen=True)
class Relates:
    """One noun stands to another in a relation of `_RELATIONS`, at a time or (None) throughout."""

    subject: str
    kind: str
    target: str
    time: float | None = None

    def fault(self, scene: SceneSyntax) -> str:
        subjects, targets = find(scene, self.subject), find(scene, self.target)
        if not subjects or not targets:
            return f"{self.subject if not subjects else self.target!r} is not there"
        n = len(scene.frames)
        frames = range(n) if self.time is None else [round(self.time * (n - 1))]
        target = next(iter(targets.values()))
        for boxes in subjects.values():
            wrong = [
                f
                for f in frames
                if f in boxes and f in target and not _RELATIONS[self.kind](boxes[f], target[f])
            ]
            if wrong:
                return f"{self.subject!r} is not {self.kind} of {self.target!r} in frame {wrong[0]}"
        return ""
