"""Reads what Pillow reads: animations, and single pictures as one frame."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image


def decode_pictures(path: Path) -> tuple[UInt8[np.ndarray, "f H W 3"], float | None]:
    """All frames of a picture file, and their mean rate if it has delays."""
    frames, milliseconds = [], 0.0
    with Image.open(path) as image:
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            frames.append(np.asarray(image.convert("RGB")))
            milliseconds += image.info.get("duration", 0)
    return np.stack(frames), 1000 * len(frames) / milliseconds if milliseconds else None
