"""What an output path means, and whether it can be written: asked before any work is done."""

import math
from collections.abc import Iterable
from pathlib import Path

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.files import check_folder, check_name, check_writable, refuse_inputs
from flowzero_jax.video.mp4 import require_ffmpeg

ENDINGS = (".mp4", ".gif", ".webp", ".png", ".npz")
FOLDER = "folder"
MIN_FPS, MAX_FPS = 0.01, 240.0
"""Frames per second. The encoder takes 0 without a word; GIF holds a delay of at most 655 s."""


def check_fps(fps: float) -> float:
    """Returns `fps` (frames per second) as a float; raises InputError outside 0.01 to 240."""
    value = float(fps)
    if not (math.isfinite(value) and MIN_FPS <= value <= MAX_FPS):
        raise InputError(f"fps is {fps}; give a number from {MIN_FPS:g} to {MAX_FPS:g}")
    return value


def output_kind(path: Path) -> str:
    """The ending that decides the format, or "folder": an existing one or a name without ending.

    Raises:
      InputError, OutputError: an ending that is not known, or not a possible name.
    """
    check_name(path)
    if path.is_dir() or not path.suffix:
        return FOLDER
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise InputError(f"{path}: unknown ending {ending}; use {known} or a folder")
    return ending


def check_size(kind: str, height: int, width: int) -> None:
    """Raises InputError if a format cannot hold frames of that many pixels."""
    if kind == ".mp4" and (height % 2 or width % 2):
        even = f"{width + width % 2}x{height + height % 2}"
        raise InputError(
            f"{width}x{height} pixels: .mp4 needs an even width and height, such as {even}; "
            "or write .gif, .webp or a folder"
        )


def check_output_path(path: str | Path, inputs: Iterable[str | Path] = ()) -> str:
    """Checks that a video can be written to `path`; to be called before planning and compiling.

    Args:
      path: a file whose ending names the format, or a folder (it may exist already).
      inputs: files and folders that are read and must not be replaced.

    Returns:
      The ending in lower case, or "folder".

    Raises:
      InputError: an unknown ending, or a path that is one of `inputs`.
      OutputError: its folder is missing or not writable, something else lies there, or .mp4 is
        asked for and there is no ffmpeg.
    """
    path = Path(path)
    sources = [Path(source) for source in inputs]
    kind = output_kind(path)
    if kind != FOLDER:
        check_writable(path, sources)
        if kind == ".mp4":
            require_ffmpeg(path)
        return kind
    if path.exists() and not path.is_dir():
        known = ", ".join(ENDINGS)
        raise OutputError(f"{path}: a file without an ending lies there; use {known}")
    refuse_inputs(path, sources)
    check_folder(path if path.is_dir() else path.parent)
    return kind


def sidecar_path(path: str | Path, name: str) -> Path:
    """Where what belongs to a video lies: video.mp4 -> video.<name>.json, DIR -> DIR/<name>.json"""
    path = Path(path)
    if output_kind(path) == FOLDER:
        return path / f"{name}.json"
    return path.with_suffix(f".{name}.json")
