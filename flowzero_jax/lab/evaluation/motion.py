"""What moves from one frame to the next, and what should have stayed as it was.

Background motion is measured by phase correlation (Kuglin and Hines, 1975) outside of all boxes;
changes are mean absolute differences in grey levels (of 255), after undoing the planned motion.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

Box = tuple[float, float, float, float]

LARGEST_SHIFT = 1 / 8  # of the shorter side: twice what speed 1 is
LEAST_FREE = 0.2  # of the frame; with less outside of the boxes nothing is measured
LEAST_AGREEMENT = 0.2
_FINE = 0.05  # pixels
_LOW_PASS = 0.18  # cycles per pixel: finer detail is the decoder's more than the scene's
_AROUND = 8.0  # pixels: standard deviation of what counts as the surroundings
_PROPOSALS = 12
_GROWN = 2  # pixels around a box that are left out, too


class Shift(NamedTuple):
    """Motion of the background content since the frame before, in pixels; down and right > 0."""

    dy: float
    dx: float


def free_of_boxes(
    boxes: Sequence[Box], height: int, width: int, grown: int = _GROWN
) -> Bool[np.ndarray, "H W"]:
    """The pixels that lie in none of the boxes, nor within `grown` pixels of one."""
    free = np.ones((height, width), bool)
    for x0, y0, x1, y1 in boxes:
        left, top = int(x0 * width) - grown, int(y0 * height) - grown
        right, bottom = int(np.ceil(x1 * width)) + grown, int(np.ceil(y1 * height)) + grown
        free[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = False
    return free


def background_shift(
    before: UInt8[np.ndarray, "H W 3"],
    after: UInt8[np.ndarray, "H W 3"],
    boxes_before: Sequence[Box] = (),
    boxes_after: Sequence[Box] = (),
) -> Shift | None:
    """How far the background moved between two frames, to a fraction of a pixel.

    Phase correlation proposes places; among its peaks the one is taken at which the pixels that
    lie outside of the boxes in both frames agree best. Otherwise a thing that crosses a quiet
    background would be followed by the hole that its box leaves.

    Returns:
      None where boxes hide too much, or where nothing agrees (a background without detail).
    """
    height, width = before.shape[:2]
    free = free_of_boxes(boxes_before, height, width), free_of_boxes(boxes_after, height, width)
    if min(np.mean(mask) for mask in free) < LEAST_FREE:
        return None
    first, second = _detail(before, free[0]), _detail(after, free[1])
    cross = _cross_power(first, second)
    reach = int(min(height, width) * LARGEST_SHIFT)
    offsets = np.arange(-reach, reach + 1)
    surface = _correlation(cross, offsets, offsets)
    agreements = {
        (row - reach, column - reach): _agreement(first, second, *free, row - reach, column - reach)
        for row, column in _peaks(surface, _PROPOSALS)
    }
    dy, dx = max(agreements, key=agreements.__getitem__)
    if agreements[dy, dx] < LEAST_AGREEMENT:
        return None
    near = np.arange(-1, 1 + _FINE / 2, _FINE)
    [(row, column)] = _peaks(_correlation(cross, dy + near, dx + near), 1)
    return Shift(float(dy + near[row]), float(dx + near[column]))


def _detail(frame: np.ndarray, free: np.ndarray) -> Float[np.ndarray, "3 H W"]:
    """What differs from the mean of the visible surroundings; 0 in the boxes.

    Neither a gradient nor a hole where a box was is left as a thing that moves.
    """
    values = np.moveaxis(frame / 255.0, -1, 0) * free
    return (values - _smoothed(values) / np.maximum(_smoothed(free), 1e-3)) * free


def _smoothed(values: np.ndarray) -> np.ndarray:
    """`[... H W]` smoothed by a Gaussian, 0 beyond the edges."""
    rows, columns = (
        np.exp(-((np.arange(size)[:, None] - np.arange(size)) ** 2) / (2 * _AROUND**2))
        / (_AROUND * np.sqrt(2 * np.pi))
        for size in values.shape[-2:]
    )
    return rows @ values @ columns.T


def _cross_power(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The cross-power spectrum `[H W]`, almost whitened, without the finest detail."""
    height, width = first.shape[-2:]
    window = np.hanning(height + 2)[1:-1, None] * np.hanning(width + 2)[None, 1:-1]
    cross = (np.conj(np.fft.fft2(first * window)) * np.fft.fft2(second * window)).sum(axis=0)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    strength = np.abs(cross)
    # Phases tell nothing where there is little but noise, as almost everywhere in a clear sky.
    noise = 4 * np.median(strength[frequency > 0.35]) + 1e-12
    return np.exp(-(frequency**2) / (2 * _LOW_PASS**2)) * cross / (strength + noise)


