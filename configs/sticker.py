"""Generation with the embedded model: every rendering option, as a document to copy and edit.

    flowzero-jax generate "a car drives to the right on a road" --out car.mp4 \
        --config configs/sticker.py

Variants:
    default   the checkpoint's own values, 8 frames of 128x128 in 12 steps
    draft     6 steps: a first look in half the time
    long      24 frames, for slow motions
"""

import dataclasses

from ml_collections import ConfigDict

from flowzero_jax.settings import ComputeSettings, GenerationSettings, VideoSettings

VIDEO = VideoSettings(seed=0, frames=8, negative_prompt="", fps=4.0)
GENERATION = GenerationSettings(
    height=128,
    width=128,
    num_steps=12,
    sampler="dpm++",
    eta=0.0,
    guidance_scale=4.0,
    guidance_start=0.0,
    guidance_end=1.0,
    grounding_fraction=1.0,
    cross_frame="first_self",
    noise_shift=True,
    object_noise=True,
    boxes=True,
    frames_per_chunk=8,
)
COMPUTE = ComputeSettings(dtype="auto", attention="auto", mesh=None)


def get_config(variant: str = "default") -> ConfigDict:
    """The options of a variant; names as on the command line, with underscores."""
    parts = (VIDEO, GENERATION, COMPUTE)
    config = ConfigDict({"model": "sticker"})
    for part in parts:
        config.update(dataclasses.asdict(part))
    changes = {"default": {}, "draft": {"num_steps": 6}, "long": {"frames": 24, "fps": 8.0}}
    if variant not in changes:
        raise ValueError(f"no variant {variant!r}; there are {', '.join(changes)}")
    config.update(changes[variant])
    return config
