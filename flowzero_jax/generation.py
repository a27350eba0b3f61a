"""Generation as pure functions of arrays: ground, shift noise, denoise, decode.

Videos are walked through one by one (`lax.map`), so that a video's numbers do not depend on what
stands beside it in the batch. `devices.placement` spreads them over devices.
"""

import itertools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from flowzero_jax.arrays import SceneArrays
from flowzero_jax.denoising import Conditions, Models, Params, denoise
from flowzero_jax.errors import InputError
from flowzero_jax.models import UNet
from flowzero_jax.noise import random_phases
from flowzero_jax.noise_schemes import NOISE_SCHEMES, Motion, video_noise, video_step_noise
from flowzero_jax.sampler import SamplerState, StepTable, step_table
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.settings import STEPS_PER_CALL, GenerationSettings


class Segment(NamedTuple):
    """Successive steps that run the same parts of the model."""

    grounded: bool  # the boxes act
    guided: bool  # the unconditional half is computed, too
    steps: StepTable

    def options(self, settings: GenerationSettings) -> dict[str, Any]:
        """The keywords of `denoise` for these steps."""
        adds_noise = self.steps.noise_scales is not None
        return {
            "cross_frame": settings.cross_frame,
            "grounded": self.grounded,
            "guided": self.guided,
            "frames_per_chunk": settings.frames_per_chunk,
            # Without noise in the steps one program serves all schemes.
            "noise_schemes": noise_schemes(settings) if adds_noise else (),
        }


def noise_schemes(settings: GenerationSettings) -> tuple[str, ...]:
    """The names of the `NOISE_SCHEMES` that are on; without boxes, objects have no place."""
    off = () if settings.boxes else ("object_noise",)
    return tuple(name for name in NOISE_SCHEMES if name not in off and getattr(settings, name))


