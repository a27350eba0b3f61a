"""Convolutions in the form that is fastest on a platform."""

import functools

import jax
import jax.numpy as jnp

from flowzero_jax.models.platform import CPU, Platform
from flowzero_jax.models.winograd import Tile, convolve_in_tiles

# Up to this many output pixels in all, a CPU is faster with one matrix product.
FEW_PIXELS = 512

# On CPUs, with at least so many tiles and channels on either side, Winograd's form is 1.2 to 3
# times as fast. With fewer tiles, transforming the kernels costs more than it saves; with fewer
# channels, compiling and loading the larger program costs a short video more than it saves.
WINOGRAD = (
    # tile, tiles, channels
    (Tile(4, 2), 256, 128),
    (Tile(2, 2), 256, 256),
)
# Bytes of transformed tiles at a time.
SCRATCH = 48 * 2**20


def convolve(x: jax.Array, kernel: jax.Array, *_, platform: Platform = CPU, **__) -> jax.Array:
    """`x [k h w c]` with a 3x3 `kernel [3 3 c d]`, stride 1, edges padded by one → `[k h w d]`.

    It takes the place of `jax.lax.conv_general_dilated` in layers of this one geometry.

    On CPUs, feature maps of many pixels and channels go through Winograd's tiles in float32, those
    of few pixels through one matrix product: XLA's convolution reaches half and a third of their
    rates there.
    """
    if platform.is_cpu:
        tile = _choose_tile(x, kernel)
        if tile is not None:
            return _by_winograd(x, kernel, tile)
        if x.shape[0] * x.shape[1] * x.shape[2] <= FEW_PIXELS:
            return _as_matrix_product(x, kernel)
    return _by_xla(x, kernel)


def convolve_pointwise(x: jax.Array, kernel: jax.Array, *_, **__) -> jax.Array:
    """The same of a 1x1 `kernel [1 1 c d]`: a matrix product over the channels."""
    rows = x.reshape(-1, x.shape[-1]) @ kernel[0, 0]
    return rows.reshape(*x.shape[:-1], kernel.shape[-1])


def _choose_tile(x: jax.Array, kernel: jax.Array) -> Tile | None:
    if x.dtype != jnp.float32:
        return None
    k, h, w, _ = x.shape
    for tile, enough_tiles, enough_channels in WINOGRAD:
        num_tiles = k * -(-h // tile.rows) * -(-w // tile.columns)
        if num_tiles >= enough_tiles and min(kernel.shape[2:]) >= enough_channels:
            return tile
    return None


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _by_winograd(x: jax.Array, kernel: jax.Array, tile: Tile) -> jax.Array:
    """With derivatives that are convolutions, too, instead of those of the transforms."""
    return convolve_in_tiles(x, kernel, tile, SCRATCH)


def _by_winograd_forward(x: jax.Array, kernel: jax.Array, tile: Tile):
    return _by_winograd(x, kernel, tile), (x, kernel)


def _by_winograd_backward(tile: Tile, kept: tuple[jax.Array, jax.Array], cotangent: jax.Array):
    x, kernel = kept
    mirrored = kernel[::-1, ::-1].swapaxes(2, 3)
    _, kernel_derivative = jax.vjp(lambda kernel: _by_xla(x, kernel), kernel)
    return _by_winograd(cotangent, mirrored, tile), *kernel_derivative(cotangent)


_by_winograd.defvjp(_by_winograd_forward, _by_winograd_backward)


def _by_xla(x: jax.Array, kernel: jax.Array) -> jax.Array:
    return jax.lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def _as_matrix_product(x: jax.Array, kernel: jax.Array) -> jax.Array:
    k, h, w, c = x.shape
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    patches = [padded[:, i : i + h, j : j + w] for i in range(3) for j in range(3)]
    rows = jnp.concatenate(patches, axis=-1).reshape(k * h * w, 9 * c)
    return (rows @ kernel.reshape(9 * c, -1)).reshape(k, h, w, -1)
