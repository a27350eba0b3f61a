"""GIF with one palette for all frames and position-fixed dithering: nothing flickers.

The file is put together here because Pillow's writer merges identical neighbours, which loses
frames, and chooses a palette for every frame, whose colours then jump.
"""

import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import GifImagePlugin, Image

MIN_DELAY = 2
"""Hundredths of a second; browsers show anything shorter at 10 frames per second."""
PALETTE_PIXELS = 1 << 19
"""How many pixels, spread evenly over the video, vote for the palette."""
STRENGTH = 4
"""Peak-to-peak size of the dither pattern in mean errors of the palette."""
BAYER = (
    np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) + 0.5
) / 16 - 0.5


def encode_gif(frames: UInt8[np.ndarray, "f H W 3"], fps: float, path: Path) -> None:
    """Writes the frames as an endlessly looping GIF of at most 256 colours.

    Warns if `fps` does not fit delays of whole hundredths of a second.
    """
    delays = gif_delays(len(frames), fps)
    if 100 / fps % 1 or 100 / fps < MIN_DELAY:
        shown = 100 * len(delays) / sum(delays)
        warnings.warn(
            f"GIF delays are whole hundredths of a second: at {fps:g} fps frames last "
            f"{' or '.join(f'{delay}0' for delay in sorted(set(delays)))} ms "
            f"({shown:.4g} fps on average); 4, 5, 10, 20 or 25 fps are exact, or write .mp4",
            stacklevel=2,
        )
    height, width = frames.shape[1:3]
    palette, error = common_palette(frames)
    colours = np.asarray(palette.getpalette(), np.uint8)
    offsets = dither_offsets(height, width, error)
    parts = [
        b"GIF89a",
        np.array([width, height], "<u2").tobytes(),
        bytes([0b1111_0111, 0, 0]),  # a global table of 256 colours, background 0, no aspect
        colours.tobytes().ljust(768, b"\0"),
        b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00",  # repeat for ever
    ]
    previous = None
    for frame, delay in zip(frames, delays, strict=True):
        indices = quantize(frame, palette, offsets)
        left, top, right, bottom = changed_box(indices, previous)
        image = Image.fromarray(indices[top:bottom, left:right], "P")
        parts += GifImagePlugin.getdata(image, (left, top), duration=10 * delay)
        previous = indices
    path.write_bytes(b"".join([*parts, b";"]))


def gif_delays(num_frames: int, fps: float) -> list[int]:
    """Each frame's delay in hundredths of a second; rounding errors do not add up."""
    times = [round(100 * index / fps) for index in range(num_frames + 1)]
    return [max(MIN_DELAY, end - start) for start, end in pairwise(times)]


def gif_rate(num_frames: int, fps: float) -> float:
    """The frames per second that whole hundredths come to."""
    return 100 * num_frames / sum(gif_delays(num_frames, fps))


def common_palette(
    frames: UInt8[np.ndarray, "f H W 3"],
) -> tuple[Image.Image, Float32[np.ndarray, "3"]]:
    """The (up to) 256 colours that serve all frames best, and how far off they are per channel."""
    pixels = frames.reshape(-1, 3)
    sample = Image.fromarray(pixels[:: max(1, len(pixels) // PALETTE_PIXELS)][None])
    palette = sample.quantize(256, Image.Quantize.MEDIANCUT, kmeans=1)
    error = np.abs(np.asarray(palette.convert("RGB"), np.float32) - np.asarray(sample))
    return palette, error.mean(axis=(0, 1))


def dither_offsets(
    height: int, width: int, error: Float32[np.ndarray, "3"]
) -> Float32[np.ndarray, "H W 3"]:
    """Ordered-dither pattern, as strong as the palette is coarse for this video.

    The pattern depends on the position alone, so a pixel that keeps its colour keeps its index.
    """
    tiled = np.tile(BAYER, (height // 4 + 1, width // 4 + 1))[:height, :width]
    return np.asarray(tiled[..., None] * STRENGTH * error)


def quantize(
    frame: UInt8[np.ndarray, "H W 3"], palette: Image.Image, offsets: Float32[np.ndarray, "H W 3"]
) -> UInt8[np.ndarray, "H W"]:
    """Palette indices of a frame."""
    dithered = np.clip(np.rint(frame + offsets), 0, 255).astype(np.uint8)
    image = Image.fromarray(dithered).quantize(palette=palette, dither=Image.Dither.NONE)
    return np.asarray(image)


def changed_box(
    indices: UInt8[np.ndarray, "H W"], previous: UInt8[np.ndarray, "H W"] | None
) -> tuple[int, int, int, int]:
    """The part (left, top, right, bottom) that differs from the previous frame: at least a pixel.

    An identical frame is kept as one pixel, so the number of frames and their times stay.
    """
    height, width = indices.shape
    if previous is None:
        return 0, 0, width, height
    rows, columns = np.nonzero(indices != previous)
    if not len(rows):
        return 0, 0, 1, 1
    left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    return int(left), int(top), int(right), int(bottom)
