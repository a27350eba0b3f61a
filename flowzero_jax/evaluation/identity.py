"""Which sticker a box shows: the best match among all nouns of the vocabulary.

Every noun's sticker, in the colouring that the phrase asks for, is placed as training places it
(upright, aspect kept, the largest that fits the box, centred) and correlated with the picture over
its own opaque pixels, at small offsets and a few sizes. "Right" means that the asked noun scores
highest. Nothing learned judges the pictures.
"""

import functools
import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from flowzero_jax.errors import InputError
from flowzero_jax.training.sprites import fit, sprite, sprite_aspect
from flowzero_jax.training.vocabulary import COLORS, NOUNS, SYNONYMS

CANDIDATES = tuple(NOUNS)
REACH = 0.07  # offsets of the sticker, as a fraction of the box's sides
SCALES = (0.93, 1.0, 1.07)
LONGEST_SIDE = 64  # pixels; larger boxes are reduced, by a whole factor
# A patch whose values (0..1) spread less than this is called flat: it correlates with nothing.
_FLAT = 0.02
# Pixels weigh opacity to this power: a translucent edge shows more background than sticker.
_SHARPNESS = 12
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
    patch, (width, height) = _patch(frame, box)
    reach_x, reach_y = _reach(width), _reach(height)
    best = np.full(len(CANDIDATES), -1.0, np.float32)
    for scale in SCALES:
        bank = _bank(color, round(width * scale, 2), round(height * scale, 2))
        columns, rows = bank.size[0] + 2 * reach_x, bank.size[1] + 2 * reach_y
        left, top = (patch.shape[1] - columns) // 2, (patch.shape[0] - rows) // 2
        region = patch[top : top + rows, left : left + columns]
        best = np.maximum(best, _correlations(region, bank).max(axis=1))
    return best


class _Bank(NamedTuple):
    """All candidates in a box of one size; axis `s` candidate, `p` pixel of the box."""

    size: tuple[int, int]  # width, height
    values: Float[np.ndarray, "s 3*p"]  # weight x (colour - mean), of unit length
    weights: Float[np.ndarray, "s p"]  # 1 where a sticker is opaque, soon 0 elsewhere


def _reach(side: float) -> int:
    return max(1, round(REACH * side))


def _patch(
    frame: np.ndarray, box: tuple[float, float, float, float]
) -> tuple[Float[np.ndarray, "y x 3"], tuple[float, float]]:
    """The box in the middle of a margin, reduced, -0.5..0.5; and its own (width, height).

    A box that is not reduced is cut out on whole pixels: not a value is interpolated.
    """
    height, width = frame.shape[:2]
    sides = (box[2] - box[0]) * width, (box[3] - box[1]) * height
    center = (box[0] + box[2]) / 2 * width, (box[1] + box[3]) / 2 * height
    factor = math.ceil(max(sides) / LONGEST_SIDE)
    largest = [math.ceil(max(SCALES) * side / factor) + 2 * _reach(side / factor) for side in sides]
    starts = [round(c - size * factor / 2) for c, size in zip(center, largest, strict=True)]
    pad = max(0, -min(starts), math.ceil(max(largest) * factor) + max(starts) - min(height, width))
    padded = np.pad(frame, ((pad, pad), (pad, pad), (0, 0)), mode="edge")
    left, top = starts[0] + pad, starts[1] + pad
    corners = left, top, left + largest[0] * factor, top + largest[1] * factor
    cut = Image.fromarray(padded).resize(largest, Image.Resampling.BICUBIC, box=corners)
    return np.asarray(cut).astype(np.float32) / 255 - 0.5, (sides[0] / factor, sides[1] / factor)


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


@functools.lru_cache(maxsize=16)
def _bank(color: str | None, width: float, height: float) -> _Bank:
    size = math.ceil(width), math.ceil(height)
    values = np.zeros((len(CANDIDATES), size[1], size[0], 3), np.float32)
    weights = np.zeros((len(CANDIDATES), size[1], size[0]), np.float32)
    for noun, value, weight in zip(CANDIDATES, values, weights, strict=True):
        pixels = placed(noun, color, width, height)
        weight[...] = pixels[..., 3] ** _SHARPNESS
        straight = pixels[..., :3] / np.maximum(pixels[..., 3:], 0.1)
        mean = np.average(straight.mean(axis=-1), weights=weight)
        centered = straight - mean
        value[...] = centered * weight[..., None]
        value /= max(math.sqrt(float((centered * value).sum())), 1e-6)
    flat = len(CANDIDATES), -1
    return _Bank(size, values.reshape(flat), weights.reshape(flat))


def _correlations(
    region: Float[np.ndarray, "y x 3"], bank: _Bank
) -> Float[np.ndarray, "s offsets"]:
    """Weighted correlation of each candidate with each place of the region that it fits into."""
    width, height = bank.size
    windows = sliding_window_view(region, (height, width), axis=(0, 1))
    windows = windows.reshape(-1, 3, height * width)  # [offsets 3 p]
    products = bank.values @ windows.transpose(0, 2, 1).reshape(len(windows), -1).T
    sums = bank.weights @ windows.sum(axis=1).T
    squares = bank.weights @ np.square(windows).sum(axis=1).T
    count = 3 * bank.weights.sum(axis=1, keepdims=True)
    spread = np.maximum(squares - sums**2 / count, count * _FLAT**2)
    return products / np.sqrt(spread)
