"""Contact sheets: pictures in a grid with their boxes and words, to look at data and samples."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_LINE = 12
_BOX_COLORS = ("#ff2d55", "#00c7be", "#ffcc00", "#5856d6", "#34c759")


def _wrapped(text: str, width: int, lines: int) -> list[str]:
    rows = [""]
    for word in text.split():
        if len(rows[-1]) + len(word) + 1 > width and rows[-1]:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return rows[:lines]


def contact_sheet(
    images: np.ndarray,
    captions: Sequence[str],
    boxes: Sequence[np.ndarray] | np.ndarray | None = None,
    columns: int = 6,
    scale: int = 1,
    lines: int = 3,
) -> Image.Image:
    """Draws pictures in a grid, each with its caption below and its boxes on it.

    Args:
      images: uint8 `[b H W 3]`.
      captions: One text per picture.
      boxes: Per picture `[n 4]` in 0..1; empty slots (no area) are skipped. None draws no boxes.
      columns: Pictures in a row.
      scale: Whole-number enlargement of the pictures.
      lines: Lines of text below a picture.
    """
    count, height, width = images.shape[:3]
    height, width = height * scale, width * scale
    cell_width, cell_height = width + 6, height + lines * _LINE + 6
    rows = -(-count // columns)
    sheet = Image.new("RGB", (columns * cell_width, rows * cell_height), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(10)
    for i in range(count):
        left, top = i % columns * cell_width + 3, i // columns * cell_height + 3
        picture = Image.fromarray(images[i])
        sheet.paste(picture.resize((width, height), Image.Resampling.NEAREST), (left, top))
        for k, (x0, y0, x1, y1) in enumerate(boxes[i] if boxes is not None else ()):
            if x1 > x0 and y1 > y0:
                corners = (
                    left + round(float(x0) * width),
                    top + round(float(y0) * height),
                    left + max(round(float(x1) * width) - 1, round(float(x0) * width)),
                    top + max(round(float(y1) * height) - 1, round(float(y0) * height)),
                )
                pen.rectangle(corners, outline=_BOX_COLORS[k % len(_BOX_COLORS)])
        for k, line in enumerate(_wrapped(captions[i], width // 5, lines)):
            pen.text((left, top + height + k * _LINE), line, fill="black", font=font)
    return sheet
