"""Stage one: the autoencoder, trained on crops, then on whole pictures."""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from flowzero_jax.devices.mesh import platform_of
from flowzero_jax.lab.stickers.compose import compose, example_rng
from flowzero_jax.lab.training import loop
from flowzero_jax.lab.training.prefetch import prefetch
from flowzero_jax.lab.training.state import Metrics, Params, StageSettings, TrainState
from flowzero_jax.models import Autoencoder, AutoencoderConfig


@dataclasses.dataclass(frozen=True)
class AutoencoderTraining(StageSettings):
    """One phase of the stage. `crop` equal to `size` trains on whole pictures."""

    size: int = 128
    crop: int = 64
    learning_rate: float = 1.5e-3
    squared_weight: float = 0.5
    gradient_weight: float = 0.25
    kl_weight: float = 3e-4
    average_decay: float = 0.998
    #: Leaves the encoder as it is, so that latents made with it stay valid.
    decoder_only: bool = False
    seed: int = 1
    workers: int = 1


def reconstruction_metrics(images: jax.Array, decoded: jax.Array) -> Metrics:
    """Mean absolute, squared and gradient errors, and the PSNR over [-1, 1], of `[k H W 3]`."""
    error = decoded - images
    squared = jnp.mean(error**2)
    gradient = jnp.mean(jnp.abs(jnp.diff(error, axis=1))) + jnp.mean(
        jnp.abs(jnp.diff(error, axis=2))
    )
    return {
        "absolute": jnp.mean(jnp.abs(error)),
        "squared": squared,
        "gradient": gradient,
        "psnr": 10 * jnp.log10(4.0 / squared),
    }


def autoencoder_loss(
    model: Autoencoder, settings: AutoencoderTraining, params: Params, batch, key: jax.Array
) -> tuple[jax.Array, Metrics]:
    """L1 + squared + gradient error of a reconstruction from a sampled latent, and a weak KL term.

    `batch` is uint8 `[k H W 3]`.
    """
    images = batch.astype(jnp.float32) / 127.5 - 1
    moments: Any = model.apply({"params": params}, images, method="encode")
    mean, logvar = moments
    noise = jax.random.normal(key, mean.shape)
    latents = mean + jnp.exp(0.5 * logvar) * noise
    scaled = latents * model.config.scaling_factor
    decoded: Any = model.apply({"params": params}, scaled, method="decode")
    metrics = reconstruction_metrics(images, decoded)
    metrics["kl"] = 0.5 * jnp.mean(mean**2 + jnp.exp(logvar) - 1 - logvar)
    loss = (
        metrics["absolute"]
        + settings.squared_weight * metrics["squared"]
        + settings.gradient_weight * metrics["gradient"]
        + settings.kl_weight * metrics["kl"]
    )
    return loss, metrics


def crops(settings: AutoencoderTraining, step: int) -> np.ndarray:
    """The uint8 crops `[batch crop crop 3]` of a step."""
    out = []
    for i in range(settings.batch_size):
        rng = example_rng(settings.seed, step * settings.batch_size + i)
        image = compose(rng, settings.size).image
        y, x = rng.integers(0, settings.size - settings.crop + 1, size=2)
        out.append(image[y : y + settings.crop, x : x + settings.crop])
    return np.stack(out)


def train(
    folder: Path, config: AutoencoderConfig, settings: AutoencoderTraining, params: Params | None
) -> TrainState:
    """Trains in `folder` (resuming what lies there) from `params`, or from scratch if None."""
    model = Autoencoder(config, platform=platform_of())
    if params is None:
        dummy = jnp.zeros((1, settings.crop, settings.crop, 3))
        params = jax.jit(model.init)(jax.random.key(settings.seed), dummy)["params"]
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(settings.schedule, b2=0.99))
    if settings.decoder_only:
        labels = {
            name: "trained" if "decode" in name or "post" in name else "frozen" for name in params
        }
        optimizer = optax.multi_transform(
            {"trained": optimizer, "frozen": optax.set_to_zero()}, labels
        )
    loss = functools.partial(autoencoder_loss, model, settings)

    def batches(start: int) -> Iterator[np.ndarray]:
        make = functools.partial(crops, settings)
        return prefetch(make, start, settings.num_steps, settings.workers)

    return loop.run_stage(folder, params, loss, optimizer, batches, settings)
