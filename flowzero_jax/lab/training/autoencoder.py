"""Stage one: the autoencoder, trained on crops, then on whole pictures."""

import dataclasses
import functools
import operator
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
    crops_per_picture: int = 2
    learning_rate: float = 1.5e-3
    squared_weight: float = 0.5
    gradient_weight: float = 0.25
    kl_weight: float = 3e-4
    #: Of the difference between latents of a shifted picture and shifted latents; 0 turns it off.
    shift_weight: float = 0.1
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


def shift_cubic(latents: jax.Array, shift: jax.Array) -> jax.Array:
    """Content moved up and left by `shift [2]` = (dy, dx) latent pixels, each in 0..1.

    `[h w c]` → `[h-3 w-3 c]`, the pixels that have all neighbours, from (1, 1) on: Keys' cubic
    convolution, which needs no periodic picture.
    """
    for axis in (0, 1):
        t = shift[axis]
        weights = (
            t * (-0.5 + t * (1.0 - 0.5 * t)),
            1.0 + t * t * (-2.5 + 1.5 * t),
            t * (0.5 + t * (2.0 - 1.5 * t)),
            t * t * (-0.5 + 0.5 * t),
        )
        length = latents.shape[axis] - 3
        terms = [
            weight * jax.lax.slice_in_dim(latents, tap, tap + length, axis=axis)
            for tap, weight in enumerate(weights)
        ]
        latents = functools.reduce(operator.add, terms)
    return latents


def shift_error(latents: jax.Array, shifted: jax.Array, shifts: jax.Array) -> jax.Array:
    """How far latents are from moving with their picture: 0 is equivariance, about 2 none of it.

    The squared difference relative to the latents' variance, so that small latents gain nothing.
    Following alias-free latent diffusion (Zhou et al., arXiv 2503.09419), as a loss alone.

    Args:
      latents: of a picture, `[k h w c]`.
      shifted: of the picture whose content is moved up and left by `shifts [k 2]` latent pixels.
    """
    expected = jax.vmap(shift_cubic)(latents, shifts)
    interior = shifted[:, 1:-2, 1:-2]
    variance = jnp.mean(jnp.var(shifted, axis=(0, 1, 2)))
    return jnp.mean((expected - interior) ** 2) / variance


def _shifted_windows(
    images: jax.Array, factor: int, key: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Two windows of every image, a latent pixel smaller, and how far the second one lies off.

    `[k H W 3]` → twice `[k H-factor W-factor 3]`, and `[k 2]` in latent pixels, each in 0..1.
    """
    height, width = images.shape[1] - factor, images.shape[2] - factor
    offsets = jax.random.randint(key, (len(images), 2), 0, factor + 1)

    def window(image: jax.Array, offset: jax.Array) -> jax.Array:
        return jax.lax.dynamic_slice(image, (*offset, 0), (height, width, 3))

    return images[:, :height, :width], jax.vmap(window)(images, offsets), offsets / factor


def autoencoder_loss(
    model: Autoencoder, settings: AutoencoderTraining, params: Params, batch, key: jax.Array
) -> tuple[jax.Array, Metrics]:
    """L1 + squared + gradient error of a reconstruction from a sampled latent, a weak KL term, and
    the error of latents that should move with their picture.

    `batch` is uint8 `[k H W 3]`; with that error, a latent pixel larger than what is reconstructed.
    """
    noise_key, shift_key = jax.random.split(key)
    images = batch.astype(jnp.float32) / 127.5 - 1

    def encode(pictures: jax.Array) -> tuple[jax.Array, jax.Array]:
        moments: Any = model.apply({"params": params}, pictures, method="encode")
        return moments

    shifting = jnp.zeros(())
    if settings.shift_weight:
        images, moved, shifts = _shifted_windows(images, model.config.factor, shift_key)
        k = len(images)
        mean, logvar = encode(jnp.concatenate([images, moved]))
        shifting = shift_error(mean[:k], mean[k:], shifts)
        mean, logvar = mean[:k], logvar[:k]
    else:
        mean, logvar = encode(images)
    noise = jax.random.normal(noise_key, mean.shape)
    latents = mean + jnp.exp(0.5 * logvar) * noise
    scaled = latents * model.config.scaling_factor
    decoded: Any = model.apply({"params": params}, scaled, method="decode")
    metrics = reconstruction_metrics(images, decoded)
    metrics["kl"] = 0.5 * jnp.mean(mean**2 + jnp.exp(logvar) - 1 - logvar)
    metrics["shift"] = shifting
    loss = (
        metrics["absolute"]
        + settings.squared_weight * metrics["squared"]
        + settings.gradient_weight * metrics["gradient"]
        + settings.kl_weight * metrics["kl"]
        + settings.shift_weight * metrics["shift"]
    )
    return loss, metrics


def crops(settings: AutoencoderTraining, margin: int, step: int) -> np.ndarray:
    """The uint8 crops `[batch side side 3]` of a step, `side` = crop + margin, at most the size.

    A picture gives `crops_per_picture` of them, most around a sticker, half of them mirrored.
    """
    side = min(settings.crop + margin, settings.size)
    per_picture = settings.crops_per_picture
    out = []
    for i in range(settings.batch_size // per_picture):
        rng = example_rng(settings.seed, step * settings.batch_size + i)
        example = compose(rng, settings.size)
        for _ in range(per_picture):
            corner = rng.integers(0, settings.size - side + 1, size=2)
            if len(example.boxes) and rng.random() < 0.75:
                x0, y0, x1, y1 = example.boxes[rng.integers(len(example.boxes))] * settings.size
                centre = np.array([rng.uniform(y0, y1), rng.uniform(x0, x1)])
                corner = np.clip(centre - side / 2, 0, settings.size - side).astype(int)
            y, x = corner
            crop = example.image[y : y + side, x : x + side]
            out.append(crop[:, ::-1] if rng.random() < 0.5 else crop)
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
        margin = config.factor if settings.shift_weight else 0
        make = functools.partial(crops, settings, margin)
        return prefetch(make, start, settings.num_steps, settings.workers)

    return loop.run_stage(folder, params, loss, optimizer, batches, settings)
