"""Signals: the first SIGTERM or Ctrl-C ends a command in an orderly way, the second one at once.

Python acts on a signal only between two of its own instructions. While a library computes, compiles
or waits for another machine, a thread listens, and ends a command that does not end by itself. Or
signals are left to a command that can end by itself, soon.
"""

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType

Handler = Callable[[int, FrameType | None], None]

GRACE = 5.0
"""Seconds that a command has to clean up after a signal."""


class Terminated(BaseException):
    """SIGTERM arrived."""


@contextmanager
def terminable(fail: Callable[[BaseException], int]) -> Iterator[None]:
    """Within the block SIGTERM raises Terminated, and Ctrl-C KeyboardInterrupt.

    If the block then does not end within `GRACE` seconds, the process ends, with the exit code that
    `fail` gives for the exception; at the second signal without a word. Former handlers are put
    back at the end.
    """
    received: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        if received:
            os._exit(128 + number)
        received.append(number)
        if _imports(frame):
            os._exit(fail(_error(number)))
        raise _error(number)

    with _handled_by(end) as possible, _listening(end, fail) if possible else nullcontext():
        try:
            yield
        except Exception as error:
            if received:  # a library made something else of it
                raise _error(received[0]) from error
            raise


@contextmanager
def _handled_by(handler: Handler) -> Iterator[bool]:
    """Within the block signals go to `handler`; yields False where that cannot be."""
    if threading.current_thread() is not threading.main_thread():
        yield False  # only the main thread may set handlers
        return
    former = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number, other in former.items():
        if other != signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield True
    finally:
        for number, other in former.items():
            signal.signal(number, other)


@contextmanager
def _listening(handler: Handler, fail: Callable[[BaseException], int]) -> Iterator[None]:
    """Within the block a thread sees to it that signals for `handler` end the process."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    threading.Thread(target=_listen, args=(reading, handler, fail), daemon=True).start()
    former = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(former)
        os.close(writing)


def _listen(reading: int, handler: Handler, fail: Callable[[BaseException], int]) -> None:
    first = None
    with open(reading, "rb", buffering=0) as signals:
        while select.select([signals], [], [], None if first is None else GRACE)[0]:
            if not (data := signals.read(1)):
                return  # the block has ended
            if signal.getsignal(data[0]) == handler:
                if first is not None:
                    os._exit(128 + data[0])
                first = data[0]
    assert first is not None
    os._exit(fail(_error(first)))


def _imports(frame: FrameType | None) -> bool:
    """Whether a module is being imported: one in C may crash if an exception comes in between."""
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def _error(number: int, message: str = "") -> BaseException:
    """What a signal is reported as."""
    return (Terminated if number == signal.SIGTERM else KeyboardInterrupt)(message)


class Patience:
    """Signals that were taken note of; `received` is the first, None without one."""

    received: int | None = None

    def ends(self) -> bool:
        """Whether the command is to end soon."""
        return self.received is not None

    def error(self, message: str) -> BaseException:
        """What the first signal is reported as."""
        assert self.received is not None
        return _error(self.received, message)


@contextmanager
def patient() -> Iterator[Patience]:
    """Within the block the first SIGTERM or Ctrl-C is noted; the second one ends at once."""
    patience = Patience()

    def note(number: int, frame: FrameType | None) -> None:
        if patience.received is not None:
            os._exit(128 + number)
        patience.received = number

    with _handled_by(note):
        yield patience
