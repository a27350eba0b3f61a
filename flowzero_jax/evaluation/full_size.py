"""What a checkpoint needs: memory while it is loaded, time for one step and one decoded image."""

import contextlib
import dataclasses
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from flowzero_jax.denoising import Conditions, denoise
from flowzero_jax.diffusion import SamplerState, step_table
from flowzero_jax.errors import DeviceError, ModelError
from flowzero_jax.generation import decode
from flowzero_jax.models import UNet
from flowzero_jax.pipeline import Pipeline, load_pipeline
from flowzero_jax.scene import MAX_OBJECTS

STATUS = Path("/proc/self/status")
SAMPLING_INTERVAL = 0.005  # seconds


@dataclasses.dataclass(frozen=True)
class Loading:
    """How a checkpoint was loaded."""

    num_parameters: dict[str, int]
    parameter_bytes: int
    #: Memory that no file backs, at its highest, above what the process had before.
    peak_anonymous_bytes: int
    seconds: float

    @property
    def ratio(self) -> float:
        return self.peak_anonymous_bytes / self.parameter_bytes


def measure_loading(model: str | Path, dtype: str) -> tuple[Pipeline, Loading]:
    """Loads a model and watches the process's memory meanwhile (Linux alone counts it).

    Raises:
        DeviceError: the system does not tell.
        ModelError, InputError: as `load_pipeline`.
    """
    jax.devices()  # The runtime's own memory is not the checkpoint's.
    start = time.perf_counter()
    with _anonymous_memory() as seen:
        pipeline = load_pipeline(model, dtype)
        jax.block_until_ready(pipeline.params)
    loading = Loading(
        num_parameters=pipeline.info.num_parameters,
        parameter_bytes=sum(leaf.nbytes for leaf in jax.tree.leaves(pipeline.params)),
        peak_anonymous_bytes=max(seen) - seen[0],
        seconds=time.perf_counter() - start,
    )
    return pipeline, loading


@contextlib.contextmanager
def _anonymous_memory() -> Iterator[list[int]]:
    """Collects the process's anonymous memory in bytes, from before to after the block."""
    if not STATUS.exists():
        raise DeviceError(f"{STATUS}: no such file; memory can be measured on Linux only")

    def now() -> int:
        lines = STATUS.read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

    def watch() -> None:
        while not done.wait(SAMPLING_INTERVAL):
            seen.append(now())

    seen, done = [now()], threading.Event()
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
        seen.append(now())
    finally:
        done.set()
        thread.join()


def time_step(pipeline: Pipeline, side: int) -> float:
    """Seconds of one grounded denoising step with guidance, for one frame of `side`² latents.

    The first run, which compiles, is not counted.

    Raises:
        ModelError: the result is not finite.
    """
    models, unet = pipeline.models, pipeline.models.unet
    width, length = unet.config.cross_attention_dim, pipeline.tokenizer.max_length
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((1, 1, side, side, unet.config.in_channels), np.float32)
    text = rng.standard_normal((2, 1, 1, length, width), np.float32)
    slots = (2, 1, 1, MAX_OBJECTS)
    tokens = unet.apply(
        {"params": pipeline.params["unet"]},
        np.full((*slots, 4), [0.2, 0.2, 0.6, 0.6], np.float32),
        rng.standard_normal((*slots, width), np.float32),
        np.stack([np.zeros(slots[1:], np.float32), np.ones(slots[1:], np.float32)]),
        method=UNet.ground,
    )
    step = jax.jit(denoise, static_argnums=0, static_argnames=("cross_frame", "grounded"))
    return _time(
        lambda: step(
            models,
            pipeline.params,
            SamplerState(latents, np.zeros_like(latents)),
            Conditions(text[1], text[0], tokens[1], tokens[0]),
            step_table(models.schedule, 50)[:1],
            7.5,
            cross_frame="first",
            grounded=True,
        )
    )


def time_decode(pipeline: Pipeline, side: int) -> float:
    """Seconds to decode one frame of `side`² latents; the first run is not counted."""
    channels = pipeline.models.unet.config.in_channels
    latents = np.random.default_rng(0).standard_normal((1, 1, side, side, channels), np.float32)
    run = jax.jit(decode, static_argnums=0)
    return _time(lambda: run(pipeline.models, pipeline.params, latents))


def _time(run) -> float:
    if not all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(run())):
        raise ModelError("the result is not finite; check the weights or take dtype float32")
    start = time.perf_counter()
    jax.block_until_ready(run())
    return time.perf_counter() - start
