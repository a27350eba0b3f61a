"""Scenes to arrays: distinct texts, fixed object slots, masks and accumulated shifts (numpy only).

The ragged lists of a scene end here; everything after `tabulate` has constant shapes. The texts
stay text: whoever owns the text encoder encodes `SceneTable.texts` once and gathers by the indices.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from flowzero_jax.blending import Mix, mix_changes
from flowzero_jax.errors import InputError
from flowzero_jax.facing import phrases as facing_phrases
from flowzero_jax.scene import DIRECTIONS, MAX_OBJECTS, BackgroundMotion, Direction, SceneSyntax

#: At speed 1 the background moves this fraction of the shorter side per frame.
SPEED_UNIT = 1 / 16

_DIAGONAL = math.sqrt(0.5)


@dataclass(frozen=True, eq=False)
class SceneTable:
    """A batch of `b` scenes with `f` frames and `n` = `MAX_OBJECTS` slots each.

    The fields that are not texts or indices of texts are those of `arrays.SceneArrays`.
    """

    #: The distinct texts of the batch in order of first use; the empty text is the first.
    texts: tuple[str, ...]
    #: Indices into `texts` of each frame's description, `[b f]`.
    prompts: Mix
    #: Indices into `texts` of each object's phrase; of the empty text in empty slots, `[b f n]`.
    phrases: Mix
    #: Index into `texts` of the negative prompt.
    negative_index: Int[np.ndarray, " b"]
    boxes: Float[np.ndarray, "b f n 4"]
    object_mask: Float[np.ndarray, "b f n"]
    track_ids: Int[np.ndarray, "b f n"]
    shifts: Float[np.ndarray, "b f 2"]
    random_speeds: Float[np.ndarray, "b f"]


def tabulate(
    scenes: Sequence[SceneSyntax],
    latent_size: tuple[int, int],
    negative_prompt: str = "",
    *,
    blend_frames: int = 0,
    facing: bool = False,
) -> SceneTable:
    """Lays out scenes as arrays of fixed shape.

    Args:
        scenes: at least one scene; all with the same number of frames.
        latent_size: height and width of the latents, the unit of `SceneTable.shifts`.
        negative_prompt: the text of the unconditional half, for all scenes.
        blend_frames: over so many frames a text that changes turns into the next (`blending`).
        facing: whether phrases say where their objects look (`facing`).

    Raises:
        InputError: there is no scene, or the scenes differ in their number of frames.
    """
    if not scenes:
        raise InputError("scenes: expected at least one scene, got none")
    num_frames = len(scenes[0].frames)
    for index, scene in enumerate(scenes):
        if len(scene.frames) != num_frames:
            raise InputError(
                f"scenes[{index}]: has {len(scene.frames)} frames, scenes[0] has {num_frames}; "
                "put scenes of different lengths into different batches"
            )

    texts: dict[str, int] = {"": 0}
    slots = (len(scenes), num_frames, MAX_OBJECTS)
    negative = texts.setdefault(negative_prompt, len(texts))
    prompts, phrases = (Mix.of(np.zeros(shape, np.int32)) for shape in (slots[:2], slots))
    boxes = np.zeros((*slots, 4), np.float32)
    object_mask = np.zeros(slots, np.float32)
    track_ids = np.zeros(slots, np.int32)
    for b, scene in enumerate(scenes):
        said = _phrases(scene, latent_size) if facing else None
        tracks: dict[str, list[_Shown]] = {}
        descriptions = []
        for f, frame in enumerate(scene.frames):
            descriptions.append(texts.setdefault(frame.description, len(texts)))
            for n, item in enumerate(frame.objects):
                phrase = item.phrase if said is None else said[f][item.id]
                shown = _Shown(f, n, texts.setdefault(phrase, len(texts)))
                boxes[b, f, n] = item.box
                object_mask[b, f, n] = 1
                tracks.setdefault(item.id, []).append(shown)
        _put(prompts, (b, slice(None)), mix_changes(descriptions, blend_frames))
        for number, track in enumerate(tracks.values()):
            for run in _without_gaps(track):
                frames, places, words = zip(*run, strict=True)
                track_ids[b, frames, places] = number
                _put(phrases, (b, frames, places), mix_changes(words, blend_frames))

    motions = [[frame.background_motion for frame in scene.frames] for scene in scenes]
    return SceneTable(
        texts=tuple(texts),
        prompts=prompts,
        phrases=phrases,
        negative_index=np.full(len(scenes), negative, np.int32),
        boxes=boxes,
        object_mask=object_mask,
        track_ids=track_ids,
        shifts=np.stack([accumulated_shifts(m, latent_size) for m in motions]),
        random_speeds=np.stack([random_speeds(m) for m in motions]),
    )


class _Shown(NamedTuple):
    """An object in a frame: the frame, its slot there, and its phrase's index."""

    frame: int
    slot: int
    text: int


def _without_gaps(track: Sequence[_Shown]) -> Iterator[list[_Shown]]:
    """The parts of a track in which the object is there in every frame."""
    for _, run in itertools.groupby(enumerate(track), lambda part: part[1].frame - part[0]):
        yield [shown for _, shown in run]


def _phrases(scene: SceneSyntax, latent_size: tuple[int, int]) -> list[Mapping[str, str]]:
    return facing_phrases(scene, SPEED_UNIT * min(latent_size) / latent_size[1])


def _put(mix: Mix, where: Any, part: Mix) -> None:
    for whole, values in zip(mix, part, strict=True):
        whole[where] = values


def accumulated_shifts(
    motions: Sequence[BackgroundMotion], latent_size: tuple[int, int]
) -> Float[np.ndarray, "f 2"]:
    """Where each frame's background stands relative to the first frame's.

    Args:
        motions: the background motion of each frame since the one before; the first is ignored.
        latent_size: height and width of the latents.

    Returns:
        (dy, dx) in latent pixels, float32; positive = content has moved down and right.
    """
    unit = min(latent_size) * SPEED_UNIT
    steps = np.array([_unit_vector(m.direction) for m in motions]) * unit
    steps *= np.array([m.speed for m in motions])[:, None]
    steps[0] = 0
    # In float64: the rounding of 512 steps in float32 would be visible in the phase.
    return np.cumsum(steps, axis=0).astype(np.float32)


def _unit_vector(direction: Direction) -> tuple[float, float]:
    """(dy, dx) of length 1, positive down and right; (0, 0) for `random`."""
    dx, dy = DIRECTIONS[direction]
    length = _DIAGONAL if dx and dy else 1.0
    return dy * length, dx * length


def random_speeds(motions: Sequence[BackgroundMotion]) -> Float[np.ndarray, " f"]:
    """Speed of the frames whose direction is `random`, else 0; the first frame's is ignored."""
    speeds = [m.speed if m.direction == "random" else 0.0 for m in motions]
    speeds[0] = 0.0
    return np.array(speeds, np.float32)
