"""Memory: what a compiled program needs, what there is, and the most that was taken."""

import contextlib
from pathlib import Path
from typing import Any

import jax

from flowzero_jax.errors import DeviceError

STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")
SYSTEM = Path("/proc/meminfo")


def program_memory(compiled: jax.stages.Compiled) -> dict[str, int]:
    """Bytes by the compiler's own account; empty where it gives none."""
    analysis = compiled.memory_analysis()
    if analysis is None:
        return {}
    return {
        "argument_bytes": analysis.argument_size_in_bytes,
        "output_bytes": analysis.output_size_in_bytes,
        "temporary_bytes": analysis.temp_size_in_bytes,
    }


def check_memory(what: str, memory: dict[str, int]) -> None:
    """Raises DeviceError, before the system kills the process, if a program cannot fit.

    Its arguments are already there.
    """
    needed = memory.get("output_bytes", 0) + memory.get("temporary_bytes", 0)
    free = _free_bytes()
    if free is not None and needed > free:
        raise DeviceError(
            f"{what}: needs {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free; take a smaller "
            "workload or another dtype"
        )


def forget_peak() -> None:
    """Begins anew to look for the process's peak where the kernel lets it; a device does not."""
    with contextlib.suppress(OSError):
        RESET.write_text("5")


def peak_memory() -> dict[str, Any]:
    """The most bytes since `forget_peak`, and of what: the device, else the process on Linux."""
    statistics = jax.devices()[0].memory_stats() or {}
    if "peak_bytes_in_use" in statistics:
        return {"peak_bytes": statistics["peak_bytes_in_use"], "peak_of": "device"}
    if STATUS.exists():
        return {"peak_bytes": _kilobytes(STATUS, "VmHWM"), "peak_of": "process"}
    return {"peak_bytes": None, "peak_of": None}


def _free_bytes() -> int | None:
    statistics = jax.devices()[0].memory_stats() or {}
    if "bytes_limit" in statistics:
        return statistics["bytes_limit"] - statistics["bytes_in_use"]
    return _kilobytes(SYSTEM, "MemAvailable") if SYSTEM.exists() else None


def _kilobytes(file: Path, field: str) -> int:
    """A field of the kernel's, which counts in kilobytes, in bytes."""
    lines = file.read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))
