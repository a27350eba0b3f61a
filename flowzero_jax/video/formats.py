"""The formats of a video's file: a row for each, and nothing about one of them anywhere else.

To add one, write the file that encodes and decodes it, and its row here.
"""

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from flowzero_jax.files import atomic_path
from flowzero_jax.video.apng import apng_rate, encode_apng
from flowzero_jax.video.folder import MAX_FRAMES, atomic_frames, decode_folder, encode_folder
from flowzero_jax.video.gif import encode_gif, gif_rate
from flowzero_jax.video.mp4 import decode_mp4, encode_mp4, require_ffmpeg
from flowzero_jax.video.npz import decode_npz, encode_npz
from flowzero_jax.video.pictures import decode_pictures
from flowzero_jax.video.sheet import as_sheet, encode_sheet
from flowzero_jax.video.webp import encode_webp, webp_rate

Frames = UInt8[np.ndarray, "f H W 3"]

FOLDER = "folder"


@dataclasses.dataclass(frozen=True)
class Format:
    """One kind of output: how it is written and read, and what it can hold."""

    name: str  # its ending in lower case with the dot, or "folder"
    encode: Callable[[Frames, float, Path], None]  # frames shown at so many a second → a path
    # What is at a path → frames, and frames per second or None where it does not say.
    decode: Callable[[Path], tuple[Frames, float | None]]
    lossless: bool = True  # what is read back must equal what was written in every pixel
    arrange: Callable[[Frames], Frames] = lambda frames: frames  # those that are written
    # (Number of frames, frames per second asked for) → what will be read back; None: nothing.
    rate: Callable[[int, float], float | None] = lambda num_frames, fps: None
    even_sides: bool = False
    max_frames: int | None = None  # None: any number
    # Raises OutputError, naming the path, where what encodes is missing.
    require: Callable[[Path], None] = lambda path: None
    # Yields a temporary path to encode to, which then takes the place of the path.
    replace: Callable[[Path], AbstractContextManager[Path]] = atomic_path
    note: str = ""  # what the command line's help says of it


FORMATS = {format.name: format for format in (
    Format(
        ".mp4", encode_mp4, decode_mp4, lossless=False, rate=lambda num_frames, fps: fps,
        even_sides=True, require=require_ffmpeg,
    ),
    Format(".gif", encode_gif, decode_pictures, lossless=False, rate=gif_rate),
    Format(".webp", encode_webp, decode_pictures, rate=webp_rate),
    Format(".apng", encode_apng, decode_pictures, rate=apng_rate),
    Format(".png", encode_sheet, decode_pictures, arrange=as_sheet, note="contact sheet"),
    Format(".npz", encode_npz, decode_npz),
    Format(FOLDER, encode_folder, decode_folder, max_frames=MAX_FRAMES, replace=atomic_frames),
)}  # fmt: skip


def endings() -> list[str]:
    """All of them, with their dots."""
    return [name for name in FORMATS if name != FOLDER]


def output_help() -> str:
    """What the command line says of an output path."""
    notes = {name: f" ({FORMATS[name].note})" if FORMATS[name].note else "" for name in endings()}
    files = [name + note for name, note in notes.items()]
    return f"video{', '.join(files)} or a folder for PNG frames"
