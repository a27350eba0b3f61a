"""`flowzero-jax inspect`: what a checkpoint is and what it can draw."""

import dataclasses

from flowzero_jax.cli.report import Report
from flowzero_jax.pipeline import PipelineInfo, describe
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.weights.source import Source

NO_BOXES = "no, it lacks GLIGEN's layers; add them by --gligen FILE, or render with --no-boxes"


def run(source: Source, report: Report) -> int:
    """Loads the checkpoint and describes it; returns the exit code."""
    info, settings = describe(source)
    text = "\n".join([f"{source.model}: {info.name}", *_lines(info, settings)])
    report.result(text, **dataclasses.asdict(info), settings=dataclasses.asdict(settings))
    return 0


def _lines(info: PipelineInfo, settings: GenerationSettings) -> list[str]:
    total = sum(info.num_parameters.values())
    parts = ", ".join(f"{name} {count:,}" for name, count in info.num_parameters.items())
    lines = [
        f"sha256: {info.sha256}",
        *(f"{name}: {value}" for name, value in info.origin.items()),
        f"parameters: {total:,} ({parts})",
        "boxes: " + ("yes" if info.architecture["unet"]["grounded"] else NO_BOXES),
        f"defaults: {info.fps} fps, "
        + ", ".join(f"{name} {value}" for name, value in dataclasses.asdict(settings).items()),
    ]
    for name, config in info.architecture.items():
        fields = ", ".join(f"{field} {value}" for field, value in config.items())
        lines.append(f"{name}: {fields}")
    if info.nouns:
        drawn = ", ".join(f"{noun} {emoji}" for noun, emoji in info.nouns.items())
        lines.append(f"draws {len(info.nouns)} things: {drawn}")
    if info.backgrounds:
        lines.append(f"before {len(info.backgrounds)} backgrounds: {', '.join(info.backgrounds)}")
    return lines
