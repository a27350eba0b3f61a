"""An intent laid out as a scene: boxes, phrases and captions of every frame, always the same."""

import math

from flowzero_jax.errors import InputError
from flowzero_jax.planner.boxes.captions import describe, state_of
from flowzero_jax.planner.boxes.families import inside
from flowzero_jax.planner.boxes.paths import Body
from flowzero_jax.planner.boxes.placement import place
from flowzero_jax.planner.boxes.units import Unit
from flowzero_jax.planner.intent import Background, Intent
from flowzero_jax.scene import (
    DIRECTION_NAMES,
    MAX_OBJECTS,
    MAX_TEXT,
    BackgroundMotion,
    Box,
    Frame,
    SceneObject,
    SceneSyntax,
)

_LEAST_SEEN = 0.2  # of a box that is partly outside the frame
_DEPTHS = {"behind": -1, "in_front_of": 1, "on": 1, "in": 1, "with": 1}


def lay_out(intent: Intent, num_frames: int) -> SceneSyntax:
    """Lays an intent out as a scene of `num_frames` frames.

    Raises: InputError if it asks for more things than a frame has room for.
    """
    intent = _within_limits(intent)
    spans = [_frames_seen(thing.visible, num_frames) for thing in intent.things]
    units = place(intent, num_frames, spans)
    names = _names(intent)
    frames = []
    for number in range(num_frames):
        boxes = {
            (unit.index, k): box
            for unit, span in zip(units, spans, strict=True)
            if span[0] <= number < span[1]
            for k, box in enumerate(_boxes(unit, intent.background, number, num_frames))
            if box is not None
        }
        counts = [sum(key[0] == i for key in boxes) for i in range(len(intent.things))]
        objects = tuple(
            SceneObject(
                id=names[index][k],
                phrase=_short(_phrase(intent, index, number, num_frames)),
                box=boxes[index, k],
            )
            for index, k in sorted(boxes, key=lambda key: (_depth(intent, key[0]), *key))
        )
        frames.append(
            Frame(
                description=_short(describe(intent, counts, number, num_frames)),
                objects=objects,
                background_motion=_background_motion(intent.background),
            )
        )
    return SceneSyntax(version=1, prompt=intent.prompt, frames=tuple(frames))


def _within_limits(intent: Intent) -> Intent:
    """Leaves out the last single things of a prompt that names more than a frame can hold."""
    things = list(intent.things)
    while sum(t.count for t in things) > MAX_OBJECTS and things[-1].count == 1:
        things.pop()
    total = sum(thing.count for thing in things)
    if total > MAX_OBJECTS:
        raise InputError(
            f"prompt: asks for {total} objects, a frame has room for {MAX_OBJECTS}; ask for fewer"
        )
    return intent if len(things) == len(intent.things) else intent.only(range(len(things)))


def _frames_seen(visible: tuple[float, float], num_frames: int) -> tuple[int, int]:
    """The first frame of a part of the video and the one after its last."""
    return math.floor(visible[0] * num_frames + 1e-9), math.floor(visible[1] * num_frames + 1e-9)


def _names(intent: Intent) -> list[list[str]]:
    """Track ids: `dog` for a lone dog, `dog1`, `dog2` for several."""
    stems = [thing.noun[:64] for thing in intent.things]
    totals = {
        s: sum(t.count for t, u in zip(intent.things, stems, strict=True) if s == u) for s in stems
    }
    used = dict.fromkeys(stems, 0)
    names = []
    for thing, stem in zip(intent.things, stems, strict=True):
        first = used[stem] + 1
        used[stem] += thing.count
        numbers = range(first, first + thing.count)
        names.append([stem] if totals[stem] == 1 else [f"{stem}{k}" for k in numbers])
    return names


def _phrase(intent: Intent, index: int, frame: int, num_frames: int) -> str:
    labels = intent.things[index].labels
    return labels[state_of(len(labels), frame, num_frames)].phrase


def _short(text: str) -> str:
    """A text that a scene can hold."""
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _depth(intent: Intent, index: int) -> int:
    """Drawing order: what stands behind comes first."""
    depth = 0
    for relation in intent.relations:
        if relation.subject == index:
            depth += _DEPTHS.get(relation.kind, 0)
        elif relation.target == index and relation.kind == "behind":
            depth += 1
    return depth


def _boxes(unit: Unit, background: Background, frame: int, num_frames: int) -> list[Box | None]:
    """The boxes of a unit's instances in one frame; None where one is outside the frame."""
    progress = frame / (num_frames - 1) if num_frames > 1 else 0.0
    grown = _interpolate(unit.thing.growth, progress)
    zoom = _interpolate(background.zoom, progress) if background.zoom != 1 else 1.0
    drift_x, drift_y = _camera_drift(unit, background, progress, num_frames)
    may_leave = any(move.crosses_edge for move in unit.root.moves)
    boxes = []
    for dx, dy in unit.offsets:
        x, y = unit.track[frame][0] + dx + drift_x, unit.track[frame][1] + dy + drift_y
        x, y = 0.5 + (x - 0.5) * zoom, 0.5 + (y - 0.5) * zoom
        width, height = unit.width * grown * zoom, unit.height * grown * zoom
        if not (may_leave or background.camera):
            x, y = inside(Body(width, height), (x, y))
        boxes.append(_clipped(x, y, width, height))
    return boxes


def _interpolate(growth: float, progress: float) -> float:
    """A factor that grows by `growth` in all, around 1."""
    start = 1 / math.sqrt(growth)
    return start + (math.sqrt(growth) - start) * progress


def _camera_drift(
    unit: Unit, background: Background, progress: float, num_frames: int
) -> tuple[float, float]:
    """Under a panning camera, what stands still moves along with the background."""
    if not background.camera or background.direction is None or unit.root.moves:
        return 0.0, 0.0
    way = min(background.speed / 16 * (num_frames - 1), 0.3) * (progress - 0.5)
    return background.direction[0] * way, background.direction[1] * way


def _clipped(x: float, y: float, width: float, height: float) -> Box | None:
    x0, y0 = max(x - width / 2, 0.0), max(y - height / 2, 0.0)
    x1, y1 = min(x + width / 2, 1.0), min(y + height / 2, 1.0)
    if x1 <= x0 or y1 <= y0 or (x1 - x0) * (y1 - y0) < _LEAST_SEEN * width * height:
        return None
    return round(x0, 4), round(y0, 4), round(x1, 4), round(y1, 4)


def _background_motion(background: Background) -> BackgroundMotion:
    if not background.speed:
        return BackgroundMotion(direction="left", speed=0.0)
    if background.direction is None:
        return BackgroundMotion(direction="random", speed=background.speed)
    direction = DIRECTION_NAMES[background.direction]
    return BackgroundMotion(direction=direction, speed=background.speed)
