"""Denoising of videos: guidance over frames in chunks, within a scan over steps.

What does not change from step to step is computed before the scan: the keys and values of texts and
objects in all layers. With several chunks of frames only those of the unconditional half are, since
holding all frames' would make memory grow with the length of the video.
"""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from flowzero_jax.models import Autoencoder, TextEncoder, UNet
from flowzero_jax.noise_schemes import StepNoise, step_noise
from flowzero_jax.sampler import SamplerState, StepTable, sample
from flowzero_jax.schedule import ScheduleConfig, guide
from flowzero_jax.settings import CrossFrame

Params = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Models:
    """The networks of a checkpoint, and the schedule that they were trained for."""

    unet: UNet
    autoencoder: Autoencoder
    text_encoder: TextEncoder
    schedule: ScheduleConfig


class Conditions(NamedTuple):
    """What guides the frames of `b` videos. A frame axis of 1 serves all frames."""

    text: jax.Array  # [b f l d]
    negative_text: jax.Array  # [b 1 l d], of guidance's unconditional half
    grounding_tokens: jax.Array | None  # [b f n d], None without boxes
    null_tokens: jax.Array | None  # [b 1 n d], of the unconditional half: all slots empty
    #: Of stochastic sampling; None otherwise: it is then no part of the program.
    step_noise: StepNoise | None = None


def chunk_size(num_frames: int, frames_per_chunk: int) -> int:
    """Frames in each of the fewest equal chunks of at most `frames_per_chunk`, the last filled up.

    9 frames in chunks of at most 8 make two of 5.
    """
    num_chunks = -(-num_frames // frames_per_chunk)
    return -(-num_frames // num_chunks)


def denoise(
    models: Models,
    params: Params,
    state: SamplerState,
    conditions: Conditions,
    steps: StepTable,
    guidance_scale: jax.Array | float,
    *,
    cross_frame: CrossFrame,
    grounded: bool,
    guided: bool = True,
    frames_per_chunk: int = 8,
    noise_schemes: tuple[str, ...] = (),
) -> SamplerState:
    """Some denoising steps of `b` videos, `state.latents [b f h w c]`.

    Args:
      grounded: the boxes act; else the gated layers are skipped.
      guided: the unconditional half is computed, too; else `guidance_scale` has no effect.
      frames_per_chunk: how many frames at most go through the UNet together.
      noise_schemes: of the noise that steps add, where they do.
    """

    def one(inputs: tuple[SamplerState, Conditions]) -> SamplerState:
        state, condition = inputs
        if not grounded:
            condition = condition._replace(grounding_tokens=None, null_tokens=None)
        clip = _Clip(models.unet, params["unet"], cross_frame, guided, guidance_scale)
        num_frames = state.latents.shape[0]
        size = chunk_size(num_frames, frames_per_chunk)
        if size == num_frames:
            predict = clip.predict_at_once(condition)
        else:
            predict = clip.predict_in_chunks(condition, size)

        def draw_noise(timestep: jax.Array) -> jax.Array:
            assert condition.step_noise is not None
            _, h, w, c = state.latents.shape
            return step_noise(condition.step_noise, timestep, (h, w, c), noise_schemes)

        return sample(predict, state, steps, models.schedule.prediction_type, draw_noise)

    return jax.lax.map(one, (state, conditions))


class _Clip(NamedTuple):
    """Guided predictions for the frames of one video."""

    unet: UNet
    params: Params
    cross_frame: CrossFrame
    guided: bool
    guidance_scale: jax.Array | float

    def predict_at_once(self, condition: Conditions):
        contexts = self._join(self._unconditional(condition), self._conditional(condition))

        def predict(latents: jax.Array, timestep: jax.Array) -> jax.Array:
            return self._predict(latents, timestep, contexts, None)[0]

        return predict

    def predict_in_chunks(self, condition: Conditions, size: int):
        unconditional = self._unconditional(condition)
        num_frames = condition.text.shape[0]
        parts = (condition.text, condition.grounding_tokens)
        parts = jax.tree.map(lambda x: _in_chunks(x, size), parts)

        def predict(latents: jax.Array, timestep: jax.Array) -> jax.Array:
            def one_chunk(memory, chunk):
                latents, (text, tokens) = chunk
                part = condition._replace(text=text, grounding_tokens=tokens)
                contexts = self._join(unconditional, self._conditional(part))
                prediction, memory = self._predict(latents, timestep, contexts, memory)
                return memory, prediction

            chunks = (_in_chunks(latents, size), parts)
            first = jax.tree.map(lambda x: x[0], chunks)
            shapes = jax.eval_shape(lambda chunk: one_chunk(None, chunk)[0], first)
            nothing = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
            _, predictions = jax.lax.scan(one_chunk, nothing, chunks)
            return predictions.reshape(-1, *latents.shape[1:])[:num_frames]

        return predict

    def _predict(self, latents, timestep, contexts, memory):
        predictions, memory = self.unet.apply(
            {"params": self.params},
            latents[None],
            timestep[None],
            contexts,
            self.cross_frame,
            memory,
            method=UNet.predict,
        )
        if not self.guided:
            return predictions[0], memory
        return guide(predictions[0], predictions[1], self.guidance_scale), memory

    def _project(self, text, tokens):
        tokens = None if tokens is None else tokens[None]
        return self.unet.apply({"params": self.params}, text[None], tokens, method=UNet.project)

    def _unconditional(self, condition: Conditions):
        if not self.guided:
            return None
        return self._project(condition.negative_text, condition.null_tokens)

    def _conditional(self, condition: Conditions):
        return self._project(condition.text, condition.grounding_tokens)

    def _join(self, unconditional, conditional):
        """Both halves on one axis, the frames of the unconditional one filled up."""
        if not self.guided:
            return conditional
        return jax.tree.map(
            lambda u, c: jnp.concatenate([jnp.broadcast_to(u, c.shape), c]),
            unconditional,
            conditional,
        )


def _in_chunks(x: jax.Array, size: int) -> jax.Array:
    """`[f …]` → `[f/size size …]`, the last chunk filled up with copies of the last frame."""
    filler = jnp.repeat(x[-1:], -len(x) % size, axis=0)
    return jnp.concatenate([x, filler]).reshape(-1, size, *x.shape[1:])
