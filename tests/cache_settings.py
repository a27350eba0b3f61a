"""JAX's settings of its compilation cache, put back after tests that change them."""

import contextlib

import jax
from jax.experimental.compilation_cache import compilation_cache

SETTINGS = (
    "jax_enable_compilation_cache",
    "jax_compilation_cache_dir",
    "jax_persistent_cache_min_entry_size_bytes",
    "jax_persistent_cache_min_compile_time_secs",
)


def cache_settings():
    return [getattr(jax.config, name) for name in SETTINGS]


@contextlib.contextmanager
def put_back():
    before = cache_settings()
    try:
        yield
    finally:
        for name, value in zip(SETTINGS, before, strict=True):
            jax.config.update(name, value)
        compilation_cache.reset_cache()
