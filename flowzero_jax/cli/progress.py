"""How far it is: a bar for a terminal, lines for a log."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from flowzero_jax.cli.report import Report, counted

LINE_SECONDS = 30.0


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


@contextmanager
def video_progress(report: Report, total: int) -> Iterator[Callable[[int, int, int], None]]:
    """Yields `update(before, drawn, failed)`: videos that were there, and those of this run.

    A terminal gets a bar, a log a line every half minute.
    """
    terminal = sys.stderr is not None and sys.stderr.isatty()
    started = said = time.monotonic()
    with tqdm(total=total, unit="video", leave=False, disable=not terminal) as bar:

        def update(before: int, drawn: int, failed: int) -> None:
            nonlocal said
            bar.initial = before
            bar.set_postfix(failed=failed, refresh=False)
            bar.update(before + drawn - bar.n)
            now = time.monotonic()
            if not terminal and now - said >= LINE_SECONDS:
                said = now
                each = (now - started) / max(drawn, 1)
                left = f"{each:.1f} s each, {(total - before - drawn) * each / 60:.0f} min left"
                report.note(
                    f"{before + drawn} of {counted(total, 'video')}, {failed} failed, "
                    f"{left if drawn else 'the first ones are compiled and drawn'}"
                )

        yield update
