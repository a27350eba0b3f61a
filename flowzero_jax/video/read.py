"""Reads frames back from what `write_video` wrote."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.video.mp4 import decode_mp4
from flowzero_jax.video.paths import FOLDER, output_kind


class Video(NamedTuple):
    """Frames and how many of them are shown a second (None where the format does not say)."""

    frames: UInt8[np.ndarray, "f H W 3"]
    fps: float | None


def read_video(path: str | Path) -> Video:
    """Reads an mp4, gif, webp, npz or a folder of PNG frames; a contact sheet is one frame.

    Raises:
      InputError: an unknown ending.
      OutputError: missing, not readable, or not what its ending says.
    """
    path = Path(path)
    kind = output_kind(path)
    if not path.exists():
        raise OutputError(f"{path}: no such file or folder")
    try:
        if kind == FOLDER:
            return Video(_read_folder(path), None)
        if kind == ".mp4":
            return Video(*decode_mp4(path))
        if kind == ".npz":
            return Video(_read_npz(path), None)
        return _read_image(path)
    except (OSError, ValueError, KeyError, EOFError, UnidentifiedImageError) as error:
        raise OutputError(f"{path}: cannot be read as {kind}: {error}") from error


def frame_files(folder: Path) -> list[Path]:
    """The PNG frames of a folder, in order."""
    return sorted(folder.glob("frame_[0-9][0-9][0-9][0-9].png"))


def _read_folder(folder: Path) -> UInt8[np.ndarray, "f H W 3"]:
    files = frame_files(folder)
    if not files:
        raise InputError(f"{folder}: holds no frame_0000.png")
    return np.concatenate([_read_image(file).frames for file in files])


def _read_npz(path: Path) -> UInt8[np.ndarray, "f H W 3"]:
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["frames"]


def _read_image(path: Path) -> Video:
    frames, milliseconds = [], 0.0
    with Image.open(path) as image:
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            frames.append(np.asarray(image.convert("RGB")))
            milliseconds += image.info.get("duration", 0)
    return Video(np.stack(frames), 1000 * len(frames) / milliseconds if milliseconds else None)
