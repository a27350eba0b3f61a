"""SHA-256 of a checkpoint's files: the manifest in its folder, and one hash for the whole."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from flowzero_jax.errors import ModelError, OutputError
from flowzero_jax.files import sha256
from flowzero_jax.weights.small_files import exists, read_json, require_file

MANIFEST = "manifest.json"

Hashes = dict[str, str]


def file_hashes(folder: Path, paths: Iterable[Path]) -> Hashes:
    """Name relative to `folder` → SHA-256 of the file, sorted; raises ModelError."""
    hashes = {}
    for path in sorted(paths):
        require_file(path)
        try:
            hashes[path.relative_to(folder).as_posix()] = sha256(path)
        except OutputError as error:
            raise ModelError(str(error)) from error
    return hashes


def checkpoint_hash(hashes: Hashes) -> str:
    """One SHA-256 over names and hashes, the same whatever lies beside the files."""
    lines = (f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def check_manifest(folder: Path, hashes: Hashes) -> None:
    """Raises ModelError if the folder has a manifest, and a file differs or is not in it."""
    path = folder / MANIFEST
    if not exists(path):
        return
    listed = read_json(path)
    for name, digest in hashes.items():
        if name not in listed:
            raise ModelError(f"{folder / name}: not in {MANIFEST}; remove one of the two")
        if listed[name] != digest:
            raise ModelError(
                f"{folder / name}: changed or damaged, its SHA-256 is not the one in {MANIFEST}; "
                f"copy it anew, or remove {MANIFEST} if you changed it"
            )
