"""Compiled programs are kept between runs, in a folder that nobody else can write to.

Whoever can write a cache entry decides what machine code runs here: JAX trusts its cache. So the
folder is private (0700), and one that belongs to or is writable by others is not used.
"""

import os
import stat
import warnings
from pathlib import Path

import jax
from jax.experimental.compilation_cache import compilation_cache

MIN_COMPILE_SECONDS = 0.5
"""Programs that compile faster are not worth a file."""
NEVER = 1e9
"""A minimal compile time, in seconds, that no program reaches: entries are read, none written."""


def enable_compilation_cache(folder: str | Path | None = None) -> str | None:
    """Turns JAX's persistent compilation cache on; never fails.

    Args:
      folder: a folder or a bucket's URL; None takes JAX_COMPILATION_CACHE_DIR, else the folder
        of `default_cache_folder`.

    Returns:
      The folder in use, None if the cache is off.

    Warns:
      UserWarning: the folder cannot be used, and why, or can only be read.
    """
    asked = folder or os.environ.get("JAX_COMPILATION_CACHE_DIR")
    try:
        path = asked or default_cache_folder()
        # Of a bucket, whose rights only its owner can see, the user has to be sure.
        writable = "://" in str(path) or _prepare(Path(path))
    except (OSError, RuntimeError, ValueError) as error:
        warnings.warn(f"compilation cache off: {error}", stacklevel=2)
        disable_compilation_cache()
        return None
    if not writable:
        warnings.warn(f"compilation cache {path} is read-only: nothing is added", stacklevel=2)
    jax.config.update("jax_enable_compilation_cache", True)
    jax.config.update("jax_compilation_cache_dir", str(path))
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    seconds = MIN_COMPILE_SECONDS if writable else NEVER
    jax.config.update("jax_persistent_cache_min_compile_time_secs", seconds)
    compilation_cache.reset_cache()  # JAX looks at these settings only once
    return str(path)


def disable_compilation_cache() -> None:
    """Turns the cache off, one that the environment asks for included."""
    jax.config.update("jax_enable_compilation_cache", False)


def default_cache_folder() -> Path:
    """flowzero_jax/xla in the user's cache folder; raises RuntimeError if there is no home."""
    # By the XDG base directory specification a relative path is to be ignored.
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    if root == Path("/.cache"):  # what an empty HOME, common in containers, comes to
        raise RuntimeError("no home folder; set XDG_CACHE_HOME or give --cache-dir")
    return root / "flowzero_jax" / "xla"


def _prepare(folder: Path) -> bool:
    """Creates the folder; whether it is writable. Raises OSError if it cannot be trusted."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir(exist_ok=True, mode=0o700)
    status = folder.stat()
    if status.st_uid != os.geteuid():
        raise OSError(f"{folder} belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise OSError(f"{folder} is writable by others; chmod go-w it")
    return os.access(folder, os.W_OK | os.X_OK)
