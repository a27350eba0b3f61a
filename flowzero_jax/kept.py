"""What tracing found out, kept beside JAX's compiled programs: traced programs, tensors' shapes.

Where the compilation cache is on and a local folder, results lie there, under a name that is the
hash of everything that decides them: the sources that trace and the versions of JAX and flax among
it, so that a changed line there forgets them all. `devices.cache` sees to it that nobody else can
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

TRACING = (".", "models", "devices", "weights")
"""The folders of this package in which programs and networks are traced."""

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


def folder() -> Path | None:
    """Where results are kept in this process; None: nowhere."""
    settings = jax.config.values
    path = settings["jax_compilation_cache_dir"]
    on = path and settings["jax_enable_compilation_cache"] and "://" not in path
    return Path(path) if on else None


def _path(kind: str, decisive: tuple[object, ...]) -> Path | None:
    if (place := folder()) is None:
        return None
    text = repr((_sources(), _switches(), *decisive))
    return place / f"flowzero-{kind}-{hashlib.sha256(text.encode()).hexdigest()}"


def _switches() -> list[tuple[str, object]]:
    """JAX's own settings, many of which change what is traced."""
    values = jax.config.values.items()
    return sorted(item for item in values if not any(part in item[0] for part in _IRRELEVANT))


@functools.cache
def _sources() -> str:
    """Of what traces: of our own every line, of JAX and flax the versions."""
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for name in TRACING:
        for path in sorted(package.joinpath(name).glob("*.py")):
            digest.update(path.read_bytes())
    versions = [version(name) for name in ("jax", "jaxlib", "flax")]
    return f"{digest.hexdigest()} {versions}"
