"""The comparison that other tests rely on can fail."""

import numpy as np
import pytest
from grey_levels import assert_within_one_grey_level

FRAMES = np.random.default_rng(0).integers(0, 255, (2, 4, 4, 3), np.uint8)


@pytest.mark.parametrize("others", [FRAMES, FRAMES + np.eye(4, 3, dtype=np.uint8)])
def test_up_to_one_grey_level_is_the_same(others):
    assert_within_one_grey_level(FRAMES, others)


@pytest.mark.parametrize(
    ("frames", "others"),
    [
        (FRAMES, FRAMES + 2 * (FRAMES == 0).astype(np.uint8)),
        (FRAMES, FRAMES - (FRAMES == 0)),
        (FRAMES, FRAMES.astype(np.float32)),
        (FRAMES, FRAMES[:1]),
        (np.zeros_like(FRAMES), np.zeros_like(FRAMES)),
    ],
    ids=["one value", "255 for 0", "dtype", "shape", "one colour"],
)
def test_whatever_else_is_not(frames, others):
    with pytest.raises(AssertionError):
        assert_within_one_grey_level(frames, others)
