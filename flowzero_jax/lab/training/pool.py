"""The denoiser's training data: composed pictures, encoded once and kept on disk as arrays."""

import dataclasses
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from flowzero_jax.lab.stickers.compose import compose_batch
from flowzero_jax.lab.training.prefetch import prefetch
from flowzero_jax.lab.training.state import Params
from flowzero_jax.models import Autoencoder
from flowzero_jax.tokenizer import Tokenizer


class LatentBatch(NamedTuple):
    """Encoded pictures: axis k picture, n object slot, l token."""

    latents: np.ndarray  # float16 [k h w c], unscaled posterior means
    caption_ids: np.ndarray  # int32 [k l]
    phrase_ids: np.ndarray  # int32 [k n l']
    boxes: np.ndarray  # float32 [k n 4]
    object_mask: np.ndarray  # float32 [k n]


@dataclasses.dataclass(frozen=True)
class PoolSettings:
    """How many pictures to compose, and how much room each has."""

    num_examples: int = 20_000
    size: int = 128
    max_objects: int = 8
    phrase_length: int = 12
    chunk: int = 40
    seed: int = 2
    workers: int = 2


# A worker process reads it once, not for every chunk.
_read_tokenizer = functools.cache(Tokenizer.from_folder)


def _compose_chunk(settings: PoolSettings, tokenizer_folder: Path, index: int) -> LatentBatch:
    """One chunk with images in the place of latents; runs in a worker process."""
    tokenizer = _read_tokenizer(tokenizer_folder)
    start = index * settings.chunk
    examples = compose_batch(
        settings.seed, start, settings.chunk, settings.size, settings.max_objects
    )
    phrases = [phrase for row in examples.phrases for phrase in row]
    phrase_ids = tokenizer(phrases)[:, : settings.phrase_length]
    return LatentBatch(
        examples.images,
        tokenizer(examples.captions),
        phrase_ids.reshape(settings.chunk, settings.max_objects, -1),
        examples.boxes,
        examples.object_mask,
    )


def build_pool(
    folder: Path,
    settings: PoolSettings,
    tokenizer_folder: Path,
    model: Autoencoder,
    params: Params,
) -> None:
    """Composes and encodes the pool into `folder`, continuing where an interrupted run stopped.

    A phrase's tokens beyond `phrase_length` are cut: the text encoder looks only backwards, so
    padding behind the end token changes nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    encode = jax.jit(
        lambda params, images: model.apply(
            {"params": params}, images.astype(jnp.float32) / 127.5 - 1, method="encode"
        )[0].astype(jnp.float16)
    )
    num_chunks = settings.num_examples // settings.chunk
    progress = folder / "progress.json"
    done = _num_encoded(folder) // settings.chunk
    make = functools.partial(_compose_chunk, settings, tokenizer_folder)
    for index, batch in enumerate(prefetch(make, done, num_chunks, settings.workers), start=done):
        batch = batch._replace(latents=np.asarray(encode(params, batch.latents)))
        for name, values in batch._asdict().items():
            path = folder / f"{name}.npy"
            if path.is_file():
                stored = np.load(path, mmap_mode="r+")
            else:
                shape = (num_chunks * settings.chunk, *values.shape[1:])
                stored = np.lib.format.open_memmap(path, "w+", values.dtype, shape)
            stored[index * settings.chunk : (index + 1) * settings.chunk] = values
            stored.flush()
        progress.write_text(json.dumps({"examples": (index + 1) * settings.chunk}))


def load_pool(folder: Path) -> LatentBatch:
    """What has been encoded of the pool so far, memory-mapped."""
    count = _num_encoded(folder)
    return LatentBatch(
        *(np.load(folder / f"{name}.npy", mmap_mode="r")[:count] for name in LatentBatch._fields)
    )


def _num_encoded(folder: Path) -> int:
    progress = folder / "progress.json"
    return json.loads(progress.read_text())["examples"] if progress.is_file() else 0


def pool_batches(
    pool: LatentBatch, batch_size: int, seed: int, start: int, stop: int
) -> Iterator[LatentBatch]:
    """Batches of the steps `start` to `stop`: every epoch a new order, which the seed decides."""
    per_epoch = len(pool.latents) // batch_size
    order, current = np.arange(0), -1
    for step in range(start, stop):
        epoch, position = divmod(step, per_epoch)
        if epoch != current:
            order = np.random.default_rng((seed, epoch)).permutation(len(pool.latents))
            current = epoch
        rows = np.sort(order[position * batch_size : (position + 1) * batch_size])
        yield LatentBatch(*(values[rows] for values in pool))
