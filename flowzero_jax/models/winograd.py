"""Winograd's minimal filtering: a 3x3 convolution with a third of the multiplications.

After Lavin and Gray (arXiv 1509.09308). The feature map is cut into tiles of `rows x columns`
output pixels. Tiles, which overlap by two pixels, and kernels are transformed, multiplied as
matrices over the channels, and transformed back; along one axis, m outputs of a kernel of 3 take
m + 2 multiplications instead of 3 m.

The transforms follow from the points at which Toom and Cook evaluate polynomials. The usual points
0, ±1, ±2 of m = 4 lose two digits; 0, ±2/3, ±3/2 lose less than one, as their powers stay near 1
(compare Barabasz et al., arXiv 1803.10986).
"""

import functools
import math
from fractions import Fraction
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

KERNEL = 3

# By the number m of outputs. Infinity is the last point of each.
_POINTS = {
    2: (Fraction(0), Fraction(1), Fraction(-1)),
    4: (Fraction(0), Fraction(2, 3), Fraction(-2, 3), Fraction(3, 2), Fraction(-3, 2)),
}


class Tile(NamedTuple):
    """Output pixels of a tile: 2 or 4 along each axis."""

    rows: int
    columns: int


class Transforms(NamedTuple):
    """Along one axis: `output @ ((kernel @ g) * (input @ d))` of weights g and inputs d."""

    input: np.ndarray  # [m+2 m+2]
    kernel: np.ndarray  # [m+2 3]
    output: np.ndarray  # [m m+2]


@functools.cache
def transforms(m: int) -> Transforms:
    """The matrices of F(m, 3), float64, from exact fractions."""
    points, size = _POINTS[m], m + KERNEL - 1
    infinity = [Fraction(0)] * (size - 1) + [Fraction(1)]
    kernel, rows = [], []
    for i, point in enumerate(points):
        others = points[:i] + points[i + 1 :]
        divisor = math.prod((point - other for other in others), start=Fraction(1))
        rows.append([*_polynomial(others), Fraction(0)])
        kernel.append([point**j / divisor for j in range(KERNEL)])
    rows.append(_polynomial(points))
    kernel.append(infinity[-KERNEL:])
    output = [[point**j for j in range(m)] for point in points] + [infinity[-m:]]
    return Transforms(*(np.array(x, float) for x in (rows, kernel, [*zip(*output, strict=True)])))


