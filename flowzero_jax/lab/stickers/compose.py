"""Composes training pictures: stickers in boxes on a background, with phrases and a caption.

An example depends on its generator alone, and a batch's example `i` on `(seed, start + i)` alone:
training resumes exactly, and any number of processes can share the work.
"""

import dataclasses
import math
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from flowzero_jax.lab.stickers.backgrounds import BACKGROUNDS, paint_background
from flowzero_jax.lab.stickers.captions import Thing, caption, name_thing
from flowzero_jax.lab.stickers.sprites import draw_sprite, sprite_aspect
from flowzero_jax.lab.stickers.vocabulary import COLORS, NOUNS

Box = tuple[float, float, float, float]

_NOUNS = tuple(NOUNS)
_COLORS = tuple(COLORS)
_BACKGROUNDS = tuple(BACKGROUNDS)
_BACKGROUND_ODDS = np.cumsum([BACKGROUNDS[name].weight for name in _BACKGROUNDS])
_COUNT_ODDS = np.cumsum([0.05, 0.40, 0.27, 0.14, 0.07, 0.05, 0.01, 0.005, 0.005])
# Geometric mean of a box's sides: its range by the number of objects.
_SIDES = {
    1: (0.22, 0.75),
    2: (0.20, 0.55),
    3: (0.18, 0.45),
    4: (0.16, 0.38),
    5: (0.16, 0.34),
    6: (0.15, 0.28),
    7: (0.15, 0.26),
    8: (0.15, 0.26),
}
_MIN_SIDE, _MAX_SIDE = 0.15, 0.75
_OFTEN_COLORED = frozenset(
    ("ball", "balloon", "bird", "boat", "car", "flower", "butterfly", "fish")
)


@dataclasses.dataclass(frozen=True)
class Scene:
    """What a picture shows, before it is drawn.

    Attributes:
      things: The stickers' words, in drawing order.
      boxes: Their boxes `(x0, y0, x1, y1)` in 0..1.
      background: The background's name.
      caption: A description of it all.
    """

    things: tuple[Thing, ...]
    boxes: tuple[Box, ...]
    background: str
    caption: str


@dataclasses.dataclass(frozen=True)
class Example:
    """One training picture.

    Attributes:
      image: uint8 `[H W 3]`.
      boxes: float32 `[n 4]`, `(x0, y0, x1, y1)` in 0..1.
      phrases: One per box ("a red ball").
      caption: A description of it all.
      scene: What it was drawn from (nouns, colours, background).
    """

    image: np.ndarray
    boxes: np.ndarray
    phrases: tuple[str, ...]
    caption: str
    scene: Scene


class ExampleBatch(NamedTuple):
    """Stacked examples `b` with their boxes in `n` fixed slots, the present ones first.

    `texts` holds the captions and phrases; empty slots have the phrase "".
    """

    images: np.ndarray  # uint8 [b H W 3]
    boxes: np.ndarray  # float32 [b n 4], 0 in empty slots
    object_mask: np.ndarray  # float32 [b n], 1 = present
    captions: list[str]  # [b]
    phrases: list[list[str]]  # [b][n]
    scenes: list[Scene]  # [b]


def _draw_index(rng: Generator, cumulative: np.ndarray) -> int:
    return int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))


def _box(rng: Generator, aspect: float, sides: tuple[float, float], shrink: float) -> Box:
    """A random box for a sticker of an aspect; now and then clipped by the frame's edge."""
    low, high = sides
    side = (low + (high - low) * rng.random() ** 1.3) * shrink
    spread = 0.10 if rng.random() < 0.55 else 0.42
    stretch = math.exp(0.5 * (math.log(aspect) + spread * rng.standard_normal()))
    width = min(max(side * stretch, _MIN_SIDE), _MAX_SIDE)
    height = min(max(side / stretch, _MIN_SIDE), _MAX_SIDE)
    beyond = 0.35 if rng.random() < 0.10 else 0.0
    x = -beyond * width + rng.random() * (1 - width + 2 * beyond * width)
    y = -beyond * height + rng.random() * (1 - height + 2 * beyond * height)
    x0, y0, x1, y1 = max(x, 0.0), max(y, 0.0), min(x + width, 1.0), min(y + height, 1.0)
    if x1 - x0 < _MIN_SIDE:
        x0, x1 = (0.0, _MIN_SIDE) if x < 0 else (1 - _MIN_SIDE, 1.0)
    if y1 - y0 < _MIN_SIDE:
        y0, y1 = (0.0, _MIN_SIDE) if y < 0 else (1 - _MIN_SIDE, 1.0)
    return x0, y0, x1, y1


