"""The noise of a video's frames: what is drawn once, and how it comes into every frame.

The initial noise, and the noise that a stochastic sampler adds in its steps. The maps themselves,
and the table of what is drawn from which key, are in `noise`. Axes as there.
"""

from collections.abc import Callable, Collection
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt32

from flowzero_jax.noise import GENERATOR, IMAGE_STREAM, STEP_STREAM, object_noise, turn_noise


class Motion(NamedTuple):
    """How the noise of one video's frames moves: the same for all noise that is drawn for it."""

    shifts: Float[Array, "f 2"]  # accumulated (dy, dx) in latent pixels
    phases: Float[Array, "f h w"]  # from `random_phases`, by the video's key
    # The others as in `object_noise`.
    boxes: Float[Array, "f n 4"]
    object_mask: Float[Array, "f n"]
    track_ids: Int[Array, "f n"]


def _move_with_background(
    key: PRNGKeyArray, noise: Float[Array, "_ h w c"], motion: Motion
) -> Float[Array, "f h w c"]:
    del key
    turn = jax.vmap(turn_noise, in_axes=(None if len(noise) == 1 else 0, 0, 0))
    return turn(noise[0] if len(noise) == 1 else noise, motion.shifts, motion.phases)


def _attach_to_objects(
    key: PRNGKeyArray, noise: Float[Array, "_ h w c"], motion: Motion
) -> Float[Array, "f h w c"]:
    noise = jnp.broadcast_to(noise, (len(motion.shifts), *noise.shape[1:]))
    return object_noise(key, noise, motion.boxes, motion.object_mask, motion.track_ids)


#: Each is switched on by the setting of its name. It gets the key that noise is drawn from, the
#: noise that those before it have made (a frame axis of 1 serves all frames) and the motion.
NOISE_SCHEMES: dict[str, Callable[[PRNGKeyArray, Array, Motion], Array]] = {
    "noise_shift": _move_with_background,
    "object_noise": _attach_to_objects,
}


def video_noise(
    key: PRNGKeyArray, shape: tuple[int, int, int], motion: Motion, schemes: Collection[str]
) -> Float[Array, "f h w c"]:
    """Noise for one video's frames, float32; each frame's is standard normal.

    Args:
        key: the video's for the initial noise; `noise` says what is drawn from it.
        shape: (h, w, c) of a frame's latents.
        motion: of the video, or of some of its frames.
        schemes: which of `NOISE_SCHEMES`; without any, all frames have the same image. Static.
    """
    noise = jax.random.normal(jax.random.fold_in(key, IMAGE_STREAM), shape, jnp.float32)[None]
    for name, scheme in NOISE_SCHEMES.items():
        if name in schemes:
            noise = scheme(key, noise, motion)
    return jnp.broadcast_to(noise, (len(motion.shifts), *shape))


class StepNoise(NamedTuple):
    """What a stochastic sampler's noise is drawn from, of one video: see `step_noise`."""

    key_data: UInt32[Array, "2"]
    motion: Motion


def video_step_noise(key: PRNGKeyArray, motion: Motion) -> StepNoise:
    """Of a video with that key and motion."""
    # Plain numbers, from any kind of key: unlike keys they can be sent and spread as arrays are.
    return StepNoise(jax.random.bits(jax.random.fold_in(key, STEP_STREAM), (2,), "uint32"), motion)


def step_noise(
    source: StepNoise,
    timestep: Int[Array, ""],
    shape: tuple[int, int, int],
    schemes: Collection[str],
) -> Float[Array, "f h w c"]:
    """The noise that a stochastic step adds to the frames; each frame's is standard normal.

    Within a step it is made like the initial noise: one image for the whole video, moved by each
    frame's accumulated motion, and each object's own. Noise that were new in every frame would undo
    step by step what the initial noise gives them in common, and the frames would fall apart.
    Between steps it is independent, as the sampler asks.

    Args:
        source: from `video_step_noise`.
        timestep: of the step; no two steps of a run have the same.
        shape: (h, w, c) of a frame's latents.
        schemes: as in `video_noise`. Static.
    """
    key = jax.random.wrap_key_data(source.key_data, impl=GENERATOR)
    key = jax.random.fold_in(key, timestep)

    def one(motion: Motion) -> Float[Array, "h w c"]:
        return video_noise(key, shape, jax.tree.map(lambda x: x[None], motion), schemes)[0]

    # One by one: no frame's numbers depend on how many there are on this device.
    return jax.lax.map(one, source.motion)
