"""CLIP's text transformer: token ids → text states and one pooled state per text."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from flowzero_jax.models.attend import KeyValue, attend
from flowzero_jax.models.config import TextEncoderConfig
from flowzero_jax.models.layers import Dense, Dtype, layer_norm


def quick_gelu(x: jax.Array) -> jax.Array:
    """OpenAI's approximation of the GELU: `x · sigmoid(1.702 x)`."""
    return x * nn.sigmoid(1.702 * x)


def end_of_text_positions(ids: jax.Array, eos_token_id: int) -> jax.Array:
    """Position of the first end-of-text token of each row, `ids [k l]` → `[k]`.

    Published configurations of the first generation give 2 as the end token, which it is not; for
    them it is the largest id of the row, as in CLIP's own code.
    """
    if eos_token_id == 2:
        return jnp.argmax(ids, axis=-1)
    return jnp.argmax(ids == eos_token_id, axis=-1)


class SelfAttention(nn.Module):
    num_heads: int
    dtype: Dtype = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array, mask: jax.Array) -> jax.Array:
        """`x [k l d]`, boolean `mask` broadcastable to `[k n l l]` → `[k l d]`."""
        k, l, d = x.shape
        query, key, value = (
            Dense(d, dtype=self.dtype, name=name)(x).reshape(k, 1, l, self.num_heads, -1)
            for name in ("q_proj", "k_proj", "v_proj")
        )
        out = attend(query, KeyValue(key, value), mask=mask[:, None]).reshape(k, l, d)
        return Dense(d, dtype=self.dtype, name="out_proj")(out)


class TextLayer(nn.Module):
    """Pre-norm transformer layer."""

    config: TextEncoderConfig
    dtype: Dtype = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array, mask: jax.Array) -> jax.Array:
        """`x [k l d]` → `[k l d]`."""
        config, dtype = self.config, self.dtype
        epsilon = config.layer_norm_eps
        hidden = layer_norm(epsilon, dtype, "layer_norm1")(x)
        x = x + SelfAttention(config.num_attention_heads, dtype, name="self_attn")(hidden, mask)
        hidden = layer_norm(epsilon, dtype, "layer_norm2")(x)
        hidden = Dense(config.intermediate_size, dtype=dtype, name="mlp.fc1")(hidden)
        if config.hidden_act == "quick_gelu":
            hidden = quick_gelu(hidden)
        else:
            hidden = nn.gelu(hidden, approximate=False)
        return x + Dense(config.hidden_size, dtype=dtype, name="mlp.fc2")(hidden)


class TextEncoder(nn.Module):
    """CLIP's text model without its projection."""

    config: TextEncoderConfig
    dtype: Dtype = jnp.float32

    @nn.compact
    def __call__(
        self, ids: jax.Array, attention_mask: jax.Array | None = None
    ) -> tuple[jax.Array, jax.Array]:
        """`ids [k l]` → text states `[k l d]` after the final norm, and the pooled `[k d]`.

        The pooled state is the one at the first end-of-text token. `attention_mask [k l]` (1 =
        token) changes only states at and after padding; generation does without it.
        """
        config, dtype = self.config, self.dtype
        width, length = config.hidden_size, ids.shape[1]

        def embedding(count: int, name: str) -> nn.Embed:
            return nn.Embed(count, width, dtype=dtype, name=f"text_model.embeddings.{name}")

        x = embedding(config.vocab_size, "token_embedding")(ids)
        positions = embedding(config.max_position_embeddings, "position_embedding")
        x = x + positions(jnp.arange(length))
        mask = jnp.tril(jnp.ones((length, length), bool))[None, None]
        if attention_mask is not None:
            mask = mask & (attention_mask > 0)[:, None, None, :]
        for layer in range(config.num_hidden_layers):
            x = TextLayer(config, dtype, name=f"text_model.encoder.layers.{layer}")(x, mask)
        x = layer_norm(config.layer_norm_eps, dtype, "text_model.final_layer_norm")(x)
        x = x.astype(jnp.float32)
        ends = end_of_text_positions(ids, config.eos_token_id)
        return x, jnp.take_along_axis(x, ends[:, None, None], axis=1)[:, 0]
