"""A contact sheet: all frames in one picture."""

import math
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from jaxtyping import UInt8

PAPER = 255


def sheet_grid(num_frames: int, height: int, width: int) -> tuple[int, int]:
    """(rows, columns) of the sheet whose shape is nearest to a landscape page (4 : 3)."""

    def misfit(columns: int) -> float:
        rows = math.ceil(num_frames / columns)
        empty = rows * columns - num_frames
        return abs(math.log(columns * width / (rows * height) * 3 / 4)) + empty / num_frames

    columns = min(range(1, num_frames + 1), key=misfit)
    return math.ceil(num_frames / columns), columns


def sheet_gap(height: int, width: int) -> int:
    """The white gap between frames, in pixels."""
    return max(2, min(height, width) // 32)


def contact_sheet(frames: UInt8[np.ndarray, "f H W 3"]) -> UInt8[np.ndarray, "y x 3"]:
    """The frames in reading order on a white sheet with small gaps."""
    num_frames, height, width, _ = frames.shape
    rows, columns = sheet_grid(num_frames, height, width)
    gap = sheet_gap(height, width)
    shape = (rows * (height + gap) + gap, columns * (width + gap) + gap, 3)
    sheet = np.full(shape, PAPER, np.uint8)
    for index, frame in enumerate(frames):
        row, column = divmod(index, columns)
        top, left = gap + row * (height + gap), gap + column * (width + gap)
        sheet[top : top + height, left : left + width] = frame
    return sheet


def as_sheet(frames: UInt8[np.ndarray, "f H W 3"]) -> UInt8[np.ndarray, "1 y x 3"]:
    """The contact sheet as a video of one frame."""
    return contact_sheet(frames)[None]


def encode_sheet(sheet: UInt8[np.ndarray, "1 y x 3"], fps: float, path: Path) -> None:
    """Writes what `as_sheet` made as a PNG; the rate is not kept."""
    iio.imwrite(path, sheet[0])
