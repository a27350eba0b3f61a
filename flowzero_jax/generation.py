"""Generation as pure functions of arrays: ground, shift noise, denoise, decode.

Videos are walked through one by one (`lax.map`), so that a video's numbers do not depend on what
stands beside it in the batch. Shard the leading axis to spread a batch over devices.
"""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from flowzero_jax.arrays import SceneArrays
from flowzero_jax.diffusion import ScheduleConfig, StepTable, guide, step_table
from flowzero_jax.errors import InputError
from flowzero_jax.models import Autoencoder, CrossFrame, TextEncoder, UNet
from flowzero_jax.noise import video_noise
from flowzero_jax.sampler import sample

Params = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Models:
    """The networks of a checkpoint, and the schedule that they were trained for."""

    unet: UNet
    autoencoder: Autoencoder
    text_encoder: TextEncoder
    schedule: ScheduleConfig


@dataclasses.dataclass(frozen=True)
class GenerationSettings:
    """What decides a video besides its scene and seed; the defaults are the published ones.

    `boxes` off leaves the layout to the descriptions. `grounding_fraction` is the part of the
    steps in which the boxes act (GLIGEN's scheduled sampling).
    """

    height: int = 512
    width: int = 512
    num_steps: int = 50
    guidance_scale: float = 7.5
    grounding_fraction: float = 0.3
    cross_frame: CrossFrame = "first"
    noise_shift: bool = True
    object_noise: bool = False
    boxes: bool = True

    @property
    def num_grounding_steps(self) -> int:
        return int(self.grounding_fraction * self.num_steps) if self.boxes else 0


class Conditions(NamedTuple):
    """What every step of a video needs; axis g: unconditional half, conditional half."""

    text: jax.Array  # [b g f l d]
    grounding_tokens: jax.Array | None  # [b g f n d], None without boxes


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
) -> tuple[jax.Array, Conditions]:
    """The initial noise `[b f h w c]` and the conditions of `b` videos; `keys [b]`."""
    channels = models.unet.config.in_channels
    shape = (*latent_size(models, settings), channels)

    def one(inputs: tuple[SceneArrays, jax.Array]) -> tuple[jax.Array, Conditions]:
        scene, key = inputs
        latents = video_noise(
            key,
            shape,
            scene.shifts,
            scene.random_speeds,
            scene.boxes,
            scene.object_mask,
            scene.track_ids,
            noise_shift=settings.noise_shift,
            object_noise=settings.object_noise and settings.boxes,
        )
        negative = jnp.broadcast_to(scene.negative_embeds, scene.prompt_embeds.shape)
        text = jnp.stack([negative, scene.prompt_embeds])
        if not settings.boxes or not models.unet.config.grounded:
            return latents, Conditions(text, None)
        # In the unconditional half every slot is empty.
        both = (jnp.zeros_like(scene.object_mask), scene.object_mask)
        tokens = [
            models.unet.apply(
                {"params": params["unet"]},
                scene.boxes,
                scene.phrase_embeds,
                mask,
                method=UNet.ground,
            )
            for mask in both
        ]
        return latents, Conditions(text, jnp.stack(tokens))

    return jax.lax.map(one, (scenes, keys))


def denoise(
    models: Models,
    params: Params,
    latents: jax.Array,
    conditions: Conditions,
    steps: StepTable,
    guidance_scale: jax.Array | float,
    *,
    cross_frame: CrossFrame,
    grounded: bool,
) -> jax.Array:
    """Some denoising steps of `b` videos, `latents [b f h w c]`. `grounded`: the boxes act."""

    def one(inputs: tuple[jax.Array, Conditions]) -> jax.Array:
        latents, condition = inputs

        def predict(latents: jax.Array, timestep: jax.Array) -> jax.Array:
            prediction = models.unet.apply(
                {"params": params["unet"]},
                jnp.stack([latents, latents]),
                jnp.stack([timestep, timestep]),
                condition.text,
                condition.grounding_tokens if grounded else None,
                cross_frame=cross_frame,
            )
            return guide(prediction[0], prediction[1], guidance_scale)

        return sample(predict, latents, steps, models.schedule.prediction_type)

    return jax.lax.map(one, (latents, conditions))


def decode(models: Models, params: Params, latents: jax.Array) -> jax.Array:
    """`latents [b f h w c]` → frames uint8 `[b f H W 3]`, one frame at a time."""

    def one(latents: jax.Array) -> jax.Array:
        image = models.autoencoder.apply({"params": params["vae"]}, latents[None], method="decode")
        return jnp.round(jnp.clip(image[0] / 2 + 0.5, 0.0, 1.0) * 255).astype(jnp.uint8)

    frames = jax.lax.map(one, latents.reshape(-1, *latents.shape[2:]))
    return frames.reshape(*latents.shape[:2], *frames.shape[1:])


def split_steps(
    schedule: ScheduleConfig, settings: GenerationSettings
) -> tuple[StepTable, StepTable]:
    """The steps in which the boxes act, and the rest: there the gated layers are skipped."""
    table = step_table(schedule, settings.num_steps)
    cut = settings.num_grounding_steps
    return StepTable(*(x[:cut] for x in table)), StepTable(*(x[cut:] for x in table))


def denoise_fully(
    models: Models,
    settings: GenerationSettings,
    params: Params,
    latents: jax.Array,
    conditions: Conditions,
    guidance_scale: jax.Array | float,
) -> jax.Array:
    """All denoising steps of `b` videos, `latents [b f h w c]`; the scale may be traced."""
    for grounded, steps in zip((True, False), split_steps(models.schedule, settings), strict=True):
        if len(steps.timesteps):
            latents = denoise(
                models,
                params,
                latents,
                conditions,
                steps,
                guidance_scale,
                cross_frame=settings.cross_frame,
                grounded=grounded,
            )
    return latents


def generate(
    models: Models,
    config: GenerationSettings,
    params: Params,
    scenes: SceneArrays,
    keys: jax.Array,
) -> jax.Array:
    """Scenes and keys `[b]` → videos uint8 `[b f H W 3]`. Pure: jit it, shard it.

    `models` and `config` are static (hashable); `params` is `{"unet", "vae", "text_encoder"}`.
    """
    latents, conditions = prepare(models, config, params, scenes, keys)
    latents = denoise_fully(models, config, params, latents, conditions, config.guidance_scale)
    return decode(models, params, latents)


def step_chunks(steps: StepTable, longest: int = 10) -> list[StepTable]:
    """Equal chunks of at most `longest` steps, so that all of them share one compilation."""
    count = len(steps.timesteps)
    if count == 0:
        return []
    size = max(n for n in range(1, min(longest, count) + 1) if count % n == 0)
    return [StepTable(*(np.asarray(x[i : i + size]) for x in steps)) for i in range(0, count, size)]
