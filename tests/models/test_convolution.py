"""Every form of a convolution gives what the plain one does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from flowzero_jax.models import convolution
from flowzero_jax.models.convolution import convolve, convolve_pointwise
from flowzero_jax.models.winograd import Tile, convolve_in_tiles, transforms

pytestmark = pytest.mark.equality

SCRATCH = 2**20
NHWC = {"dimension_numbers": ("NHWC", "HWIO", "NHWC")}


def inputs(shape, features, seed=0):
    rng = np.random.default_rng(seed)
    kernel = rng.standard_normal((3, 3, shape[-1], features)) / np.sqrt(9 * shape[-1])
    return rng.standard_normal(shape).astype(np.float32), kernel.astype(np.float32)


def exact(x, kernel):
    """In float64, pixel by pixel of the kernel."""
    h, w = x.shape[1:3]
    padded = np.pad(x.astype(float), ((0, 0), (1, 1), (1, 1), (0, 0)))
    return sum(
        padded[:, i : i + h, j : j + w] @ kernel[i, j].astype(float)
        for i in range(3)
        for j in range(3)
    )


def worst(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("m", [2, 4])
def test_filtering_along_one_axis_is_exact(m):
    rng = np.random.default_rng(m)
    line, weights = rng.standard_normal(m + 2), rng.standard_normal(3)
    found = transforms(m).output @ ((transforms(m).kernel @ weights) * (transforms(m).input @ line))
    np.testing.assert_allclose(found, np.correlate(line, weights), atol=1e-13)


@pytest.mark.parametrize("tile", [Tile(2, 2), Tile(4, 2), Tile(2, 4), Tile(4, 4)])
@pytest.mark.parametrize("size", [(8, 8), (9, 7), (1, 1), (2, 13)])
def test_tiles_equal_the_plain_convolution_for_any_size(tile, size):
    x, kernel = inputs((2, *size, 5), 3)
    found = jax.jit(convolve_in_tiles, static_argnums=(2, 3))(x, kernel, tile, SCRATCH)
    assert worst(found, exact(x, kernel)) < 3e-6


@pytest.mark.parametrize("scratch", [2**8, 2**13, 2**15, 2**17, 2**24])
@pytest.mark.parametrize("images", [1, 6])
def test_scratch_changes_nothing_but_the_order(scratch, images):
    x, kernel = inputs((images, 18, 10, 6), 4)
    found = jax.jit(convolve_in_tiles, static_argnums=(2, 3))(x, kernel, Tile(4, 2), scratch)
    assert worst(found, exact(x, kernel)) < 3e-6


def test_many_channels_lose_less_than_a_digit():
    x, kernel = inputs((1, 16, 16, 640), 32)
    plain = jax.jit(convolution._by_xla)(x, kernel)
    tiles = jax.jit(convolve_in_tiles, static_argnums=(2, 3))(x, kernel, Tile(4, 2), SCRATCH)
    expected = exact(x, kernel)
    assert np.std(tiles - expected) < 10 * np.std(plain - expected)
    assert worst(tiles, expected) < 3e-6


@pytest.mark.parametrize(
    ("shape", "features", "chosen"),
    [
        ((1, 64, 32, 128), 128, Tile(4, 2)),
        ((1, 64, 64, 128), 64, None),
        ((1, 32, 32, 320), 320, Tile(2, 2)),
        ((1, 64, 64, 320), 4, None),
        ((1, 16, 16, 320), 320, None),
    ],
)
def test_tiles_are_taken_for_many_pixels_and_channels(shape, features, chosen):
    x, kernel = inputs(shape, features)
    assert convolution._choose_tile(jnp.asarray(x), jnp.asarray(kernel)) == chosen
    found = jax.jit(lambda x, kernel: convolve(x, kernel, (1, 1), "SAME", **NHWC))(x, kernel)
    assert worst(found, exact(x, kernel)) < 3e-6


def test_sixteen_bits_are_not_cut_into_tiles():
    x, kernel = inputs((1, 64, 64, 128), 128)
    assert convolution._choose_tile(jnp.asarray(x, jnp.bfloat16), jnp.asarray(kernel)) is None


def test_derivatives_are_those_of_the_plain_convolution():
    x, kernel = inputs((1, 63, 33, 128), 128)
    weights = np.random.default_rng(1).standard_normal((1, 63, 33, 128), np.float32)

    def gradients(form):
        value = jax.jit(jax.grad(lambda x, kernel: jnp.sum(form(x, kernel) * weights), (0, 1)))
        return value(x, kernel)

    assert convolution._choose_tile(jnp.asarray(x), jnp.asarray(kernel)) is not None
    tiled = gradients(lambda x, kernel: convolve(x, kernel, (1, 1), "SAME", **NHWC))
    for found, expected in zip(tiled, gradients(convolution._by_xla), strict=True):
        assert worst(found, expected) < 1e-5


def test_a_pointwise_convolution_is_a_matrix_product():
    x, kernel = inputs((2, 5, 4, 6), 3)
    expected = jax.lax.conv_general_dilated(x, kernel[:1, :1], (1, 1), "SAME", **NHWC)
    np.testing.assert_allclose(convolve_pointwise(x, kernel[:1, :1]), expected, atol=1e-5)
