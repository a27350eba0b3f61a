"""Devices: the one place that knows there may be several of them.

A batch of videos is spread over a mesh of three axes: videos over "data", the frames of a video
over "frame", and parameters, where one device cannot hold them, over "model".
"""

import math
import re
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from flowzero_jax.errors import DeviceError, ModelError
from flowzero_jax.models import Platform

DATA_AXIS = "data"
FRAME_AXIS = "frame"
MODEL_AXIS = "model"

# The largest heads of cuDNN's flash attention before and from NVIDIA Hopper (9.0) on.
CUDNN_HEAD_SIZE = 128
CUDNN_HEAD_SIZE_HOPPER = 256

# Parameters by the end of their path, and their axes; the first rule that fits is taken. What a
# layer reads in is split by its outputs, what leads back to the residual stream by its inputs, so
# that of the pair only the second needs a sum over devices.
PARAMETER_RULES: tuple[tuple[str, PartitionSpec], ...] = (
    (r"(to_q|to_k|to_v|net\.0\.proj)/kernel$", PartitionSpec(None, MODEL_AXIS)),
    (r"(to_out\.0|net\.2)/kernel$", PartitionSpec(MODEL_AXIS, None)),
    (r"/(conv|conv1|conv2)/kernel$", PartitionSpec(None, None, None, MODEL_AXIS)),
    (r"", PartitionSpec()),  # all others are small: a copy on every device
)


def platform_of(mesh: Mesh | None = None) -> Platform:
    """What networks must know of the devices of a mesh, or without one of JAX's first device."""
    device = jax.devices()[0] if mesh is None else mesh.devices.flat[0]
    if device.platform != "gpu" or "NVIDIA" not in device.device_kind.upper():
        return Platform(device.platform)
    hopper = float(getattr(device, "compute_capability", "0")) >= 9.0
    return Platform(device.platform, CUDNN_HEAD_SIZE_HOPPER if hopper else CUDNN_HEAD_SIZE)


def make_mesh() -> Mesh:
    """All devices in one line, axis "data"; the compiler decides the rest (Auto axes)."""
    return jax.make_mesh((len(jax.devices()),), (DATA_AXIS,), axis_types=(AxisType.Auto,))


def make_video_mesh(videos: int = 1, frames: int = 1, model: int = 1) -> Mesh:
    """`videos * frames * model` devices with the axes "data", "frame" and "model".

    Raises: DeviceError if there are fewer, or some of several processes' would be left out.
    """
    shape = (videos, frames, model)
    count, present = math.prod(shape), jax.device_count()
    if min(shape) < 1 or count > present or (jax.process_count() > 1 and count != present):
        wanted = "x".join(map(str, shape))
        raise DeviceError(
            f"mesh {wanted}: takes {count} devices, there are {present}; choose videos x frames x "
            f"model so that their product is {present}"
        )
    axes = (DATA_AXIS, FRAME_AXIS, MODEL_AXIS)
    devices = jax.devices()[:count]
    return jax.make_mesh(shape, axes, axis_types=(AxisType.Auto,) * 3, devices=devices)


def over_batch(mesh: Mesh) -> NamedSharding:
    """Leading axis split over the devices."""
    return NamedSharding(mesh, PartitionSpec(DATA_AXIS))


def replicated(mesh: Mesh) -> NamedSharding:
    """A full copy on every device."""
    return NamedSharding(mesh, PartitionSpec())


def put(array: np.ndarray, mesh: Mesh, spec: PartitionSpec) -> jax.Array:
    """Every device gets its part of `array`, which all processes hold."""
    sharding = NamedSharding(mesh, spec)
    return jax.make_array_from_callback(array.shape, sharding, lambda part: array[part])


def to_host(array: jax.Array | np.ndarray) -> np.ndarray:
    """The whole array, on every process."""
    if isinstance(array, np.ndarray) or array.is_fully_addressable or array.is_fully_replicated:
        return np.asarray(array)
    return multihost_utils.process_allgather(array, tiled=True)


def parameter_specs(params: Any, mesh: Mesh) -> Any:
    """The axes of every parameter by `PARAMETER_RULES`; one that does not divide is not split.

    `params`: nested dicts of arrays or shapes. Raises: ModelError if no rule fits one of them.
    """

    def spec(path, leaf) -> PartitionSpec:
        name = "/".join(str(step.key) for step in path)
        for pattern, axes in PARAMETER_RULES:
            if re.search(pattern, name):
                sides = zip(leaf.shape, axes, strict=False)
                fits = all(axis is None or size % mesh.shape[axis] == 0 for size, axis in sides)
                return axes if fits else PartitionSpec()
        raise ModelError(f"{name}: no rule says how to split it; add one to PARAMETER_RULES")

    return jax.tree_util.tree_map_with_path(spec, params)


def shard_params(mesh: Mesh, params: Any) -> Any:
    """Parameters from the host to the devices: split over "model" by `PARAMETER_RULES`.

    Raises: DeviceError if XLA cannot compile for such a mesh.
    """
    split = mesh.shape[MODEL_AXIS] > 1 and mesh.shape[FRAME_AXIS] > 1
    half = any(leaf.dtype == "bfloat16" for leaf in jax.tree.leaves(params))
    if split and half and platform_of(mesh).is_cpu:
        # Its compiler would end the process: "Invalid binary instruction opcode copy".
        raise DeviceError(
            "mesh: XLA for CPUs cannot split frames and bfloat16 parameters at once; take float32"
        )
    specs = parameter_specs(params, mesh)
    return jax.tree.map(lambda leaf, spec: put(np.asarray(leaf), mesh, spec), params, specs)
