"""The naive version computes what ours does, on random weights that keep the scale."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from grey_levels import assert_within_one_grey_level
from tiny import AUTOENCODER, MICRO_UNET, TEXT_ENCODER, UNET

from flowzero_jax.denoising import Conditions, Models, denoise
from flowzero_jax.generation import decode
from flowzero_jax.lab.speed.naive import decode_naively, denoise_naively
from flowzero_jax.lab.speed.random_weights import random_weights
from flowzero_jax.models import Autoencoder, TextEncoder, UNet
from flowzero_jax.sampler import SamplerState, step_table
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.weights.convert import parameter_shapes
from flowzero_jax.weights.names import leaves

pytestmark = pytest.mark.equality

MODES = ("none", "first", "first_prev", "first_self")
FRAMES, ROWS, COLUMNS, TOKENS, SLOTS = 3, 6, 5, 7, 4  # sides that do not divide
GUIDANCE = 2.5  # more would enlarge rounding, by how much depends on the compiler


def noise(*shape):
    return np.random.default_rng(shape).standard_normal(shape, np.float32)


def models(unet):
    encoder = TextEncoder(TEXT_ENCODER)
    return Models(UNet(unet), Autoencoder(AUTOENCODER), encoder, ScheduleConfig())


@pytest.mark.parametrize(
    ("mode", "config"), [*((mode, MICRO_UNET) for mode in MODES), ("first_prev", UNET)]
)
def test_naive_denoising_equals_ours(mode, config):
    width, params = config.cross_attention_dim, {"unet": random_weights(config, jnp.float32)}
    conditions = Conditions(
        text=noise(1, FRAMES, TOKENS, width),
        negative_text=noise(1, 1, TOKENS, width),
        grounding_tokens=noise(1, FRAMES, SLOTS, width),
        null_tokens=noise(1, 1, SLOTS, width),
    )
    state = SamplerState(noise(1, FRAMES, ROWS, COLUMNS, 4), noise(1, FRAMES, ROWS, COLUMNS, 4))
    steps = step_table(ScheduleConfig(), 50, "dpm++").rows(slice(0, 2))

    @jax.jit
    def naive(gate):
        return denoise_naively(
            config, jnp.float32, params["unet"], state, conditions, steps, GUIDANCE, gate,
            cross_frame=mode, prediction_type="epsilon",
        )  # fmt: skip

    for grounded in (True, False):
        options = {"cross_frame": mode, "grounded": grounded}
        ours = jax.jit(functools.partial(denoise, models(config), **options))(
            params, state, conditions, steps, GUIDANCE
        )
        for found, expected in zip(naive(jnp.float32(grounded)), ours, strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * abs(expected).max())


def test_naive_decoding_equals_ours():
    params = {"vae": random_weights(AUTOENCODER, jnp.float32)}
    latents = 0.2 * noise(1, 2, ROWS, COLUMNS, 4)
    ours = jax.jit(lambda x: decode(models(UNET), params, x).frames)(latents)
    found = jax.jit(lambda x: decode_naively(AUTOENCODER, jnp.float32, params["vae"], x))(latents)
    assert_within_one_grey_level(found, ours)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_random_weights_keep_the_scale_of_what_goes_through(dtype):
    shapes = dict(leaves(parameter_shapes(UNET)))
    firsts = []
    for path, leaf in leaves(random_weights(UNET, jnp.dtype(dtype))):
        assert (leaf.shape, leaf.dtype) == (shapes[path].shape, dtype)
        values = np.asarray(leaf, np.float32)
        assert np.isfinite(values).all()
        if path[-1] == "kernel":
            fan_in = math.prod(leaf.shape[:-1])
            firsts.append(values.flat[0] * fan_in**0.5)
            if leaf.size > 1000:
                assert values.std() * fan_in**0.5 == pytest.approx(1, rel=0.1)
                assert abs(values.mean()) * fan_in**0.5 < 0.2
    assert np.std(firsts) == pytest.approx(1, rel=0.2)  # other numbers in every layer


# What is measured of which workload