def _correlation(cross: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The inverse transform of `cross` at `rows` x `columns`, which may be any fractions."""
    height, width = cross.shape
    left = np.exp(2j * np.pi * rows[:, None] * np.fft.fftfreq(height))
    right = np.exp(2j * np.pi * np.fft.fftfreq(width)[:, None] * columns)
    return (left @ cross @ right).real


def _peaks(surface: np.ndarray, count: int) -> list[tuple[int, int]]:
    """(row, column) of the highest local maxima, the highest first."""
    padded = np.pad(surface, 1, constant_values=-np.inf)
    around = sliding_window_view(padded, (3, 3)).max(axis=(2, 3))
    rows, columns = np.nonzero(surface >= around)
    order = np.argsort(surface[rows, columns])[::-1][:count]
    return [(int(rows[k]), int(columns[k])) for k in order]


def _agreement(
    first: Float[np.ndarray, "3 H W"],
    second: Float[np.ndarray, "3 H W"],
    free_first: Bool[np.ndarray, "H W"],
    free_second: Bool[np.ndarray, "H W"],
    dy: int,
    dx: int,
) -> float:
    """The correlation (-1..1) of what both frames show outside of boxes, at a whole shift."""
    height, width = free_first.shape
    then = np.s_[..., max(0, -dy) : height - max(0, dy), max(0, -dx) : width - max(0, dx)]
    now = np.s_[..., max(0, dy) : height + min(0, dy), max(0, dx) : width + min(0, dx)]
    both = free_first[then] & free_second[now]
    a, b = first[then] * both, second[now] * both
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum() + 1e-12))


def background_change(
    before: UInt8[np.ndarray, "H W 3"],
    after: UInt8[np.ndarray, "H W 3"],
    planned: Shift,
    boxes_before: Sequence[Box] = (),
    boxes_after: Sequence[Box] = (),
) -> float | None:
    """Flicker: mean change of the background (of 255) after undoing the planned shift.

    Only pixels count that lie outside of all boxes and were in the frame before; None where they
    are too few.
    """
    height, width = before.shape[:2]
    moved = shifted(before, planned)
    free = free_of_boxes(boxes_after, height, width)
    # Moved like the picture: a pixel that is made of hidden ones in part is left out as well.
    visible = free_of_boxes(boxes_before, height, width).astype(np.uint8) * 255
    free &= shifted(np.repeat(visible[..., None], 3, axis=2), planned)[..., 0] > 254
    if free.mean() < LEAST_FREE:
        return None
    return float(np.abs(after.astype(float) - moved)[free].mean())


def shifted(frame: UInt8[np.ndarray, "H W 3"], shift: Shift) -> Float[np.ndarray, "H W 3"]:
    """The picture moved by a shift; what comes in from outside is 0."""
    moves = (1, 0, -shift.dx, 0, 1, -shift.dy)
    picture = Image.fromarray(frame)
    whole = all(float(value).is_integer() for value in shift)
    resample = Image.Resampling.NEAREST if whole else Image.Resampling.BICUBIC
    moved = picture.transform(picture.size, Image.Transform.AFFINE, moves, resample)
    return np.asarray(moved).astype(np.float32)


def look_change(
    before: UInt8[np.ndarray, "H W 3"],
    after: UInt8[np.ndarray, "H W 3"],
    box_before: Box,
    box_after: Box,
    opaque: Bool[np.ndarray, "y x"],
) -> float:
    """How much a thing's look changes: mean difference (of 255) of its boxes' contents, aligned.

    Args:
      before, after: Two frames.
      box_before, box_after: The thing's box in each.
      opaque: Which part of the box the thing fills; both boxes are resampled to its size.
    """
    height, width = opaque.shape
    patches = [
        np.asarray(
            Image.fromarray(frame).resize(
                (width, height), Image.Resampling.BICUBIC, box=_pixels(box, frame)
            )
        ).astype(float)
        for frame, box in ((before, box_before), (after, box_after))
    ]
    return float(np.abs(patches[0] - patches[1])[opaque].mean())


def _pixels(box: Box, frame: np.ndarray) -> Box:
    height, width = frame.shape[:2]
    return box[0] * width, box[1] * height, box[2] * width, box[3] * height
