"""Stage two: UNet, gated layers, position net and text encoder, trained together on latents."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from flowzero_jax.lab.training import loop
from flowzero_jax.lab.training.layout_losses import (
    block_activations,
    init_probes,
    layout_losses,
    owners,
    pixel_centres,
    word_loss,
    word_targets,
)
from flowzero_jax.lab.training.pool import LatentBatch, load_pool, pool_batches
from flowzero_jax.lab.training.state import Metrics, Params, StageSettings, TrainState
from flowzero_jax.models import TextEncoder, UNet
from flowzero_jax.schedule import ScheduleConfig, add_noise, alphas_cumprod, velocity

OBJECT_SLOTS = 30


@dataclasses.dataclass(frozen=True)
class DenoiserTraining(StageSettings):
    """The stage's settings. Dropout gives classifier-free guidance its unconditional half."""

    num_steps: int = 6000
    warmup_steps: int = 200
    learning_rate: float = 8e-4
    weight_decay: float = 0.01
    drop_both: float = 0.10
    drop_boxes: float = 0.05
    drop_caption: float = 0.05
    box_weight: float = 2.0
    coordinates_weight: float = 0.1
    attention_weight: float = 0.03
    relative_weight: float = 0.1
    words_weight: float = 0.03
    sample_every: int = 1000
    seed: int = 3


@dataclasses.dataclass(frozen=True)
class DenoiserModels:
    """The networks of this stage and the schedule that they are trained for."""

    unet: UNet
    text_encoder: TextEncoder
    schedule: ScheduleConfig
    scaling_factor: float


def ground_and_denoise(
    unet: UNet, latents, timesteps, text, boxes, phrase_embeds, object_mask
) -> jax.Array:
    """Grounding tokens for the given slots, empty ones up to `OBJECT_SLOTS`, and the UNet.

    `latents [k h w c]`, `timesteps [k]`, `text [k l d]`, `boxes [k n 4]`, `phrase_embeds [k n d]`,
    `object_mask [k n]`. All empty slots give the same token, so it is computed once.
    """
    empty = OBJECT_SLOTS - boxes.shape[1]
    one_more = ((0, 0), (0, 1))
    tokens = unet.ground(
        jnp.pad(boxes, (*one_more, (0, 0))),
        jnp.pad(phrase_embeds, (*one_more, (0, 0))),
        jnp.pad(object_mask, one_more),
    )
    filler = jnp.repeat(tokens[:, -1:], empty - 1, axis=1)
    tokens = jnp.concatenate([tokens, filler], axis=1)
    return unet(latents[:, None], timesteps, text[:, None], tokens[:, None])[:, 0]


def init_params(models: DenoiserModels, example: LatentBatch, key: jax.Array) -> Params:
    """Fresh parameters {"unet", "text_encoder", "probes"} for data shaped like `example`."""
    text_key, unet_key, probe_key = jax.random.split(key, 3)
    ids = jnp.asarray(example.caption_ids[:1])
    text_params = models.text_encoder.init(text_key, ids)["params"]
    width = models.text_encoder.config.hidden_size
    num_slots = example.boxes.shape[1]
    variables = models.unet.init(
        unet_key,
        jnp.zeros((1, *example.latents.shape[1:])),
        jnp.zeros((1,), jnp.int32),
        jnp.zeros((1, ids.shape[1], width)),
        jnp.zeros((1, num_slots, 4)),
        jnp.zeros((1, num_slots, width)),
        jnp.zeros((1, num_slots)),
        method=ground_and_denoise,
        mutable=["params", "intermediates"],
    )
    blocks = block_activations(variables["intermediates"])
    widths = {name: block["before"].shape[-1] for name, block in blocks.items()}
    return {
        "unet": variables["params"],
        "text_encoder": text_params,
        "probes": init_probes(probe_key, widths, width, models.text_encoder.config.vocab_size),
    }


