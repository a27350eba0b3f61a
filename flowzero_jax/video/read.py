"""Reads frames back from what `write_video` wrote."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import UnidentifiedImageError

from flowzero_jax.errors import OutputError
from flowzero_jax.video.paths import output_format

# Pillow calls a broken PNG a SyntaxError.
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, SyntaxError, UnidentifiedImageError)


class Video(NamedTuple):
    """Frames and how many of them are shown a second (None where the format does not say)."""

    frames: UInt8[np.ndarray, "f H W 3"]
    fps: float | None


def read_video(path: str | Path) -> Video:
    """Reads any format that `write_video` writes; a contact sheet is one frame.

    Raises:
      InputError: an unknown ending.
      OutputError: missing, not readable, or not what its ending says.
    """
    path = Path(path)
    format = output_format(path)
    if not path.exists():
        raise OutputError(f"{path}: no such file or folder")
    try:
        return Video(*format.decode(path))
    except _UNREADABLE as error:
        raise OutputError(f"{path}: cannot be read as {format.name}: {error}") from error
