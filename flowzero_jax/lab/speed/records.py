"""A measurement as numbers for machines: one dict that can be written as JSON."""

import dataclasses
import platform
import statistics
from importlib import metadata
from typing import Any

import jax

from flowzero_jax.lab.speed.naive_programs import Differences
from flowzero_jax.lab.speed.stages import Stage, stage_flops
from flowzero_jax.lab.speed.subject import Subject
from flowzero_jax.lab.speed.timing import Program
from flowzero_jax.lab.speed.torch_job import num_cpus
from flowzero_jax.lab.speed.torch_worker import Json
from flowzero_jax.version import __version__


@dataclasses.dataclass(frozen=True, eq=False)
class Side:
    """What one way to compute a workload took: seconds by round and stage."""

    seconds: list[list[float]]
    programs: list[Program]  # by stage; none of PyTorch

    def totals(self, stages: list[Stage]) -> list[float]:
        """Seconds of the whole workload in each round."""
        return [
            sum(stage.count * value for stage, value in zip(stages, values, strict=True))
            for values in self.seconds
        ]

    @property
    def compile_seconds(self) -> float:
        return sum(program.compile_seconds for program in self.programs)


@dataclasses.dataclass(frozen=True, eq=False)
class Measurement:
    """All that was measured of a workload."""

    subject: Subject
    stages: list[Stage]
    composed: bool
    ours: Side
    naive: Side | None
    torch: Side | None
    differences: Differences | None  # of the naive version
    torch_ready: Json  # what the worker said of itself
    peak_flops_per_second: float
    peak_memory: dict[str, Any]


def make_record(measured: Measurement) -> Json:
    """The record of a workload; times in seconds, memory in bytes, ratios of other / ours.

    "seconds" is the median of the rounds; what was not measured is missing.
    """
    subject, stages = measured.subject, measured.stages
    workload, settings = subject.workload, subject.workload.generation
    totals = measured.ours.totals(stages)
    seconds = statistics.median(totals)
    flops = sum(stage.count * stage_flops(workload, stage) for stage in stages)
    device = jax.devices()[0]
    record = {
        "workload": workload.name,
        "composed": measured.composed,
        "weights": subject.weights,
        "device": device.device_kind,
        "platform": device.platform,
        "cpus": num_cpus(),
        "dtype": subject.dtype.name,
        "attention": subject.models.unet.attention,
        "frames": workload.num_frames,
        "latent_size": list(workload.latent_size),
        "num_steps": sum(stage.count * stage.num_steps for stage in stages),
        "guidance_scale": settings.guidance_scale,
        "cross_frame": settings.cross_frame,
        "sampler": settings.sampler,
        "flops": flops,
        "rounds": len(totals),
        "seconds": seconds,
        "spread": spread(totals),
        "compile_seconds": measured.ours.compile_seconds,
        **_by_kind(measured),
        "peak_flops_per_s": measured.peak_flops_per_second,
        "share_of_peak": flops / seconds / measured.peak_flops_per_second,
        "memory": _memory(measured),
        "stages": [_stage_record(measured, index) for index in range(len(stages))],
        "versions": _versions(measured),
    }
    for name, side in (("naive", measured.naive), ("torch", measured.torch)):
        if side is None:
            continue
        others = side.totals(stages)
        record[f"{name}_seconds"] = statistics.median(others)
        record[f"{name}_spread"] = spread(others)
        record[f"{name}_ratio"] = spread([x / y for x, y in zip(others, totals, strict=True)])
    if measured.naive and measured.differences:
        record["naive_compile_seconds"] = measured.naive.compile_seconds
        found = {
            "naive_difference": measured.differences.latents,
            "naive_grey_levels": measured.differences.grey_levels,
        }
        record |= {name: value for name, value in found.items() if value is not None}
    if measured.torch:
        record["torch_threads"] = measured.torch_ready.get("threads")
        record["torch_device"] = measured.torch_ready.get("device")
    return record


def spread(values: list[float]) -> dict[str, float]:
    """Median, smallest and largest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def _by_kind(measured: Measurement) -> dict[str, float]:
    """Seconds of a step and of decoding, and whole videos in an hour, of the stages there are."""
    found = {}
    for kind, name in (("denoise", "step_seconds"), ("decode", "decode_seconds")):
        chosen = [i for i, stage in enumerate(measured.stages) if stage.kind == kind]
        if not chosen:
            continue
        stages = [measured.stages[i] for i in chosen]
        part = Side([[row[i] for i in chosen] for row in measured.ours.seconds], [])
        runs = sum(stage.count * stage.num_steps for stage in stages) if kind == "denoise" else 1
        found[name] = statistics.median(part.totals(stages)) / runs
    if measured.subject.workload.kind == "video":
        found["videos_per_hour"] = 3600 / statistics.median(measured.ours.totals(measured.stages))
    return found


def _memory(measured: Measurement) -> dict[str, Any]:
    """The largest program's needs by the compiler's account, and the peak that was seen."""
    programs = [program.memory for program in measured.ours.programs]
    largest = max(programs, key=lambda memory: sum(memory.values()))
    return {**largest, **measured.peak_memory}


def _stage_record(measured: Measurement, index: int) -> dict[str, Any]:
    stage, program = measured.stages[index], measured.ours.programs[index]
    found = {
        "name": stage.name,
        "count": stage.count,
        "frames": stage.num_frames,
        "flops": stage_flops(measured.subject.workload, stage),
        "compile_seconds": program.compile_seconds,
        "memory": program.memory,
    }
    sides = {"": measured.ours, "naive_": measured.naive, "torch_": measured.torch}
    for prefix, side in sides.items():
        if side is not None:
            found[f"{prefix}seconds"] = statistics.median(row[index] for row in side.seconds)
    return found


def _versions(measured: Measurement) -> dict[str, str]:
    installed = {name: metadata.version(name) for name in ("jax", "jaxlib", "flax", "numpy")}
    own = {"flowzero_jax": __version__, "python": platform.python_version()}
    return {**own, **installed, **measured.torch_ready.get("versions", {})}
