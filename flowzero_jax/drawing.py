"""Drawing a batch of videos on the device, in calls of a few steps each.

Between two calls the host sees that the numbers are finite, reports progress, keeps a snapshot and
may be interrupted. All calls of a kind share one compiled program, and so do all scenes and seeds.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from flowzero_jax.arrays import SceneArrays
from flowzero_jax.denoising import Models, Params, denoise
from flowzero_jax.diffusion import SamplerState
from flowzero_jax.errors import ModelError
from flowzero_jax.generation import GenerationSettings, calls, decode, prepare
from flowzero_jax.snapshot import Snapshot

# (steps done, steps in all)
Progress = Callable[[int, int], None]

prepare_jitted = jax.jit(prepare, static_argnums=(0, 1))
denoise_jitted = jax.jit(
    denoise,
    static_argnums=0,
    static_argnames=("cross_frame", "grounded", "guided", "frames_per_chunk"),
    donate_argnames="state",
)
decode_jitted = jax.jit(decode, static_argnums=0)


def draw(
    models: Models,
    params: Params,
    scenes: SceneArrays,
    keys: jax.Array,
    settings: GenerationSettings,
    *,
    steps_per_call: int = 10,
    progress: Progress | None = None,
    snapshot: Snapshot | None = None,
) -> np.ndarray:
    """`generate`, interruptible: scenes and keys `[b]` → videos uint8 `[b f H W 3]`.

    Args:
      steps_per_call: denoising steps between two looks of the host, at most.
      progress: told after every call.
      snapshot: written after every call, gone on from if there is one, and deleted at the end.

    Raises:
      ModelError: the latents are not finite.
      InputError, OutputError: as `Snapshot`.
    """
    state, conditions = prepare_jitted(models, settings, params, scenes, keys)
    done = 0
    if snapshot is not None and (found := snapshot.read(state)) is not None:
        done, state = found[0], jax.tree.map(jnp.asarray, found[1])
    for call in calls(models.schedule, settings, steps_per_call, done):
        state = denoise_jitted(
            models,
            params,
            state,
            conditions,
            call.steps,
            settings.guidance_scale,
            cross_frame=settings.cross_frame,
            grounded=call.grounded,
            guided=call.guided,
            frames_per_chunk=settings.frames_per_chunk,
        )
        done += len(call.steps.timesteps)
        if not bool(jnp.isfinite(state.latents).all()):
            raise ModelError(
                f"the latents are not finite after step {done}; try --dtype float32 or check the "
                "weights"
            )
        if snapshot is not None:
            snapshot.write(done, SamplerState(*map(np.asarray, state)))
        if progress is not None:
            progress(done, settings.num_steps)
    frames = np.asarray(decode_jitted(models, params, state.latents))
    if snapshot is not None:
        snapshot.remove()
    return frames
