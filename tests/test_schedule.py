"""Properties of schedule, sampler and guidance. Exact numbers: see tests/parity."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from flowzero_jax.errors import InputError
from flowzero_jax.sampler import SamplerState, sample, step_table
from flowzero_jax.schedule import (
    ScheduleConfig,
    add_noise,
    alphas_cumprod,
    clean_and_noise,
    guide,
    velocity,
)

CLEAN = jax.random.normal(jax.random.key(0), (2, 3, 4))
NOISE = jax.random.normal(jax.random.key(1), (2, 3, 4))


def test_signal_only_decreases():
    alphas = alphas_cumprod(ScheduleConfig())
    assert alphas.shape == (1000,)
    assert (np.diff(alphas) < 0).all() and 0 < alphas[-1] < alphas[0] < 1


@pytest.mark.parametrize("num_steps", [1, 7, 20, 50])
@pytest.mark.parametrize("spacing", ["leading", "trailing", "linspace"])
def test_steps_go_from_noisy_to_clean(num_steps, spacing):
    config = ScheduleConfig(timestep_spacing=spacing, set_alpha_to_one=spacing == "linspace")
    table = step_table(config, num_steps)
    assert table.timesteps.shape == (num_steps,)
    assert (np.diff(table.timesteps) < 0).all()
    assert (table.next_alphas_cumprod > table.alphas_cumprod).all()
    if spacing != "leading":
        assert table.timesteps[0] == 999


def test_more_steps_than_the_schedule_has_are_refused():
    with pytest.raises(InputError, match="num_steps"):
        step_table(ScheduleConfig(), 1000)
    assert len(step_table(ScheduleConfig(steps_offset=0), 1000).timesteps) == 1000
    with pytest.raises(InputError, match="num_steps"):
        step_table(ScheduleConfig(steps_offset=0), 1001)


@pytest.mark.parametrize("alpha", [0.999, 0.5, 0.01])
@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
def test_prediction_gives_back_clean_and_noise(alpha, prediction_type):
    latents = add_noise(CLEAN, NOISE, alpha)
    prediction = NOISE if prediction_type == "epsilon" else velocity(CLEAN, NOISE, alpha)
    clean, noise = clean_and_noise(latents, prediction, alpha, prediction_type)
    np.testing.assert_allclose(clean, CLEAN, atol=2e-5)
    np.testing.assert_allclose(noise, NOISE, atol=2e-5)


@pytest.mark.parametrize("kind", ["scaled_linear", "linear", "squaredcos_cap_v2"])
def test_every_schedule_decreases_and_can_end_in_pure_noise(kind):
    config = ScheduleConfig(beta_schedule=kind, prediction_type="v_prediction")
    alphas, rescaled = alphas_cumprod(config), alphas_cumprod(config.with_zero_snr())
    assert (np.diff(alphas) < 0).all() and 0 < alphas[-1] < alphas[0] < 1
    assert (np.diff(rescaled) < 0).all() and rescaled[-1] == 0
    np.testing.assert_allclose(rescaled[0], alphas[0], rtol=1e-6)


def perfect_velocity(alphas):
    """The prediction of a model that knows the clean latents."""

    def oracle(latents, timestep):
        alpha = alphas[timestep]
        noise = (latents - jnp.sqrt(alpha) * CLEAN) / jnp.sqrt(1 - alpha)
        return velocity(CLEAN, noise, alpha)

    return oracle


@pytest.mark.parametrize("sampler", ["ddim", "dpm++", "lcm"])
def test_from_pure_noise_a_perfect_velocity_leads_to_the_clean_latents(sampler):
    config = ScheduleConfig(prediction_type="v_prediction", set_alpha_to_one=True).with_zero_snr()
    steps = step_table(config, 10, sampler)
    assert steps.alphas_cumprod[0] == 0 and np.isfinite(steps.extrapolation).all()
    oracle = perfect_velocity(jnp.asarray(alphas_cumprod(config)))
    state = SamplerState(NOISE, jnp.zeros_like(NOISE))
    end = sample(oracle, state, steps, "v_prediction", lambda timestep: NOISE).latents
    np.testing.assert_allclose(end, CLEAN, atol=1e-3)


@pytest.mark.parametrize(("num_steps", "eta"), [(0, 0.0), (51, 0.0), (4, 0.5)])
def test_what_lcm_cannot_do(num_steps, eta):
    with pytest.raises(InputError, match="lcm"):
        step_table(ScheduleConfig(), num_steps, "lcm", eta)


def test_lcm_forgets_the_noise_that_was_there():
    """Whatever it starts from, a perfect model leads to the clean latents."""
    steps = step_table(ScheduleConfig(), 4, "lcm")
    assert (steps.noise_scales[:-1] > 0).all() and steps.noise_scales[-1] == 0
    oracle = perfect_velocity(jnp.asarray(alphas_cumprod(ScheduleConfig())))
    for start in (NOISE, -3 * NOISE):
        state = SamplerState(start, jnp.zeros_like(start))
        end = sample(oracle, state, steps, "v_prediction", lambda timestep: NOISE).latents
        np.testing.assert_allclose(end, CLEAN, atol=1e-3)


@pytest.mark.parametrize("sampler", ["ddim", "dpm++"])
@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
def test_a_perfect_prediction_leads_to_the_clean_latents(prediction_type, sampler):
    config = ScheduleConfig(timestep_spacing="trailing")
    steps = step_table(config, 10, sampler)
    alphas = jnp.asarray(alphas_cumprod(config))

    def oracle(latents, timestep):
        alpha = alphas[timestep]
        noise = (latents - jnp.sqrt(alpha) * CLEAN) / jnp.sqrt(1 - alpha)
        return noise if prediction_type == "epsilon" else velocity(CLEAN, noise, alpha)

    start = add_noise(CLEAN, NOISE, steps.alphas_cumprod[0])
    state = SamplerState(start, jnp.zeros_like(start))
    end = sample(oracle, state, steps, prediction_type).latents
    last = steps.next_alphas_cumprod[-1]
    np.testing.assert_allclose(end, add_noise(CLEAN, NOISE, last), atol=1e-3)


def test_guidance_of_one_is_the_conditional_prediction():
    np.testing.assert_allclose(guide(CLEAN, NOISE, 1.0), NOISE, atol=1e-6)
    np.testing.assert_array_equal(guide(CLEAN, NOISE, 0.0), CLEAN)


def gaussian_model(config):
    """The exact noise prediction for data whose latents are Gaussian with deviation 0.5."""
    alphas = jnp.asarray(alphas_cumprod(config))

    def predict(latents, timestep):
        alpha = alphas[timestep]
        return jnp.sqrt(1 - alpha) * latents / (alpha * 0.25 + 1 - alpha)

    return predict


def test_the_second_order_sampler_has_a_smaller_error():
    """Against many small steps, from the same start, at an equal number of steps."""
    config = ScheduleConfig(timestep_spacing="trailing")
    start = SamplerState(NOISE, jnp.zeros_like(NOISE))

    def end(num_steps, sampler):
        steps = step_table(config, num_steps, sampler)
        return sample(gaussian_model(config), start, steps, config.prediction_type).latents

    exact = end(1000, "ddim")
    errors = {name: float(jnp.abs(end(50, name) - exact).max()) for name in ("ddim", "dpm++")}
    assert errors["dpm++"] < 0.5 * errors["ddim"]


@pytest.mark.parametrize("set_alpha_to_one", [False, True])
def test_samplers_differ_in_the_extrapolation_alone(set_alpha_to_one):
    config = ScheduleConfig(set_alpha_to_one=set_alpha_to_one)
    first, second = (step_table(config, 20, name) for name in ("ddim", "dpm++"))
    for name in ("timesteps", "alphas_cumprod", "next_alphas_cumprod"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert not first.extrapolation.any()
    assert second.extrapolation[0] == second.extrapolation[-1] == 0
    assert (second.extrapolation[1:-1] > 0).all()


@pytest.mark.equality
def test_stopping_between_steps_changes_nothing():
    """The state holds all that a multi-step sampler needs."""
    config = ScheduleConfig()
    steps = step_table(config, 6, "dpm++")
    start = SamplerState(NOISE, jnp.zeros_like(NOISE))
    run = jax.jit(lambda state, steps: sample(gaussian_model(config), state, steps, "epsilon"))
    halves = run(run(start, steps.rows(slice(0, 3))), steps.rows(slice(3, None)))
    # Programs of three steps and of six: as far apart as float32 rounds in six steps.
    np.testing.assert_allclose(halves.latents, run(start, steps).latents, atol=5e-6)
