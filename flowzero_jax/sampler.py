"""Samplers: from noise to clean latents, over a table of all that is known before the first step.

Every sampler takes the same step, `denoising_step`; they differ in the columns that they put into
the table (`SAMPLERS`). So they share one compiled program, and another where noise is added.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from flowzero_jax.errors import InputError
from flowzero_jax.schedule import (
    Prediction,
    ScheduleConfig,
    add_noise,
    clean_and_noise,
    spaced_steps,
)
from flowzero_jax.settings import Sampler

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

    def rows(self, steps: slice | int) -> "StepTable":
        """Some of the steps, or one, without the axis."""
        return StepTable._make(None if column is None else column[steps] for column in self)


class SamplerState(NamedTuple):
    """Where sampling stands; any shape, float32."""

    latents: jax.Array
    clean: jax.Array  # the last step's clean estimate; before the first step it has no meaning


class Columns(NamedTuple):
    """What a sampler puts into the table; see `StepTable`."""

    extrapolation: np.ndarray
    noise_scales: np.ndarray | None = None


def _ddim(before: np.ndarray, after: np.ndarray, eta: float) -> Columns:
    """DDIM (Song et al., arXiv 2010.02502), equation 16; with an `eta` of 1 it is DDPM."""
    extrapolation = np.zeros(len(before), np.float32)
    if eta == 0:
        return Columns(extrapolation)
    before, after = before.astype(np.float64), after.astype(np.float64)
    scales = eta * np.sqrt((1 - after) / (1 - before)) * np.sqrt(1 - before / after)
    return Columns(extrapolation, scales.astype(np.float32))


def _dpm_solver(before: np.ndarray, after: np.ndarray, eta: float) -> Columns:
    """DPM-Solver++(2M) (Lu et al., arXiv 2211.01095).

    It is DDIM from a clean estimate that is extrapolated from this step's and the last one's, by
    half the ratio of their lengths in log signal-to-noise. The last step, much the longest there,
    stays of first order: extrapolating over it made errors larger.
    """
    if eta != 0:
        raise InputError(f"eta: {eta:g}, but dpm++ adds no noise; take --sampler ddim, or 0")
    extrapolation = np.zeros(len(before), np.float32)
    starts, ends = (0.5 * np.log(x / (1.0 - x)) for x in (before[:-1], after[:-1]))
    lengths = (ends - starts).astype(np.float64)
    extrapolation[1:-1] = (lengths[1:] / (2.0 * lengths[:-1])).astype(np.float32)
    return Columns(extrapolation)


#: Each gets the signal's share before and after every step, float32 `[s]`, and eta.
SAMPLERS: dict[Sampler, Callable[[np.ndarray, np.ndarray, float], Columns]] = {
    "ddim": _ddim,
    "dpm++": _dpm_solver,
}


def step_table(
    config: ScheduleConfig, num_steps: int, sampler: Sampler = "ddim", eta: float = 0.0
) -> StepTable:
    """The steps of a sampler, noisiest first.

    Raises:
      InputError: more steps than the schedule has timesteps for, or an `eta` for a sampler that
        adds no noise.
    """
    timesteps, before, after = spaced_steps(config, num_steps)
    return StepTable(timesteps, before, after, *SAMPLERS[sampler](before, after, eta))


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
    added (`fresh`, standard normal), it takes the place of an equal share of the old one.
    """
    alpha, after = step.alphas_cumprod, step.next_alphas_cumprod
    clean, noise = clean_and_noise(state.latents, prediction, alpha, prediction_type)
    change = step.extrapolation * (clean - state.clean)
    noise = noise - jnp.sqrt(alpha / (1.0 - alpha)) * change
    if fresh is None:
        return SamplerState(add_noise(clean + change, noise, after), clean)
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
