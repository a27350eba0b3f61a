"""`python -m flowzero_jax` is the command `flowzero-jax`.

All that it needs takes a second to import. A signal ends it in one line before that, too.
"""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


def main() -> int:
    """Runs the command line; returns the exit code."""
    _handle(_end_at_the_start)
    from flowzero_jax.cli import main as run

    code = run()
    _handle(lambda number, frame: os._exit(128 + number))  # all is said
    return code


def _handle(handler: Callable[[int, FrameType | None], None]) -> None:
    for number in WORDS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def _end_at_the_start(number: int, frame: FrameType | None) -> None:
    word, code = WORDS[signal.Signals(number)], 128 + number
    os.write(2, f"flowzero-jax: error: {word}\n".encode())
    if "--json" in sys.argv:
        error = f'{{"type": "{word.title()}", "message": "{word}", "exit_code": {code}}}'
        os.write(1, f'{{"error": {error}}}\n'.encode())
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