def _polynomial(roots: tuple[Fraction, ...]) -> list[Fraction]:
    """Coefficients of the monic polynomial with these roots, lowest degree first."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        scaled = [*(root * c for c in coefficients), Fraction(0)]
        coefficients = [a - b for a, b in zip(shifted, scaled, strict=True)]
    return coefficients


def convolve_in_tiles(x: jax.Array, kernel: jax.Array, tile: Tile, scratch: int) -> jax.Array:
    """`x [k h w c]` with `kernel [3 3 c d]`, stride 1, edges padded by one → `[k h w d]`.

    What is transformed takes about `scratch` bytes at a time: larger inputs are walked through in
    groups of images or bands of rows, so that the transformed tiles stay in caches.
    """
    k, h, w, c = x.shape
    d = kernel.shape[-1]
    images, rows = _band(k, h, w, c + d, tile, scratch)
    bands, columns = -(-h // rows), -(-w // tile.columns)
    bottom, right = bands * rows + 1 - h, columns * tile.columns + 1 - w
    padded = jnp.pad(x, ((0, 0), (1, bottom), (1, right), (0, 0)))
    # XLA would transform the kernels of all layers first, and once for all steps: that saves little
    # time and takes more memory than the parameters. What depends on the input has to wait for it.
    kernel = kernel + 0 * x[0, 0, 0, 0]
    transformed = jax.lax.optimization_barrier(_transform_kernel(kernel, tile))

    def one_band(index):
        start = (index // bands * images, index % bands * rows, 0, 0)
        band = jax.lax.dynamic_slice(padded, start, (images, rows + 2, *padded.shape[2:]))
        return _convolve_band(band, transformed, tile)

    if images == k and bands == 1:
        return _convolve_band(padded, transformed, tile)[:, :h, :w]
    out = jax.lax.map(one_band, jnp.arange(k // images * bands))
    out = out.reshape(-1, bands, images, rows, out.shape[3], d).swapaxes(1, 2)
    return out.reshape(k, bands * rows, -1, d)[:, :h, :w]


def _band(k: int, h: int, w: int, channels: int, tile: Tile, scratch: int) -> tuple[int, int]:
    """How many images, and how many of their rows, are convolved at a time."""
    growth = (tile.rows + 2) * (tile.columns + 2) / (tile.rows * tile.columns)
    rows = max(int(scratch / (4 * growth * w * channels)), 1)
    in_tiles = -(-h // tile.rows) * tile.rows
    if rows >= in_tiles:
        images = max(n for n in range(1, k + 1) if k % n == 0 and n * in_tiles <= rows)
        return images, in_tiles
    bands = -(-in_tiles // rows)
    return 1, -(-h // (bands * tile.rows)) * tile.rows


def _transform_kernel(kernel: jax.Array, tile: Tile) -> list[list[jax.Array]]:
    """A matrix `[c d]` for each row and column of a transformed tile."""
    by_rows = _combine(transforms(tile.rows).kernel, list(kernel))
    return [_combine(transforms(tile.columns).kernel, list(row)) for row in by_rows]


def _convolve_band(x: jax.Array, kernel: list[list[jax.Array]], tile: Tile) -> jax.Array:
    """`x [k h+2 w+2 c]` of whole tiles → `[k h w d]`.

    The barriers keep XLA from computing the first of two transforms again and again within the
    second; a matrix product for each position is faster than one batched product, for which they
    would have to be copied together.
    """
    k, c = x.shape[0], x.shape[-1]
    vertical, horizontal = transforms(tile.rows), transforms(tile.columns)
    num_rows = (x.shape[1] - 2) // tile.rows
    num_columns = (x.shape[2] - 2) // tile.columns

    def tiles(x: jax.Array, axis: int, step: int, count: int) -> list[jax.Array]:
        """The first, second, … line of every tile."""
        return [
            jax.lax.slice_in_dim(x, i, i + step * (count - 1) + 1, step, axis)
            for i in range(step + 2)
        ]

    barrier = jax.lax.optimization_barrier
    columns = barrier(_combine(horizontal.input, tiles(x, 2, tile.columns, num_columns)))
    inputs = barrier(
        [_combine(vertical.input, tiles(part, 1, tile.rows, num_rows)) for part in columns]
    )
    products = barrier(
        [
            [part.reshape(-1, c) @ kernel[i][j] for i, part in enumerate(column)]
            for j, column in enumerate(inputs)
        ]
    )
    rows = barrier([_combine(vertical.output, column) for column in products])
    out = [_combine(horizontal.output, list(line)) for line in zip(*rows, strict=True)]
    shape = (k, num_rows, num_columns, -1)
    lines = [jnp.stack([pixel.reshape(shape) for pixel in line], axis=3) for line in out]
    return jnp.stack(lines, axis=2).reshape(k, num_rows * tile.rows, num_columns * tile.columns, -1)


def _combine(matrix: np.ndarray, parts: list[jax.Array]) -> list[jax.Array]:
    """`matrix @ parts`, written as sums of whole arrays; zeros and ones cost nothing."""
    return [_weighted_sum(row, parts) for row in matrix]


def _weighted_sum(weights: np.ndarray, parts: list[jax.Array]) -> jax.Array:
    terms = [
        part if weight == 1 else part * weight.astype(part.dtype)
        for weight, part in zip(weights, parts, strict=True)
        if weight != 0
    ]
    return functools.reduce(jnp.add, terms)
