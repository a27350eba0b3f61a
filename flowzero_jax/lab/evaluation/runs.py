"""Which videos the evaluation draws, and a store that draws none of them twice."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from jaxtyping import UInt8

from flowzero_jax.errors import InputError
from flowzero_jax.lab.evaluation.prompts import PROMPTS, Prompt
from flowzero_jax.pipeline import Pipeline
from flowzero_jax.planner import plan
from flowzero_jax.scene import SceneSyntax, scene_json
from flowzero_jax.settings import CrossFrame, GenerationSettings
from flowzero_jax.video import read_video, write_video

FULL = "everything on"


@dataclasses.dataclass(frozen=True)
class EvaluationSettings:
    """What to evaluate.

    Attributes:
      seeds: Seeds of each prompt's videos with everything on.
      num_ablation_seeds: For the first so many of these, parts are switched off, too.
      only: Takes only prompts that contain this text; "" all.
      num_frames: Frames of a video.
      draw_boxes: Whether the contact sheets show the boxes.
    """

    seeds: tuple[int, ...] = (0, 1, 2)
    num_ablation_seeds: int = 1
    only: str = ""
    num_frames: int = 8
    draw_boxes: bool = False

    @property
    def ablation_seeds(self) -> tuple[int, ...]:
        return self.seeds[: self.num_ablation_seeds]


class Video(NamedTuple):
    """One video to make."""

    variant: str
    prompt: Prompt
    seed: int
    scene: SceneSyntax
    settings: GenerationSettings


def variants_of(settings: GenerationSettings) -> dict[str, GenerationSettings]:
    """Everything on, and each part switched off or to another mode; `FULL` comes first."""
    full = dataclasses.replace(settings, noise_shift=True, object_noise=True, boxes=True)
    variants = {
        FULL: full,
        "no noise shift": dataclasses.replace(full, noise_shift=False),
        "no object noise": dataclasses.replace(full, object_noise=False),
        "no boxes": dataclasses.replace(full, boxes=False),
    }
    for mode in get_args(CrossFrame):
        if mode != full.cross_frame:
            variants[f"cross-frame {mode}"] = dataclasses.replace(full, cross_frame=mode)
    return variants


def choose_prompts(only: str) -> tuple[Prompt, ...]:
    """The prompts that contain a text; raises `InputError` if none does."""
    chosen = tuple(prompt for prompt in PROMPTS if only in prompt.text)
    if not chosen:
        raise InputError(f"only: none of the {len(PROMPTS)} prompts contains {only!r}")
    return chosen


def videos_of(settings: EvaluationSettings, generation: GenerationSettings) -> Iterator[Video]:
    """All videos of an evaluation, those of one variant together: each compiles once."""
    scenes = {
        prompt: plan(prompt.text, settings.num_frames) for prompt in choose_prompts(settings.only)
    }
    for variant, changed in variants_of(generation).items():
        seeds = settings.seeds if variant == FULL else settings.ablation_seeds
        for seed in seeds:
            for prompt, scene in scenes.items():
                yield Video(variant, prompt, seed, scene, changed)


def frames_of(
    video: Video, pipeline: Pipeline, store: Path
) -> tuple[UInt8[np.ndarray, "f H W 3"], bool]:
    """The frames of a video, and whether they were drawn just now.

    They are kept in the folder `store` under a name that everything which decides them goes into:
    model, scene, seed and settings (not the program: empty the store when drawing changes).
    """
    decides = [
        pipeline.info.sha256,
        scene_json(video.scene),
        video.seed,
        dataclasses.asdict(video.settings),
    ]
    name = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:24]
    path = store / f"{name}.npz"
    if path.exists():
        return read_video(path).frames, False
    frames = pipeline(video.scene, seed=video.seed, settings=video.settings)
    write_video(path, frames)
    return frames, True
