"""Short clips for the tiny random checkpoint of the reference, and a way to interrupt one."""

import json

from flowzero_jax.scene import parse_scene
from flowzero_jax.settings import GenerationSettings

SETTINGS = GenerationSettings(
    height=16,
    width=16,
    num_steps=4,
    guidance_scale=3.0,
    grounding_fraction=0.5,
    cross_frame="first",
    object_noise=True,
)
FRAMES = 3


def scene(phrase, left=0.1, direction="left", frames=FRAMES):
    return parse_scene(
        json.dumps(
            {
                "version": 1,
                "prompt": phrase,
                "frames": [
                    {
                        "description": f"{phrase} in the grass",
                        "objects": [
                            {
                                "id": "it",
                                "phrase": phrase,
                                "box": [left + 0.1 * f, 0.2, left + 0.1 * f + 0.4, 0.8],
                            }
                        ],
                        "background_motion": {"direction": direction, "speed": 1.0},
                    }
                    for f in range(frames)
                ],
            }
        )
    )


class Interrupted(Exception):
    pass


def stop_after(steps):
    def progress(done, total):
        if done >= steps:
            raise Interrupted

    return progress
