"""Trouble with the accelerator in one line, and what depends on which one it is."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
from jax.sharding import Mesh

from flowzero_jax.devices.mesh import make_video_mesh
from flowzero_jax.errors import DeviceError, InputError
from flowzero_jax.models import UNet
from flowzero_jax.models.attend import choose_method

# Platform -> modules one of which JAX needs for it, and the extra that installs one.
_CUDA = (("jax_cuda12_plugin", "jax_cuda13_plugin"), "cuda12")
PLUGINS = {"cuda": _CUDA, "gpu": _CUDA, "tpu": (("libtpu",), "tpu")}


def first_device() -> dict[str, str]:
    """The platform and kind of the device that JAX takes; raises DeviceError if there is none."""
    try:
        device = jax.devices()[0]
    except (RuntimeError, AssertionError) as error:  # busy, no driver or plugin, a misspelt name
        said = missing_plugin() or _first_line(error)
        raise DeviceError(f"no device: {said}; JAX_PLATFORMS=cpu does without") from error
    return {"platform": device.platform, "kind": device.device_kind}


def missing_plugin() -> str | None:
    """What to install for the platforms that JAX_PLATFORMS asks for; None if that is there."""
    asked: Any = jax.config.values["jax_platforms"]
    for platform in (asked or "").split(","):
        modules, extra = PLUGINS.get(platform, ((), ""))
        if modules and not any(importlib.util.find_spec(name) for name in modules):
            hint = f"pip install 'flowzero_jax[{extra}]'"
            return f"JAX_PLATFORMS asks for {platform}, but JAX has no plugin for it: {hint}"
    return None


def choose_mesh(mesh: str | tuple[int, int, int] | None) -> Mesh | None:
    """What --mesh stands for, None for one device; several processes use all that they have.

    Raises:
      DeviceError: there are not so many devices.
    """
    if mesh is None and jax.process_count() == 1:
        return None
    return make_video_mesh(*((1, jax.device_count(), 1) if mesh in (None, "auto") else mesh))


def choose_dtype(dtype: str, device: dict[str, str]) -> str:
    """What "auto" stands for on the device; others stay."""
    if dtype != "auto":
        return dtype
    return "bfloat16" if device["platform"] in ("gpu", "tpu") else "float32"


def check_attention(method: str, dtype: str, device: dict[str, str]) -> None:
    """Whether a way to compute attention can work at all, before a model is loaded.

    Raises:
      DeviceError: "cudnn" on something else than a GPU of NVIDIA's.
      InputError: "cudnn" in float32.
    """
    if method != "cudnn":
        return
    if device["platform"] != "gpu" or "NVIDIA" not in device["kind"].upper():
        raise DeviceError(
            f"--attention cudnn: needs an NVIDIA GPU, the device is {device['kind']}; "
            "take --attention auto"
        )
    if dtype == "float32":
        raise InputError(
            "--attention cudnn: computes in bfloat16 or float16 only; take --dtype bfloat16 or "
            "--attention auto"
        )


def check_head_sizes(unet: UNet) -> None:
    """Raises DeviceError if "cudnn" cannot compute the model's heads on its platform."""
    config = unet.config
    # Between the way down and the way up there is attention in any case.
    attends = (*config.attention_stages[:-1], True)
    for width, num_heads, here in zip(
        config.block_out_channels, config.num_heads, attends, strict=True
    ):
        size = width // num_heads
        query = jax.ShapeDtypeStruct((1, 1, 1, num_heads, size), unet.dtype)
        if here and choose_method("auto", query, query.shape[2], unet.platform) != "cudnn":
            raise DeviceError(
                f"--attention cudnn: this device cannot compute the model's heads of size {size}; "
                "take --attention auto"
            )


@contextmanager
def device_errors() -> Iterator[None]:
    """Within the block errors of the device become DeviceErrors."""
    try:
        yield
    except RuntimeError as error:
        said = _first_line(error)
        if not isinstance(error, jax.errors.JaxRuntimeError):
            if "cudnn" not in said.lower():
                raise
            # JAX itself says that the library is missing or too old.
            raise DeviceError(f"--attention: {said}; take --attention chunked") from error
        hint = "JAX_PLATFORMS=cpu runs without it"
        if "RESOURCE_EXHAUSTED" in said or "out of memory" in said.lower():
            hint = (
                "use a smaller --frames-per-chunk, --height and --width, or --dtype bfloat16; "
                "flowzero-jax compile tells what is needed"
            )
        raise DeviceError(f"the device failed: {said}; {hint}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0] or type(error).__name__
