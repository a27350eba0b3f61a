"""Checkpoints exchanged with PyTorch's diffusers, each drawing the same image on both sides.

PyTorch is none of our requirements: name an interpreter that has torch, diffusers 0.39.0 and
transformers 4.57.6 in the environment variable FLOWZERO_TORCH_PYTHON, else these tests are skipped.
"""

import dataclasses
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import pytest

from flowzero_jax.denoising import denoise
from flowzero_jax.generation import decode, prepare, segments
from flowzero_jax.noise import video_keys
from flowzero_jax.pipeline import Pipeline
from flowzero_jax.scene import BackgroundMotion, Frame, SceneObject, SceneSyntax
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.tabulate import tabulate
from flowzero_jax.weights import load_folder, save_pipeline

SCRIPT = Path(__file__).parent / "pytorch" / "draw_image.py"
NUM_STEPS, GUIDANCE, BETA = 3, 4.0, 0.7
PROMPT, PHRASE, BOX, NEGATIVE = "a dog on the grass", "a small dog", (0.1, 0.25, 0.6, 0.9), "ugly"


def torch_python() -> str:
    """The interpreter with torch; skips the test where there is none."""
    named = os.environ.get("FLOWZERO_TORCH_PYTHON")
    if named is None and importlib.util.find_spec("torch") is None:
        pytest.skip("FLOWZERO_TORCH_PYTHON names no interpreter with torch")
    return named or sys.executable


class Exchange(NamedTuple):
    """A checkpoint that we saved, the one that PyTorch saved after loading it, and its image."""

    sent: Path
    returned: Path
    noise: np.ndarray  # [1 c h w]
    latents: np.ndarray  # [1 c h w]
    image: np.ndarray  # [1 H W 3]


@pytest.fixture(scope="module")
def exchange(reference, tmp_path_factory) -> Exchange:
    python = torch_python()
    job = tmp_path_factory.mktemp("exchange")
    generator = np.random.default_rng(0)

    def disturb(leaf):
        return (leaf * (1 + 0.1 * generator.standard_normal(leaf.shape))).astype(leaf.dtype)

    # Weights that no file had before.
    checkpoint = load_folder(reference.folder / "pipeline")
    checkpoint = dataclasses.replace(checkpoint, params=jax.tree.map(disturb, checkpoint.params))
    save_pipeline(job / "model", checkpoint)
    factor = checkpoint.autoencoder_config.factor
    noise = generator.standard_normal((1, 4, 12, 8)).astype(np.float32)
    np.save(job / "latents.npy", noise)
    settings = {
        "prompt": PROMPT,
        "negative_prompt": NEGATIVE,
        "height": 12 * factor,
        "width": 8 * factor,
        "num_inference_steps": NUM_STEPS,
        "guidance_scale": GUIDANCE,
        "gligen_scheduled_sampling_beta": BETA,
        "gligen_phrases": [PHRASE],
        "gligen_boxes": [BOX],
    }
    (job / "settings.json").write_text(json.dumps(settings))
    # Of our environment nothing may reach the other one.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "XLA"))}
    offline = {"HF_HUB_OFFLINE": "1"}
    subprocess.run([python, SCRIPT, job], check=True, env=inherited | offline, timeout=280)
    drawn = np.load(job / "drawn.npz")
    return Exchange(job / "model", job / "returned", noise, drawn["latents"], drawn["image"])


@pytest.fixture(scope="module")
def draw(compiled, nhwc):
    """A function of a folder and noise: latents `[1 1 h w c]` and frames uint8 `[1 1 H W 3]`."""
    jitted = {
        "prepare": compiled(prepare, static_argnums=(0, 1)),
        "denoise": compiled(denoise, static_argnums=0, static_argnames=("cross_frame", "grounded")),
        "decode": compiled(decode, static_argnums=0),
    }
    still = BackgroundMotion(direction="left", speed=0.0)
    thing = SceneObject(id="dog", phrase=PHRASE, box=BOX)
    frame = Frame(description=PROMPT, objects=(thing,), background_motion=still)
    scene = SceneSyntax(version=1, prompt=PROMPT, frames=(frame,))

    def draw(folder, noise):
        pipeline = Pipeline(load_folder(folder))
        models, params = pipeline.models, pipeline.params
        rows, columns = noise.shape[2:]
        factor = models.autoencoder.config.factor
        settings = GenerationSettings(
            height=rows * factor,
            width=columns * factor,
            num_steps=NUM_STEPS,
            grounding_fraction=BETA,
            cross_frame="none",
        )
        scenes = pipeline.encode(tabulate([scene], (rows, columns), NEGATIVE))
        state, conditions = jitted["prepare"](models, settings, params, scenes, video_keys([0]))
        state = state._replace(latents=nhwc(noise)[None])
        for segment in segments(models.schedule, settings):
            state = jitted["denoise"](
                models,
                params,
                state,
                conditions,
                segment.steps,
                GUIDANCE,
                cross_frame="none",
                grounded=segment.grounded,
            )
        return state.latents, jitted["decode"](models, params, state.latents)

    return draw


@pytest.mark.parametrize("side", ["sent", "returned"])
def test_both_sides_draw_the_same_image(exchange, draw, check_trajectory, nchw, side):
    latents, frames = draw(getattr(exchange, side), exchange.noise)
    check_trajectory(nchw(latents), exchange.latents)
    assert np.abs(frames[0] - exchange.image * 255).max() <= 0.5 + 255 * 2e-4


def test_parameters_come_back_unchanged(exchange):
    sent, returned = load_folder(exchange.sent), load_folder(exchange.returned)
    jax.tree.map(np.testing.assert_array_equal, returned.params, sent.params)
    for name in ("unet_config", "autoencoder_config", "text_config", "schedule_config"):
        assert getattr(returned, name) == getattr(sent, name)
