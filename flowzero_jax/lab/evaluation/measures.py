"""All measures of one video against its scene."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from flowzero_jax.facing import Side, facings
from flowzero_jax.lab.evaluation.identity import Match, identify, placed, read_look
from flowzero_jax.lab.evaluation.motion import (
    Shift,
    background_change,
    background_shift,
    look_change,
)
from flowzero_jax.lab.evaluation.opaque import Place, identify_strictly, locate
from flowzero_jax.lab.stickers.vocabulary import FACING
from flowzero_jax.scene import Frame, SceneObject, SceneSyntax
from flowzero_jax.tabulate import SPEED_UNIT, accumulated_shifts

KINDS = ("plain", "color", "change")
_OPAQUE = 0.9


class Sticker(NamedTuple):
    """One box of one frame. `kind`: its phrase has a colour word; or changes along the track.

    `match` is by the whole box, `strict` by the sticker's opaque pixels alone. `looks_ahead`: of a
    thing with a side that moves sideways, whether that side is where it goes; None of others.
    """

    kind: str
    neighbors: int  # other objects in the frame
    match: Match
    strict: Match
    place: Place
    looks_ahead: bool | None


class Motion(NamedTuple):
    """Motion of the background between two frames; `measured` None where nothing can be seen."""

    planned: Shift
    measured: Shift | None


class Measures(NamedTuple):
    """What is measured of a video: a value for each box, and for each two neighbouring frames.

    `motions` holds the pairs with a planned direction; `flicker` and `look_changes` are mean
    changes (of 255) of background and objects after undoing the planned motion.
    """

    stickers: tuple[Sticker, ...]
    motions: tuple[Motion, ...]
    flicker: tuple[float, ...]
    look_changes: tuple[float, ...]


def measure(scene: SceneSyntax, frames: UInt8[np.ndarray, "f H W 3"]) -> Measures:
    """Measures a video; raises `InputError` where a phrase is not of the sticker vocabulary."""
    changing = _changing_tracks(scene)
    ways = facings(scene, SPEED_UNIT)
    stickers = tuple(
        _sticker(item, picture, _kind(item, changing), len(frame.objects) - 1, way[item.id])
        for frame, picture, way in zip(scene.frames, frames, ways, strict=True)
        for item in frame.objects
    )
    motions, flicker, look_changes = [], [], []
    steps = np.diff(_pixel_shifts(scene, frames.shape[1:3]), axis=0)
    for pair, pictures, step in zip(pairwise(scene.frames), pairwise(frames), steps, strict=True):
        planned = Shift(float(step[0]), float(step[1]))
        boxes = [[item.box for item in frame.objects] for frame in pair]
        if any(planned):
            motions.append(Motion(planned, background_shift(*pictures, *boxes)))
        motion = pair[1].background_motion
        if motion.direction != "random" or not motion.speed:
            change = background_change(*pictures, planned, *boxes)
            flicker += [] if change is None else [change]
        look_changes += _look_changes(pair, pictures)
    return Measures(stickers, tuple(motions), tuple(flicker), tuple(look_changes))


def _sticker(
    item: SceneObject, picture: np.ndarray, kind: str, neighbors: int, way: Side
) -> Sticker:
    look = read_look(item.phrase)
    strict, mirrored = identify_strictly(picture, item.box, look)
    own = FACING.get(look.noun)
    ahead = None if own is None or not way else (own == way) != mirrored
    whole, place = identify(picture, item.box, look), locate(picture, item.box, look)
    return Sticker(kind, neighbors, whole, strict, place, ahead)


def _changing_tracks(scene: SceneSyntax) -> set[str]:
    phrases: dict[str, set[str]] = {}
    for frame in scene.frames:
        for item in frame.objects:
            phrases.setdefault(item.id, set()).add(item.phrase)
    return {name for name, said in phrases.items() if len(said) > 1}


def _kind(item: SceneObject, changing: set[str]) -> str:
    if item.id in changing:
        return "change"
    return "color" if read_look(item.phrase).color else "plain"


def _pixel_shifts(scene: SceneSyntax, size: tuple[int, int]) -> np.ndarray:
    """Accumulated planned shifts in pixels, `[f 2]`."""
    return accumulated_shifts([frame.background_motion for frame in scene.frames], size)


def _look_changes(
    pair: tuple[Frame, Frame], pictures: tuple[np.ndarray, np.ndarray]
) -> list[float]:
    """Of the things that both frames show under the same phrase."""
    height, width = pictures[0].shape[:2]
    before = {(item.id, item.phrase): item.box for item in pair[0].objects}
    changes = []
    for item in pair[1].objects:
        box = before.get((item.id, item.phrase))
        if box is not None:
            look = read_look(item.phrase)
            sides = (box[2] - box[0]) * width, (box[3] - box[1]) * height
            opaque = placed(*look, *sides)[..., 3] > _OPAQUE
            changes.append(look_change(*pictures, box, item.box, opaque))
    return changes
