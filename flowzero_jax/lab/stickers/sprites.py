"""Stickers: emoji glyphs as premultiplied images, in their own or another colour, at any size.

The rule that binds a sticker to its box: upright, never mirrored, aspect kept, the largest that
fits, centred. `draw_sprite` is the only place that knows it.
"""

import functools
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from flowzero_jax.errors import InputError
from flowzero_jax.lab.stickers.vocabulary import COLORS, NATURAL_COLORS, NOUNS

EMOJI_FONT = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
GLYPH_SIZE = 109  # The one bitmap size that the font has.


def font_path() -> Path:
    """Where the emoji font is looked for: FLOWZERO_EMOJI_FONT, else Debian's place."""
    return Path(os.environ.get("FLOWZERO_EMOJI_FONT", EMOJI_FONT))


@functools.cache
def _font(path: str) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(path, GLYPH_SIZE)
    except OSError as error:
        raise InputError(
            f"{path}: cannot read the emoji font ({error}); install Noto Color Emoji or set "
            "FLOWZERO_EMOJI_FONT to its file"
        ) from None


@functools.cache
def _glyph(noun: str) -> np.ndarray:
    """float32 [h w 4] in 0..1, straight alpha, cropped to what is opaque."""
    if noun not in NOUNS:
        raise InputError(f"noun {noun!r}: the sticker vocabulary does not have it")
    canvas = Image.new("RGBA", (2 * GLYPH_SIZE, 2 * GLYPH_SIZE))
    font = _font(str(font_path()))
    ImageDraw.Draw(canvas).text((20, 20), NOUNS[noun], font=font, embedded_color=True)
    alpha = np.asarray(canvas)[..., 3]
    rows, columns = np.nonzero((alpha > 8).any(1))[0], np.nonzero((alpha > 8).any(0))[0]
    if rows.size == 0:
        raise InputError(f"noun {noun!r}: the emoji font has no glyph for {NOUNS[noun]}")
    glyph = np.asarray(canvas)[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return glyph.astype(np.float32) / 255


def tint(glyph: np.ndarray, color: str) -> np.ndarray:
    """Gives a sticker another colour and keeps its shading and outline.

    Every pixel's luminance, relative to the sticker's median, picks a place on a ramp from almost
    black over the colour (at the median) to a light tone of it; alpha stays.

    Args:
      glyph: float32 `[h w 4]` in 0..1, straight alpha.
      color: A word of `vocabulary.COLORS`.
    """
    luminance = glyph[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32)
    opaque = luminance[glyph[..., 3] > 0.5]
    median, top = float(np.median(opaque)), float(opaque.max())
    lower = np.clip(luminance / max(median, 0.05), 0, 1)
    upper = np.clip((luminance - median) / max(top - median, 0.25), 0, 1)
    middle = np.array(COLORS[color], np.float32)
    if color == "white":
        dark, light = np.full(3, 0.30, np.float32), np.ones(3, np.float32)
    elif color == "black":
        dark, light = np.zeros(3, np.float32), np.full(3, 0.48, np.float32)
    else:
        dark, light = 0.18 * middle, 0.50 * middle + 0.50
    ramp = dark + (middle - dark) * lower[..., None] ** 0.9
    ramp = ramp + (light - middle) * upper[..., None]
    return np.concatenate([ramp, glyph[..., 3:]], axis=-1)


@functools.cache
def _sprite(noun: str, color: str | None) -> Image.Image:
    glyph = _glyph(noun)
    if color is not None and NATURAL_COLORS.get(noun) != color:
        glyph = tint(glyph, color)
    premultiplied = glyph.copy()
    premultiplied[..., :3] *= glyph[..., 3:]
    pixels = np.round(255 * premultiplied).astype(np.uint8)
    # Four bands that Pillow resizes as they are: premultiplied colours stay premultiplied.
    return Image.frombytes("RGBX", pixels.shape[1::-1], pixels.tobytes())


def sprite(noun: str, color: str | None = None) -> np.ndarray:
    """Returns a sticker as premultiplied uint8 `[h w 4]`, cropped to what is opaque.

    Raises:
      InputError: the noun is unknown, or the font is missing or lacks the glyph.
    """
    return np.asarray(_sprite(noun, color))


def sprite_aspect(noun: str) -> float:
    """Returns width / height of a noun's sticker."""
    height, width = _glyph(noun).shape[:2]
    return width / height


def fit(aspect: float, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Returns the largest rectangle of an aspect (width / height) inside a box, centred."""
    x0, y0, x1, y1 = box
    width = min(x1 - x0, aspect * (y1 - y0))
    height = width / aspect
    x, y = (x0 + x1 - width) / 2, (y0 + y1 - height) / 2
    return x, y, x + width, y + height


def draw_sprite(
    image: np.ndarray,
    noun: str,
    box: tuple[float, float, float, float],
    color: str | None = None,
) -> None:
    """Draws a sticker into its box, in place: upright, aspect kept, the largest that fits, centred.

    Args:
      image: uint8 `[H W 3]`.
      noun: A word of `vocabulary.NOUNS`.
      box: `(x0, y0, x1, y1)` in pixels, inside the image.
      color: A word of `vocabulary.COLORS`, or None for the emoji's own colours.
    """
    x0, y0, x1, y1 = fit(sprite_aspect(noun), box)
    width, height = max(1, round(x1 - x0)), max(1, round(y1 - y0))
    left = min(max(round((x0 + x1 - width) / 2), 0), image.shape[1] - width)
    top = min(max(round((y0 + y1 - height) / 2), 0), image.shape[0] - height)
    # Bicubic with the support scaled to the reduction: antialiased, without much ringing.
    drawn = _sprite(noun, color).resize((width, height), Image.Resampling.BICUBIC)
    source = np.asarray(drawn).astype(np.uint16)
    region = image[top : top + height, left : left + width]
    behind = region * (255 - source[..., 3:]) + 127
    np.minimum(source[..., :3] + behind // 255, 255, out=behind)
    region[...] = behind
