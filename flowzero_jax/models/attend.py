"""Softmax attention over one or several sources of keys and values, by the fastest exact way.

Several sources are attended to jointly, as if they lay behind one another, without copying them
together: the pixels of the first frame and the frame's own, or pixels and objects.
"""

import functools
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp

from flowzero_jax.models.platform import CPU, Platform
from flowzero_jax.settings import AttentionMethod

QUERY_BLOCK = 512

# On CPUs whole score matrices are faster as long as caches hold them; where the keys are few, also
# beyond. Bytes.
CACHED_SCORES = 16 * 2**20
SCORES_OF_FEW_KEYS = 64 * 2**20
FEW_KEYS = 256
# Elsewhere up to this many queries.
SHORT = 1024

# Sums up in float32, whatever it multiplies.
_product = functools.partial(jnp.matmul, preferred_element_type=jnp.float32)


class KeyValue(NamedTuple):
    """Keys and values `[b f s n e]` of s tokens; an f of 1 is shared by all frames."""

    key: jax.Array
    value: jax.Array


def attend(
    query: jax.Array,
    *sources: KeyValue,
    mask=None,
    method: AttentionMethod = "auto",
    platform: Platform = CPU,
) -> jax.Array:
    """Attention from `query [b f t n e]` (n heads of size e) to all `sources` together.

    Scores and softmax are in float32. `mask`, for a single source, is broadcastable to
    `[b f n t s]`, True where attention is allowed. Returns `[b f t n e]`.

    Args:
      method: "xla" makes whole score matrices; "chunked" walks through the heads in blocks of
        queries, so that memory is linear in t; "cudnn" is flash attention on NVIDIA GPUs; "auto"
        takes the last where it can, else the second for long sequences.
      platform: for which "auto" chooses.

    Raises:
      ValueError: "cudnn" with a dtype or head size that it does not support.
    """
    if mask is not None:
        return _attend_at_once(query, sources, mask)
    num_keys = sum(source.key.shape[2] for source in sources)
    method = choose_method(method, query, num_keys, platform)
    attend_by = {"xla": _attend_at_once, "chunked": _attend_in_blocks, "cudnn": _attend_by_cudnn}
    return attend_by[method](query, sources)


def choose_method(
    method: AttentionMethod, query: Any, num_keys: int, platform: Platform
) -> AttentionMethod:
    """What "auto" stands for with these queries on a platform; others stay."""
    if method != "auto":
        return method
    if _cudnn_supports(query, platform):
        return "cudnn"
    b, f, t, n, _ = query.shape
    if not platform.is_cpu:
        return "xla" if t < SHORT else "chunked"
    scores = 4 * b * f * t * n * num_keys
    fitting = SCORES_OF_FEW_KEYS if num_keys < FEW_KEYS else CACHED_SCORES
    return "xla" if scores <= fitting else "chunked"


def _cudnn_supports(query: Any, platform: Platform) -> bool:
    size = query.shape[-1]
    half = query.dtype in (jnp.bfloat16, jnp.float16)
    return half and size % 8 == 0 and size <= platform.cudnn_head_size


def _is_shared(source: KeyValue) -> bool:
    return source.key.shape[1] == 1


def _attend_at_once(query, sources, mask=None):
    b, f, t, n, e = query.shape
    query = _by_head(query * e**-0.5)
    sources = [KeyValue(*map(_by_head, source)) for source in sources]

    def product(x, kept):
        """`x [b n f t i]` with `kept [b n f i j]`, one frame of which may serve all."""
        if kept.shape[2] == f:
            return _product(x, kept)
        folded = x.reshape(b, n, f * t, -1)
        return _product(folded, kept[:, :, 0]).reshape(b, n, f, t, -1)

    scores = [product(query, source.key.swapaxes(-1, -2)) for source in sources]
    if mask is not None:
        mask = jnp.swapaxes(jnp.broadcast_to(mask, (b, f, n, t, scores[0].shape[-1])), 1, 2)
        scores = [jnp.where(mask, scores[0], jnp.finfo(jnp.float32).min)]
    weights, total = _softmax_parts(scores)
    out = sum(
        product(weight.astype(query.dtype), source.value)
        for weight, source in zip(weights, sources, strict=True)
    )
    return (out / total).astype(query.dtype).transpose(0, 2, 3, 1, 4)


def _by_head(x: jax.Array) -> jax.Array:
    """`[b f t n e]` → `[b n f t e]`: matrix products want each head's tokens together."""
    return x.transpose(0, 3, 1, 2, 4)


def _softmax_parts(scores: list[jax.Array]) -> tuple[list[jax.Array], jax.Array]:
    """Unnormalised weights of scores `[… s]` that share one softmax, and their sum `[… 1]`."""
    highest = functools.reduce(
        jnp.maximum, [jnp.max(score, axis=-1, keepdims=True) for score in scores]
    )
    # The softmax does not depend on it: no gradient goes through it.
    highest = jax.lax.stop_gradient(highest)
    weights = [jnp.exp(score - highest) for score in scores]
    total = sum(jnp.sum(weight, axis=-1, keepdims=True) for weight in weights)
    return weights, cast(jax.Array, total)


def _attend_in_blocks(query, sources):
    """Head by head, frame by frame, block by block of queries."""
    b, f, t, n, e = query.shape
    size = min(QUERY_BLOCK, t)
    filler = -t % size
    query = jnp.pad(query * e**-0.5, ((0, 0), (0, 0), (0, filler), (0, 0), (0, 0)))
    blocks = _by_head(query).reshape(b * n, f, -1, size, e)

    def heads_of(x):
        return _by_head(x).reshape(b * n, x.shape[1], x.shape[2], e)

    heads = [KeyValue(*map(heads_of, source)) for source in sources]
    shared = [source for source in heads if _is_shared(source)]
    own = [source for source in heads if not _is_shared(source)]
    if len(own) > 1:  # Objects are few: copying costs less than a second pair of products.
        own = [KeyValue(*(jnp.concatenate(parts, axis=2) for parts in zip(*own, strict=True)))]

    def one_head(inputs):
        blocks, shared, own = inputs

        def one_frame(inputs):
            blocks, own = inputs
            kept = [KeyValue(source.key[0], source.value[0]) for source in shared] + own

            def one_block(block):
                weights, total = _softmax_parts([_product(block, key.T) for key, _ in kept])
                out = sum(
                    _product(weight.astype(value.dtype), value)
                    for weight, (_, value) in zip(weights, kept, strict=True)
                )
                return (out / total).astype(block.dtype)

            return jax.lax.map(one_block, blocks)

        return jax.lax.map(one_frame, (blocks, own))

    out = jax.lax.map(one_head, (blocks, shared, own))
    out = out.reshape(b, n, f, t + filler, e)[:, :, :, :t]
    return out.transpose(0, 2, 3, 1, 4)


def _attend_by_cudnn(query, sources):
    """Flash attention; it takes one source, so several are copied behind one another."""
    b, f, t, n, e = query.shape
    if len(sources) == 1 and _is_shared(sources[0]):
        # All frames' queries meet one copy of the keys.
        folded, frames = query.reshape(b, f * t, n, e), 1
    else:
        folded, frames = query.reshape(b * f, t, n, e), f

    def joined(parts):
        parts = [jnp.broadcast_to(x, (b, frames, *x.shape[2:])) for x in parts]
        return jnp.concatenate(parts, axis=2).reshape(b * frames, -1, n, e)

    key = joined([source.key for source in sources])
    value = joined([source.value for source in sources])
    out = jax.nn.dot_product_attention(folded, key, value, implementation="cudnn")
    return out.reshape(b, f, t, n, e)
