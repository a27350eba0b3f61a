"""Softmax attention over one or several sources of keys and values, by the fastest exact way.

Several sources are attended to jointly, as if they lay behind one another, without copying them
together: the pixels of the first frame and the frame's own, or pixels and objects.
"""

import functools
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp

AttentionMethod = Literal["auto", "xla", "chunked", "cudnn"]

# From twice this many query tokens on, whole score matrices no longer fit into a CPU's caches.
QUERY_BLOCK = 512

# Largest head size of cuDNN's flash attention before and from NVIDIA Hopper on.
CUDNN_HEAD_SIZE = 128
CUDNN_HEAD_SIZE_HOPPER = 256


class KeyValue(NamedTuple):
    """Keys and values `[b f s n e]` of s tokens; an f of 1 is shared by all frames."""

    key: jax.Array
    value: jax.Array


def attend(
    query: jax.Array, *sources: KeyValue, mask=None, method: AttentionMethod = "auto"
) -> jax.Array:
    """Attention from `query [b f t n e]` (n heads of size e) to all `sources` together.

    Scores and softmax are in float32. `mask`, for a single source, is broadcastable to
    `[b f n t s]`, True where attention is allowed. Returns `[b f t n e]`.

    Args:
      method: "xla" makes whole score matrices; "chunked" walks through the heads in blocks of
        queries, so that memory is linear in t; "cudnn" is flash attention on NVIDIA GPUs; "auto"
        takes the last where it can, else the second for long sequences.

    Raises:
      ValueError: "cudnn" with a dtype or head size that it does not support.
    """
    if mask is not None:
        return _attend_at_once(query, sources, mask)
    method = choose_method(method, query)
    attend_by = {"xla": _attend_at_once, "chunked": _attend_in_blocks, "cudnn": _attend_by_cudnn}
    return attend_by[method](query, sources)


def choose_method(method: AttentionMethod, query: jax.Array) -> AttentionMethod:
    """What "auto" stands for with these queries on the default device; others stay."""
    if method != "auto":
        return method
    if jax.default_backend() == "gpu" and _cudnn_supports(query):
        return "cudnn"
    return "chunked" if query.shape[2] >= 2 * QUERY_BLOCK else "xla"


def _cudnn_supports(query: jax.Array) -> bool:
    device = jax.devices()[0]
    if "NVIDIA" not in device.device_kind.upper():
        return False
    hopper = float(getattr(device, "compute_capability", "0")) >= 9.0
    largest = CUDNN_HEAD_SIZE_HOPPER if hopper else CUDNN_HEAD_SIZE
    size = query.shape[-1]
    return query.dtype in (jnp.bfloat16, jnp.float16) and size % 8 == 0 and size <= largest


def _is_shared(source: KeyValue) -> bool:
    return source.key.shape[1] == 1


def _attend_at_once(query, sources, mask=None):
    query = query * query.shape[-1] ** -0.5

    def by_frame(shared, own, x, kept, source):
        """An einsum whose second operand has a frame axis, or one frame for all of them."""
        if _is_shared(source):
            return jnp.einsum(shared, x, kept[:, 0], preferred_element_type=jnp.float32)
        return jnp.einsum(own, x, kept, preferred_element_type=jnp.float32)

    scores = [
        by_frame("bftne,bsne->bfnts", "bftne,bfsne->bfnts", query, source.key, source)
        for source in sources
    ]
    if mask is not None:
        scores = [jnp.where(mask, scores[0], jnp.finfo(jnp.float32).min)]
    weights, total = _softmax_parts(scores)
    out = sum(
        by_frame("bfnts,bsne->bftne", "bfnts,bfsne->bftne", part.astype(query.dtype), s.value, s)
        for part, s in zip(weights, sources, strict=True)
    )
    return (out / total[..., 0].swapaxes(2, 3)[..., None]).astype(query.dtype)


def _softmax_parts(scores: list[jax.Array]) -> tuple[list[jax.Array], jax.Array]:
    """Unnormalised weights of scores `[… s]` that share one softmax, and their sum `[… 1]`."""
    highest = functools.reduce(
        jnp.maximum, [jnp.max(score, axis=-1, keepdims=True) for score in scores]
    )
    weights = [jnp.exp(score - highest) for score in scores]
    return weights, sum(jnp.sum(weight, axis=-1, keepdims=True) for weight in weights)


def _attend_in_blocks(query, sources):
    """Head by head, frame by frame, block by block of queries."""
    b, f, t, n, e = query.shape
    size = min(QUERY_BLOCK, t)
    filler = -t % size
    query = jnp.pad(query * e**-0.5, ((0, 0), (0, 0), (0, filler), (0, 0), (0, 0)))
    blocks = query.transpose(0, 3, 1, 2, 4).reshape(b * n, f, -1, size, e)

    def by_head(x):
        return x.transpose(0, 3, 1, 2, 4).reshape(b * n, x.shape[1], x.shape[2], e)

    heads = [KeyValue(by_head(source.key), by_head(source.value)) for source in sources]
    shared = [source for source in heads if _is_shared(source)]
    own = [source for source in heads if not _is_shared(source)]

    def one_head(inputs):
        blocks, shared, own = inputs

        def one_frame(inputs):
            blocks, own = inputs
            kept = [KeyValue(source.key[0], source.value[0]) for source in shared] + own

            def one_block(block):
                scores = [
                    jnp.matmul(block, source.key.T, preferred_element_type=jnp.float32)
                    for source in kept
                ]
                weights, total = _softmax_parts(scores)
                out = sum(
                    jnp.matmul(
                        weight.astype(source.value.dtype),
                        source.value,
                        preferred_element_type=jnp.float32,
                    )
                    for weight, source in zip(weights, kept, strict=True)
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
