"""Building blocks shared by the UNet and the autoencoder. Layout is NHWC throughout.

Everything in which a Flax default differs from the published models is said here, once: norm
epsilons, the exact GELU, and the padding of the strided convolutions.
Scope names are the dotted names of a diffusers checkpoint, so that conversion needs no table of
modules.
"""

import dataclasses
import functools

import flax.linen as nn
import jax
import jax.numpy as jnp

from flowzero_jax.models.convolution import convolve, convolve_pointwise
from flowzero_jax.models.platform import CPU, Platform
from flowzero_jax.settings import AttentionMethod

Dtype = jnp.dtype | type


@dataclasses.dataclass(frozen=True)
class Compute:
    """How all layers of a network compute; `attention` and the rest are as in `UNet`."""

    dtype: Dtype = jnp.float32
    attention: AttentionMethod = "auto"
    platform: Platform = CPU


class GroupNorm(nn.Module):
    """Group normalisation with float32 statistics, whatever the compute dtype.

    The variance is taken from centred values: E[x²] − E[x]² loses digits that the published
    weights need. Means are taken over the pixels of each channel first and over the channels of a
    group then: on CPUs that is several times as fast where groups are narrow, and so is training.
    """

    num_groups: int
    epsilon: float
    dtype: Dtype = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """`[k h w c]` → the same."""
        channels = x.shape[-1]
        scale = self.param("scale", nn.initializers.ones, (channels,)).astype(jnp.float32)
        bias = self.param("bias", nn.initializers.zeros, (channels,)).astype(jnp.float32)
        x = x.astype(jnp.float32)
        centred = x - self._group_mean(x)
        inverse = jax.lax.rsqrt(self._group_mean(centred**2) + self.epsilon)
        return (centred * (inverse * scale) + bias).astype(self.dtype)

    def _group_mean(self, x: jax.Array) -> jax.Array:
        """Means over the pixels and a group's channels, `[k 1 1 c]`."""
        k, channels = x.shape[0], x.shape[-1]
        groups = jnp.mean(x, axis=(1, 2)).reshape(k, self.num_groups, -1).mean(axis=-1)
        return jnp.repeat(groups, channels // self.num_groups, axis=-1)[:, None, None]


def group_norm(num_groups: int, epsilon: float, dtype: Dtype, name: str) -> GroupNorm:
    return GroupNorm(num_groups, epsilon, dtype, name=name)


def layer_norm(epsilon: float, dtype: Dtype, name: str) -> nn.LayerNorm:
    """Layer normalisation with float32 statistics, whatever the compute dtype."""
    return nn.LayerNorm(epsilon=epsilon, dtype=dtype, use_fast_variance=False, name=name)


def multiply_rows(x: jax.Array, kernel: jax.Array, *_, **__) -> jax.Array:
    """`x [… c]` times `kernel [c d]` as one product of matrices; takes the place of `dot_general`.

    The derivative of the kernel is such a product, too: over several axes of tokens XLA's CPU
    backend sums at less than half the rate.
    """
    rows = x.reshape(-1, x.shape[-1]) @ kernel
    return rows.reshape(*x.shape[:-1], kernel.shape[-1])


Dense = functools.partial(nn.Dense, dot_general=multiply_rows)


def conv3x3(features: int, compute: Compute, name: str) -> nn.Conv:
    form, dtype = functools.partial(convolve, platform=compute.platform), compute.dtype
    return nn.Conv(features, (3, 3), padding=1, dtype=dtype, conv_general_dilated=form, name=name)


def conv1x1(features: int, dtype: Dtype, name: str) -> nn.Conv:
    return nn.Conv(
        features, (1, 1), dtype=dtype, conv_general_dilated=convolve_pointwise, name=name
    )


class ResnetBlock(nn.Module):
    """Two normalised 3x3 convolutions with a residual; the time embedding is added between them."""

    features: int
    num_groups: int
    epsilon: float
    compute: Compute = Compute()

    @nn.compact
    def __call__(self, x: jax.Array, time_embedding: jax.Array | None = None) -> jax.Array:
        """`x [k h w c]`, `time_embedding [k d]` or None (autoencoder) → `[k h w features]`."""
        residual, dtype = x, self.compute.dtype
        x = nn.silu(group_norm(self.num_groups, self.epsilon, dtype, "norm1")(x))
        x = conv3x3(self.features, self.compute, "conv1")(x)
        if time_embedding is not None:
            project = Dense(self.features, dtype=dtype, name="time_emb_proj")
            x = x + project(nn.silu(time_embedding))[:, None, None, :]
        x = nn.silu(group_norm(self.num_groups, self.epsilon, dtype, "norm2")(x))
        x = conv3x3(self.features, self.compute, "conv2")(x)
        if residual.shape[-1] != self.features:
            residual = conv1x1(self.features, dtype, "conv_shortcut")(residual)
        return residual + x


class Downsample(nn.Module):
    """Halves both sides by a strided 3x3 convolution.

    The UNet pads every edge by one; the autoencoder only the bottom and the right edge.
    """

    symmetric_padding: bool
    dtype: Dtype = jnp.float32

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """`[k h w c]` → `[k ⌈h/2⌉ ⌈w/2⌉ c]` (symmetric) or `[k ⌊h/2⌋ ⌊w/2⌋ c]`."""
        padding = ((1, 1) if self.symmetric_padding else (0, 1),) * 2
        conv = nn.Conv(x.shape[-1], (3, 3), 2, padding, dtype=self.dtype, name="conv")
        return conv(x)


class Upsample(nn.Module):
    """Nearest-neighbour enlargement to a given size, then a 3x3 convolution."""

    compute: Compute = Compute()

    @nn.compact
    def __call__(self, x: jax.Array, size: tuple[int, ...]) -> jax.Array:
        """`[k h w c]` → `[k *size c]`."""
        x = resize_nearest(x, size)
        return conv3x3(x.shape[-1], self.compute, "conv")(x)


def repeat_to(x: jax.Array, length: int) -> jax.Array:
    """`[k …]` → `[length …]`, all k again and again; `length` is a multiple of k."""
    times = length // len(x)
    return x if times == 1 else jnp.tile(x, (times, *[1] * (x.ndim - 1)))


def resize_nearest(x: jax.Array, size: tuple[int, ...]) -> jax.Array:
    """Nearest neighbour by `⌊i · old / new⌋`, torch's rule, for any `size = (height, width)`."""
    for axis, new in ((1, size[0]), (2, size[1])):
        old = x.shape[axis]
        if new == 2 * old:
            x = jnp.repeat(x, 2, axis=axis)
        elif new != old:
            x = jnp.take(x, (jnp.arange(new) * old) // new, axis=axis)
    return x
