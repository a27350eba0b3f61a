"""The strict measure: which sticker a box shows, by the opaque pixels of each sticker alone.

What surrounds a sticker in its box says nothing here, and neither does how well the box's outline
fits: only the drawing counts. Every noun's sticker may be mirrored. And the same, of the asked
sticker alone and looked for all around its box, tells where the thing is.
"""

import functools
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from flowzero_jax.lab.evaluation.identity import (
    CANDIDATES,
    FLAT,
    LONGEST_SIDE,
    REACH,
    SCALES,
    Look,
    Match,
    both_ways,
    cut,
    middle,
    windows,
)

Box = tuple[float, float, float, float]

_OPAQUE = 0.5
# Where the thing itself is looked for: offsets in sides of the box, sizes, pixels of a side.
_FAR = 0.5
_SIZES = (0.6, 0.72, 0.86, 1.0, 1.16, 1.35, 1.6)
_COARSE_SIDE = 32


class Strict(NamedTuple):
    """What a box shows by the opaque pixels, and whether the asked sticker lies there mirrored."""

    match: Match
    mirrored: bool


class Place(NamedTuple):
    """How the place where a thing is fits to its planned box.

    `overlap` is the intersection over union of the boxes, `distance` that of their centres, as a
    fraction of the frame's diagonal.
    """

    overlap: float
    distance: float


class _Bank(NamedTuple):
    """Stickers of one size, each as it is and mirrored; axis `s` sticker, `p` pixel of the box."""

    size: tuple[int, int]  # width, height
    values: Float[np.ndarray, "s p*3"]  # colours of opaque pixels less their mean, else 0
    opaque: Float[np.ndarray, "s p"]  # 1 or 0


def identify_strictly(frame: UInt8[np.ndarray, "H W 3"], box: Box, look: Look) -> Strict:
    """Finds out which noun a box of a picture shows; `box` is `(x0, y0, x1, y1)` in 0..1."""
    picture, sides, _ = cut(frame, box, REACH, max(SCALES), LONGEST_SIDE)
    best = np.full((len(CANDIDATES), 2), -1.0, np.float32)
    for scale in SCALES:
        bank = _bank(CANDIDATES, look.color, *(round(side * scale, 2) for side in sides))
        window = middle(picture, bank.size, sides, REACH)
        scores = correlations(picture[window], bank).max(axis=1)
        best = np.maximum(best, scores.reshape(-1, 2))
    asked = best[CANDIDATES.index(look.noun)]
    found = int(np.argmax(best.max(axis=1)))
    match = Match(look.noun, CANDIDATES[found], float(asked.max()), float(best[found].max()))
    return Strict(match, bool(asked[1] > asked[0]))


def locate(frame: UInt8[np.ndarray, "H W 3"], box: Box, look: Look) -> Place:
    """Where the asked sticker is, within half a box's sides around its box."""
    picture, sides, _ = cut(frame, box, _FAR, max(_SIZES), _COARSE_SIDE)
    found: tuple[float, float, float, float] = (-1.0, 1.0, 0.0, 0.0)  # score, scale, dx, dy
    for scale in _SIZES:
        bank = _bank((look.noun,), look.color, *(round(side * scale, 2) for side in sides))
        part = picture[middle(picture, bank.size, sides, _FAR)]
        rows, columns = part.shape[0] - bank.size[1] + 1, part.shape[1] - bank.size[0] + 1
        scores = correlations(part, bank).max(axis=0).reshape(rows, columns)
        row, column = np.unravel_index(int(np.argmax(scores)), scores.shape)
        # A sticker that is larger or smaller than planned must fit clearly better to count.
        score = float(scores[row, column]) - 0.02 * abs(np.log(scale))
        if score > found[0]:
            dx, dy = column - (columns - 1) / 2, row - (rows - 1) / 2
            found = (score, scale, float(dx) / sides[0], float(dy) / sides[1])
    _, scale, dx, dy = found
    return _compare(box, scale, dx, dy, frame.shape[1] / frame.shape[0])


def correlations(
    picture: Float[np.ndarray, "y x 3"], bank: _Bank
) -> Float[np.ndarray, "s offsets"]:
    """Correlation of the opaque pixels of each sticker with each place that it fits into."""
    there = windows(picture, bank.size)
    flat = there.reshape(len(there), -1)
    count = 3 * bank.opaque.sum(axis=1, keepdims=True)
    sums = bank.opaque @ there.sum(axis=2).T
    squares = bank.opaque @ np.square(there).sum(axis=2).T
    least = count * FLAT**2
    spread = np.maximum(np.square(bank.values).sum(axis=1, keepdims=True), least)
    return (bank.values @ flat.T) / np.sqrt(spread * np.maximum(squares - sums**2 / count, least))


@functools.lru_cache(maxsize=64)
def _bank(nouns: tuple[str, ...], color: str | None, width: float, height: float) -> _Bank:
    both = both_ways(nouns, color, width, height)
    opaque = (both[..., 3:] > _OPAQUE).astype(np.float32)
    colors = both[..., :3] / np.maximum(both[..., 3:], _OPAQUE)
    count = np.maximum(3 * opaque.sum(axis=(1, 2, 3), keepdims=True), 1)
    mean = (colors * opaque).sum(axis=(1, 2, 3), keepdims=True) / count
    flat = len(both), -1
    values = ((colors - mean) * opaque).reshape(flat)
    return _Bank((both.shape[2], both.shape[1]), values, opaque.reshape(flat))


def _compare(box: Box, scale: float, dx: float, dy: float, aspect: float) -> Place:
    """`dx`, `dy` in sides of the box; `aspect` is the frame's width over its height."""
    overlaps = [
        max(0.0, min(0.5, shift + scale / 2) - max(-0.5, shift - scale / 2)) for shift in (dx, dy)
    ]
    both = overlaps[0] * overlaps[1]
    width, height = (box[2] - box[0]) * aspect, box[3] - box[1]
    distance = float(np.hypot(dx * width, dy * height) / np.hypot(aspect, 1))
    return Place(both / (1 + scale**2 - both), distance)
