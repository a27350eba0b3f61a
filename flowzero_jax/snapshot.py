"""Where a video's denoising stands, in a file, so that an interrupted generation can go on."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.files import atomic_path, reason
from flowzero_jax.sampler import SamplerState


def fingerprint(*parts: Any) -> str:
    """A hash of what decides a video: arrays, and values that JSON can hold."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype} {part.shape} ".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        else:
            digest.update(json.dumps(part, sort_keys=True).encode())
        digest.update(b"\n")
    return digest.hexdigest()


class Snapshot:
    """A file for one video batch; the fingerprint of what decides it is kept inside."""

    def __init__(self, path: str | Path, identity: str):
        self.path = Path(path)
        self.identity = identity

    def read(self, like: SamplerState) -> tuple[int, SamplerState] | None:
        """Steps done and the state after them; None if there is no file.

        Args:
          like: a state of the shapes that are expected.

        Raises:
          InputError: the file is no snapshot, or one of other videos.
          OutputError: the file cannot be read.
        """
        try:
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                identity = str(arrays["identity"])
                done, state = int(arrays["done"]), SamplerState(arrays["latents"], arrays["clean"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile, TypeError) as error:
            raise InputError(
                f"{self.path}: not a snapshot of a generation; give another name"
            ) from error
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be read: {reason(error)}") from error
        shapes = [(array.shape, array.dtype) for array in state]
        if identity != self.identity or shapes != [(x.shape, x.dtype) for x in like]:
            raise InputError(
                f"{self.path}: belongs to another video (prompt, seed, settings or model differ); "
                "delete it or give another name"
            )
        return done, state

    def write(self, done: int, state: SamplerState) -> None:
        """Replaces the file atomically; raises OutputError."""
        latents, clean = (np.asarray(array) for array in state)
        with atomic_path(self.path) as temporary, temporary.open("wb") as file:
            np.savez(file, identity=self.identity, done=done, latents=latents, clean=clean)

    def remove(self) -> None:
        """Deletes the file: the video is drawn."""
        self.path.unlink(missing_ok=True)
