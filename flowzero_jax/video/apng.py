"""Animated PNG, lossless: a PNG whose later frames browsers play and other programs skip."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from PIL.PngImagePlugin import Blend


def encode_apng(frames: UInt8[np.ndarray, "f H W 3"], fps: float, path: Path) -> None:
    """Writes the frames as an endlessly looping animation; a single one is a plain PNG."""
    first, *others = map(Image.fromarray, frames)
    # Pillow merges a frame with an equal one before it, unless they are laid over what is below in
    # different ways. Opaque pixels look the same in both.
    ways = [(Blend.OP_SOURCE, Blend.OP_OVER)[index % 2] for index in range(len(frames))]
    times = [1000 / fps] * len(frames)
    together = {"save_all": True, "append_images": others, "loop": 0}
    first.save(path, "PNG", duration=times, blend=ways, **together)


def apng_rate(num_frames: int, fps: float) -> float | None:
    """Delays are fractions of a second, so that any rate is kept; a plain PNG has none."""
    return fps if num_frames > 1 else None
