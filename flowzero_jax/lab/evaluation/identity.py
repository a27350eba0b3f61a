"""Which sticker a box shows: the best match among all nouns of the vocabulary.

Every noun's sticker, in the colouring that the phrase asks for, is placed as training places it
(upright, aspect kept, the largest that fits the box, centred) over what the surroundings suggest is
behind it, and the whole box is correlated with the picture, at small offsets and a few sizes: so
that an outline counts as much as what it encloses. "Right" means that the asked noun scores
highest. Nothing learned judges the pictures.
"""

import functools
import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from flowzero_jax.errors import InputError
from flowzero_jax.lab.evaluation.backdrop import STRIP, backdrop
from flowzero_jax.lab.stickers.sprites import fit, sprite, sprite_aspect
from flowzero_jax.lab.stickers.vocabulary import COLORS, NOUNS, SYNONYMS

CANDIDATES = tuple(NOUNS)
REACH = 0.07  # offsets of the sticker, as a fraction of the box's sides
SCALES = (0.93, 1.0, 1.07)
LONGEST_SIDE = 64  # pixels; larger boxes are reduced, by a whole factor
# Values (0..1) that spread less than this are called flat: they correlate with nothing.
FLAT = 0.02
_WORDS = {word: noun for noun in NOUNS for word in (noun, *SYNONYMS.get(noun, ()))}


class Look(NamedTuple):
    """What a phrase asks for: a noun of the vocabulary and a colour word, or None."""

    noun: str
    color: str | None


class Match(NamedTuple):
    """What a box shows: correlations (-1..1) of the asked noun and of the best one."""

    asked: str
    found: str
    score: float
    best_score: float

    @property
    def right(self) -> bool:
        return self.found == self.asked


def read_look(phrase: str) -> Look:
    """Reads a phrase ("a small red ball", the noun last).

    Raises:
      InputError: it does not end in a noun of the vocabulary, so there is nothing to compare with.
    """
    words = phrase.lower().split()
    for length in (3, 2, 1):
        noun = _WORDS.get(" ".join(words[-length:]))
        if noun is not None:
            rest = ["gray" if word == "grey" else word for word in words[:-length]]
            return Look(noun, next((word for word in rest if word in COLORS), None))
    raise InputError(f"phrase {phrase!r}: does not end in a noun of the sticker vocabulary")


def identify(
    frame: UInt8[np.ndarray, "H W 3"],
    box: tuple[float, float, float, float],
    look: Look,
) -> Match:
    """Finds out which noun a box of a picture shows; `box` is `(x0, y0, x1, y1)` in 0..1."""
    scores = noun_scores(frame, box, look.color)
    best = int(np.argmax(scores))
    score = float(scores[CANDIDATES.index(look.noun)])
    return Match(look.noun, CANDIDATES[best], score, float(scores[best]))


def noun_scores(
    frame: UInt8[np.ndarray, "H W 3"],
    box: tuple[float, float, float, float],
    color: str | None = None,
) -> Float[np.ndarray, " nouns"]:
    """The correlation of every candidate with a box, the highest over all offsets and sizes."""
    picture, sides, inside = cut(frame, box, REACH, max(SCALES), LONGEST_SIDE)
    behind = backdrop(picture, inside)
    best = np.full(len(CANDIDATES), -1.0, np.float32)
    for scale in SCALES:
        bank = _bank(color, *(round(side * scale, 2) for side in sides))
        window = middle(picture, bank.size, sides, REACH)
        scores = _correlations(picture[window], behind[window], bank)
        best = np.maximum(best, scores.max(axis=1).reshape(-1, 2).max(axis=1))
    return best


class _Bank(NamedTuple):
    """All candidates in a box of one size, each as it is and mirrored.

    Axis `s` candidate, twice, `p` pixel of the box.
    """

    size: tuple[int, int]  # width, height
    values: Float[np.ndarray, "s p*3"]  # opacity x (colour - 0.5)
    clear: Float[np.ndarray, "s p"]  # 1 - opacity
    mixed: Float[np.ndarray, "s p*3"]  # values x clear


def middle(
    picture: np.ndarray, size: tuple[int, int], sides: tuple[float, float], reach: float
) -> tuple[slice, slice]:
    """The part of a cut-out where a sticker of `size` may lie: off the middle by `reach` sides."""
    columns, rows = (
        n + 2 * max(1, round(reach * side)) for n, side in zip(size, sides, strict=True)
    )
    left, top = (picture.shape[1] - columns) // 2, (picture.shape[0] - rows) // 2
    return np.s_[top : top + rows, left : left + columns]


