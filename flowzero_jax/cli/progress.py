"""How far the denoising is: a bar for a terminal, one line afterwards for a log."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from flowzero_jax.cli.report import Report, counted


@contextmanager
def step_progress(report: Report) -> Iterator[Callable[[int, int], None]]:
    """Yields `update(steps_done, total)`; what it draws goes to stderr."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    started = time.perf_counter()
    last = 0
    with tqdm(desc="denoising", unit="step", leave=False, disable=not terminal) as bar:

        def update(steps_done: int, total: int) -> None:
            nonlocal last
            last = steps_done
            bar.total = total
            bar.update(steps_done - bar.n)

        yield update
    report.note(f"{counted(last, 'denoising step')} in {time.perf_counter() - started:.1f} s")
