"""Denoising and decoding spread over a mesh: each device draws its videos and frames.

Frames are independent but for cross-frame attention, so that in a step nothing crosses from device
to device but what `models.cross_frame` sends: keys and values of the first frame, and of the
previous one. All the rest is the program of one device, inside `jax.shard_map`.
"""

import dataclasses
import functools

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Int

from flowzero_jax.denoising import Conditions, Models, Params, chunk_size, denoise
from flowzero_jax.devices.mesh import DATA_AXIS, FRAME_AXIS, MODEL_AXIS, put, to_host
from flowzero_jax.generation import Decoded, decode
from flowzero_jax.noise_schemes import Motion, StepNoise
from flowzero_jax.sampler import SamplerState, StepTable

WHOLE = PartitionSpec()
BY_VIDEO = PartitionSpec(DATA_AXIS)
BY_FRAME = PartitionSpec(DATA_AXIS, FRAME_AXIS)
STATE = SamplerState._make([BY_FRAME] * 2)
STEP_NOISE = StepNoise._make([BY_VIDEO, Motion._make([BY_FRAME] * len(Motion._fields))])
CONDITIONS = Conditions._make([BY_FRAME, BY_VIDEO, BY_FRAME, BY_VIDEO, STEP_NOISE])


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where the videos and frames of a batch lie on a mesh with the axes "data" and "frame".

    All devices hold equally many: copies of the last video and of the last frame fill up, and are
    dropped in the end. The devices' chunks of frames interlock: the first ones together are a run
    of neighbours, then the second ones, and so on. Thus whatever a chunk looks at has been seen.
    """

    mesh: Mesh
    num_videos: int
    num_frames: int
    frames_per_chunk: int

    @property
    def video_order(self) -> Int[np.ndarray, " b"]:
        """The video at each place."""
        devices = self.mesh.shape[DATA_AXIS]
        places = -(-self.num_videos // devices) * devices
        return np.minimum(np.arange(places), self.num_videos - 1)

    @property
    def frame_order(self) -> Int[np.ndarray, " f"]:
        """The frame at each place."""
        return np.minimum(self._moments, self.num_frames - 1)

    @property
    def _moments(self) -> Int[np.ndarray, " f"]:
        """When the frame at each place is shown, the copies at the end included."""
        devices = self.mesh.shape[FRAME_AXIS]
        each = -(-self.num_frames // devices)
        size = chunk_size(each, self.frames_per_chunk)
        moments = np.arange(-(-each // size) * devices * size).reshape(-1, devices, size)
        return moments.swapaxes(0, 1).ravel()

    def spread(
        self, state: SamplerState, conditions: Conditions
    ) -> tuple[SamplerState, Conditions]:
        """From arrays of all videos and frames, on the host or replicated, to every device's."""

        def place(array, axes: PartitionSpec) -> jax.Array:
            array = to_host(array)[self.video_order]
            if axes == BY_FRAME:
                array = array[:, self.frame_order]
            return put(array, self.mesh, axes)

        axes = (STATE, _axes_of(conditions))
        return jax.tree.map(place, (state, conditions), axes)

    def collect(self, array: jax.Array) -> np.ndarray:
        """`[b f …]` of all devices → all videos and frames in order, on every process."""
        places = np.argsort(self._moments)[: self.num_frames]
        return to_host(array)[: self.num_videos, places]


def denoise_spread(
    mesh: Mesh,
    models: Models,
    params: Params,
    state: SamplerState,
    conditions: Conditions,
    steps: StepTable,
    guidance_scale: jax.Array | float,
    **options,
) -> SamplerState:
    """`denoising.denoise` of what `Placement.spread` gave; `options` are its keywords."""
    unet = models.unet.clone(frame_axis=FRAME_AXIS if mesh.shape[FRAME_AXIS] > 1 else None)
    models = dataclasses.replace(models, unet=unet)
    axes = (WHOLE, STATE, _axes_of(conditions), WHOLE, WHOLE)
    run = _on_each(functools.partial(denoise, models, **options), mesh, axes, STATE)
    return run(params, state, conditions, steps, guidance_scale)


def decode_spread(mesh: Mesh, models: Models, params: Params, latents: jax.Array) -> Decoded:
    """`generation.decode` on every device's frames."""
    run = _on_each(functools.partial(decode, models), mesh, (WHOLE, BY_FRAME), BY_FRAME)
    return run(params, latents)


def _axes_of(conditions: Conditions) -> Conditions:
    """`CONDITIONS` without what is not there."""
    pairs = zip(conditions, CONDITIONS, strict=True)
    return Conditions._make(None if found is None else axes for found, axes in pairs)


def _on_each(function, mesh: Mesh, in_specs, out_specs):
    """`function` on every device's part; the compiler sees to the axis "model", if there is one."""
    split = mesh.shape[MODEL_AXIS] > 1
    return jax.shard_map(
        function,
        mesh=mesh,
        in_specs=in_specs,
        out_specs=out_specs,
        axis_names={DATA_AXIS, FRAME_AXIS} if split else set(mesh.axis_names),
        check_vma=False,
    )
