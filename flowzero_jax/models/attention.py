"""Multi-head attention, and cross-frame attention after Text2Video-Zero."""

from typing import Literal

import flax.linen as nn
import jax
import jax.numpy as jnp

from flowzero_jax.models.layers import Dtype

CrossFrame = Literal["none", "first", "first_prev", "first_self"]

# From this many query tokens on, whole score matrices no longer fit into a CPU's caches.
QUERY_BLOCK = 512


def attend(query: jax.Array, key: jax.Array, value: jax.Array, mask=None) -> jax.Array:
    """Softmax attention with float32 scores.

    `query [k t n e]`, `key` and `value` `[k s n e]` (n heads of size e), `mask` broadcastable to
    `[k n t s]`, True where attention is allowed. Returns `[k t n e]`. Long sequences are walked
    through head by head in blocks of queries, which is exact and keeps memory linear in t.
    """
    num_tokens = query.shape[1]
    if mask is not None or num_tokens < 2 * QUERY_BLOCK or num_tokens % QUERY_BLOCK:
        return _attend_at_once(query, key, value, mask)
    return _attend_in_blocks(query, key, value)


def _attend_at_once(query, key, value, mask):
    scale = query.shape[-1] ** -0.5
    scores = jnp.einsum("ktne,ksne->knts", query * scale, key, preferred_element_type=jnp.float32)
    if mask is not None:
        scores = jnp.where(mask, scores, jnp.finfo(jnp.float32).min)
    weights = jax.nn.softmax(scores, axis=-1).astype(value.dtype)
    return jnp.einsum("knts,ksne->ktne", weights, value)


def _attend_in_blocks(query, key, value):
    k, t, n, e = query.shape
    s = key.shape[1]
    blocks = query.reshape(k, t // QUERY_BLOCK, QUERY_BLOCK, n, e)
    blocks = blocks.transpose(0, 3, 1, 2, 4).reshape(k * n, t // QUERY_BLOCK, QUERY_BLOCK, e)
    keys = key.transpose(0, 2, 1, 3).reshape(k * n, s, e)
    values = value.transpose(0, 2, 1, 3).reshape(k * n, s, e)
    scale = e**-0.5

    def one_head(head):
        head_blocks, head_keys, head_values = head

        def one_block(block):
            scores = jnp.matmul(block * scale, head_keys.T, preferred_element_type=jnp.float32)
            return jax.nn.softmax(scores, axis=-1).astype(head_values.dtype) @ head_values

        return jax.lax.map(one_block, head_blocks)

    out = jax.lax.map(one_head, (blocks, keys, values))
    out = out.reshape(k, n, t // QUERY_BLOCK, QUERY_BLOCK, e)
    return out.transpose(0, 2, 3, 1, 4).reshape(k, t, n, e)


class Attention(nn.Module):
    """Multi-head attention from `x` to `context` (to `x` itself where that is None)."""

    num_heads: int
    use_bias: bool = False
    dtype: Dtype = jnp.float32

    @nn.compact
    def __call__(
        self,
        x: jax.Array,
        context: jax.Array | None = None,
        *,
        num_frames: int = 1,
        cross_frame: CrossFrame = "none",
    ) -> jax.Array:
        """`x [k t d]`, `context [k s d']` → `[k t d]`.

        With `cross_frame` other than "none", axis k is (video, frame) with `num_frames` frames,
        and each frame looks at other frames' tokens instead of its own.
        """
        context = x if context is None else context
        k, t, d = x.shape
        heads = (self.num_heads, d // self.num_heads)

        def project(name: str, inputs: jax.Array) -> jax.Array:
            out = nn.Dense(d, use_bias=self.use_bias, dtype=self.dtype, name=name)(inputs)
            return out.reshape(*inputs.shape[:-1], *heads)

        query = project("to_q", x)
        if cross_frame == "first":
            # All frames' queries meet one copy of the first frame's keys and values.
            context = context.reshape(k // num_frames, num_frames, t, d)[:, 0]
            query = query.reshape(k // num_frames, num_frames * t, *heads)
        key, value = project("to_k", context), project("to_v", context)
        if cross_frame in ("first_prev", "first_self"):
            key = _with_first_frame(key, num_frames, cross_frame)
            value = _with_first_frame(value, num_frames, cross_frame)
        self.sow("intermediates", "query", query)
        self.sow("intermediates", "key", key)
        out = attend(query, key, value).reshape(k, t, d)
        return nn.Dense(d, dtype=self.dtype, name="to_out.0")(out)


def _with_first_frame(tokens: jax.Array, num_frames: int, cross_frame: CrossFrame) -> jax.Array:
    """`[(b f) t n e]` → `[(b f) 2t n e]`: the first frame's tokens, then the previous or own."""
    frames = tokens.reshape(-1, num_frames, *tokens.shape[1:])
    first = jnp.broadcast_to(frames[:, :1], frames.shape)
    if cross_frame == "first_prev":
        frames = jnp.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    both = jnp.concatenate([first, frames], axis=2)
    return both.reshape(tokens.shape[0], -1, *tokens.shape[2:])
