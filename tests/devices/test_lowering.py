"""The whole of `generate` lowers for CPUs, GPUs and TPUs, on a machine that has but one of them.

Lowering is what a program for another device needs first; compiling and running it there is more.
What the package chooses by the device at hand (the form of attention and of small convolutions) is
chosen as on the machine that lowers.
"""

import functools

import jax
import jax.numpy as jnp
import pytest
import tiny
from jax import export
from tiny import shaped

from flowzero_jax.arrays import SceneArrays
from flowzero_jax.denoising import Models
from flowzero_jax.generation import generate
from flowzero_jax.models import (
    Autoencoder,
    AutoencoderConfig,
    TextEncoder,
    TextEncoderConfig,
    UNet,
    UNetConfig,
)
from flowzero_jax.scene import MAX_OBJECTS
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.weights.convert import parameter_shapes

PLATFORMS = ("cpu", "cuda", "tpu")
TINY = (tiny.UNET, tiny.AUTOENCODER, tiny.TEXT_ENCODER)
FULL_SIZE = (UNetConfig(), AutoencoderConfig(), TextEncoderConfig())


def exported(configs, settings, num_frames, dtype):
    """`generate` for one video, lowered for all platforms from shapes alone."""
    dtype = jnp.dtype(dtype)
    unet, vae, text = configs
    networks = UNet(unet, dtype), Autoencoder(vae, dtype), TextEncoder(text, dtype)
    models = Models(*networks, ScheduleConfig())
    shapes = {
        "unet": parameter_shapes(unet),
        "vae": parameter_shapes(vae),
        "text_encoder": parameter_shapes(text),
    }
    params = jax.tree.map(lambda leaf: shaped(*leaf.shape, dtype=dtype), shapes)
    length, width = text.max_position_embeddings, text.hidden_size
    slots = (1, num_frames, MAX_OBJECTS)
    scenes = SceneArrays(
        prompt_embeds=shaped(1, num_frames, length, width),
        negative_embeds=shaped(1, length, width),
        phrase_embeds=shaped(*slots, width),
        boxes=shaped(*slots, 4),
        object_mask=shaped(*slots),
        track_ids=shaped(*slots, dtype=jnp.int32),
        shifts=shaped(1, num_frames, 2),
        random_speeds=shaped(1, num_frames),
    )
    keys = jax.eval_shape(lambda: jax.random.split(jax.random.key(0), 1))
    program = jax.jit(functools.partial(generate, models, settings))
    return export.export(program, platforms=PLATFORMS)(params, scenes, keys)


def assert_lowered(program, shape):
    assert program.platforms == PLATFORMS
    (frames,) = program.out_avals
    assert frames.shape == shape and frames.dtype == jnp.uint8
    assert len(program.mlir_module_serialized) > 100_000


@pytest.mark.parametrize("cross_frame", ["none", "first", "first_prev", "first_self"])
@pytest.mark.parametrize(
    "change",
    [
        {"object_noise": True, "grounding_fraction": 0.5},
        {"frames_per_chunk": 2, "sampler": "dpm++", "guidance_start": 0.25, "guidance_end": 0.75},
    ],
    ids=["grounded", "chunked"],
)
def test_every_way_to_generate_lowers_for_every_platform(cross_frame, change):
    settings = GenerationSettings(16, 16, num_steps=4, cross_frame=cross_frame, **change)
    assert_lowered(exported(TINY, settings, 3, "float32"), (1, 3, 16, 16, 3))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_full_size_lowers_for_every_platform(dtype):
    """Stable Diffusion 1.4 with GLIGEN, eight frames of 512x512, fifty steps."""
    program = exported(FULL_SIZE, GenerationSettings(), 8, dtype)
    assert_lowered(program, (1, 8, 512, 512, 3))
    assert sum(leaf.size for leaf in program.in_avals) > 1e9
