"""What a command says: results on stdout, all else in single lines on stderr."""

import json
import os
import sys
import traceback
import unicodedata
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO

from flowzero_jax.cli.signals import Terminated
from flowzero_jax.errors import FlowZeroError, InputError, OutputError

PROGRAM = "flowzero-jax"
BUG_EXIT_CODE = 1
INTERRUPTED_EXIT_CODE = 130
TERMINATED_EXIT_CODE = 143


@dataclass
class Report:
    """The voice of one run."""

    json: bool  # results and errors go to stdout as one JSON object
    debug: bool  # errors come with their traceback
    warnings: list[str] = field(default_factory=list)  # so far; part of the JSON result

    @classmethod
    def for_arguments(cls, arguments: Sequence[str]) -> "Report":
        """Looks for --json and --debug before parsing: usage errors obey them too."""
        end = arguments.index("--") if "--" in arguments else len(arguments)
        return cls(json="--json" in arguments[:end], debug="--debug" in arguments[:end])

    def result(self, text: str, **fields: Any) -> None:
        """Prints the result: `text`, or `fields` and the warnings as JSON."""
        if not self.json:
            _print(text, sys.stdout)
        else:
            extra = {"warnings": self.warnings} if self.warnings else {}
            _print(json.dumps({**fields, **extra}, allow_nan=False), sys.stdout)

    def note(self, text: str) -> None:
        """A line about the progress, on stderr; lost if nobody listens."""
        try:
            _print(f"{PROGRAM}: {one_line(text)}", sys.stderr)
        except OSError:
            return

    def flush(self) -> None:
        """Raises BrokenPipeError now, where it is handled, if stdout is closed."""
        if sys.stdout is not None:
            sys.stdout.flush()

    @contextmanager
    def without_noise(self) -> Iterator[None]:
        """Within the block Python itself says nothing of what fails while objects are deleted."""
        former = sys.unraisablehook
        if not self.debug:
            sys.unraisablehook = lambda unraisable: None
        try:
            yield
        finally:
            sys.unraisablehook = former

    @contextmanager
    def warnings_as_lines(self) -> Iterator[None]:
        """Within the block every user warning is one line on stderr."""

        def show(message: Warning | str, *place: Any, **more: Any) -> None:
            text = one_line(str(message))
            self.warnings.append(text)
            self.note(f"warning: {text}")

        with warnings.catch_warnings():
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = show
            yield

    def failure(self, error: BaseException) -> int:
        """Says what went wrong and returns the exit code for it."""
        if isinstance(error, SystemExit):  # argparse after --help and --version
            return error.code if isinstance(error.code, int) else 0
        if isinstance(error, BrokenPipeError):
            _discard_stdout()
            return 0
        message, code = describe_error(error)
        if self.debug:
            traceback.print_exception(error)
        self.note(f"error: {message}")
        if self.json:
            try:
                _print(json.dumps({"error": error_fields(error)}), sys.stdout)
            except OSError:  # nobody listens, or the disk is full
                _discard_stdout()
        return code


def describe_error(error: BaseException) -> tuple[str, int]:
    """The message and exit code of anything that can end a command."""
    match error:
        case FlowZeroError():
            return str(error), error.exit_code
        case KeyboardInterrupt():
            return str(error) or "interrupted", INTERRUPTED_EXIT_CODE
        case Terminated():
            return str(error) or "terminated", TERMINATED_EXIT_CODE
        case OSError():
            return str(error), OutputError.exit_code
    said = str(error)
    for variable in sorted(os.environ, key=len, reverse=True):
        named = variable.startswith("JAX_") and variable.lower() in said.lower()
        if named and isinstance(error, ValueError):  # JAX does not take its value
            return f"{variable}: {said}", InputError.exit_code
    name = type(error).__name__
    return f"internal error, {name}: {error}; please report it with --debug", BUG_EXIT_CODE


def error_fields(error: BaseException) -> dict[str, Any]:
    """An error as JSON has it."""
    message, code = describe_error(error)
    return {"type": type(error).__name__, "message": one_line(message), "exit_code": code}


def one_line(text: str) -> str:
    """`text` on one line that cannot steer a terminal: control characters are escaped."""
    text = " ".join(text.splitlines())
    return "".join(c if unicodedata.category(c) != "Cc" else f"\\x{ord(c):02x}" for c in text)


def counted(number: int, noun: str) -> str:
    """A number and what it counts, as in 1 frame, 8 frames."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def table(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Lines of aligned columns; the numbers of those that are aligned by their ends are `right`."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    signs = [">" if k in right else "<" for k in range(len(widths))]
    shape = "  ".join(f"{{:{sign}{width}}}" for sign, width in zip(signs, widths, strict=True))
    return [shape.format(*row).rstrip() for row in rows]


def _print(text: str, stream: TextIO | None) -> None:
    """Prints in any locale: what the stream's encoding lacks is escaped. None is a closed one."""
    if stream is None:
        return
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


def _discard_stdout() -> None:
    """Points stdout nowhere, so that the interpreter does not complain at its end."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
