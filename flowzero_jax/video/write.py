"""`write_video`: encodes under a temporary name, reads the file back, then renames it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.video.formats import FOLDER, Format
from flowzero_jax.video.paths import check_fps, check_output_path, check_size, output_format
from flowzero_jax.video.read import read_video


def write_video(path: str | Path, frames: UInt8[np.ndarray, "f H W 3"], fps: float = 4.0) -> Path:
    """Writes frames to a file, or PNGs to a folder, and reads them back before they are named.

    The ending decides: .mp4 (H.264, yuv420p), .gif, .webp and .apng (lossless), .png (a contact
    sheet), .npz (`frames`), none or an existing folder (frame_0000.png ...). An older result of
    that name is replaced; when anything fails it stays as it was.

    Args:
      path: where to; its folder must exist.
      frames: RGB, rows from the top.
      fps: frames per second, 0.01 to 240; without meaning for .png, .npz and folders.

    Returns:
      `path` as a Path.

    Raises:
      InputError: frames, fps or path that the format cannot hold.
      OutputError: the file cannot be written, or does not read back as what was written.
    """
    with staged_video(Path(path), frames, fps):
        return Path(path)


@contextlib.contextmanager
def staged_video(
    path: Path, frames: UInt8[np.ndarray, "f H W 3"], fps: float = 4.0
) -> Iterator[Path]:
    """Yields the temporary file, or folder, with the video, which is named when the block succeeds.

    Takes and raises what `write_video` does.
    """
    fps = check_fps(fps)
    check_output_path(path)
    format = output_format(path)
    frames = format.arrange(_check_frames(np.asarray(frames), format))
    with format.replace(path) as temporary:
        try:
            format.encode(frames, fps, temporary)
            _verify(temporary, format, frames, fps)
        except OutputError as error:
            raise OutputError(str(error).replace(str(temporary), str(path))) from error
        yield temporary


def _check_frames(frames: np.ndarray, format: Format) -> UInt8[np.ndarray, "f H W 3"]:
    if frames.ndim != 4 or frames.shape[3] != 3 or 0 in frames.shape:
        raise InputError(f"frames have the shape {frames.shape}; give [frames, height, width, 3]")
    if frames.dtype != np.uint8:
        raise InputError(f"frames are {frames.dtype}; give uint8, 0 to 255 (round and clip first)")
    num_frames, height, width, _ = frames.shape
    check_size(format.name, height, width)
    if format.max_frames is not None and num_frames > format.max_frames:
        holder = "a folder" if format.name == FOLDER else format.name
        raise InputError(
            f"{num_frames} frames: {holder} holds at most {format.max_frames}; write .mp4"
        )
    return np.ascontiguousarray(frames)


def _verify(path: Path, format: Format, frames: UInt8[np.ndarray, "f H W 3"], fps: float) -> None:
    """Reads `path` back; raises OutputError unless it holds these frames."""
    found = read_video(path)
    other = "" if format.name == FOLDER else " or a folder"
    if found.frames.shape != frames.shape:
        raise OutputError(
            f"{path}: read back as {found.frames.shape} instead of {frames.shape}; "
            f"write .webp{other} instead"
        )
    if format.lossless and not np.array_equal(found.frames, frames):
        raise OutputError(f"{path}: read back with other pixels; write .npz{other} instead")
    rate = format.rate(len(frames), fps)
    # ffmpeg reports two decimals.
    if rate is not None and abs((found.fps or 0) - rate) > max(0.006, 1e-3 * rate):
        raise OutputError(
            f"{path}: read back with {found.fps} frames a second instead of {rate:g}; "
            "give another fps or write .webp"
        )
