"""The whole of `generate` lowers for CPUs, GPUs and TPUs, on a machine that has but one of them.

Lowering is what a program for another device needs first; compiling and running it there is more.
The forms of its layers are those of the platform that the networks are made for.
"""

import functools
import itertools
import re
from typing import NamedTuple

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
    CPU,
    Autoencoder,
    AutoencoderConfig,
    Platform,
    TextEncoder,
    TextEncoderConfig,
    UNet,
    UNetConfig,
)
from flowzero_jax.scene import MAX_OBJECTS
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.weights.convert import parameter_shapes
from flowzero_jax.weights.names import leaves

# What networks are made for → what they are lowered for, as JAX's export calls it. On a GPU the
# forms are a TPU's but for cuDNN's attention, which can be lowered only where cuDNN is.
TPU = Platform("tpu")
PLATFORMS = {CPU: ("cpu",), TPU: ("tpu", "cuda")}
TINY = (tiny.UNET, tiny.AUTOENCODER, tiny.TEXT_ENCODER)
FULL_SIZE = (UNetConfig(), AutoencoderConfig(), TextEncoderConfig())


# Convolutions of 3x3 kernels [3 3 c d] as such, and with each kernel made a matrix [9c d].
CONVOLUTION = re.compile(
    r"stablehlo\.convolution.* window = {(.*?)}.*, tensor<3x3x(\d+)x(\d+)x\w+>\)"
)
PRODUCT = re.compile(r"stablehlo\.reshape .*\(tensor<3x3x(\d+)x(\d+)x\w+>\) -> tensor<\d+x\d+x\w+>")


class Forms(NamedTuple):
    """How a program convolves with 3x3 kernels and stride 1: the `(c, d)` of each form's."""

    plain: set[tuple[int, int]]
    products: set[tuple[int, int]]
    in_tiles: bool  # some by Winograd: nothing else has the compiler's barriers


def forms(program):
    text = program.mlir_module()
    found = [match.groups() for match in CONVOLUTION.finditer(text)]
    plain = {(int(c), int(d)) for window, c, d in found if "stride" not in window}
    products = {(int(c), int(d)) for c, d in PRODUCT.findall(text)}
    return Forms(plain, products, "optimization_barrier" in text)


def kernels(configs):
    """The `(c, d)` of all 3x3 kernels, of stride 1, that drawing uses."""
    unet, vae, _ = map(parameter_shapes, configs)
    return {
        leaf.shape[2:]
        for path, leaf in [*leaves(unet), *leaves(vae["decoder"])]
        if leaf.shape[:2] == (3, 3) and "downsamplers" not in "".join(path)
    }


def exported(configs, settings, num_frames, dtype, platform):
    """`generate` for one video, made for a platform and lowered from shapes alone."""
    dtype = jnp.dtype(dtype)
    unet, vae, text = configs
    models = Models(
        UNet(unet, dtype, platform=platform),
        Autoencoder(vae, dtype, platform=platform),
        TextEncoder(text, dtype),
        ScheduleConfig(),
    )
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
    return export.export(program, platforms=PLATFORMS[platform])(params, scenes, keys)


def assert_lowered(program, platform, shape):
    assert program.platforms == PLATFORMS[platform]
    (frames,) = program.out_avals
    assert frames.shape == shape and frames.dtype == jnp.uint8
    assert len(program.mlir_module_serialized) > 100_000


WAYS = {
    "grounded": {"object_noise": True, "grounding_fraction": 0.5},
    "chunked": {
        **{"frames_per_chunk": 2, "sampler": "dpm++"},
        **{"guidance_start": 0.25, "guidance_end": 0.75},
    },
}
MODES = ("none", "first", "first_prev", "first_self")


# A program for CPUs is lowered by every test that draws.
@pytest.mark.parametrize(
    ("platform", "cross_frame", "way"),
    [(CPU, "first", "grounded"), *itertools.product([TPU], MODES, WAYS)],
    ids=lambda value: getattr(value, "name", value),
)
def test_every_way_to_generate_lowers_for_every_platform(platform, cross_frame, way):
    settings = GenerationSettings(16, 16, num_steps=4, cross_frame=cross_frame, **WAYS[way])
    program = exported(TINY, settings, 3, "float32", platform)
    assert_lowered(program, platform, (1, 3, 16, 16, 3))
    all_of_them = kernels(TINY)
    # On a CPU a convolution of so few pixels is one matrix product.
    expected = (
        Forms(set(), all_of_them, False) if platform == CPU else Forms(all_of_them, set(), False)
    )
    assert forms(program) == expected


@pytest.mark.parametrize("platform", PLATFORMS)
def test_stochastic_sampling_lowers_for_every_platform(platform):
    settings = GenerationSettings(16, 16, num_steps=4, eta=1.0, object_noise=True)
    program = exported(TINY, settings, 3, "float32", platform)
    assert_lowered(program, platform, (1, 3, 16, 16, 3))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
def test_the_full_size_lowers_for_every_platform(platform, dtype):
    """Stable Diffusion 1.4 with GLIGEN, eight frames of 512x512, fifty steps."""
    program = exported(FULL_SIZE, GenerationSettings(), 8, dtype, platform)
    assert_lowered(program, platform, (1, 8, 512, 512, 3))
    assert sum(leaf.size for leaf in program.in_avals) > 1e9
    found = forms(program)
    if platform == CPU and dtype == "float32":
        assert found.in_tiles and found.plain < kernels(FULL_SIZE)
    else:
        assert found == Forms(kernels(FULL_SIZE), set(), False)
