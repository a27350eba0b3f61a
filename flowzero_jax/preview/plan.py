"""Pictures of a scene before any model runs: a contact sheet (png) or an animation (gif).

Every frame is one tile: the boxes in the colour of their track, the phrases, the way that each
box's centre has come so far, and the background's motion as an arrow; number and description stand
underneath. Texts are drawn letter by letter and mean nothing to the drawing.
"""

import math
import os
from bisect import bisect_right
from functools import lru_cache
from itertools import cycle
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from PIL.ImageDraw import ImageDraw as Draw
from PIL.ImageFont import FreeTypeFont as Font

from flowzero_jax.errors import InputError
from flowzero_jax.files import atomic_path
from flowzero_jax.scene import DIRECTIONS, BackgroundMotion, Frame, SceneSyntax

Colour = tuple[int, int, int]
Trail = list[tuple[float, float]]
_PAPER, _TILE, _GRID, _EDGE, _INK, _FAINT = (
    "#f3f3ef", "#ffffff", "#efefec", "#c9c9c4", "#1f1f1f", "#7a7a76",
)  # fmt: skip
_COLOURS = (
    (33, 105, 180), (190, 60, 38), (28, 128, 62), (128, 60, 170), (176, 108, 0), (0, 128, 140),
    (190, 40, 112), (72, 74, 192), (108, 118, 22), (122, 76, 52),
)  # fmt: skip
_FINE = 2  # tiles are drawn this much larger, then reduced: smooth lines
_SIZES = ((12, 256), (40, 192), (160, 128), (512, 96))  # tile side by number of frames
_CAPTION_LINES = 5
_GIF_TILE = 384
_GIF_MILLISECONDS = 250


