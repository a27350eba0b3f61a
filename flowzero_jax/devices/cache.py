"""Compiled programs are kept between runs, in a folder that nobody else can write to.

Whoever can write a cache entry decides what machine code runs here: JAX trusts its cache. So the
folder is private (0700), and one that belongs to or is writable by others is not used.
"""

import os
import warnings
from pathlib import Path

import jax
from jax.experimental.compilation_cache import compilation_cache

from flowzero_jax.errors import OutputError
from flowzero_jax.files import make_private_folder, user_cache_folder

MIN_COMPILE_SECONDS = 0.5
"""Programs that compile faster are not worth a file."""
NEVER = 1e9
"""A minimal compile time, in seconds, that no program reaches: entries are read, none written."""


def enable_compilation_cache(folder: str | Path | None = None) -> str | None:
    """Turns JAX's persistent compilation cache on; never fails.

    Args:
      folder: a folder or a bucket's URL; None takes JAX_COMPILATION_CACHE_DIR, else
        flowzero_jax/xla in the user's cache folder.

    Returns:
      The folder in use, None if the cache is off.

    Warns:
      UserWarning: the folder cannot be used, and why, or can only be read.
    """
    path = folder or os.environ.get("JAX_COMPILATION_CACHE_DIR") or user_cache_folder("xla")
    try:
        if path is None:
            raise OutputError("no home folder; set XDG_CACHE_HOME or give --cache-dir")
        # Of a bucket, whose rights only its owner can see, the user has to be sure.
        if not (bucket := "://" in str(path)):
            make_private_folder(Path(path))
    except OutputError as error:
        warnings.warn(f"compilation cache off: {error}", stacklevel=2)
        disable_compilation_cache()
        return None
    writable = bucket or os.access(path, os.W_OK | os.X_OK)
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
