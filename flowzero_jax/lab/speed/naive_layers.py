"""The networks' layers written down plainly, over the parameters of `models`.

Nothing is shared with `models` but the names of the parameters. `params` is the nested dict of one
layer, `k` counts images; products are in the dtype of `x`, norms and softmax in float32.
"""

from typing import Any

import jax
import jax.numpy as jnp

Params = dict[str, Any]


def dense(params: Params, x: jax.Array) -> jax.Array:
    """`[… i]` → `[… o]`."""
    out = x @ params["kernel"].astype(x.dtype)
    return out + params["bias"].astype(x.dtype) if "bias" in params else out


def convolution(params: Params, x: jax.Array, stride: int = 1) -> jax.Array:
    """`[k h w i]` → `[k ⌈h/stride⌉ ⌈w/stride⌉ o]`, padded by half the kernel on every edge."""
    kernel = params["kernel"].astype(x.dtype)
    pad = kernel.shape[0] // 2
    out = jax.lax.conv_general_dilated(
        x,
        kernel,
        window_strides=(stride, stride),
        padding=((pad, pad), (pad, pad)),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return out + params["bias"].astype(x.dtype)


def projection(params: Params, x: jax.Array) -> jax.Array:
    """A 1x1 convolution or the same as a dense layer, whichever the parameters are for."""
    return (convolution if params["kernel"].ndim == 4 else dense)(params, x)


def layer_norm(params: Params, x: jax.Array, epsilon: float = 1e-5) -> jax.Array:
    """Over the last axis."""
    return _scaled(params, _normalized(x.astype(jnp.float32), (-1,), epsilon), x.dtype)


def group_norm(params: Params, x: jax.Array, num_groups: int, epsilon: float) -> jax.Array:
    """Over the pixels and the channels of each group, `[k h w c]`."""
    groups = x.astype(jnp.float32).reshape(*x.shape[:3], num_groups, -1)
    return _scaled(params, _normalized(groups, (1, 2, 4), epsilon).reshape(x.shape), x.dtype)


def _normalized(x: jax.Array, axes: tuple[int, ...], epsilon: float) -> jax.Array:
    centred = x - x.mean(axes, keepdims=True)
    return centred / jnp.sqrt(jnp.square(centred).mean(axes, keepdims=True) + epsilon)


def _scaled(params: Params, x: jax.Array, dtype) -> jax.Array:
    scale, bias = params["scale"].astype(jnp.float32), params["bias"].astype(jnp.float32)
    return (x * scale + bias).astype(dtype)


def attention(query: jax.Array, key: jax.Array, value: jax.Array, num_heads: int) -> jax.Array:
    """`query [k t d]`, `key` and `value` `[k s d]` → `[k t d]`, by whole score matrices."""

    def heads(x: jax.Array) -> jax.Array:
        return x.reshape(*x.shape[:2], num_heads, -1)

    query, key, value = heads(query), heads(key), heads(value)
    scores = jnp.einsum("ktne,ksne->knts", query, key, preferred_element_type=jnp.float32)
    weights = jax.nn.softmax(scores * query.shape[-1] ** -0.5, axis=-1).astype(value.dtype)
    out = jnp.einsum("knts,ksne->ktne", weights, value)
    return out.reshape(*out.shape[:2], -1)


def feed_forward(params: Params, x: jax.Array) -> jax.Array:
    """GEGLU, `[k t d]` → `[k t d]`."""
    hidden, gate = jnp.split(dense(params["net.0.proj"], x), 2, axis=-1)
    return dense(params["net.2"], hidden * jax.nn.gelu(gate, approximate=False))


def resnet(
    params: Params, x: jax.Array, time: jax.Array | None, num_groups: int, epsilon: float
) -> jax.Array:
    """`x [k h w i]`, `time [k d]` or None → `[k h w o]`."""
    hidden = jax.nn.silu(group_norm(params["norm1"], x, num_groups, epsilon))
    hidden = convolution(params["conv1"], hidden)
    if time is not None:
        hidden = hidden + dense(params["time_emb_proj"], jax.nn.silu(time))[:, None, None, :]
    hidden = jax.nn.silu(group_norm(params["norm2"], hidden, num_groups, epsilon))
    hidden = convolution(params["conv2"], hidden)
    return hidden + (convolution(params["conv_shortcut"], x) if "conv_shortcut" in params else x)


def enlarge(x: jax.Array, size: tuple[int, ...]) -> jax.Array:
    """Nearest neighbour, `[k h w c]` → `[k *size c]`."""
    rows, columns = (
        jnp.arange(new) * old // new for new, old in zip(size, x.shape[1:3], strict=True)
    )
    return x[:, rows][:, :, columns]
