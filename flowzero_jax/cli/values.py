"""Values as typed on the command line or in a config: text in, a checked value out."""

import argparse
import math
import re
from collections.abc import Callable

MAX_FRAMES = 512
MAX_BATCH = 512
MAX_SIDE = 4096
MAX_STEPS = 1000
MAX_GUIDANCE = 100
MAX_SEED = 2**32 - 1


def integer(low: int, high: int) -> Callable[[str], int]:
    """A parser of whole numbers from `low` to `high`, in plain digits."""

    def parse(text: str) -> int:
        # int() would also take 1_000 and digits of other scripts.
        if re.fullmatch(r"[+-]?[0-9]{1,20}", text) and low <= int(text) <= high:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")

    return parse


def number(low: float, high: float) -> Callable[[str], float]:
    """A parser of finite numbers from `low` to `high`."""

    def parse(text: str) -> float:
        value = _float(text)
        if low <= value <= high:
            return value
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low:g} to {high:g}")

    return parse


def choice(*names: str) -> Callable[[str], str]:
    """A parser that takes one of `names`."""

    def parse(text: str) -> str:
        if text in names:
            return text
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(names)}")

    return parse


def mesh(text: str) -> str | tuple[int, int, int]:
    """A parser of "auto", or of FRAMES, VIDEOSxFRAMES and VIDEOSxFRAMESxMODEL as three numbers."""
    if text == "auto":
        return text
    parts = text.split("x")
    if len(parts) > 3 or not all(re.fullmatch("[1-9][0-9]{0,4}", part) for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not auto, 8, 2x4 or 2x4x1 devices")
    numbers = [int(part) for part in parts]
    videos, frames, model = [1, *numbers, 1] if len(parts) == 1 else [*numbers, 1][:3]
    return videos, frames, model


def non_empty(text: str) -> str:
    """A parser of names and paths; an empty path would mean the current folder."""
    if text.strip():
        return text
    raise argparse.ArgumentTypeError("is empty")


def _float(text: str) -> float:
    """NaN for everything that is no plain number: it fails every comparison that follows."""
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
        return math.nan
    return float(text)
