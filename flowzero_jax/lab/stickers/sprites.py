"""Stickers: emoji glyphs as premultiplied images, in any colour and size, looking to either side.

The rule that binds a sticker to its box: upright, aspect kept, the largest that
fits, centred. `draw_sprite` is the only place that knows it.
"""

import functools
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from flowzero_jax.errors import InputError
from flowzero_jax.lab.stickers.colors import recolor
from flowzero_jax.lab.stickers.vocabulary import COLORS, FACING, NATURAL_COLORS, NOUNS

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


@functools.cache
def _sprite(noun: str, color: str | None, facing: str) -> Image.Image:
    glyph = _glyph(noun)
    if color is not None and NATURAL_COLORS.get(noun) != color:
        glyph = recolor(glyph, COLORS[color])
    if facing and FACING.get(noun, facing) != facing:
        glyph = glyph[:, ::-1]
    premultiplied = glyph.copy()
    premultiplied[..., :3] *= glyph[..., 3:]
    pixels = np.round(255 * premultiplied).astype(np.uint8)
    # Four bands that Pillow resizes as they are: premultiplied colours stay premultiplied.
    return Image.frombytes("RGBX", pixels.shape[1::-1], pixels.tobytes())


def sprite(noun: str, color: str | None = None, facing: str = "") -> np.ndarray:
    """Returns a sticker as premultiplied uint8 `[h w 4]`, cropped to what is opaque.

    Args:
      noun: A word of `vocabulary.NOUNS`.
      color: A word of `vocabulary.COLORS`, or None for the emoji's own colours.
      facing: "left" or "right" mirrors what looks to the other side; "" leaves it as it is.

    Raises:
      InputError: the noun is unknown, or the font is missing or lacks the glyph.
    """
    return np.asarray(_sprite(noun, color, facing))


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
    facing: str = "",
) -> None:
    """Draws a sticker into its box, in place: upright, aspect kept, the largest that fits, centred.

    Args:
      image: uint8 `[H W 3]`.
      noun: A word of `vocabulary.NOUNS`.
      box: `(x0, y0, x1, y1)` in pixels, inside the image.
      color, facing: As for `sprite`.
    """
    x0, y0, x1, y1 = fit(sprite_aspect(noun), box)
    width, height = max(1, round(x1 - x0)), max(1, round(y1 - y0))
    left = min(max(round((x0 + x1 - width) / 2), 0), image.shape[1] - width)
    top = min(max(round((y0 + y1 - height) / 2), 0), image.shape[0] - height)
    # Bicubic with the support scaled to the reduction: antialiased, without much ringing.
    drawn = _sprite(noun, color, facing).resize((width, height), Image.Resampling.BICUBIC)
    source = np.asarray(drawn).astype(np.uint16)
    region = image[top : top + height, left : left + width]
    behind = region * (255 - source[..., 3:]) + 127
    np.minimum(source[..., :3] + behind // 255, 255, out=behind)
    region[...] = behind
