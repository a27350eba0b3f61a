"""Values as people write them, on the command line or in a file: text in, a checked value out."""

import difflib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flowzero_jax.settings import Setting

LONGEST_WORD = 40


def parser(setting: Setting) -> Callable[[str], Any]:
    """The parser of a setting that is no switch; raises ValueError."""
    if setting.choices:
        return choice(*setting.choices)
    low, high = setting.about.low, setting.about.high
    if setting.type is int:
        return integer(int(low), int(high))
    if setting.type is float:
        return number(low, high)
    if setting.type is Path:
        return Path
    if setting.type is str and setting.default is not None:
        return str
    return {"mesh": mesh, "loras": lora}.get(setting.name, non_empty)


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """How a message about a word that is none of `names` ends: with those spelt like it."""
    spelt = {name.lower().strip("-"): name for name in names}
    # The comparison takes the square of the length.
    word = word.lower().strip("-")[:LONGEST_WORD]
    near = difflib.get_close_matches(word, spelt, n=3, cutoff=0.65)
    return f"; did you mean {' or '.join(spelt[name] for name in near)}?" if near else ""


def integer(low: int, high: int) -> Callable[[str], int]:
    """A parser of whole numbers from `low` to `high`, in plain digits."""

    def parse(text: str) -> int:
        # int() would also take 1_000 and digits of other scripts.
        if re.fullmatch(r"[+-]?[0-9]{1,20}", text) and low <= int(text) <= high:
            return int(text)
        raise ValueError(f"{text!r} is not a whole number from {low} to {high}")

    return parse


def number(low: float, high: float) -> Callable[[str], float]:
    """A parser of finite numbers from `low` to `high`."""

    def parse(text: str) -> float:
        # float() would also take 1_000, nan and digits of other scripts.
        plain = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text)
        if plain and low <= float(text) <= high:
            return float(text)
        raise ValueError(f"{text!r} is not a number from {low:g} to {high:g}")

    return parse


def choice(*names: str) -> Callable[[str], str]:
    """A parser that takes one of `names`."""

    def parse(text: str) -> str:
        if text in names:
            return text
        raise ValueError(f"{text!r} is none of {', '.join(names)}{did_you_mean(text, names)}")

    return parse


def mesh(text: str) -> str | tuple[int, int, int]:
    """A parser of "auto", or of FRAMES, VIDEOSxFRAMES and VIDEOSxFRAMESxMODEL as three numbers."""
    if text == "auto":
        return text
    parts = text.split("x")
    if len(parts) > 3 or not all(re.fullmatch("[1-9][0-9]{0,4}", part) for part in parts):
        raise ValueError(f"{text!r} is not auto, 8, 2x4 or 2x4x1 devices")
    numbers = [int(part) for part in parts]
    videos, frames, model = [1, *numbers, 1] if len(parts) == 1 else [*numbers, 1][:3]
    return videos, frames, model


def lora(text: str) -> tuple[str, float]:
    """A parser of FILE[:SCALE]; the scale is 1 if there is none."""
    path, colon, scale = non_empty(text).rpartition(":")
    try:
        return non_empty(path), number(-100, 100)(scale)
    except ValueError:
        if colon and re.fullmatch(r"[+-]?[0-9.]+", scale):
            raise
        return text, 1.0


def non_empty(text: str) -> str:
    """A parser of names and paths; an empty path would mean the current folder."""
    if text.strip():
        return text
    raise ValueError("is empty")
