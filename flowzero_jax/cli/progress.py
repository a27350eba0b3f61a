"""How far the denoising is: a bar for a terminal, one line afterwards for a log."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from flowzero_jax.cli.report import Report, counted


@contextmanager
def step_progress(
    report: Report, num_steps: int, snapshot: Path | None = None
) -> Iterator[Callable[[int, int], None]]:
    """Yields `update(steps_done, total)`; what it draws goes to stderr.

    The report is told at the end how long the steps took. If there is a `snapshot`, the first of
    them are in it.
    """
    resumed = snapshot is not None and snapshot.exists()
    terminal = sys.stderr is not None and sys.stderr.isatty()
    started = time.perf_counter()
    with tqdm(
        desc="denoising", total=num_steps, unit="step", leave=False, disable=not terminal
    ) as bar:

        def update(steps_done: int, total: int) -> None:
            bar.update(steps_done - bar.n)

        yield update
    said = f"{counted(num_steps, 'denoising step')} in {time.perf_counter() - started:.1f} s"
    report.note(f"{said}, of which the first were in {snapshot}" if resumed else said)
