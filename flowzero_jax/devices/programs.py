"""Drawing a batch of videos on the device, in calls of a few steps each.

Between two calls the host sees that the numbers are finite, reports progress, keeps a snapshot and
may be interrupted. All calls of a kind share one compiled program, and so do all scenes and seeds.
"""

import dataclasses
import functools
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from flowzero_jax.arrays import SceneArrays
from flowzero_jax.blending import mixed
from flowzero_jax.denoising import Models, Params, denoise
from flowzero_jax.devices.mesh import to_host
from flowzero_jax.devices.placement import Placement, decode_spread, denoise_spread
from flowzero_jax.devices.processes import SharedSnapshot
from flowzero_jax.devices.traced import run
from flowzero_jax.errors import ModelError
from flowzero_jax.generation import Decoded, calls, decode, prepare
from flowzero_jax.models import TextEncoder
from flowzero_jax.sampler import SamplerState
from flowzero_jax.settings import STEPS_PER_CALL, GenerationSettings
from flowzero_jax.snapshot import Snapshot
from flowzero_jax.tabulate import SceneTable

# (steps done, steps in all)
Progress = Callable[[int, int], None]

# Texts go through the text encoder in chunks of this many, so that their number compiles nothing.
TEXT_CHUNK = 8

# The keywords of `denoise`, all static.
DENOISE_OPTIONS = ("cross_frame", "grounded", "guided", "frames_per_chunk", "noise_schemes")

prepare_jitted = jax.jit(prepare, static_argnums=(0, 1))


class Drawn(NamedTuple):
    """A batch of videos, on the host."""

    latents: np.ndarray  # float32 [b f h w c]
    frames: np.ndarray  # uint8 [b f H W 3]


