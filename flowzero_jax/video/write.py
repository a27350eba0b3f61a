"""`write_video`: encodes under a temporary name, reads the file back, then renames it."""

import os
import shutil
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from jaxtyping import UInt8

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.files import atomic_path, reason, sync, temporary_name
from flowzero_jax.video.gif import encode_gif, gif_delays
from flowzero_jax.video.mp4 import encode_mp4
from flowzero_jax.video.paths import FOLDER, check_fps, check_output_path, check_size
from flowzero_jax.video.read import frame_files, read_video
from flowzero_jax.video.sheet import contact_sheet
from flowzero_jax.video.webp import encode_webp, webp_durations

MAX_FRAMES = 10_000
"""Frames of a folder are numbered with four digits."""


def write_video(path: str | Path, frames: UInt8[np.ndarray, "f H W 3"], fps: float = 4.0) -> Path:
    """Writes frames to a file, or PNGs to a folder, and reads them back before they are named.

    The ending decides: .mp4 (H.264, yuv420p), .gif, .webp (lossless), .png (a contact sheet), .npz
    (`frames`), none or an existing folder (frame_0000.png ...). An older result of that name is
    replaced; when anything fails it stays as it was.

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
    path = Path(path)
    fps = check_fps(fps)
    kind = check_output_path(path)
    frames = _check_frames(np.asarray(frames), kind)
    if kind == FOLDER:
        _write_folder(path, frames)
        return path
    with atomic_path(path) as temporary:
        try:
            _encode(temporary, kind, frames, fps)
            _verify(temporary, kind, frames, fps)
        except OutputError as error:
            raise OutputError(str(error).replace(str(temporary), str(path))) from error
    return path


def _check_frames(frames: np.ndarray, kind: str) -> UInt8[np.ndarray, "f H W 3"]:
    if frames.ndim != 4 or frames.shape[3] != 3 or 0 in frames.shape:
        raise InputError(f"frames have the shape {frames.shape}; give [frames, height, width, 3]")
    if frames.dtype != np.uint8:
        raise InputError(f"frames are {frames.dtype}; give uint8, 0 to 255 (round and clip first)")
    num_frames, height, width, _ = frames.shape
    check_size(kind, height, width)
    if kind == FOLDER and num_frames > MAX_FRAMES:
        raise InputError(f"{num_frames} frames: a folder holds at most {MAX_FRAMES}; write .mp4")
    return np.ascontiguousarray(frames)


def _encode(path: Path, kind: str, frames: UInt8[np.ndarray, "f H W 3"], fps: float) -> None:
    match kind:
        case ".mp4":
            encode_mp4(frames, fps, path)
        case ".gif":
            path.write_bytes(encode_gif(frames, fps))
        case ".webp":
            path.write_bytes(encode_webp(frames, fps))
        case ".png":
            iio.imwrite(path, contact_sheet(frames))
        case ".npz":
            np.savez_compressed(path, frames=frames)


def _verify(path: Path, kind: str, frames: UInt8[np.ndarray, "f H W 3"], fps: float) -> None:
    """Reads `path` back; raises OutputError unless it holds these frames."""
    if not path.exists() or not path.stat().st_size:
        raise OutputError(f"{path}: the encoder wrote nothing; write .gif, .webp or a folder")
    expected = contact_sheet(frames)[None] if kind == ".png" else frames
    found = read_video(path)
    if found.frames.shape != expected.shape:
        raise OutputError(
            f"{path}: read back as {found.frames.shape} instead of {expected.shape}; "
            "write .webp or a folder instead"
        )
    if kind in (".webp", ".png", ".npz") and not np.array_equal(found.frames, expected):
        raise OutputError(f"{path}: read back with other pixels; write .npz or a folder instead")
    expected_fps = _expected_fps(kind, len(frames), fps)
    # ffmpeg reports two decimals.
    if expected_fps and abs((found.fps or 0) - expected_fps) > max(0.006, 1e-3 * expected_fps):
        raise OutputError(
            f"{path}: read back with {found.fps} frames a second instead of {expected_fps:g}; "
            "give another fps or write .webp"
        )


def _expected_fps(kind: str, num_frames: int, fps: float) -> float | None:
    """What a file of that format says when it is written at `fps`."""
    match kind:
        case ".mp4":
            return fps
        case ".gif":
            return 100 * num_frames / sum(gif_delays(num_frames, fps))
        case ".webp":
            return 1000 * num_frames / sum(webp_durations(num_frames, fps))
    return None


def _write_folder(path: Path, frames: UInt8[np.ndarray, "f H W 3"]) -> None:
    """PNG frames: all are written and read back in a temporary folder, then named.

    In a folder that exists, frames of an older result are replaced, those beyond the new number
    removed, and other files left alone.
    """
    existing = path.is_dir()
    temporary = temporary_name(path / "frames" if existing else path)
    try:
        temporary.mkdir()
        for index, frame in enumerate(frames):
            file = temporary / f"frame_{index:04d}.png"
            iio.imwrite(file, frame)
            sync(file)
        if not np.array_equal(read_video(temporary).frames, frames):
            raise OutputError(f"{path}: read back with other pixels; write .npz instead")
        if existing:
            written = {file.name for file in frame_files(temporary)}
            for file in frame_files(temporary):
                os.replace(file, path / file.name)
            for file in frame_files(path):
                if file.name not in written:
                    file.unlink()
            sync(path)
        else:
            os.replace(temporary, path)
            sync(path.parent)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {reason(error)}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
