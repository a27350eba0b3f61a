"""Denoising: a scan over a table of everything that is known before the first step."""

from collections.abc import Callable

import jax

from flowzero_jax.schedule import Prediction, SamplerState, StepTable, denoising_step

# (latents, timestep) → prediction, guidance included
Predict = Callable[[jax.Array, jax.Array], jax.Array]


def sample(
    predict: Predict, state: SamplerState, steps: StepTable, prediction_type: Prediction
) -> SamplerState:
    """All `steps` from `state`, which may be where earlier steps ended."""

    def body(state: SamplerState, step: StepTable) -> tuple[SamplerState, None]:
        prediction = predict(state.latents, step.timesteps)
        return denoising_step(state, prediction, step, prediction_type), None

    return jax.lax.scan(body, state, steps)[0]
