"""GLIGEN's layout grounding: object tokens from boxes and phrases, and the gated layer."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from flowzero_jax.models.attend import KeyValue
from flowzero_jax.models.attention import Attention
from flowzero_jax.models.feed_forward import FeedForward
from flowzero_jax.models.layers import Compute, Dense, Dtype, layer_norm

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

        def or_null(features: jax.Array, name: str) -> jax.Array:
            null = self.param(name, nn.initializers.zeros, features.shape[-1:])
            return jnp.where(object_mask[..., None] > 0, features, null)

        phrase = or_null(phrase_embeds, "null_positive_feature")
        position = or_null(fourier_embedding(boxes), "null_position_feature")
        x = jnp.concatenate([phrase, position], axis=-1)
        x = nn.silu(Dense(HIDDEN_WIDTH, dtype=self.dtype, name="linears.0")(x))
        x = nn.silu(Dense(HIDDEN_WIDTH, dtype=self.dtype, name="linears.2")(x))
        return Dense(self.out_features, dtype=self.dtype, name="linears.4")(x)


class GatedSelfAttention(nn.Module):
    """Visual tokens attend to themselves and the object tokens, behind two learned gates."""

    num_heads: int
    width: int
    compute: Compute = Compute()

    def setup(self):
        dtype = self.compute.dtype
        self.linear = Dense(self.width, dtype=dtype, name="linear")
        self.norm1 = layer_norm(1e-5, dtype, "norm1")
        self.norm2 = layer_norm(1e-5, dtype, "norm2")
        self.attn = Attention(self.num_heads, self.width, self.compute, name="attn")
        self.ff = FeedForward(self.compute, name="ff")
        # Gates that start at 0 never open when the whole model is trained from scratch.
        self.alpha_attn = self.param("alpha_attn", nn.initializers.ones, ())
        self.alpha_dense = self.param("alpha_dense", nn.initializers.ones, ())

    def project(self, grounding_tokens: jax.Array) -> KeyValue:
        """Keys and values of the object tokens `[b f n d]`; there is no mask: null ones count."""
        return self.attn.project(self.norm1(self.linear(grounding_tokens)))

    def __call__(self, x: jax.Array, objects: KeyValue) -> jax.Array:
        """`x [b f t d]` and what `project` made → `[b f t d]`."""
        tokens = self.norm1(x)
        attended = self.attn(tokens, self.attn.project(tokens), objects)
        x = x + jnp.tanh(self.alpha_attn).astype(x.dtype) * attended
        return x + jnp.tanh(self.alpha_dense).astype(x.dtype) * self.ff(self.norm2(x))
