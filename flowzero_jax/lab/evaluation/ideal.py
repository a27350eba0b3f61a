"""Scenes drawn by hand: the training stickers in their boxes over one background that moves.

What a perfect model would draw. The measures of these videos are the ceiling for any model.
"""

import math

import numpy as np
from jaxtyping import UInt8

from flowzero_jax.facing import facings
from flowzero_jax.lab.evaluation.identity import read_look
from flowzero_jax.lab.stickers.backgrounds import paint_background
from flowzero_jax.lab.stickers.sprites import draw_sprite
from flowzero_jax.scene import SceneSyntax
from flowzero_jax.tabulate import SPEED_UNIT, accumulated_shifts


def draw_video(
    scene: SceneSyntax, background: str, seed: int = 0, size: int = 128
) -> UInt8[np.ndarray, "f size size 3"]:
    """Draws a scene on a background of `stickers.backgrounds` that moves on whole pixels.

    Raises:
      InputError: a phrase is not of the sticker vocabulary, or the font is missing.
    """
    shifts = accumulated_shifts([frame.background_motion for frame in scene.frames], (size, size))
    shifts = np.round(shifts).astype(int)
    margin = math.ceil(np.abs(shifts).max())
    picture = paint_background(np.random.default_rng(seed), background, size + 2 * margin)
    frames = []
    ways = facings(scene, SPEED_UNIT)
    for frame, way, (dy, dx) in zip(scene.frames, ways, shifts, strict=True):
        top, left = margin - dy, margin - dx
        image = picture[top : top + size, left : left + size].copy()
        for item in frame.objects:
            look = read_look(item.phrase)
            x0, y0, x1, y1 = (size * value for value in item.box)
            draw_sprite(image, look.noun, (x0, y0, x1, y1), look.color, way[item.id])
        frames.append(image)
    return np.stack(frames)
