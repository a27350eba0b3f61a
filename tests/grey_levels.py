"""What two compilations of the same videos owe each other.

The order in which a compiled program adds numbers up depends on its shapes, its mesh and the CPU.
Frames are rounded float32, so that now and then a value falls on the other side of a tie.
"""

import numpy as np


def assert_within_one_grey_level(frames, others):
    """The same videos, by two compilations; one compilation gives equal bytes."""
    assert frames.dtype == others.dtype == np.uint8 and frames.shape == others.shape
    assert frames.std() > 1, "a picture of one colour shows nothing"
    difference = np.abs(frames.astype(int) - others)
    assert difference.max() <= 1, f"{(difference > 1).mean():.2%} of the values differ by more"
