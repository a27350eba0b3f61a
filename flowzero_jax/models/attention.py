"""The multi-head attention layer of the UNet."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from flowzero_jax.models.attend import AttentionMethod, KeyValue, attend
from flowzero_jax.models.layers import Dtype
from flowzero_jax.models.platform import CPU, Platform


class Attention(nn.Module):
    """Multi-head attention from pixels to keys and values that `project` made.

    Projecting and attending are apart, so that what does not change from step to step (text,
    objects) or from frame to frame (the first frame) is projected once.
    """

    num_heads: int
    width: int
    use_bias: bool = False
    dtype: Dtype = jnp.float32
    method: AttentionMethod = "auto"
    platform: Platform = CPU

    def setup(self):
        def dense(name: str, use_bias: bool) -> nn.Dense:
            return nn.Dense(self.width, use_bias=use_bias, dtype=self.dtype, name=name)

        self.to_q = dense("to_q", self.use_bias)
        self.to_k = dense("to_k", self.use_bias)
        self.to_v = dense("to_v", self.use_bias)
        self.to_out = dense("to_out.0", True)

    def project(self, context: jax.Array) -> KeyValue:
        """`context [b f s d']` → keys and values of its s tokens."""
        return KeyValue(self._heads(self.to_k(context)), self._heads(self.to_v(context)))

    def __call__(self, x: jax.Array, *sources: KeyValue) -> jax.Array:
        """`x [b f t d]` → `[b f t d]`, attending to all `sources` together."""
        query = self._heads(self.to_q(x))
        self.sow("intermediates", "query", query)
        self.sow("intermediates", "sources", sources)
        out = attend(query, *sources, method=self.method, platform=self.platform)
        return self.to_out(out.reshape(x.shape))

    def _heads(self, x: jax.Array) -> jax.Array:
        return x.reshape(*x.shape[:-1], self.num_heads, -1)
