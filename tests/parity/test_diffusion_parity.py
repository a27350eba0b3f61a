"""The noise schedule and single DDIM steps against diffusers."""

import jax.numpy as jnp
import numpy as np
import pytest

from flowzero_jax.sampler import SamplerState, denoising_step, step_table
from flowzero_jax.schedule import add_noise, alphas_cumprod, clean_and_noise
from flowzero_jax.weights.configs import parse_schedule_config


@pytest.fixture(scope="module")
def arrays(reference):
    return reference.arrays("scheduler")


@pytest.fixture(scope="module")
def config(reference):
    return parse_schedule_config(reference.folder / "pipeline/scheduler/scheduler_config.json")[0]


def test_schedule(config, arrays, check):
    alphas = alphas_cumprod(config)
    check(alphas, arrays["alphas_cumprod"])
    check(alphas, np.cumprod(1 - arrays["betas"].astype(np.float64)))


def test_timesteps(config, arrays):
    for name, timesteps in arrays.items():
        if name.startswith("timesteps_"):
            np.testing.assert_array_equal(step_table(config, len(timesteps)).timesteps, timesteps)


def test_last_step_ends_at_the_recorded_alpha(config, arrays, check):
    # A single step leads beyond the first training timestep whatever the spacing.
    check(step_table(config, 1).next_alphas_cumprod[-1], arrays["final_alpha_cumprod"])


@pytest.fixture(scope="module")
def single_steps(config, arrays):
    """The table of which the recorded single steps are rows: the shortest that has them all."""
    counts = (len(array) for name, array in arrays.items() if name.startswith("timesteps_"))
    tables = (step_table(config, count) for count in sorted(counts))
    return next(t for t in tables if set(arrays["step_timesteps"]) <= set(t.timesteps))


def test_single_steps(config, single_steps, arrays, check):
    table = single_steps
    sample, noise = jnp.asarray(arrays["sample"]), jnp.asarray(arrays["eps"])
    for index, timestep in enumerate(arrays["step_timesteps"]):
        row = list(table.timesteps).index(timestep)
        step = table.rows(row)
        clean, _ = clean_and_noise(sample, noise, step.alphas_cumprod, config.prediction_type)
        check(clean, arrays["pred_original_sample"][index])
        state = SamplerState(sample, jnp.zeros_like(sample))
        after = denoising_step(state, noise, step, config.prediction_type)
        check(after.latents, arrays["prev_sample"][index])


def test_added_noise(config, arrays, check):
    alpha = alphas_cumprod(config)[arrays["add_noise_timesteps"]][:, None, None, None]
    check(add_noise(arrays["sample"], arrays["eps"], alpha), arrays["noised"])