def cut(
    frame: np.ndarray,
    box: tuple[float, float, float, float],
    reach: float,
    scale: float,
    longest_side: int,
) -> tuple[Float[np.ndarray, "y x 3"], tuple[float, float], np.ndarray]:
    """The box in the middle of a margin, reduced, -0.5..0.5; its own (width, height); and which
    of the pixels are of the frame, not beyond its edges.

    A box that is not reduced is cut out on whole pixels: not a value is interpolated.

    Args:
      reach: how far off the middle something is looked for, as a fraction of the box's sides.
      scale: how large it may be, as a multiple of the box.
      longest_side: pixels; larger boxes are reduced, by a whole factor.
    """
    height, width = frame.shape[:2]
    sides = (box[2] - box[0]) * width, (box[3] - box[1]) * height
    center = (box[0] + box[2]) / 2 * width, (box[1] + box[3]) / 2 * height
    factor = math.ceil(max(sides) / longest_side)
    margins = [2 * (max(1, round(reach * side / factor)) + STRIP) for side in sides]
    largest = [
        math.ceil(scale * side / factor) + margin
        for side, margin in zip(sides, margins, strict=True)
    ]
    starts = [round(c - size * factor / 2) for c, size in zip(center, largest, strict=True)]
    pad = max(0, -min(starts), math.ceil(max(largest) * factor) + max(starts) - min(height, width))
    left, top = starts[0] + pad, starts[1] + pad
    corners = left, top, left + largest[0] * factor, top + largest[1] * factor

    def resized(pixels: np.ndarray, mode: Literal["edge", "constant"]) -> np.ndarray:
        padded = np.pad(pixels, ((pad, pad), (pad, pad)) + ((0, 0),) * (pixels.ndim - 2), mode)
        image = Image.fromarray(padded).resize(largest, Image.Resampling.BICUBIC, box=corners)
        return np.asarray(image)

    picture = resized(frame, "edge").astype(np.float32) / 255 - 0.5
    inside = resized(np.full((height, width), 255, np.uint8), "constant") > 127
    return picture, (sides[0] / factor, sides[1] / factor), inside


def placed(noun: str, color: str | None, width: float, height: float) -> np.ndarray:
    """A sticker as it lies in a box: premultiplied float32 `[y x 4]` in 0..1, with room around.

    The array has the box's sides in pixels, rounded up.
    """
    x0, y0, x1, y1 = fit(sprite_aspect(noun), (0, 0, width, height))
    columns, rows = max(1, round(x1 - x0)), max(1, round(y1 - y0))
    premultiplied = sprite(noun, color)
    # Four plain bands: Pillow would premultiply "RGBA" once more.
    picture = Image.frombytes("RGBX", premultiplied.shape[1::-1], premultiplied.tobytes())
    picture = picture.resize((columns, rows), Image.Resampling.BICUBIC)
    result = np.zeros((math.ceil(height), math.ceil(width), 4), np.float32)
    top, left = (result.shape[0] - rows) // 2, (result.shape[1] - columns) // 2
    result[top : top + rows, left : left + columns] = np.asarray(picture) / np.float32(255)
    return result


def both_ways(
    nouns: Sequence[str], color: str | None, width: float, height: float
) -> Float[np.ndarray, "s y x 4"]:
    """Each of the stickers as `placed`, and then mirrored."""
    stickers = [placed(noun, color, width, height) for noun in nouns]
    return np.stack([way for one in stickers for way in (one, one[:, ::-1])])


@functools.lru_cache(maxsize=16)
def _bank(color: str | None, width: float, height: float) -> _Bank:
    stickers = both_ways(CANDIDATES, color, width, height)
    opacity = stickers[..., 3:]
    values, clear = stickers[..., :3] - opacity / 2, 1 - opacity
    flat = len(stickers), -1
    size = stickers.shape[2], stickers.shape[1]
    return _Bank(size, values.reshape(flat), clear.reshape(flat), (values * clear).reshape(flat))


def _correlations(
    picture: Float[np.ndarray, "y x 3"], behind: Float[np.ndarray, "y x 3"], bank: _Bank
) -> Float[np.ndarray, "s offsets"]:
    """Correlation of each candidate, over what is behind, with each place that it fits into.

    The composites `values + clear * behind` are never formed: their products with the picture and
    with themselves are matrix products of the bank with windows.
    """
    there, below = windows(picture, bank.size), windows(behind, bank.size)
    flat = len(there), -1
    sums = bank.values.sum(axis=1, keepdims=True) + bank.clear @ below.sum(axis=2).T
    squares = (
        np.square(bank.values).sum(axis=1, keepdims=True)
        + 2 * bank.mixed @ below.reshape(flat).T
        + np.square(bank.clear) @ np.square(below).sum(axis=2).T
    )
    products = bank.values @ there.reshape(flat).T + bank.clear @ (there * below).sum(axis=2).T
    count = bank.values.shape[1]
    mean, power = there.mean(axis=(1, 2)), np.square(there).sum(axis=(1, 2))
    least = count * FLAT**2
    spread = np.maximum(squares - sums**2 / count, least)
    return (products - sums * mean) / np.sqrt(spread * np.maximum(power - count * mean**2, least))


def windows(
    picture: Float[np.ndarray, "y x 3"], size: tuple[int, int]
) -> Float[np.ndarray, "offsets p 3"]:
    """Every part of the picture that is `size` = (width, height) large, row by row."""
    parts = sliding_window_view(picture, size[::-1], axis=(0, 1))  # [y x 3 height width]
    return np.moveaxis(parts, 2, -1).reshape(-1, size[0] * size[1], 3)
