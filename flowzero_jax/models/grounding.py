"""GLIGEN's layout grounding: object tokens from boxes and phrases, and the gated layer."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from flowzero_jax.models.attention import Attention
from flowzero_jax.models.feed_forward import FeedForward
from flowzero_jax.models.layers import Dtype, layer_norm

NUM_FREQUENCIES = 8
TEMPERATURE = 100.0
HIDDEN_WIDTH = 512


def fourier_embedding(boxes: jax.Array) -> jax.Array:
    """`boxes [… 4]` in [0, 1] → `[… 64]`, ordered (frequency, sin/cos, coordinate)."""
    frequencies = TEMPERATURE ** (jnp.arange(NUM_FREQUENCIES) / NUM_FREQUENCIES)
    angles = frequencies[:, None] * boxes[..., None, :].astype(jnp.float32)
    waves = jnp.stack([jnp.sin(angles), jnp.cos(angles)], axis=-2)
    return waves.reshape(*boxes.shape[:-1], -1)


class PositionNet(nn.Module):
    """Boxes and phrase embeddings → grounding tokens; empty slots carry learned null features."""

    out_features: int
    dtype: Dtype = jnp.float32

    @nn.compact
    def __call__(
        self, boxes: jax.Array, phrase_embeds: jax.Array, object_mask: jax.Array
    ) -> jax.Array:
        """`boxes [… n 4]`, `phrase_embeds [… n d]`, `object_mask [… n]` → `[… n out_features]`."""
        position = fourier_embedding(boxes)
        null_phrase = self.param(
            "null_positive_feature", nn.initializers.zeros, (phrase_embeds.shape[-1],)
        )
        null_position = self.param(
            "null_position_feature", nn.initializers.zeros, (position.shape[-1],)
        )
        present = object_mask[..., None] > 0
        x = jnp.concatenate(
            [
                jnp.where(present, phrase_embeds, null_phrase),
                jnp.where(present, position, null_position),
            ],
            axis=-1,
        )
        x = nn.silu(nn.Dense(HIDDEN_WIDTH, dtype=self.dtype, name="linears.0")(x))
        x = nn.silu(nn.Dense(HIDDEN_WIDTH, dtype=self.dtype, name="linears.2")(x))
        return nn.Dense(self.out_features, dtype=self.dtype, name="linears.4")(x)


class GatedSelfAttention(nn.Module):
    """Visual tokens attend to themselves and the object tokens, behind two learned gates."""

    num_heads: int
    dtype: Dtype = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array, grounding_tokens: jax.Array) -> jax.Array:
        """`x [k t d]`, `grounding_tokens [k n e]` → `[k t d]`. No mask: null tokens take part."""
        num_visual, width = x.shape[1:]
        objects = nn.Dense(width, dtype=self.dtype, name="linear")(grounding_tokens)
        # Gates that start at 0 never open when the whole model is trained from scratch.
        alpha_attn = self.param("alpha_attn", nn.initializers.ones, ())
        alpha_dense = self.param("alpha_dense", nn.initializers.ones, ())
        tokens = layer_norm(1e-5, self.dtype, "norm1")(jnp.concatenate([x, objects], axis=1))
        attended = Attention(self.num_heads, dtype=self.dtype, name="attn")(tokens)
        x = x + jnp.tanh(alpha_attn).astype(x.dtype) * attended[:, :num_visual]
        dense = FeedForward(dtype=self.dtype, name="ff")(layer_norm(1e-5, self.dtype, "norm2")(x))
        return x + jnp.tanh(alpha_dense).astype(x.dtype) * dense
