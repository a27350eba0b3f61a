"""Small files of a checkpoint, read with suspicion: regular files and strict JSON only."""

import json
import stat
from collections import Counter
from pathlib import Path
from typing import Any

from flowzero_jax.errors import ModelError
from flowzero_jax.files import reason

MAX_JSON_BYTES = 16 * 2**20

LFS_POINTER = b"version https://git-lfs.github.com/spec/"


def require_file(path: Path, hint: str = "copy the checkpoint anew") -> None:
    """Raises ModelError unless `path` is a readable regular file with real content.

    Links are followed, because download caches keep their files behind links.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ModelError(f"{path}: not a regular file; {hint}")
        with path.open("rb") as file:
            head = file.read(len(LFS_POINTER))
    except FileNotFoundError as error:
        raise ModelError(f"{path}: no such file; {hint}") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({reason(error)}); {hint}") from error
    if head == LFS_POINTER:
        raise ModelError(
            f"{path}: a git-lfs pointer, not the file itself; run `git lfs pull` in its repository"
        )


def exists(path: Path) -> bool:
    """Whether something is at `path`, be it a broken link; raises ModelError if none can tell."""
    try:
        return path.exists() or path.is_symlink()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({reason(error)})") from error


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file; raises ModelError if it is no strict one, see `parse_json`."""
    require_file(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_JSON_BYTES + 1)
        if len(data) > MAX_JSON_BYTES:
            raise ValueError(f"larger than {MAX_JSON_BYTES >> 20} MiB")
        value = parse_json(data)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({reason(error)})") from error
    except RecursionError as error:
        raise ModelError(f"{path}: nested too deeply for a checkpoint's file") from error
    except ValueError as error:
        raise ModelError(f"{path}: not valid JSON ({error}); copy the file anew") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path}: not a JSON object; copy the file anew")
    return value


def parse_json(data: bytes) -> Any:
    """Strict JSON; raises ValueError for repeated keys and numbers that are not finite."""
    return json.loads(
        data.decode(),
        object_pairs_hook=_without_repeats,
        parse_constant=_refuse_constant,
        parse_float=_finite,
    )


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        repeated = next(name for name, count in counts.items() if count > 1)
        raise ValueError(f"the key {repeated!r} occurs twice")
    return result


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not a number")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large")
    return value
