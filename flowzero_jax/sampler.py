"""Denoising: a scan over a table of everything that is known before the first step."""

from collections.abc import Callable

import jax

from flowzero_jax.diffusion import Prediction, StepTable, ddim_step

# (latents, timestep) → prediction, guidance included
Predict = Callable[[jax.Array, jax.Array], jax.Array]


def sample(
    predict: Predict, latents: jax.Array, steps: StepTable, prediction_type: Prediction
) -> jax.Array:
    """DDIM (eta 0) over all `steps`; `latents` of any shape, float32 in and out."""

    def body(latents: jax.Array, step: StepTable) -> tuple[jax.Array, None]:
        prediction = predict(latents, step.timesteps)
        return (
            ddim_step(
                latents,
                prediction,
                step.alphas_cumprod,
                step.next_alphas_cumprod,
                prediction_type,
            ),
            None,
        )

    return jax.lax.scan(body, latents, steps)[0]