def encode_table(
    encode: Callable[[np.ndarray], tuple[jax.Array, jax.Array]], ids: np.ndarray, table: SceneTable
) -> SceneArrays:
    """Encodes every distinct text once, and gathers and mixes the states as the table says.

    Args:
      encode: token ids to states `[… l d]` and pooled states `[… d]`; always gets `TEXT_CHUNK`
        rows, the last of them filled up with the first text.
      ids: `[k l]` of the texts that the table's indices mean.
      table: the rest of the scenes.

    Raises:
      ModelError: the states are not finite.
    """
    filler = np.repeat(ids[:1], -len(ids) % TEXT_CHUNK, axis=0)
    ids = np.concatenate([ids, filler])
    chunks = [encode(chunk) for chunk in np.split(ids, len(ids) // TEXT_CHUNK)]
    states, pooled = (np.concatenate([*map(to_host, parts)]) for parts in zip(*chunks, strict=True))
    if not np.isfinite(states).all():
        raise ModelError(
            "the text encoder gave numbers that are not finite; try --dtype float32 or check the "
            "weights"
        )
    prompts: Any = mixed(states, table.prompts)
    phrases: Any = mixed(pooled, table.phrases)
    return SceneArrays(
        prompt_embeds=prompts,
        negative_embeds=states[table.negative_index],
        phrase_embeds=phrases,
        # All but the texts is the table's own.
        **{name: getattr(table, name) for name in SceneArrays._fields[3:]},
    )


@functools.partial(jax.jit, static_argnums=0)
def encode_texts_jitted(model: TextEncoder, params: Params, ids: jax.Array):
    return model.apply({"params": params}, ids)


@functools.partial(
    jax.jit, static_argnums=0, static_argnames=(*DENOISE_OPTIONS, "mesh"), donate_argnames="state"
)
def denoise_jitted(
    models, params, state, conditions, steps, guidance_scale, *, mesh: Mesh | None = None, **options
) -> SamplerState:
    """`denoise`, on one device, or on a mesh what `Placement.spread` gave."""
    run = denoise if mesh is None else functools.partial(denoise_spread, mesh)
    return run(models, params, state, conditions, steps, guidance_scale, **options)


@functools.partial(jax.jit, static_argnums=0, static_argnames="mesh")
def decode_jitted(models, params, latents, *, mesh: Mesh | None = None) -> Decoded:
    """`decode`, on one device or on a mesh."""
    run = decode if mesh is None else functools.partial(decode_spread, mesh)
    return run(models, params, latents)


def draw(
    models: Models,
    params: Params,
    scenes: SceneArrays,
    keys: jax.Array,
    settings: GenerationSettings,
    *,
    mesh: Mesh | None = None,
    steps_per_call: int = STEPS_PER_CALL,
    progress: Progress | None = None,
    snapshot: Snapshot | SharedSnapshot | None = None,
    keep: Callable[[], bool] = lambda: True,
) -> Drawn:
    """`generate`, interruptible: scenes and keys `[b]` → latents and frames of the videos.

    Args:
      mesh: the devices, with the parameters on them (`mesh.shard_params`); None for one device.
        Of several processes all call this with the same arguments, and all get the videos.
      steps_per_call: denoising steps between two looks of the host, at most.
      progress: told after every call.
      snapshot: written after every call, gone on from if there is one, and deleted at the end; by
        the first process.
      keep: asked after every call, by every process alike, whether the snapshot is to be written.

    Raises:
      ModelError: the latents, or what the decoder makes of them, are not finite.
      InputError, OutputError: as `Snapshot`; of several processes a SharedError.
    """
    settings = settings.in_programs
    state, conditions = run(prepare_jitted, models, settings, params, scenes, keys)
    if isinstance(snapshot, Snapshot) and mesh is not None and mesh.is_multi_process:
        snapshot = SharedSnapshot(snapshot)
    done = 0
    if snapshot is not None and (found := snapshot.read(state)) is not None:
        done, state = found[0], jax.tree.map(jnp.asarray, found[1])
    collect: Callable[[jax.Array], np.ndarray] = to_host
    if mesh is not None:
        b, f, *_ = state.latents.shape
        placement = Placement(mesh, b, f, settings.frames_per_chunk)
        state, conditions = placement.spread(state, conditions)
        collect = placement.collect
    for call in calls(models.schedule, settings, steps_per_call, done):
        inputs = (models, params, state, conditions, call.steps, settings.guidance_scale)
        state = run(denoise_jitted, *inputs, **call.options(settings), mesh=mesh)
        done += len(call.steps.timesteps)
        if not bool(jnp.isfinite(state.latents).all()):
            raise ModelError(
                f"the latents are not finite after step {done}; try --dtype float32 or check the "
                "weights"
            )
        if snapshot is not None and keep():
            snapshot.write(done, SamplerState._make(map(collect, state)))
        if progress is not None:
            progress(done, settings.num_steps)
    frames = _decode(models, params, state.latents, mesh, collect)
    if snapshot is not None:
        snapshot.remove()
    return Drawn(collect(state.latents), frames)


def _decode(models: Models, params: Params, latents: jax.Array, mesh, collect) -> np.ndarray:
    """The frames on the host. Sums of a decoder can be too large for 16 bits although all weights
    fit: it then computes in float32, which takes longer and gives the picture that was meant.
    """
    frames, finite = map(collect, run(decode_jitted, models, params, latents, mesh=mesh))
    dtype = jnp.dtype(models.autoencoder.dtype)
    if not finite.all() and dtype != jnp.float32:
        warnings.warn(f"the decoder overflows in {dtype.name}; it is run in float32", stacklevel=2)
        exact = dataclasses.replace(models, autoencoder=models.autoencoder.clone(dtype=jnp.float32))
        frames, finite = map(collect, run(decode_jitted, exact, params, latents, mesh=mesh))
    if not finite.all():
        raise ModelError(
            "the decoder gave numbers that are not finite, in float32, too; check its weights, or "
            "name another autoencoder by --vae"
        )
    return frames
