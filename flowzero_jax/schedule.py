"""The noise schedule of latent diffusion, and conversions between what a model may predict."""

import dataclasses
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from flowzero_jax.errors import InputError
from flowzero_jax.settings import Sampler

Prediction = Literal["epsilon", "v_prediction"]


@dataclasses.dataclass(frozen=True)
class ScheduleConfig:
    """A checkpoint's noise schedule; the defaults are Stable Diffusion 1.x's."""

    num_train_timesteps: int = 1000
    beta_start: float = 0.00085
    beta_end: float = 0.012
    prediction_type: Prediction = "epsilon"
    timestep_spacing: Literal["leading", "trailing"] = "leading"
    steps_offset: int = 1
    set_alpha_to_one: bool = False


class StepTable(NamedTuple):
    """Everything about the denoising steps that is known before the first one; axis s step."""

    timesteps: np.ndarray  # int32 [s], in the order used
    alphas_cumprod: np.ndarray  # float32 [s]
    next_alphas_cumprod: np.ndarray  # float32 [s], after the step
    extrapolation: np.ndarray  # float32 [s], of the clean estimates of two steps; 0 in DDIM

    def __getitem__(self, steps: slice) -> "StepTable":
        """Some of the steps."""
        return StepTable(*(column[steps] for column in self))


class SamplerState(NamedTuple):
    """Where sampling stands; any shape, float32."""

    latents: jax.Array
    clean: jax.Array  # the last step's clean estimate; before the first step it has no meaning


def alphas_cumprod(config: ScheduleConfig) -> np.ndarray:
    """Share of the signal's variance at each training timestep, float32 `[num_train_timesteps]`.

    The betas are linear in their square root ("scaled linear"), and the product is taken in
    float32, as in the published implementation.
    """
    betas = (
        np.linspace(
            config.beta_start**0.5, config.beta_end**0.5, config.num_train_timesteps,
            dtype=np.float32,
        )
        ** 2
    )  # fmt: skip
    return np.cumprod(1.0 - betas, dtype=np.float32)


def step_table(config: ScheduleConfig, num_steps: int, sampler: Sampler = "ddim") -> StepTable:
    """The steps of DDIM (Song et al., arXiv 2010.02502) or DPM-Solver++(2M), noisiest first.

    DPM-Solver++(2M) (Lu et al., arXiv 2211.01095) is DDIM from a clean estimate that is
    extrapolated from this step's and the last one's, by half the ratio of their lengths in
    log signal-to-noise. Both thus share one step, and one compiled program.

    "leading" timesteps are multiples of `num_train_timesteps // num_steps` plus `steps_offset`;
    "trailing" ones end at the last training timestep (Lin et al., arXiv 2305.08891).

    Raises:
      InputError: more steps than the schedule has timesteps for.
    """
    total = config.num_train_timesteps
    offset = config.steps_offset if config.timestep_spacing == "leading" else 0
    if not 1 <= num_steps <= total or (num_steps - 1) * (total // num_steps) + offset >= total:
        raise InputError(
            f"num_steps: {num_steps} does not fit into {total} training timesteps; take "
            f"1 to {total // 2}"
        )
    if config.timestep_spacing == "leading":
        timesteps = np.arange(num_steps)[::-1] * (total // num_steps) + config.steps_offset
    else:
        timesteps = np.round(np.arange(total, 0, -total / num_steps))[:num_steps] - 1
    timesteps = timesteps.astype(np.int32)
    alphas = alphas_cumprod(config)
    final = np.float32(1.0) if config.set_alpha_to_one else alphas[0]
    following = timesteps - total // num_steps
    after = np.where(following >= 0, alphas[np.maximum(following, 0)], final)
    before, after = alphas[timesteps], after.astype(np.float32)
    extrapolation = np.zeros(num_steps, np.float32)
    if sampler == "dpm++":
        extrapolation[1:-1] = _second_order(before, after)
    return StepTable(timesteps, before, after, extrapolation)


def _second_order(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """`1 / 2r` of the steps between the first and the last, float32.

    The last step, much the longest in log signal-to-noise, stays of first order: extrapolating over
    it made errors larger.
    """
    starts, ends = (0.5 * np.log(x / (1.0 - x)) for x in (before[:-1], after[:-1]))
    lengths = (ends - starts).astype(np.float64)
    return (lengths[1:] / (2.0 * lengths[:-1])).astype(np.float32)


def add_noise(clean: jax.Array, noise: jax.Array, alpha: jax.Array) -> jax.Array:
    """`√ᾱ · clean + √(1 − ᾱ) · noise`, with `alpha` broadcastable to the rest."""
    return jnp.sqrt(alpha) * clean + jnp.sqrt(1.0 - alpha) * noise


def velocity(clean: jax.Array, noise: jax.Array, alpha: jax.Array) -> jax.Array:
    """The v of Salimans and Ho (arXiv 2202.00512): `√ᾱ · noise − √(1 − ᾱ) · clean`."""
    return jnp.sqrt(alpha) * noise - jnp.sqrt(1.0 - alpha) * clean


def clean_and_noise(
    latents: jax.Array, prediction: jax.Array, alpha: jax.Array, prediction_type: Prediction
) -> tuple[jax.Array, jax.Array]:
    """The clean latents and the noise that a model's prediction amounts to."""
    signal, sigma = jnp.sqrt(alpha), jnp.sqrt(1.0 - alpha)
    if prediction_type == "v_prediction":
        return signal * latents - sigma * prediction, sigma * latents + signal * prediction
    return (latents - sigma * prediction) / signal, prediction


def denoising_step(
    state: SamplerState, prediction: jax.Array, step: StepTable, prediction_type: Prediction
) -> SamplerState:
    """One deterministic (eta 0) step of DDIM or DPM-Solver++(2M); `step` is one row of the table.

    DDIM moves along the clean estimate and the noise that a prediction amounts to. The second order
    extrapolates the former, and takes as noise what is then left of the latents.
    """
    alpha = step.alphas_cumprod
    clean, noise = clean_and_noise(state.latents, prediction, alpha, prediction_type)
    change = step.extrapolation * (clean - state.clean)
    noise = noise - jnp.sqrt(alpha / (1.0 - alpha)) * change
    return SamplerState(add_noise(clean + change, noise, step.next_alphas_cumprod), clean)


def guide(unconditional: jax.Array, conditional: jax.Array, scale: jax.Array | float) -> jax.Array:
    """Classifier-free guidance: scale 1 is the conditional prediction alone."""
    return unconditional + scale * (conditional - unconditional)
