"""SIGTERM ends a command like an interrupt does: temporary files are removed on the way out.

Or signals are left to a command that can end by itself, soon.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(BaseException):
    """SIGTERM arrived."""


@contextmanager
def terminable() -> Iterator[None]:
    """Within the block SIGTERM raises Terminated; the former handler is put back after it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return

    def terminate(number: int, frame: FrameType | None) -> None:
        raise Terminated

    former = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


class Patience:
    """Signals that were taken note of; `received` is the first, None without one."""

    received: int | None = None

    def ends(self) -> bool:
        """Whether the command is to end soon."""
        return self.received is not None

    def error(self, message: str) -> BaseException:
        """What the first signal is reported as."""
        kind = Terminated if self.received == signal.SIGTERM else KeyboardInterrupt
        return kind(message)


@contextmanager
def patient() -> Iterator[Patience]:
    """Within the block the first SIGTERM or Ctrl-C is noted; the second one ends at once."""
    patience = Patience()
    if threading.current_thread() is not threading.main_thread():
        yield patience
        return

    def note(number: int, frame: FrameType | None) -> None:
        if patience.received is not None:
            os._exit(128 + number)
        patience.received = number

    former = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield patience
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
