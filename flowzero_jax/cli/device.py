"""Trouble with the accelerator in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

import jax

from flowzero_jax.errors import DeviceError


def first_device() -> dict[str, str]:
    """The platform and kind of the device that JAX takes; raises DeviceError if there is none."""
    try:
        device = jax.devices()[0]
    except (RuntimeError, AssertionError) as error:  # busy, no driver or plugin, a misspelt name
        said = _first_line(error)
        raise DeviceError(f"no device: {said}; JAX_PLATFORMS=cpu does without") from error
    return {"platform": device.platform, "kind": device.device_kind}


@contextmanager
def device_errors() -> Iterator[None]:
    """Within the block errors of the device become DeviceErrors."""
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        said = _first_line(error)
        hint = "JAX_PLATFORMS=cpu runs without it"
        if "RESOURCE_EXHAUSTED" in said or "out of memory" in said.lower():
            hint = "use fewer --frames, a smaller --height and --width, or --dtype bfloat16"
        raise DeviceError(f"the device failed: {said}; {hint}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0] or type(error).__name__
