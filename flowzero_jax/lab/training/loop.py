"""The training loop of every stage: resume, step, log, sample, save."""

import contextlib
import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax

from flowzero_jax.devices.mesh import make_mesh, over_batch, replicated
from flowzero_jax.errors import FlowZeroError
from flowzero_jax.lab.training import checkpoints
from flowzero_jax.lab.training.state import (
    LossFunction,
    Metrics,
    Params,
    StageSettings,
    TrainState,
    init_state,
    make_train_step,
)


def run(
    folder: Path,
    state: TrainState,
    train_step: Callable[[TrainState, Any, jax.Array], tuple[TrainState, Metrics]],
    batches: Callable[[int], Iterator[Any]],
    *,
    num_steps: int,
    seed: int,
    samples_per_step: int,
    log_every: int = 50,
    save_every: int = 500,
    sample: Callable[[TrainState, Path], None] | None = None,
    sample_every: int = 1000,
) -> TrainState:
    """Trains from the newest intact checkpoint in `folder` (else from `state`) to `num_steps`.

    `batches(start)` iterates over the batches from a step on. Metrics go to `metrics.jsonl`,
    sample sheets to `samples/`. A termination signal saves a checkpoint and returns; a loss that
    is not finite raises `FlowZeroError` and leaves the last good checkpoint.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mesh = make_mesh()
    restored = checkpoints.restore_newest(folder / "checkpoints", state)
    state = jax.device_put(state if restored is None else restored, replicated(mesh))
    compiled = jax.jit(train_step, donate_argnums=0)
    key = jax.random.key(seed)
    start = logged = int(state.step)
    previous: Metrics | None = None
    clock = time.monotonic()
    with _stop_signals() as received:
        for step, batch in enumerate(batches(start), start=start):
            batch = jax.device_put(batch, over_batch(mesh))
            state, metrics = compiled(state, batch, key)
            done = step + 1
            last = done == num_steps or bool(received)
            # Metrics are fetched one step late, so that the device never waits for the host.
            if previous is not None and (step % log_every == 0 or last):
                rate = samples_per_step * (step - logged) / (time.monotonic() - clock)
                logged, clock = step, time.monotonic()
                _log(folder / "metrics.jsonl", step, previous, rate)
            previous = metrics
            if last or done % save_every == 0:
                checkpoints.save(folder / "checkpoints", done, state)
            if sample is not None and (last or done % sample_every == 0):
                sample(state, folder / "samples")
            if last:
                break
    return state


def run_stage(
    folder: Path,
    params: Params,
    loss: LossFunction,
    optimizer: optax.GradientTransformation,
    batches: Callable[[int], Iterator[Any]],
    settings: StageSettings,
    sample: Callable[[TrainState, Path], None] | None = None,
    sample_every: int = 1000,
) -> TrainState:
    """`run` from `params` for a loss and an optimizer, with a stage's settings."""
    return run(
        folder,
        init_state(params, optimizer),
        make_train_step(loss, optimizer, settings.average_decay),
        batches,
        num_steps=settings.num_steps,
        seed=settings.seed,
        samples_per_step=settings.batch_size,
        save_every=settings.save_every,
        sample=sample,
        sample_every=sample_every,
    )


def _log(path: Path, step: int, metrics: Metrics, rate: float) -> None:
    values = {name: float(np.asarray(value)) for name, value in metrics.items()}
    if not np.isfinite(values["loss"]):
        raise FlowZeroError(
            f"training: the loss is {values['loss']} at step {step}; lower the "
            "learning rate and start again from the last checkpoint"
        )
    record = {"step": step, "samples_per_second": round(rate, 2), **values}
    with path.open("a") as log:
        log.write(json.dumps(record) + "\n")
    print(json.dumps({k: round(v, 4) for k, v in record.items()}), flush=True)


@contextlib.contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Within the block, SIGTERM and SIGINT are only noted in the list that it yields."""
    received: list[int] = []
    former = {
        number: signal.signal(number, lambda number, frame: received.append(number))
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield received
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
