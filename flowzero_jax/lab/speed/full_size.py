"""How much memory a checkpoint needs while it is loaded, and how long that takes."""

import contextlib
import dataclasses
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import jax

from flowzero_jax.errors import DeviceError
from flowzero_jax.pipeline import load_pipeline

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


def measure_loading(model: str | Path, dtype: str) -> Loading:
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
    return Loading(
        num_parameters=pipeline.info.num_parameters,
        parameter_bytes=sum(leaf.nbytes for leaf in jax.tree.leaves(pipeline.params)),
        peak_anonymous_bytes=max(seen) - seen[0],
        seconds=time.perf_counter() - start,
    )


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
