"""The GEGLU feed-forward layer of the transformer blocks."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from flowzero_jax.models.layers import Dtype


class FeedForward(nn.Module):
    """Dense layer gated by the exact (erf) GELU, four times wider inside."""

    dtype: Dtype = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """`[… d]` → `[… d]`."""
        width = x.shape[-1]
        hidden = nn.Dense(8 * width, dtype=self.dtype, name="net.0.proj")(x)
        hidden, gate = jnp.split(hidden, 2, axis=-1)
        return nn.Dense(width, dtype=self.dtype, name="net.2")(
            hidden * nn.gelu(gate, approximate=False)
        )
