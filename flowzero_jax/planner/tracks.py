"""A plan as tracks: what a scene says frame by frame, told once for each thing that is in it.

Places and times are whole percent, so a plan is short and serves any number of frames: it is what a
language model writes. `frames_of` draws it out, `tracks_of` finds it in a scene.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from flowzero_jax.scene import Box, Direction, SceneObject, SceneSyntax, VisibleText

Percent = Annotated[int, Field(ge=0, le=100)]
Waypoint = Annotated[
    list[Annotated[int, Field(ge=-100, le=100)]], Field(min_length=5, max_length=5)
]
Move = Literal["even", "faster", "slower", "smooth"]
#: How far a thing has come, 0 to 1, at each part of the time between two way-points.
EASINGS: dict[Move, Callable[[float], float]] = {
    "even": lambda part: part,
    "faster": lambda part: part**2,
    "slower": lambda part: 1 - (1 - part) ** 2,
    "smooth": lambda part: part**2 * (3 - 2 * part),
}
MIN_SIDE = 1 / 64  # one latent cell of a 512-pixel frame: nothing smaller can be drawn
_MISS = 0.006  # of an edge, about the rounding to whole percent
_PAUSE = 5  # percent of the time between the end of a thing and what it turns into


def _check_path(path: list[list[int]]) -> list[list[int]]:
    times = [waypoint[0] for waypoint in path]
    if times[0] < 0 or times != sorted(times):
        raise ValueError(f"the times {times} must grow from 0 to 100")
    for number, (_, _, _, width, height) in enumerate(path):
        if min(width, height) < 1:
            raise ValueError(f"way-point {number} is {width} wide and {height} high; 1 at least")
    return path


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Caption(_Part):
    """What the frames from the time `at` on show, until the next caption."""

    at: Percent
    text: VisibleText


class Background(_Part):
    """How the background moves from the time `at` on; `speed` as a scene's, in percent."""

    at: Percent
    direction: Direction
    speed: Percent


class Thing(_Part):
    """A thing while it looks the same: it is there from its first way-point to its last one.

    A way-point is (time, left, top, width, height) and may lie outside of the frame; a single one
    holds to the end.
    """

    phrase: VisibleText
    path: Annotated[list[Waypoint], Field(min_length=1), AfterValidator(_check_path)]
    move: Move

    @property
    def end(self) -> int:
        return self.path[-1][0] if len(self.path) > 1 else 100


class Tracks(_Part):
    """A video: captions and background where they change, and the things, later ones in front."""

    captions: list[Caption]
    background: list[Background]
    things: list[Thing]


def names_of(things: Iterable[Thing]) -> list[str]:
    """The id of each thing.

    What begins when and where another thing ends is the same, turned into something else; so is
    what comes later with the same phrase.
    """
    names: list[str] = []
    latest: dict[str, Thing] = {}
    for thing in things:
        same = (name for name, before in latest.items() if _follows(before, thing))
        name = next(same, None) or _new_name(thing.phrase, latest)
        names.append(name)
        latest[name] = thing
    return names


def frames_of(tracks: Tracks, num_frames: int) -> list[dict[str, Any]]:
    """The frames of a scene, as plain data; what is outside of the canvas is cut off.

    Without captions the descriptions are empty, without background it is still.
    """
    names = names_of(tracks.things)
    frames = []
    for number in range(num_frames):
        exact = 100 * number / max(num_frames - 1, 1)
        time = round(exact)
        objects = {}
        for name, thing in zip(names, tracks.things, strict=True):
            box = _box_at(thing, exact) if thing.path[0][0] <= time <= thing.end else None
            if box:
                objects[name] = {"id": name, "phrase": thing.phrase, "box": box}
        texts = [entry.text for entry in tracks.captions if entry.at <= time]
        texts = texts or [entry.text for entry in tracks.captions[:1]] or [""]
        motions = [entry for entry in tracks.background if entry.at <= time]
        direction, speed = (motions[-1].direction, motions[-1].speed) if motions else ("left", 0)
        frames.append(
            {
                "description": texts[-1],
                "objects": list(objects.values()),
                "background_motion": {"direction": direction, "speed": speed / 100},
            }
        )
    return frames


def tracks_of(scene: SceneSyntax) -> Tracks:
    """A scene as tracks: its boxes to about a percent, its texts and times to a frame."""
    frames = scene.frames
    times = [round(100 * number / max(len(frames) - 1, 1)) for number in range(len(frames))]
    motions = [frame.background_motion for frame in frames]
    motions[0] = motions[min(1, len(motions) - 1)]  # the first frame's is ignored
    background = [
        Background(at=at, direction=motion.direction, speed=round(100 * motion.speed))
        for at, motion in _changes(times, motions)
    ]
    texts = [frame.description for frame in frames]
    return Tracks(
        captions=[Caption(at=at, text=text) for at, text in _changes(times, texts)],
        background=background if any(entry.speed for entry in background) else [],
        things=[thing for _, thing in things_of(scene)],
    )