def latent_size(models: Models, settings: GenerationSettings) -> tuple[int, int]:
    """Rows and columns of the latents; raises `InputError` for sizes that do not divide."""
    factor = models.autoencoder.config.factor
    for name, value in (("height", settings.height), ("width", settings.width)):
        if value < factor or value % factor:
            below = max(value // factor, 1) * factor
            nearest = str(below) if value < factor else f"{below} or {below + factor}"
            raise InputError(
                f"{name}: {value} is not a multiple of {factor}, the autoencoder's factor; "
                f"take {nearest}"
            )
    return settings.height // factor, settings.width // factor


def prepare(
    models: Models,
    settings: GenerationSettings,
    params: Params,
    scenes: SceneArrays,
    keys: jax.Array,
) -> tuple[SamplerState, Conditions]:
    """The initial noise and the conditions of `b` videos; `keys [b]`."""
    channels = models.unet.config.in_channels
    shape = (*latent_size(models, settings), channels)
    adds_noise = _steps(models.schedule, settings).noise_scales is not None

    def one(inputs: tuple[SceneArrays, jax.Array]) -> tuple[SamplerState, Conditions]:
        scene, key = inputs
        phases = random_phases(key, scene.random_speeds, shape[:2])
        motion = Motion(scene.shifts, phases, scene.boxes, scene.object_mask, scene.track_ids)
        latents = video_noise(key, shape, motion, noise_schemes(settings))
        state = SamplerState(latents, jnp.zeros_like(latents))
        added = video_step_noise(key, motion) if adds_noise else None
        text, negative_text = scene.prompt_embeds, scene.negative_embeds[None]
        if not settings.boxes or not models.unet.config.grounded:
            return state, Conditions(text, negative_text, None, None, added)

        def ground(boxes, phrase_embeds, object_mask):
            return models.unet.apply(
                {"params": params["unet"]}, boxes, phrase_embeds, object_mask, method=UNet.ground
            )

        slots = (scene.boxes, scene.phrase_embeds, scene.object_mask)
        empty = jax.tree.map(lambda x: jnp.zeros_like(x[:1]), slots)
        tokens, null_tokens = ground(*slots), ground(*empty)
        return state, Conditions(text, negative_text, tokens, null_tokens, added)

    return jax.lax.map(one, (scenes, keys))


class Decoded(NamedTuple):
    """Pictures, and whether they are any: numbers that are not finite cannot be seen in them."""

    frames: jax.Array  # uint8 [b f H W 3]
    finite: jax.Array  # bool [b f]


def decode(models: Models, params: Params, latents: jax.Array) -> Decoded:
    """`latents [b f h w c]` → frames, one at a time."""

    def one(latents: jax.Array) -> tuple[jax.Array, jax.Array]:
        image: Any = models.autoencoder.apply(
            {"params": params["vae"]}, latents[None], method="decode"
        )
        frame = jnp.round(jnp.clip(image[0] / 2 + 0.5, 0.0, 1.0) * 255).astype(jnp.uint8)
        return frame, jnp.isfinite(image).all()

    both = jax.lax.map(one, latents.reshape(-1, *latents.shape[2:]))
    return Decoded._make(x.reshape(*latents.shape[:2], *x.shape[1:]) for x in both)


def _steps(schedule: ScheduleConfig, settings: GenerationSettings) -> StepTable:
    return step_table(schedule, settings.num_steps, settings.sampler, settings.eta)


def segments(schedule: ScheduleConfig, settings: GenerationSettings) -> list[Segment]:
    """All denoising steps in order, split where the boxes or guidance begin or cease to act."""
    table = _steps(schedule, settings)
    index = np.arange(settings.num_steps)
    grounded = index < settings.num_grounding_steps
    guided = (index >= int(settings.guidance_start * settings.num_steps)) & (
        index < int(settings.guidance_end * settings.num_steps)
    )
    changes = np.flatnonzero(np.diff(grounded) | np.diff(guided)) + 1
    edges = [0, *changes.tolist(), settings.num_steps]
    return [
        Segment(bool(grounded[start]), bool(guided[start]), table.rows(slice(start, end)))
        for start, end in itertools.pairwise(edges)
    ]


def generate(models: Models, config: GenerationSettings, params: Params, *inputs, **options):
    """Scenes and keys `[b]` → videos uint8 `[b f H W 3]`: the frames of `generate_checked`."""
    return generate_checked(models, config, params, *inputs, **options).frames


def generate_checked(
    models: Models,
    config: GenerationSettings,
    params: Params,
    scenes: SceneArrays,
    keys: jax.Array,
    *,
    guidance_scale: jax.Array | float | None = None,
    latents: jax.Array | None = None,
) -> Decoded:
    """Scenes and keys `[b]` → videos. Pure: jit it, shard it.

    Args:
      models, config: static (hashable).
      params: `{"unet", "vae", "text_encoder"}`.
      guidance_scale: instead of the one in `config`, may be traced.
      latents: `[b f h w c]`, instead of the initial noise.
    """
    if guidance_scale is None:
        guidance_scale = config.guidance_scale
    state, conditions = prepare(models, config, params, scenes, keys)
    if latents is not None:
        state = state._replace(latents=latents)
    for segment in segments(models.schedule, config):
        options = segment.options(config)
        state = denoise(models, params, state, conditions, segment.steps, guidance_scale, **options)
    return decode(models, params, state.latents)


def calls(
    schedule: ScheduleConfig,
    settings: GenerationSettings,
    steps_per_call: int = STEPS_PER_CALL,
    done: int = 0,
) -> list[Segment]:
    """The denoising steps after the first `done`, in calls of at most `steps_per_call`.

    The calls of a segment are equally long, so that they share one compilation.
    """
    result: list[Segment] = []
    position = 0
    for segment in segments(schedule, settings):
        count = len(segment.steps.timesteps)
        size = max(n for n in range(1, min(steps_per_call, count) + 1) if count % n == 0)
        for start in range(0, count, size):
            steps = segment.steps.rows(slice(start, start + size))
            skipped = min(max(done - position, 0), size)
            if skipped < size:
                result.append(segment._replace(steps=steps.rows(slice(skipped, None))))
            position += size
    return result
