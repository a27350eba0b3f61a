"""The spatial transformer: attention over the pixels of a feature map, the text and the objects."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from flowzero_jax.models.attention import Attention, CrossFrame
from flowzero_jax.models.feed_forward import FeedForward
from flowzero_jax.models.grounding import GatedSelfAttention
from flowzero_jax.models.layers import Dtype, conv1x1, group_norm, layer_norm


class TransformerBlock(nn.Module):
    """Self (or cross-frame) attention → gated layout attention → text attention → feed-forward."""

    num_heads: int
    dtype: Dtype = jnp.float32

    @nn.compact
    def __call__(
        self,
        x: jax.Array,
        text: jax.Array,
        grounding_tokens: jax.Array | None,
        num_frames: int,
        cross_frame: CrossFrame,
    ) -> jax.Array:
        """`x [k t d]`, `text [k l e]`, `grounding_tokens [k n e]` or None → `[k t d]`."""
        attention = {"num_heads": self.num_heads, "dtype": self.dtype}
        x = x + Attention(**attention, name="attn1")(
            layer_norm(1e-5, self.dtype, "norm1")(x),
            num_frames=num_frames,
            cross_frame=cross_frame,
        )
        if grounding_tokens is not None:
            self.sow("intermediates", "before_fuser", x)
            x = GatedSelfAttention(**attention, name="fuser")(x, grounding_tokens)
            self.sow("intermediates", "after_fuser", x)
        x = x + Attention(**attention, name="attn2")(layer_norm(1e-5, self.dtype, "norm2")(x), text)
        return x + FeedForward(dtype=self.dtype, name="ff")(
            layer_norm(1e-5, self.dtype, "norm3")(x)
        )


class SpatialTransformer(nn.Module):
    """One transformer block over the pixels of a feature map, with a residual around it."""

    num_heads: int
    num_groups: int
    use_linear_projection: bool
    dtype: Dtype = jnp.float32

    @nn.compact
    def __call__(
        self,
        x: jax.Array,
        text: jax.Array,
        grounding_tokens: jax.Array | None,
        num_frames: int,
        cross_frame: CrossFrame,
    ) -> jax.Array:
        """`x [k h w c]` → `[k h w c]`; the other arguments as in `TransformerBlock`."""
        k, h, w, c = x.shape
        residual = x
        x = group_norm(self.num_groups, 1e-6, self.dtype, "norm")(x)
        x = self._project(x, "proj_in").reshape(k, h * w, c)
        x = TransformerBlock(self.num_heads, dtype=self.dtype, name="transformer_blocks.0")(
            x, text, grounding_tokens, num_frames, cross_frame
        )
        return residual + self._project(x.reshape(k, h, w, c), "proj_out")

    def _project(self, x: jax.Array, name: str) -> jax.Array:
        if self.use_linear_projection:
            return nn.Dense(x.shape[-1], dtype=self.dtype, name=name)(x)
        return conv1x1(x.shape[-1], self.dtype, name)(x)
