"""The bare frames as a NumPy archive, for programs."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8


def encode_npz(frames: UInt8[np.ndarray, "f H W 3"], fps: float, path: Path) -> None:
    """Writes the array `frames`; the rate is not kept."""
    np.savez_compressed(path, frames=frames)


def decode_npz(path: Path) -> tuple[UInt8[np.ndarray, "f H W 3"], None]:
    """The array `frames` of a file."""
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["frames"], None
