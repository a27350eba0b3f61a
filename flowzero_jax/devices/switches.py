"""JAX's switches as they are while it works for us: the same video whatever the shell says.

They come from the environment (JAX_ENABLE_X64=1) or from the program around us, which gets them
back. Compilers have others, which a video's record names (`metadata.rounding_variables`).
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import jax

PINNED: tuple[tuple[Any, Any], ...] = (
    # They change numbers.
    (jax.allow_f16_reductions, True),
    (jax.default_matmul_precision, None),
    (jax.disable_jit, False),
    (jax.enable_x64, False),
    (jax.numpy_dtype_promotion, "standard"),
    (jax.threefry_partitionable, True),
    # They refuse what is no mistake, or run everything twice; numbers are looked at anyway.
    (jax.check_tracer_leaks, False),
    (jax.debug_infs, False),
    (jax.debug_key_reuse, False),
    (jax.debug_nans, False),
    (jax.numpy_rank_promotion, "allow"),
    (jax.transfer_guard, "allow"),
)


@contextmanager
def pinned() -> Iterator[None]:
    """Within the block, or the function that it decorates, all switches have our values."""
    with ExitStack() as stack:
        for switch, value in PINNED:
            stack.enter_context(switch(value))
        yield
