"""What an output path means, and whether it can be written: asked before any work is done."""

import math
from collections.abc import Iterable
from pathlib import Path

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.files import check_folder, check_name, check_writable, refuse_inputs
from flowzero_jax.settings import MAX_FPS, MIN_FPS
from flowzero_jax.video.formats import FOLDER, FORMATS, Format, endings


def check_fps(fps: float) -> float:
    """Returns `fps` (frames per second) as a float; raises InputError outside 0.01 to 240."""
    value = float(fps)
    if not (math.isfinite(value) and MIN_FPS <= value <= MAX_FPS):
        raise InputError(f"fps is {fps}; give a number from {MIN_FPS:g} to {MAX_FPS:g}")
    return value


def output_format(path: Path) -> Format:
    """The row of the path's ending, or of a folder: an existing one or a name without ending.

    Raises: InputError or OutputError for an unknown ending, or what is not a possible name.
    """
    check_name(path)
    ending = path.suffix.lower()
    format = FORMATS.get(FOLDER if path.is_dir() or not ending else ending)
    if format is None:
        raise InputError(f"{path}: unknown ending {ending}; use {', '.join(endings())} or a folder")
    return format


def check_size(kind: str, height: int, width: int) -> None:
    """Raises InputError if the format of that name cannot hold frames of that many pixels."""
    if FORMATS[kind].even_sides and (height % 2 or width % 2):
        even = f"{width + width % 2}x{height + height % 2}"
        raise InputError(
            f"{width}x{height} pixels: {kind} needs an even width and height, such as {even}; "
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
      OutputError: its folder is missing or not writable, something else lies there, or the program
        that encodes the format is missing.
    """
    path = Path(path)
    sources = [Path(source) for source in inputs]
    format = output_format(path)
    if format.name != FOLDER:
        check_writable(path, sources)
        format.require(path)
        return format.name
    if path.exists() and not path.is_dir():
        raise OutputError(
            f"{path}: a file without an ending lies there; use {', '.join(endings())}"
        )
    refuse_inputs(path, sources)
    check_folder(path if path.is_dir() else path.parent)
    return format.name


def sidecar_path(path: str | Path, name: str) -> Path:
    """Where what belongs to a video lies, and to no other one.

    video.mp4 -> video.<name>.json, video.gif -> video.gif.<name>.json, DIR -> DIR/<name>.json
    """
    path = Path(path)
    if output_format(path).name == FOLDER:
        return path / f"{name}.json"
    # video.gif.mp4 is another video than video.gif.
    bare = path.suffix == ".mp4" and Path(path.stem).suffix.lower() not in FORMATS
    return path.with_name(f"{path.stem if bare else path.name}.{name}.json")
