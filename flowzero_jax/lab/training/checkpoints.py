"""Training checkpoints: Orbax folders with a SHA-256 manifest, the newest intact one restored."""

import json
import shutil
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from flowzero_jax.files import sha256

_MANIFEST = "sha256.json"


def save(folder: Path, step: int, state: Any, keep: int = 2) -> None:
    """Writes `folder/<step>`, then removes all but the newest `keep` checkpoints.

    The manifest is written last: a folder without it was interrupted and is never restored.
    """
    path = folder / str(step)
    if path.exists():
        shutil.rmtree(path)
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(path.absolute() / "state", state)
    (path / _MANIFEST).write_text(json.dumps(_digests(path), indent=1))
    for old in _steps(folder)[:-keep]:
        shutil.rmtree(folder / str(old))


def restore_newest(folder: Path, like: Any) -> Any | None:
    """The newest checkpoint whose files match its manifest, shaped as `like`; None if none."""
    for step in reversed(_steps(folder)):
        path = folder / str(step)
        if _is_whole(path):
            template = jax.tree.map(ocp.utils.to_shape_dtype_struct, like)
            with ocp.StandardCheckpointer() as checkpointer:
                return checkpointer.restore(path.absolute() / "state", template)
    return None


def _steps(folder: Path) -> list[int]:
    if not folder.is_dir():
        return []
    return sorted(int(path.name) for path in folder.iterdir() if path.name.isdigit())


def _is_whole(path: Path) -> bool:
    try:
        expected = json.loads((path / _MANIFEST).read_bytes())
    except (OSError, ValueError):  # not written yet, or damaged itself
        return False
    return expected == _digests(path)


def _digests(path: Path) -> dict[str, str]:
    files = sorted(f for f in (path / "state").rglob("*") if f.is_file())
    return {str(f.relative_to(path)): sha256(f) for f in files}