def draw_scene(scene: SceneSyntax, size: int | None = None) -> Image.Image:
    """A contact sheet of all frames, in rows, under the prompt.

    `size`: side of a tile in pixels (64 to 1024); by default smaller where there are many frames.
    Raises: InputError for another size.
    """
    count = len(scene.frames)
    if size is None:
        size = next(side for most, side in _SIZES if count <= most)
    if type(size) is not int or not 64 <= size <= 1024:
        raise InputError(f"size: {size!r} is not a whole number from 64 to 1024")
    columns = _columns(count)
    gap = max(size // 16, 6)
    tiles = _draw_frames(scene, size)
    width = columns * (size + gap) + gap
    title_font = _font(max(size // 14, 11))
    title = _wrapped(scene.prompt, title_font, width - 2 * gap, 3)
    title_height = len(title) * _line_height(title_font) + (gap if title else 0)
    tile_height = tiles[0].height
    rows = math.ceil(count / columns)
    sheet = Image.new("RGB", (width, title_height + rows * (tile_height + gap) + gap), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(title):
        draw.text((gap, gap + number * _line_height(title_font)), line, _INK, title_font)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        left, top = gap + column * (size + gap), gap + title_height + row * (tile_height + gap)
        sheet.paste(tile, (left, top))
    return sheet


def write_preview(scene: SceneSyntax, path: str | os.PathLike[str]) -> None:
    """Writes the contact sheet (`.png`) or an animation of the tiles (`.gif`), atomically.

    Raises: InputError for another ending, OutputError if the file cannot be written.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in (".png", ".gif"):
        raise InputError(f"{path}: a preview is a .png or a .gif; change the file's ending")
    with atomic_path(path) as temporary:
        if ending == ".png":
            draw_scene(scene).save(temporary, format="PNG")
        else:
            first, *others = _draw_frames(scene, _GIF_TILE)
            first.save(
                temporary, format="GIF", save_all=True, append_images=others, loop=0,
                duration=_GIF_MILLISECONDS, disposal=2,
            )  # fmt: skip


def _columns(count: int) -> int:
    """Rows of four for short videos, a sheet wider than high for long ones."""
    if count <= 4:
        return count
    return 4 if count <= 12 else min(math.ceil(math.sqrt(count * 1.6)), 24)


def _draw_frames(scene: SceneSyntax, size: int) -> list[Image.Image]:
    """One tile with its caption for every frame, all of one height."""
    font = _font(max(size // 19, 9))
    indent = font.getlength(f"{len(scene.frames) - 1}  ")
    moving = any(frame.background_motion.speed > 0 for frame in scene.frames[1:])
    room = size - indent - (3.5 * font.size if moving else 0)
    captions = [_wrapped(frame.description, font, room, _CAPTION_LINES) for frame in scene.frames]
    height = size + size // 24 + max(map(len, captions)) * _line_height(font)
    ids = dict.fromkeys(obj.id for frame in scene.frames for obj in frame.objects)
    colours = dict(zip(ids, cycle(_COLOURS), strict=False))
    trails: dict[str, Trail] = {}
    tiles = []
    for number, (frame, caption) in enumerate(zip(scene.frames, captions, strict=True)):
        for obj in frame.objects:
            x0, y0, x1, y1 = obj.box
            trails.setdefault(obj.id, []).append(((x0 + x1) / 2, (y0 + y1) / 2))
        tile = Image.new("RGB", (size, height), _PAPER)
        tile.paste(_draw_tile(frame, trails, colours, size), (0, 0))
        draw = ImageDraw.Draw(tile)
        top = size + size // 24
        draw.text((0, top), str(number), _FAINT, font)
        for k, line in enumerate(caption):
            draw.text((indent, top + k * _line_height(font)), line, _INK, font)
        if number and frame.background_motion.speed > 0:
            _draw_motion(draw, frame.background_motion, font, size, top)
        tiles.append(tile)
    return tiles


def _draw_tile(
    frame: Frame, trails: dict[str, Trail], colours: dict[str, Colour], size: int
) -> Image.Image:
    side = size * _FINE
    image = Image.new("RGB", (side, side), _TILE)
    draw = ImageDraw.Draw(image, "RGBA")
    for k in (1, 2, 3):
        draw.line((k * side / 4, 0, k * side / 4, side), _GRID, _FINE)
        draw.line((0, k * side / 4, side, k * side / 4), _GRID, _FINE)
    pen = max(size // 110, 1) * _FINE
    for obj in frame.objects:
        box = tuple(round(value * (side - 1)) for value in obj.box)
        draw.rectangle(box, (*colours[obj.id], 46), (*colours[obj.id], 255), pen)
    for obj in frame.objects:
        _draw_trail(draw, trails[obj.id], colours[obj.id], side, pen)
    _draw_labels(draw, frame, colours, side)
    draw.rectangle((0, 0, side - 1, side - 1), None, _EDGE, _FINE)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def _draw_trail(draw: Draw, trail: Trail, colour: Colour, side: int, pen: int) -> None:
    """The way so far: a line through the past centres, a dot where the object is now."""
    points = [(x * side, y * side) for x, y in trail]
    if len(points) > 1:
        draw.line(points, (*colour, 170), pen, joint="curve")
    for x, y in points[:-1][-64:]:
        draw.ellipse((x - pen, y - pen, x + pen, y + pen), (*colour, 200))
    x, y = points[-1]
    draw.ellipse((x - 2 * pen, y - 2 * pen, x + 2 * pen, y + 2 * pen), (*colour, 255))


def _draw_labels(draw: Draw, frame: Frame, colours: dict[str, Colour], side: int) -> None:
    """The phrases, each at its box where no other label is."""
    crowd = len(frame.objects)
    font = _font(max(side // (19 if crowd <= 6 else 24 if crowd <= 14 else 30), 9))
    taken: list[tuple[float, float, float, float]] = []
    said: set[str] = set()
    for obj in frame.objects:
        text = (_wrapped(obj.phrase, font, 0.55 * side, 1) or [""])[0]
        pad = side // 110
        width, height = font.getlength(text) + 4 * pad, _line_height(font) + pad
        x0, y0, x1, y1 = (value * side for value in obj.box)
        places = [(x0, y0 - height), (x0, y1), (x1 - width, y0 - height), (x0, y1 - height)]
        inside = width <= x1 - x0 and 1.6 * height <= y1 - y0
        places.insert(0 if inside else 1, (x0, y0))
        spots = [(min(max(x, 0), side - width), min(max(y, 0), side - height)) for x, y in places]
        rects = [(x, y, x + width, y + height) for x, y in spots]
        rect = min(rects, key=lambda r: sum(_overlap(r, other) for other in taken))
        hidden = sum(_overlap(rect, other) for other in taken) > 0.2 * width * height
        if obj.phrase in said and (hidden or crowd > 8):
            continue  # a crowd of the same: one label tells
        said.add(obj.phrase)
        taken.append(rect)
        draw.rounded_rectangle(rect, 3 * pad, (*colours[obj.id], 235))
        draw.text((rect[0] + 2 * pad, rect[1]), text, "#ffffff", font)


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)


def _draw_motion(draw: Draw, motion: BackgroundMotion, font: Font, right: int, top: int) -> None:
    """The background's motion, right-aligned in the caption: an arrow (a wave) and the speed."""
    text = f"{motion.speed:.2g}"
    unit = font.size
    draw.text((right - font.getlength(text), top), text, _FAINT, font)
    cx, cy = right - font.getlength(text) - 0.95 * unit, top + 0.68 * unit
    pen = max(round(unit / 8), 1)
    if motion.direction == "random":
        xs = [cx + (k / 12 - 1) * 0.6 * unit for k in range(25)]
        wave = [(x, cy + 0.22 * unit * math.sin(k * 0.8)) for k, x in enumerate(xs)]
        draw.line(wave, _INK, pen, joint="curve")
        return
    step = DIRECTIONS[motion.direction]
    dx, dy = step[0] / math.hypot(*step), step[1] / math.hypot(*step)
    reach, head = 0.55 * unit, 0.42 * unit
    x, y = cx + dx * reach, cy + dy * reach
    draw.line((cx - dx * reach, cy - dy * reach, x - dx * pen, y - dy * pen), _INK, pen)
    sides = [(x - (dx + s * 0.6 * dy) * head, y - (dy - s * 0.6 * dx) * head) for s in (-1, 1)]
    draw.polygon([(x, y), *sides], _INK)


@lru_cache(maxsize=32)
def _font(size: int) -> Font:
    font = ImageFont.load_default(size)
    assert isinstance(font, Font)
    return font


def _line_height(font: Font) -> int:
    return round(font.size * 1.3)


def _wrapped(text: str, font: Font, width: float, most: int) -> list[str]:
    """`text` in at most `most` lines of `width` pixels; an ellipsis stands for the rest."""
    lines: list[str] = []
    rest = " ".join(text.split())
    while rest:
        cut = _fitting(rest, font, width)
        if cut < len(rest):
            space = rest.rfind(" ", 0, cut + 1)
            cut = space if space > 0 else max(cut, 1)
        if len(lines) == most - 1 and cut < len(rest):
            cut = max(_fitting(rest, font, width - font.getlength("…")), 1)
            return [*lines, rest[:cut].rstrip() + "…"]
        lines.append(rest[:cut])
        rest = rest[cut:].lstrip()
    return lines


def _fitting(text: str, font: Font, width: float) -> int:
    """How many characters of `text` are at most `width` pixels wide."""
    counts = range(1, min(len(text), 400) + 1)
    return bisect_right(counts, width, key=lambda count: font.getlength(text[:count]))