def things_of(scene: SceneSyntax) -> list[tuple[str, Thing]]:
    """The things of `tracks_of`, each with the id of its objects."""
    last = max(len(scene.frames) - 1, 1)
    times = [round(100 * number / last) for number in range(len(scene.frames))]
    tracks: dict[str, dict[int, SceneObject]] = {}
    for number, frame in enumerate(scene.frames):
        for obj in frame.objects:
            tracks.setdefault(obj.id, {})[number] = obj
    return [(name, thing) for name, track in tracks.items() for thing in _things(track, times)]


def _follows(before: Thing, thing: Thing) -> bool:
    start, first, last = thing.path[0][0], thing.path[0][1:], before.path[-1][1:]
    if start < before.end:
        return False
    meets = all(abs(2 * (a - b) + (v - w)) < v + w for a, b, v, w in zip(
        first[:2], last[:2], first[2:], last[2:], strict=True))  # fmt: skip
    return thing.phrase == before.phrase or (start <= before.end + _PAUSE and meets)


def _new_name(phrase: str, taken: Mapping[str, Any]) -> str:
    first, _, rest = phrase.partition(" ")
    name = rest if rest.strip() and first.lower() in ("a", "an", "the", "one") else phrase
    numbered = (name if count == 1 else f"{name} {count}" for count in range(1, len(taken) + 2))
    return next(new for new in numbered if new not in taken)


def _box_at(thing: Thing, time: float) -> list[float] | None:
    """The visible part of its box; None if there is too little of it."""
    path = thing.path
    at = max((k for k, waypoint in enumerate(path) if waypoint[0] <= time), default=0)
    before, after = path[at], path[min(at + 1, len(path) - 1)]
    part = min(max((time - before[0]) / max(after[0] - before[0], 1), 0.0), 1.0)
    part = EASINGS[thing.move](part)
    x, y, width, height = (a + (b - a) * part for a, b in zip(before[1:], after[1:], strict=True))
    box = []
    for start, size in ((x, max(width, 2.0)), (y, max(height, 2.0))):
        low, high = max(start / 100, 0.0), min((start + size) / 100, 1.0)
        if high - low < MIN_SIDE:
            return None
        box.append((round(low, 4), round(high, 4)))
    return [box[0][0], box[1][0], box[0][1], box[1][1]]


def _changes(times: list[int], values: list[Any]) -> list[tuple[int, Any]]:
    """Each value that differs from the one before, and when."""
    return [
        (_between(times, k), value)
        for k, value in enumerate(values)
        if k == 0 or value != values[k - 1]
    ]


def _between(times: list[int], number: int) -> int:
    """Half-way to a frame from the one before: when what it shows anew begins, what ends ends."""
    if number >= len(times):
        return times[-1]
    return (times[max(number - 1, 0)] + times[number]) // 2


def _things(track: Mapping[int, SceneObject], times: list[int]) -> list[Thing]:
    """A track, cut where it is not seen and where its phrase changes."""
    order = {number: rank for rank, number in enumerate(track)}
    parts = groupby(track, key=lambda number: (number - order[number], track[number].phrase))
    things = []
    for (_, phrase), numbers in parts:
        run = list(numbers)
        move, bends = _bends([track[number].box for number in run])
        path = [_waypoint(times[run[bend]], track[run[bend]].box) for bend in bends]
        still = all(waypoint[1:] == path[0][1:] for waypoint in path)
        if still or run[0] - 1 in track:
            path.insert(0, [_between(times, run[0]), *path[0][1:]])
        if still or run[-1] + 1 in track or len(path) == 1:
            path.append([_between(times, run[-1] + 1), *path[-1][1:]])
        if still:
            path = [path[0], path[-1]] if run[-1] < len(times) - 1 else path[:1]
        things.append(Thing(phrase=phrase, path=path, move=move))
    return things


def _waypoint(time: int, box: Box) -> list[int]:
    left, top, right, bottom = (round(100 * edge) for edge in box)
    return [time, left, top, max(right - left, 1), max(bottom - top, 1)]


def _bends(boxes: list[Box]) -> tuple[Move, list[int]]:
    """The way-points that a path needs, and how it moves between them."""
    last = len(boxes) - 1
    for move, easing in EASINGS.items():
        if _worst(boxes, 0, last, easing)[0] <= _MISS:
            return move, sorted({0, last})
    kept, legs = {0, last}, [(0, last)]
    while legs:
        start, end = legs.pop()
        miss, number = _worst(boxes, start, end, EASINGS["even"])
        if miss > _MISS:
            kept.add(number)
            legs += [(start, number), (number, end)]
    return "even", sorted(kept)


def _worst(
    boxes: list[Box], start: int, end: int, easing: Callable[[float], float]
) -> tuple[float, int]:
    """The largest miss of a path from one box to another, and where it is."""
    worst = (0.0, start)
    for number in range(start + 1, end):
        part = easing((number - start) / (end - start))
        pairs = zip(boxes[start], boxes[end], boxes[number], strict=True)
        worst = max(worst, (max(abs(a + (b - a) * part - c) for a, b, c in pairs), number))
    return worst
