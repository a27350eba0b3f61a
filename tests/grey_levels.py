"""What two compilations of the same videos owe each other.

The order in which a compiled program adds numbers up depends on its shapes, its mesh and the CPU.
Frames are rounded float32, so that now and then a value falls on the other side of a tie.
"""

import numpy as np


def assert_within_one_grey_level(frames, others):
    """The same videos by two compilations; one compilation gives equal bytes."""
    frames, others = np.asarray(frames), np.asarray(others)
    assert frames.dtype == others.dtype == np.uint8
    assert frames.shape == others.shape
    assert frames.std() > 1, "of one colour: shows nothing"
    difference = np.abs(frames.astype(int) - others)
    assert difference.max() <= 1, f"{(difference > 1).mean():.2%} differ by more"
