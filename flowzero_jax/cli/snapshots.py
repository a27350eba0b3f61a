"""--snapshot: an interrupted rendering goes on where it was."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flowzero_jax.cli.signals import Terminated
from flowzero_jax.errors import InputError
from flowzero_jax.files import check_writable


def check_snapshot(snapshot: Path, inputs: Iterable[Path], outputs: Iterable[Path]) -> None:
    """Checks, before any work, that the file can be written and is nothing else's.

    Raises:
      InputError: it is one of the inputs or outputs.
      OutputError: it cannot be written.
    """
    check_writable(snapshot, inputs)
    for output in outputs:
        if snapshot.resolve() == output.resolve():
            raise InputError(f"--snapshot {snapshot}: is an output, too; give another name")


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
