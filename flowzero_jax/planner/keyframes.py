"""A plan of a few key frames, spread over a longer video.

Key frame 0 becomes the first frame, the last one the last; between them boxes run straight along
their track, texts are those of the nearest key frame, and the background moves as far in all.
"""

import math
from itertools import groupby

from flowzero_jax.errors import InputError
from flowzero_jax.scene import (
    BackgroundMotion,
    Box,
    Frame,
    SceneObject,
    SceneSyntax,
    check_num_frames,
)


def spread(scene: SceneSyntax, num_frames: int) -> SceneSyntax:
    """Interpolates the frames of `scene`, taken as key frames, to `num_frames` frames.

    An object is seen from the middle before its first key frame to the middle after its last one.
    The total motion of the background, frame by frame from the second on, is kept.

    Raises: InputError if `num_frames` is out of range or less than there are key frames.
    """
    keys = scene.frames
    check_num_frames(num_frames)
    if num_frames < len(keys):
        raise InputError(f"frames: {num_frames} are fewer than the {len(keys)} key frames")
    if num_frames == len(keys):
        return scene
    times = [number * (len(keys) - 1) / (num_frames - 1) for number in range(num_frames)]
    motions = _background_motions(keys, times)
    frames = tuple(
        Frame(
            description=_nearest(keys, time).description,
            objects=_objects(keys, time),
            background_motion=motion,
        )
        for time, motion in zip(times, motions, strict=True)
    )
    return scene.model_copy(update={"frames": frames})


def _nearest(keys: tuple[Frame, ...], time: float) -> Frame:
    return keys[math.floor(time + 0.5)]


def _objects(keys: tuple[Frame, ...], time: float) -> tuple[SceneObject, ...]:
    """What the nearest key frame shows, moved along to `time`."""
    before, after = keys[math.floor(time)], keys[math.ceil(time)]
    share = time - math.floor(time)
    start = {obj.id: obj.box for obj in before.objects}
    end = {obj.id: obj.box for obj in after.objects}
    return tuple(
        SceneObject(
            id=obj.id,
            phrase=obj.phrase,
            box=_between(start.get(obj.id, obj.box), end.get(obj.id, obj.box), share),
        )
        for obj in _nearest(keys, time).objects
    )


def _between(start: Box, end: Box, share: float) -> Box:
    if share == 0 or start == end:
        return start  # not even rounded
    x0, y0, x1, y1 = (min(a + (b - a) * share, 1.0) for a, b in zip(start, end, strict=True))
    return x0, y0, x1, y1


def _background_motions(keys: tuple[Frame, ...], times: list[float]) -> list[BackgroundMotion]:
    """The motion that leads to each frame.

    Key frame k's motion lasts from time k - 1 to k. Where the direction stays, a frame gets the
    motion of its own interval; a frame whose interval spans two directions gets the one at its
    middle, and the rest of each direction's frames make up for it.
    """
    if len(keys) == 1:
        return [keys[0].background_motion.model_copy(update={"speed": 0.0})] * len(times)
    segments = [(number, keys[number].background_motion) for number in range(1, len(keys))]
    motions: list[BackgroundMotion] = []
    number = 1
    for direction, group in groupby(segments, key=lambda segment: segment[1].direction):
        run = list(group)
        raw = []
        while number < len(times) and (times[number - 1] + times[number]) / 2 <= run[-1][0]:
            raw.append(sum(_share(times, number, end) * motion.speed for end, motion in run))
            number += 1
        total = sum(motion.speed for _, motion in run)
        scale = total / sum(raw) if sum(raw) else 0.0
        motions += [
            BackgroundMotion(direction=direction, speed=min(value * scale, 1.0)) for value in raw
        ]
    return [motions[0], *motions]  # the first frame's is ignored


def _share(times: list[float], number: int, end: int) -> float:
    """The part of the time from `end` - 1 to `end` that leads to frame `number`."""
    return max(min(times[number], end) - max(times[number - 1], end - 1), 0.0)
