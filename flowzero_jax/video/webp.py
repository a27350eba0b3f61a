"""Lossless animated WebP, one complete image per frame.

The container is put together here because the library's animation writer drops frames that equal
their predecessor. Layout: the WebP container specification (RIFF chunks VP8X, ANIM, ANMF).
"""

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

ANIMATED = 0x02
"""The VP8X flag of an animation."""
NO_BLENDING = 0x02
"""The ANMF flag of a frame that replaces what is below."""


def encode_webp(frames: UInt8[np.ndarray, "f H W 3"], fps: float, path: Path) -> None:
    """Writes the frames as an endlessly looping WebP animation; every pixel exact."""
    height, width = frames.shape[1:3]
    canvas = _int24(width - 1) + _int24(height - 1)
    chunks = _chunk(b"VP8X", bytes([ANIMATED, 0, 0, 0]) + canvas)
    chunks += _chunk(b"ANIM", bytes(6))  # background colour, 0 = repeat for ever
    for frame, duration in zip(frames, webp_durations(len(frames), fps), strict=True):
        place = _int24(0) + _int24(0) + canvas + _int24(duration) + bytes([NO_BLENDING])
        chunks += _chunk(b"ANMF", place + _image_chunk(frame))
    size = (4 + len(chunks)).to_bytes(4, "little")
    path.write_bytes(b"RIFF" + size + b"WEBP" + chunks)


def webp_durations(num_frames: int, fps: float) -> list[int]:
    """Each frame's duration in milliseconds; rounding errors do not add up."""
    times = [round(1000 * index / fps) for index in range(num_frames + 1)]
    return [end - start for start, end in pairwise(times)]


def webp_rate(num_frames: int, fps: float) -> float:
    """The frames per second that whole milliseconds come to."""
    return 1000 * num_frames / sum(webp_durations(num_frames, fps))


def _image_chunk(frame: UInt8[np.ndarray, "H W 3"]) -> bytes:
    """The image as a bitstream chunk: a still file without its 12-byte RIFF header."""
    file = io.BytesIO()
    Image.fromarray(frame).save(file, "WEBP", lossless=True)
    return file.getvalue()[12:]


def _chunk(name: bytes, payload: bytes) -> bytes:
    return name + len(payload).to_bytes(4, "little") + payload + b"\0" * (len(payload) % 2)


def _int24(value: int) -> bytes:
    return value.to_bytes(3, "little")
