"""The GEGLU feed-forward layer of the transformer blocks."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from flowzero_jax.models.layers import Compute, Dense
from flowzero_jax.models.platform import Platform

# On CPUs so many bytes of hidden features at a time stay in caches.
CACHED_HIDDEN = 24 * 2**20


class FeedForward(nn.Module):
    """Dense layer gated by the exact (erf) GELU, four times wider inside."""

    compute: Compute = Compute()

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """`[… d]` → `[… d]`."""
        width, dtype = x.shape[-1], self.compute.dtype
        widen = Dense(8 * width, dtype=dtype, name="net.0.proj")
        narrow = Dense(width, dtype=dtype, name="net.2")

        def through(x: jax.Array) -> jax.Array:
            hidden, gate = jnp.split(widen(x), 2, axis=-1)
            return narrow(hidden * nn.gelu(gate, approximate=False))

        blocks = 1 if self.is_initializing() else _num_blocks(x, self.compute.platform)
        if blocks == 1:
            return through(x)
        return jax.lax.map(through, x.reshape(blocks, -1, width)).reshape(x.shape)


def _num_blocks(x: jax.Array, platform: Platform) -> int:
    """Into how many equal blocks of tokens `x [… d]` is cut."""
    num_tokens = x.size // x.shape[-1]
    fitting = CACHED_HIDDEN // (8 * x.shape[-1] * x.dtype.itemsize)
    if not platform.is_cpu or num_tokens <= fitting:
        return 1
    return next(n for n in range(-(-num_tokens // fitting), num_tokens + 1) if num_tokens % n == 0)
