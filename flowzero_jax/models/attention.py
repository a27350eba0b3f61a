"""The multi-head attention layer of the UNet."""

import flax.linen as nn
import jax

from flowzero_jax.models.attend import KeyValue, attend
from flowzero_jax.models.layers import Compute, Dense


class Attention(nn.Module):
    """Multi-head attention from pixels to keys and values that `project` made.

    Projecting and attending are apart, so that what does not change from step to step (text,
    objects) or from frame to frame (the first frame) is projected once.
    """

    num_heads: int
    width: int
    compute: Compute = Compute()

    def setup(self):
        def dense(name: str, use_bias: bool = False) -> nn.Dense:
            return Dense(self.width, use_bias=use_bias, dtype=self.compute.dtype, name=name)

        self.to_q = dense("to_q")
        self.to_k = dense("to_k")
        self.to_v = dense("to_v")
        self.to_out = dense("to_out.0", use_bias=True)

    def project(self, context: jax.Array) -> KeyValue:
        """`context [b f s d']` → keys and values of its s tokens."""
        return KeyValue(self._heads(self.to_k(context)), self._heads(self.to_v(context)))

    def __call__(self, x: jax.Array, *sources: KeyValue) -> jax.Array:
        """`x [b f t d]` → `[b f t d]`, attending to all `sources` together."""
        query = self._heads(self.to_q(x))
        self.sow("intermediates", "query", query)
        self.sow("intermediates", "sources", sources)
        method, platform = self.compute.attention, self.compute.platform
        out = attend(query, *sources, method=method, platform=platform)
        return self.to_out(out.reshape(x.shape))

    def _heads(self, x: jax.Array) -> jax.Array:
        return x.reshape(*x.shape[:-1], self.num_heads, -1)
