"""The lines of a .jsonl, .csv or .txt file as values by name, one at a time, faults among them."""

import csv
import dataclasses
import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.files import reason
from flowzero_jax.scene import MAX_BYTES, RepeatedKey, keep_repeats
from flowzero_jax.values import did_you_mean


@dataclasses.dataclass(frozen=True)
class Row:
    """A line: its number from 1, and its values by name or what is wrong with it.

    `is_text`: values are text as it was typed; otherwise they have the types of JSON.
    """

    number: int
    values: dict[str, Any] | InputError
    is_text: bool = False


def read_rows(path: Path, columns: Collection[str]) -> Iterator[Row]:
    """The rows of a file; blank lines are none. A .csv file's `columns` are known ones.

    Raises:
      InputError: another ending.
      OutputError: the file cannot be read.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise InputError(f"{path}: unknown ending; give a {', '.join(_READERS)} file")
    try:
        with path.open("rb") as file:
            yield from read(file, columns)
    except OSError as error:
        raise OutputError(f"{path}: cannot be read: {reason(error)}") from error


def _lines(file: BinaryIO) -> Iterator[tuple[int, str | InputError]]:
    """Number and text, without a byte order mark; what is no text is a fault."""
    number = 0
    while data := file.readline(MAX_BYTES + 1):
        number += 1
        if len(data) > MAX_BYTES:
            yield number, InputError(f"longer than {MAX_BYTES} bytes; the rest is not read")
            return
        try:
            yield number, data.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            yield number, InputError("not UTF-8 text; save the file as UTF-8")


def _read_text(file: BinaryIO, columns: Collection[str]) -> Iterator[Row]:
    for number, line in _lines(file):
        if isinstance(line, InputError):
            yield Row(number, line)
        elif line.strip():
            yield Row(number, {"prompt": line.strip()}, is_text=True)


def _read_jsonl(file: BinaryIO, columns: Collection[str]) -> Iterator[Row]:
    for number, line in _lines(file):
        if isinstance(line, InputError):
            yield Row(number, line)
        elif line.strip():
            yield Row(number, _object(line))


def _object(line: str) -> dict[str, Any] | InputError:
    try:
        tree = json.loads(line, object_pairs_hook=keep_repeats, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        return InputError(f"not valid JSON ({getattr(error, 'msg', error)})")
    if isinstance(tree, RepeatedKey):
        return InputError(f"the field {tree.key!r} occurs twice; keep one")
    if not isinstance(tree, dict):
        return InputError('not an object; write {"prompt": "…"}')
    return tree


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _read_csv(file: BinaryIO, columns: Collection[str]) -> Iterator[Row]:
    def texts() -> Iterator[str]:
        for _, line in _lines(file):
            if isinstance(line, InputError):
                raise line
            yield line

    rows = csv.reader(texts(), strict=True)
    names: list[str] | None = None
    while True:
        number = rows.line_num + 1
        try:
            cells = next(rows, None)
        except (csv.Error, InputError) as error:
            # Where quotes are out of step, what comes after means nothing.
            yield Row(rows.line_num + isinstance(error, InputError), InputError(str(error)))
            return
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if names is not None:
            yield Row(number, _cells(names, cells), is_text=True)
            continue
        names = [cell.strip() for cell in cells]
        if fault := _header_fault(names, columns):
            yield Row(number, InputError(fault))
            return


def _cells(names: list[str], cells: list[str]) -> dict[str, Any] | InputError:
    if len(cells) > len(names):
        return InputError(f"{len(cells)} cells for {len(names)} columns; quote texts with commas")
    return {name: cell for name, cell in zip(names, cells, strict=False) if cell.strip()}


def _header_fault(names: list[str], columns: Collection[str]) -> str | None:
    unknown = [name for name in names if name not in columns]
    if unknown:
        known = did_you_mean(unknown[0], columns) or f"; known are {', '.join(columns)}"
        return f"unknown column {unknown[0]!r}{known}"
    if len(set(names)) < len(names):
        return "a column occurs twice; keep one"
    if "prompt" not in names and "plan" not in names:
        return "no column prompt or plan; the first line has the columns' names"
    return None


_READERS: dict[str, Callable[[BinaryIO, Collection[str]], Iterator[Row]]] = {
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
    ".txt": _read_text,
}
