"""Samplers: from noise to clean latents, over a table of all that is known before the first step.

Every sampler is a function that makes the table (`SAMPLERS`); the step, `denoising_step`, is the
same for all. So they share one compiled program, and another where noise is added.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from flowzero_jax.errors import InputError
from flowzero_jax.schedule import (
    ScheduleConfig,
    add_noise,
    alphas_cumprod,
    clean_and_noise,
    spaced_steps,
)
from flowzero_jax.settings import Prediction, Sampler

# (latents, timestep) → prediction, guidance included
Predict = Callable[[jax.Array, jax.Array], jax.Array]


class StepTable(NamedTuple):
    """Everything about the denoising steps that is known before the first one; axis s step."""

    timesteps: np.ndarray  # int32 [s], in the order used
    alphas_cumprod: np.ndarray  # float32 [s]
    next_alphas_cumprod: np.ndarray  # float32 [s], after the step
    extrapolation: np.ndarray  # float32 [s], of the clean estimates of two steps; 0 in DDIM
    #: float32 [s], deviation of the noise that a step adds; None where none does: it is then no
    #: part of the program.
    noise_scales: np.ndarray | None = None
    #: float32 [s], the latents' share in a consistency model's clean estimate; None in others.
    skips: np.ndarray | None = None

    def rows(self, steps: slice | int) -> "StepTable":
        """Some of the steps, or one, without the axis."""
        return StepTable._make(None if column is None else column[steps] for column in self)


class SamplerState(NamedTuple):
    """Where sampling stands; any shape, float32."""

    latents: jax.Array
    clean: jax.Array  # the last step's clean estimate; before the first step it has no meaning


def _ddim(config: ScheduleConfig, num_steps: int, eta: float) -> StepTable:
    """DDIM (Song et al., arXiv 2010.02502), equation 16; with an `eta` of 1 it is DDPM."""
    timesteps, before, after = spaced_steps(config, num_steps)
    table = StepTable(timesteps, before, after, np.zeros(num_steps, np.float32))
    if eta == 0:
        return table
    before, after = before.astype(np.float64), after.astype(np.float64)
    scales = eta * np.sqrt((1 - after) / (1 - before)) * np.sqrt(1 - before / after)
    return table._replace(noise_scales=scales.astype(np.float32))


def _dpm_solver(config: ScheduleConfig, num_steps: int, eta: float) -> StepTable:
    """DPM-Solver++(2M) (Lu et al., arXiv 2211.01095).

    It is DDIM from a clean estimate that is extrapolated from this step's and the last one's, by
    half the ratio of their lengths in log signal-to-noise. The last step, much the longest there,
    stays of first order: extrapolating over it made errors larger.
    """
    _refuse_eta("dpm++ adds no noise", eta)
    table = _ddim(config, num_steps, 0.0)
    shares = (table.alphas_cumprod[:-1], table.next_alphas_cumprod[:-1])
    # Where nothing of the signal is left, the ratio is not finite.
    starts, ends = (0.5 * np.log(np.maximum(x, 2.0**-24) / (1.0 - x)) for x in shares)
    lengths = (ends - starts).astype(np.float64)
    table.extrapolation[1:-1] = (lengths[1:] / (2.0 * lengths[:-1])).astype(np.float32)
    return table


# The steps of DDIM that latent consistency models are distilled from, and how their boundary
# condition weighs timesteps (Luo et al., arXiv 2310.04378).
CONSISTENCY_STEPS = 50
SIGMA_DATA, TIMESTEP_SCALING = 0.5, 10.0


def _consistency(config: ScheduleConfig, num_steps: int, eta: float) -> StepTable:
    """Multi-step sampling of a consistency model (Song et al., arXiv 2303.01469, algorithm 1).

    Every step estimates the clean latents, and but for the last one adds fresh noise for the next.
    """
    _refuse_eta("lcm draws all of its noise anew", eta)
    total = config.num_train_timesteps
    if not 1 <= num_steps <= min(CONSISTENCY_STEPS, total):
        raise InputError(
            f"num_steps: {num_steps}, but lcm takes 1 to {min(CONSISTENCY_STEPS, total)} steps, "
            "best 4 to 8; take fewer, or another --sampler"
        )
    taught = np.arange(1, CONSISTENCY_STEPS + 1)[::-1] * (total // CONSISTENCY_STEPS) - 1
    places = np.floor(np.linspace(0, CONSISTENCY_STEPS, num_steps, endpoint=False))
    timesteps = taught[places.astype(np.int64)].astype(np.int32)
    before = alphas_cumprod(config)[timesteps]
    after = np.append(before[1:], np.float32(1.0))
    skips = SIGMA_DATA**2 / ((TIMESTEP_SCALING * timesteps.astype(np.float64)) ** 2 + SIGMA_DATA**2)
    return StepTable(
        timesteps,
        before,
        after,
        np.zeros(num_steps, np.float32),
        np.sqrt(1.0 - after),
        skips.astype(np.float32),
    )


def _refuse_eta(reason: str, eta: float) -> None:
    if eta != 0:
        raise InputError(f"eta: {eta:g}, but {reason}; take --sampler ddim, or 0")


#: Each gets the schedule, the number of steps and eta.
SAMPLERS: dict[Sampler, Callable[[ScheduleConfig, int, float], StepTable]] = {
    "ddim": _ddim,
    "dpm++": _dpm_solver,
    "lcm": _consistency,
}


def step_table(
    config: ScheduleConfig, num_steps: int, sampler: Sampler = "ddim", eta: float = 0.0
) -> StepTable:
    """The steps of a sampler, noisiest first.

    Raises:
      InputError: more steps than the schedule or the sampler has timesteps for, or an `eta` for a
        sampler that decides itself about noise.
    """
    return SAMPLERS[sampler](config, num_steps, eta)


def denoising_step(
    state: SamplerState,
    prediction: jax.Array,
    step: Any,
    prediction_type: Prediction,
    fresh: jax.Array | None = None,
) -> SamplerState:
    """One step of any sampler; `step` is one row of the table, numbers instead of columns.

    DDIM moves along the clean estimate and the noise that a prediction amounts to. The second order
    extrapolates the former, and takes as noise what is then left of the latents. Where noise is
    added (`fresh`, standard normal), it takes the place of an equal share of the old one; in a
    consistency model, of all of it.
    """
    alpha, after = step.alphas_cumprod, step.next_alphas_cumprod
    clean, noise = clean_and_noise(state.latents, prediction, alpha, prediction_type)
    change = step.extrapolation * (clean - state.clean)
    noise = noise - jnp.sqrt(alpha / (1.0 - alpha)) * change
    if fresh is None:
        return SamplerState(add_noise(clean + change, noise, after), clean)
    if step.skips is not None:
        estimate = jnp.sqrt(1.0 - step.skips) * clean + step.skips * state.latents
        return SamplerState(add_noise(estimate, fresh, after), clean)
    kept = jnp.sqrt(jnp.maximum(1.0 - after - step.noise_scales**2, 0.0))
    latents = jnp.sqrt(after) * (clean + change) + kept * noise + step.noise_scales * fresh
    return SamplerState(latents, clean)


def sample(
    predict: Predict,
    state: SamplerState,
    steps: StepTable,
    prediction_type: Prediction,
    draw_noise: Callable[[jax.Array], jax.Array] | None = None,
) -> SamplerState:
    """All `steps` from `state`, which may be where earlier steps ended.

    Args:
      draw_noise: a timestep to the standard-normal noise that its step adds; used where the table
        has `noise_scales`.
    """

    def body(state: SamplerState, step: Any) -> tuple[SamplerState, None]:
        prediction = predict(state.latents, step.timesteps)
        fresh = None
        if step.noise_scales is not None:
            assert draw_noise is not None
            fresh = draw_noise(step.timesteps)
        return denoising_step(state, prediction, step, prediction_type, fresh), None

    return jax.lax.scan(body, state, steps)[0]
