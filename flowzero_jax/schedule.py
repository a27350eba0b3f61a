"""The noise schedule of latent diffusion, and conversions between what a model may predict."""

import dataclasses
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

from flowzero_jax.errors import InputError
from flowzero_jax.settings import Prediction

BetaSchedule = Literal["scaled_linear", "linear", "squaredcos_cap_v2"]
Spacing = Literal["leading", "trailing", "linspace"]


@dataclasses.dataclass(frozen=True)
class ScheduleConfig:
    """A checkpoint's noise schedule; the defaults are Stable Diffusion 1.x's.

    With `rescale_betas_zero_snr` nothing of the signal is left at the last timestep.
    """

    num_train_timesteps: int = 1000
    beta_start: float = 0.00085
    beta_end: float = 0.012
    prediction_type: Prediction = "epsilon"
    timestep_spacing: Spacing = "leading"
    steps_offset: int = 1
    set_alpha_to_one: bool = False
    beta_schedule: BetaSchedule = "scaled_linear"
    rescale_betas_zero_snr: bool = False

    def with_zero_snr(self) -> "ScheduleConfig":
        """From pure noise on, which only timesteps that end there make use of."""
        return dataclasses.replace(self, rescale_betas_zero_snr=True, timestep_spacing="trailing")


def alphas_cumprod(config: ScheduleConfig) -> np.ndarray:
    """Share of the signal's variance at each training timestep, float32 `[num_train_timesteps]`.

    "scaled_linear" betas are linear in their square root. Products are taken in float32, as in the
    published implementation.
    """
    total = config.num_train_timesteps
    if config.beta_schedule == "squaredcos_cap_v2":  # Nichol and Dhariwal, arXiv 2102.09672
        kept = np.cos((np.arange(total + 1) / total + 0.008) / 1.008 * np.pi / 2) ** 2
        betas = np.minimum(1 - kept[1:] / kept[:-1], 0.999).astype(np.float32)
    else:
        power = 2 if config.beta_schedule == "scaled_linear" else 1
        start, end = config.beta_start ** (1 / power), config.beta_end ** (1 / power)
        betas = np.linspace(start, end, total, dtype=np.float32) ** power
    alphas = np.cumprod(1.0 - betas, dtype=np.float32)
    if not config.rescale_betas_zero_snr:
        return alphas
    roots = np.sqrt(alphas)  # Lin et al., arXiv 2305.08891, algorithm 1
    squares: np.ndarray = ((roots - roots[-1]) * (roots[0] / (roots[0] - roots[-1]))) ** 2
    return squares


def spaced_steps(
    config: ScheduleConfig, num_steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The timesteps of a run, noisiest first, and the signal's share before and after each step.

    "leading" timesteps are multiples of `num_train_timesteps // num_steps` plus `steps_offset`;
    "trailing" ones end at the last training timestep (Lin et al., arXiv 2305.08891), "linspace"
    ones at both ends.

    Returns:
      int32 `[s]`, float32 `[s]` and `[s]`.

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
    elif config.timestep_spacing == "trailing":
        timesteps = np.round(np.arange(total, 0, -total / num_steps))[:num_steps] - 1
    else:
        timesteps = np.round(np.linspace(total - 1, 0, num_steps))
    timesteps = timesteps.astype(np.int32)
    following = timesteps - total // num_steps
    if config.timestep_spacing == "linspace":
        following = np.append(timesteps[1:], -1)
    alphas = alphas_cumprod(config)
    final = np.float32(1.0) if config.set_alpha_to_one else alphas[0]
    after = np.where(following >= 0, alphas[np.maximum(following, 0)], final)
    return timesteps, alphas[timesteps], after.astype(np.float32)


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


def guide(unconditional: jax.Array, conditional: jax.Array, scale: jax.Array | float) -> jax.Array:
    """Classifier-free guidance: scale 1 is the conditional prediction alone."""
    return unconditional + scale * (conditional - unconditional)
