"""--snapshot: an interrupted rendering goes on where it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flowzero_jax.cli.signals import Terminated


@contextmanager
def resumable(snapshot: Path | None) -> Iterator[None]:
    """Within the block an interrupt says how to go on, if there is something to go on from."""
    try:
        yield
    except (KeyboardInterrupt, Terminated) as error:
        if snapshot is None or not snapshot.exists():
            raise
        said = "terminated" if isinstance(error, Terminated) else "interrupted"
        raise type(error)(f"{said}; the same command goes on from {snapshot}") from error
