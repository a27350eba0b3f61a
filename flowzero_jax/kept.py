"""What tracing found out, kept beside JAX's compiled programs: traced programs, tensors' shapes.

Where the compilation cache is on and a local folder, results lie there, under a name that is the
hash of everything that decides them: the sources of this package and the versions of JAX and flax
among it, so that a changed line forgets them all. `devices.cache` sees to it that nobody else can
write to that folder. Nothing here fails: what cannot be read or written is worked out anew.
"""

import contextlib
import functools
import hashlib
from importlib.metadata import version
from pathlib import Path

import jax

from flowzero_jax.errors import OutputError
from flowzero_jax.files import atomic_path

# What may differ from run to run without changing a program.
_IRRELEVANT = ("cache", "log", "debug_info", "traceback", "distributed", "coordin", "profiler")


def recall(kind: str, *decisive: object) -> bytes | None:
    """What was kept of a kind under these decisive values, by their text; None if nothing is."""
    path = _path(kind, decisive)
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError:
        return None


def keep(content: bytes, kind: str, *decisive: object) -> None:
    """Keeps `content` for later runs, if there is a folder that can be written to."""
    path = _path(kind, decisive)
    if path is not None:
        with contextlib.suppress(OutputError), atomic_path(path) as temporary:
            temporary.write_bytes(content)


def enabled() -> bool:
    """Whether anything is kept in this process."""
    return _folder() is not None


def _folder() -> Path | None:
    settings = jax.config.values
    folder = settings["jax_compilation_cache_dir"]
    on = folder and settings["jax_enable_compilation_cache"] and "://" not in folder
    return Path(folder) if on else None


def _path(kind: str, decisive: tuple[object, ...]) -> Path | None:
    folder = _folder()
    if folder is None:
        return None
    text = repr((_sources(), _switches(), *decisive))
    return folder / f"flowzero-{kind}-{hashlib.sha256(text.encode()).hexdigest()}"


def _switches() -> list[tuple[str, object]]:
    """JAX's own settings, many of which change what is traced."""
    values = jax.config.values.items()
    return sorted(item for item in values if not any(part in item[0] for part in _IRRELEVANT))


@functools.cache
def _sources() -> str:
    """Of this package, JAX and flax: of the first every line, of the others the versions."""
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for path in sorted([*package.glob("*.py"), *package.glob("models/*.py")]):
        digest.update(path.read_bytes())
    versions = [version(name) for name in ("jax", "jaxlib", "flax")]
    return f"{digest.hexdigest()} {versions}"
