"""Contact sheets for documents: one row of frames per video, small enough for a repository."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from flowzero_jax.errors import OutputError
from flowzero_jax.files import atomic_path
from flowzero_jax.scene import SceneSyntax

MAX_BYTES = 300_000
_GAP, _LABEL = 4, 14
_BOX_COLORS = ("#ff2d55", "#00c7be", "#ffcc00", "#5856d6", "#34c759")


class Row(NamedTuple):
    """A labelled video; its boxes are drawn where a scene is given."""

    label: str
    frames: UInt8[np.ndarray, "f H W 3"]
    scene: SceneSyntax | None = None


def draw_rows(rows: Sequence[Row]) -> Image.Image:
    """One row of frames per video, each under its label."""
    height, width = rows[0].frames.shape[1:3]
    columns = max(len(row.frames) for row in rows)
    line = height + _LABEL + _GAP
    size = columns * (width + _GAP) + _GAP, len(rows) * line + _GAP
    sheet = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for k, row in enumerate(rows):
        top = k * line + _GAP
        pen.text((_GAP, top - 1), row.label, "black", font)
        for i, frame in enumerate(row.frames):
            left = _GAP + i * (width + _GAP)
            sheet.paste(Image.fromarray(frame), (left, top + _LABEL))
            if row.scene is not None:
                _draw_boxes(pen, row.scene, i, (left, top + _LABEL), (width, height))
    return sheet


def _draw_boxes(pen, scene: SceneSyntax, index: int, corner, size) -> None:
    names = list(dict.fromkeys(item.id for frame in scene.frames for item in frame.objects))
    for item in scene.frames[index].objects:
        points = [corner[k % 2] + round(v * (size[k % 2] - 1)) for k, v in enumerate(item.box)]
        pen.rectangle(points, outline=_BOX_COLORS[names.index(item.id) % len(_BOX_COLORS)])


def save_small(image: Image.Image, path: Path, max_bytes: int = MAX_BYTES) -> None:
    """Writes a WebP file of at most `max_bytes`, in the best quality that fits.

    Raises:
      OutputError: it does not fit at all, or cannot be written.
    """
    for quality in (92, 85, 75, 60, 45, 30):
        file = io.BytesIO()
        image.save(file, "WEBP", quality=quality, method=6)
        if file.tell() <= max_bytes:
            with atomic_path(path) as temporary:
                temporary.write_bytes(file.getvalue())
            return
    raise OutputError(f"{path}: does not fit into {max_bytes} bytes; put fewer rows on a sheet")