def denoiser_loss(
    models: DenoiserModels,
    settings: DenoiserTraining,
    params: Params,
    batch: Any,
    key: jax.Array,
) -> tuple[jax.Array, Metrics]:
    """Error of the predicted velocity, higher inside boxes, plus the layout losses.

    All timesteps count alike: with a min-SNR weight (Hang et al., arXiv 2303.09556) the nearly
    clean ones, which are learned first, outweighed the noisy ones, where a sticker takes shape.
    """
    noise_key, time_key, drop_key = jax.random.split(key, 3)
    k, n, phrase_length = batch.phrase_ids.shape
    clean = batch.latents.astype(jnp.float32) * models.scaling_factor

    # One timestep from each of k equal strata: less variance than independent ones.
    total = models.schedule.num_train_timesteps
    strata = (jnp.arange(k) + jax.random.uniform(time_key, (k,))) / k
    timesteps = jnp.minimum((strata * total).astype(jnp.int32), total - 1)
    alpha = jnp.asarray(alphas_cumprod(models.schedule))[timesteps][:, None, None, None]
    noise = jax.random.normal(noise_key, clean.shape)

    drop = jax.random.uniform(drop_key, (k,))
    no_caption = drop < settings.drop_both + settings.drop_caption
    no_boxes = (drop < settings.drop_both) | (
        (drop >= 1 - settings.drop_boxes) & (drop >= settings.drop_both)
    )
    object_mask = batch.object_mask * ~no_boxes[:, None]

    def encode(ids):
        return models.text_encoder.apply({"params": params["text_encoder"]}, ids)

    text, _ = encode(batch.caption_ids)
    blank, _ = encode(_blank_ids(batch.caption_ids[:1], models.text_encoder.config.eos_token_id))
    text = jnp.where(no_caption[:, None, None], blank, text)
    _, pooled = encode(batch.phrase_ids.reshape(k * n, phrase_length))
    pooled = pooled.reshape(k, n, -1)

    prediction, recorded = models.unet.apply(
        {"params": params["unet"]},
        add_noise(clean, noise, alpha),
        timesteps,
        text,
        batch.boxes,
        pooled,
        object_mask,
        method=ground_and_denoise,
        mutable=["intermediates"],
    )
    error = jnp.mean((prediction - velocity(clean, noise, alpha)) ** 2, axis=-1)
    height, width = clean.shape[1:3]
    inside = jnp.sum(owners(pixel_centres(height, width), batch.boxes, object_mask), axis=-1)
    importance = 1.0 + settings.box_weight * inside.reshape(k, height, width)
    error = jnp.sum(error * importance, axis=(1, 2)) / jnp.sum(importance, axis=(1, 2))
    denoising = jnp.mean(error)

    text_config = models.text_encoder.config
    words = word_targets(batch.phrase_ids, text_config.vocab_size, text_config.eos_token_id)
    blocks = block_activations(recorded["intermediates"])
    metrics = layout_losses(blocks, params["probes"], batch.boxes, object_mask, words)
    metrics["phrases"] = word_loss(
        pooled, params["probes"]["phrase"]["words"], words, batch.object_mask
    )
    loss = (
        denoising
        + settings.coordinates_weight * metrics["coordinates"]
        + settings.attention_weight * metrics["attention"]
        + settings.relative_weight * metrics["relative"]
        + settings.words_weight * (metrics["words"] + metrics["phrases"])
    )
    quarter = k // 4
    return loss, {
        "denoising": denoising,
        "error_clean_end": jnp.mean(error[:quarter]),
        "error_noisy_end": jnp.mean(error[-quarter:]),
        **metrics,
    }


def _blank_ids(ids: jax.Array, end_id: int) -> jax.Array:
    """Token ids of the empty text: start, end, padding (which is the end token, as in CLIP)."""
    return jnp.full_like(ids, end_id).at[:, 0].set(ids[:, 0])


def latent_scale(pool: LatentBatch, count: int = 2000) -> float:
    """The factor that gives the pool's latents unit deviation."""
    return float(1.0 / np.std(np.asarray(pool.latents[:count], np.float32)))


def train(
    folder: Path,
    pool_folder: Path,
    models: DenoiserModels,
    settings: DenoiserTraining,
    start: Params | None = None,
    sample: Callable[[TrainState, Path], None] | None = None,
) -> TrainState:
    """Trains in `folder`, resuming what lies there.

    `start` holds parameters to begin with ("unet", "text_encoder"); what it lacks is fresh.
    """
    pool = load_pool(pool_folder)
    key = jax.random.key(settings.seed)
    params = jax.jit(functools.partial(init_params, models, pool))(key) | (start or {})
    optimizer = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.adamw(settings.schedule, b2=0.99, weight_decay=settings.weight_decay),
    )
    loss = functools.partial(denoiser_loss, models, settings)

    def batches(start: int) -> Iterator[LatentBatch]:
        return pool_batches(pool, settings.batch_size, settings.seed, start, settings.num_steps)

    return loop.run_stage(
        folder, params, loss, optimizer, batches, settings, sample, settings.sample_every
    )
