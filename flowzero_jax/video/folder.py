"""A folder of numbered PNG frames, whose other files stay as they are."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from jaxtyping import UInt8

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.files import reason, sync, temporary_name
from flowzero_jax.video.pictures import decode_pictures

MAX_FRAMES = 10_000
"""Frames are numbered with four digits."""


def encode_folder(frames: UInt8[np.ndarray, "f H W 3"], fps: float, path: Path) -> None:
    """Writes frame_0000.png … to the folder `path`; the rate is not kept."""
    for index, frame in enumerate(frames):
        iio.imwrite(path / f"frame_{index:04d}.png", frame)


def decode_folder(path: Path) -> tuple[UInt8[np.ndarray, "f H W 3"], None]:
    """The frames of a folder; raises InputError if it has none."""
    files = frame_files(path)
    if not files:
        raise InputError(f"{path}: holds no frame_0000.png")
    return np.concatenate([decode_pictures(file)[0] for file in files]), None


def frame_files(folder: Path) -> list[Path]:
    """The PNG frames of a folder, in order."""
    return sorted(folder.glob("frame_[0-9][0-9][0-9][0-9].png"))


@contextlib.contextmanager
def atomic_frames(path: Path) -> Iterator[Path]:
    """Yields a temporary folder for frames, which become those of `path` if the block succeeds.

    In a folder that exists, frames of an older result are replaced, those beyond the new number
    removed, and other files left alone. What else lies beside the new frames comes along. On any
    exception `path` is as before.

    Raises: OutputError if the block or the renaming meets an `OSError`.
    """
    existing = path.is_dir()
    temporary = temporary_name(path / "frames" if existing else path)
    try:
        temporary.mkdir()
        yield temporary
        for file in temporary.iterdir():
            sync(file)
        if existing:
            _replace_frames(temporary, path)
            sync(path)
        else:
            os.replace(temporary, path)
            sync(path.parent)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {reason(error)}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _replace_frames(source: Path, target: Path) -> None:
    written = {file.name: file for file in sorted(source.iterdir())}
    for name, file in written.items():
        os.replace(file, target / name)
    for file in frame_files(target):
        if file.name not in written:
            file.unlink()