def _overlap(a: Box, b: Box) -> float:
    """The shared area as a fraction of the smaller box."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return width * height / smaller


def _boxes(rng: Generator, aspects: list[float]) -> tuple[Box, ...]:
    """Boxes with little overlap: tries again, and smaller, while one covers too much of another."""
    allowed = 0.35 if rng.random() < 0.08 else 0.06
    boxes: list[Box] = []
    for aspect in aspects:
        best: Box | None = None
        least = math.inf
        for attempt in range(24):
            box = _box(rng, aspect, _SIDES[len(aspects)], 0.96**attempt)
            covered = max((_overlap(box, other) for other in boxes), default=0.0)
            if covered < least:
                best, least = box, covered
            if covered <= allowed:
                break
        assert best is not None
        boxes.append(best)
    return tuple(boxes)


def sample_scene(rng: Generator) -> Scene:
    """Draws what a picture shows: objects, boxes, background, words."""
    count = _draw_index(rng, _COUNT_ODDS)
    looks: list[tuple[str, str | None]] = []
    # Now and then many of a kind: "five birds".
    again = 0.95 if count >= 4 and rng.random() < 0.25 else 0.22
    for _ in range(count):
        if looks and rng.random() < again:
            noun, color = looks[int(rng.random() * len(looks))]
            if rng.random() < max(again, 0.7):
                looks.append((noun, color))
                continue
        else:
            noun = _NOUNS[int(rng.random() * len(_NOUNS))]
        colored = rng.random() < (0.4 if noun in _OFTEN_COLORED else 0.25)
        looks.append((noun, _COLORS[int(rng.random() * len(_COLORS))] if colored else None))
    boxes = _boxes(rng, [sprite_aspect(noun) for noun, _ in looks])
    things: list[Thing] = []
    for (noun, color), (x0, y0, x1, y1) in zip(looks, boxes, strict=True):
        same = [thing for thing in things if (thing.noun, thing.color) == (noun, color)]
        if same and rng.random() < 0.9:  # "two puppies", not "a puppy and a dog".
            things.append(same[0])
        else:
            things.append(name_thing(rng, noun, color, (x1 - x0) * (y1 - y0)))
    if rng.random() < 0.5:  # Half of the pictures say where their things look.
        sides = [("left", "right")[int(rng.random() * 2)] for _ in things]
        things = [
            dataclasses.replace(thing, facing=side)
            for thing, side in zip(things, sides, strict=True)
        ]
    named = rng.random() < 0.88
    if not named and things and rng.random() < 0.6:
        # A caption without a place mostly means plain paper: the model learns a default.
        background = "plain background"
    else:
        background = _BACKGROUNDS[_draw_index(rng, _BACKGROUND_ODDS)]
    words = caption(rng, things, boxes, BACKGROUNDS[background], named)
    return Scene(tuple(things), boxes, background, words)


def draw_scene(rng: Generator, scene: Scene, size: int = 128) -> np.ndarray:
    """Draws a scene as uint8 `[H W 3]`; the generator decides the background's details."""
    image = paint_background(rng, scene.background, size)
    for thing, (x0, y0, x1, y1) in zip(scene.things, scene.boxes, strict=True):
        box = (x0 * size, y0 * size, x1 * size, y1 * size)
        draw_sprite(image, thing.noun, box, thing.color, thing.facing)
    return image


def compose(rng: Generator, size: int = 128) -> Example:
    """Composes one training picture of `size` x `size` pixels; the generator decides everything."""
    scene = sample_scene(rng)
    image = draw_scene(rng, scene, size)
    boxes = np.asarray(scene.boxes, np.float32).reshape(-1, 4)
    phrases = tuple(thing.facing_phrase for thing in scene.things)
    return Example(image, boxes, phrases, scene.caption, scene)


def example_rng(seed: int, index: int) -> Generator:
    """Returns the generator of the example with a number."""
    return np.random.default_rng((seed, index))


def compose_batch(
    seed: int, start: int, count: int, size: int = 128, max_objects: int = 30
) -> ExampleBatch:
    """Composes the examples `start` to `start + count`; each depends on its own number alone."""
    examples = [compose(example_rng(seed, start + i), size) for i in range(count)]
    boxes = np.zeros((count, max_objects, 4), np.float32)
    object_mask = np.zeros((count, max_objects), np.float32)
    phrases = []
    for i, example in enumerate(examples):
        present = len(example.phrases)
        boxes[i, :present] = example.boxes
        object_mask[i, :present] = 1
        phrases.append([*example.phrases, *[""] * (max_objects - present)])
    return ExampleBatch(
        np.stack([example.image for example in examples]),
        boxes,
        object_mask,
        [example.caption for example in examples],
        phrases,
        [example.scene for example in examples],
    )


def sample_texts(seed: int, count: int) -> list[str]:
    """Returns the captions and phrases of so many scenes, without drawing them."""
    texts: list[str] = []
    for index in range(count):
        scene = sample_scene(example_rng(seed, index))
        texts += [scene.caption, *(thing.facing_phrase for thing in scene.things)]
    return texts
