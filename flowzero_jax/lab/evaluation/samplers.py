"""What fewer steps cost: latents of other samplers and step counts against many small steps."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from flowzero_jax.files import make_folder, write_text
from flowzero_jax.generation import segments
from flowzero_jax.lab.evaluation.prompts import PROMPTS
from flowzero_jax.lab.evaluation.sheets import Row, draw_rows, save_small
from flowzero_jax.lab.evaluation.tables import markdown_table
from flowzero_jax.pipeline import Pipeline
from flowzero_jax.planner import plan
from flowzero_jax.settings import GenerationSettings

EXACT_STEPS = 200
NUM_FRAMES = 4
# One of each kind: plain, coloured, two things, a change.
CHOSEN = tuple(PROMPTS[index] for index in (0, 15, 23, 28))


class Outcome(NamedTuple):
    """A prompt's videos by one way to sample."""

    latents: np.ndarray  # [f h w c]
    frames: np.ndarray  # uint8 [f H W 3]
    evaluations: int  # of the UNet, per frame; a guided step takes two


def ways(settings: GenerationSettings) -> dict[str, GenerationSettings]:
    """The ways to sample that are compared, by name; the first is taken as exact."""

    def way(sampler, num_steps, **changes):
        return dataclasses.replace(settings, sampler=sampler, num_steps=num_steps, **changes)

    named = {f"DDIM, {EXACT_STEPS} steps": way("ddim", EXACT_STEPS)}
    named |= {f"DDIM, {count} steps": way("ddim", count) for count in (50, 20, 10)}
    named |= {f"DPM-Solver++(2M), {count} steps": way("dpm++", count) for count in (20, 15, 12, 10)}
    for end in (0.8, 0.6):
        name = f"DDIM, 20 steps, guidance in the first {end:.0%}"
        named[name] = way("ddim", 20, guidance_end=end)
    return named


def sample(pipeline: Pipeline, prompt: str, settings: GenerationSettings) -> Outcome:
    """Draws a prompt's plan with seed 0, and keeps the latents."""
    drawn = pipeline.draw(
        [plan(prompt, NUM_FRAMES)], [0], settings=settings, steps_per_call=settings.num_steps
    )
    evaluations = sum(
        len(segment.steps.timesteps) * (2 if segment.guided else 1)
        for segment in segments(pipeline.models.schedule, settings)
    )
    return Outcome(drawn.latents[0], drawn.frames[0], evaluations)


def evaluate_samplers(pipeline: Pipeline, out: Path) -> dict[str, list[Outcome]]:
    """Writes `out/samplers.md` and a sheet of the first two prompts; returns all outcomes.

    Raises:
        OutputError: the files cannot be written.
    """
    outcomes = {
        name: [sample(pipeline, prompt.text, settings) for prompt in CHOSEN]
        for name, settings in ways(pipeline.settings).items()
    }
    exact = next(iter(outcomes.values()))
    rows = [
        [name, str(found[0].evaluations), *_errors(found, exact)]
        for name, found in outcomes.items()
        if found is not exact
    ]
    columns = ["", "UNet evaluations", "latents: error", "frames: error (grey levels)"]
    prompts = "; ".join(f"“{prompt.text}”" for prompt in CHOSEN)
    text = f"""# What fewer steps cost

Root-mean-square differences from DDIM with {EXACT_STEPS} steps, on `{pipeline.info.name}`
(SHA-256 `{pipeline.info.sha256[:16]}`), {NUM_FRAMES} frames, guidance
{pipeline.settings.guidance_scale:g}, seed 0, {len(CHOSEN)} prompts: {prompts}. Of latents as a
share of their own root mean square. Median of the prompts, and in brackets the largest: where a
sampler tips over between two pictures, that says little about it. A guided step evaluates the UNet
twice.

{markdown_table(columns, rows)}

![Frames of two prompts by all of these](samplers.webp)

```
python scripts/evaluate.py samplers --out docs/evaluation
```
"""
    make_folder(out)
    sheet = [
        Row(name, np.concatenate([found[0].frames[::2], found[1].frames[::2]]))
        for name, found in outcomes.items()
    ]
    save_small(draw_rows(sheet), out / "samplers.webp")
    write_text(out / "samplers.md", text)
    return outcomes


def _errors(found: Sequence[Outcome], exact: Sequence[Outcome]) -> list[str]:
    """Median and largest of the prompts' errors, of latents and of frames."""
    pairs = list(zip(found, exact, strict=True))
    latents = [_rms(one.latents - other.latents) / _rms(other.latents) for one, other in pairs]
    frames = [_rms(one.frames.astype(np.float32) - other.frames) for one, other in pairs]
    return [
        f"{np.median(latents):.3f} ({max(latents):.3f})",
        f"{np.median(frames):.1f} ({max(frames):.1f})",
    ]


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))
