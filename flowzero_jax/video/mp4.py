"""H.264 in MP4 as every browser plays it, by the ffmpeg that imageio-ffmpeg carries.

imageio's own video writer forks, which JAX's threads forbid, and its reader leaves pipes open; so
ffmpeg is called directly here. Still pictures go through imageio.
"""

import re
import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from jaxtyping import UInt8

from flowzero_jax.errors import OutputError

FRAMES_IN = "-v error -y -f rawvideo -pix_fmt rgb24 -s {size} -r {rate} -i pipe:0"
# ffmpeg alone would convert by BT.601 and tag nothing; players then guess by the size.
COLOURS = (
    "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,"
    "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
)
# One thread: the bytes do not depend on the number of cores.
H264_OUT = "-an -c:v libx264 -pix_fmt yuv420p -crf 18 -threads 1 -movflags +faststart"
FRAMES_OUT = "-an -sws_flags accurate_rnd+full_chroma_int -f rawvideo -pix_fmt rgb24 pipe:1"
STREAM = re.compile(r"Video: .*, (?P<width>\d+)x(?P<height>\d+)[ ,].* (?P<fps>[\d.]+) fps")
"""How ffmpeg describes the first stream of its input: its only report of the rate."""


def encode_mp4(frames: UInt8[np.ndarray, "f H W 3"], fps: float, path: Path) -> None:
    """Writes the frames (even height and width) to `path`; raises OutputError."""
    _, height, width, _ = frames.shape
    rate = Fraction(fps).limit_denominator(100_000)
    options = FRAMES_IN.format(size=f"{width}x{height}", rate=rate).split()
    options += ["-vf", COLOURS, *H264_OUT.split(), _url(path)]
    run = _run_ffmpeg(options, path, memoryview(frames.data).cast("B"))
    if run.returncode:
        said = _first_line(run.stderr.decode(errors="replace"))
        raise OutputError(
            f"{path}: ffmpeg failed ({said}); free space or write .gif, .webp or a folder instead"
        )
    if not path.exists() or not path.stat().st_size:
        raise OutputError(f"{path}: the encoder wrote nothing; write .gif, .webp or a folder")


def decode_mp4(path: Path) -> tuple[UInt8[np.ndarray, "f H W 3"], float]:
    """All frames of a video file and its frames per second; raises OutputError."""
    run = _run_ffmpeg(["-i", _url(path), *FRAMES_OUT.split()], path)
    stream = STREAM.search(run.stderr.decode(errors="replace"))
    if run.returncode or not stream or not run.stdout:
        raise OutputError(f"{path}: not a readable video")
    width, height = int(stream["width"]), int(stream["height"])
    frames = np.frombuffer(run.stdout, np.uint8).reshape(-1, height, width, 3)
    return frames, float(stream["fps"])


def require_ffmpeg(path: Path) -> None:
    """Raises OutputError, naming the `path` to be written, if there is no ffmpeg."""
    run = _run_ffmpeg(["-version"], path)
    if run.returncode:
        raise OutputError(f"{path}: ffmpeg does not run; write .gif, .webp or a folder")


def _run_ffmpeg(
    options: list[str], path: Path, data: memoryview | bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    try:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), *options]
        # In a group of its own: a Ctrl-C at the terminal is not meant for the encoder.
        return subprocess.run(command, input=data, capture_output=True, process_group=0)
    except (OSError, RuntimeError) as error:
        said = _first_line(str(error))
        raise OutputError(
            f"{path}: ffmpeg cannot be run ({said}); write .gif, .webp or a folder instead"
        ) from error


def _url(path: Path) -> str:
    """A path as ffmpeg takes it: a leading dash or a colon is no option and no protocol."""
    return f"file:{path}"


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0] or "no message"
