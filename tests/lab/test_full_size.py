"""The published sizes, by shapes alone; and what measures a full-size checkpoint, on a tiny one."""

import dataclasses
import functools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tiny import AUTOENCODER, TEXT_ENCODER, UNET, shaped

from flowzero_jax.lab.speed.full_size import STATUS, measure_loading
from flowzero_jax.lab.speed.random_checkpoint import write_random_checkpoint
from flowzero_jax.models import (
    Autoencoder,
    AutoencoderConfig,
    TextEncoder,
    TextEncoderConfig,
    UNet,
    UNetConfig,
)
from flowzero_jax.weights import load_folder
from flowzero_jax.weights.convert import parameter_shapes
from flowzero_jax.weights.names import leaves

TINY = {
    "unet": UNET,
    "vae": AUTOENCODER,
    "text_encoder": dataclasses.replace(
        TEXT_ENCODER, vocab_size=600, max_position_embeddings=10, eos_token_id=599
    ),
}


def count(shapes):
    return sum(int(np.prod(leaf.shape)) for _, leaf in leaves(shapes))


@functools.cache
def published(config):
    return parameter_shapes(config)


def test_published_parameter_counts():
    unet = published(UNetConfig())
    assert count(unet) == 1_068_623_204
    assert count(unet["position_net"]) == 1_083_968
    fusers = [leaf for path, leaf in leaves(unet) if "fuser" in path]
    assert sum(int(np.prod(leaf.shape)) for leaf in fusers) == 208_018_272
    assert count(published(AutoencoderConfig())) == 83_653_863
    assert count(published(TextEncoderConfig())) == 123_060_480


def test_published_shapes():
    """One guided clip of two frames at 512x512."""

    def apply(model, *inputs, **options):
        variables = {"params": published(model.config)}
        return jax.eval_shape(functools.partial(model.apply, **options), variables, *inputs)

    ids = shaped(2, 77, dtype=jnp.int32)
    states, pooled = apply(TextEncoder(TextEncoderConfig()), ids)
    assert (states.shape, pooled.shape) == ((2, 77, 768), (2, 768))
    unet = UNet(UNetConfig(), jnp.bfloat16)
    slots = (2, 2, 30)
    objects = shaped(*slots, 4), shaped(*slots, 768), shaped(*slots)
    tokens = apply(unet, *objects, method=UNet.ground)
    assert tokens.shape == (*slots, 768)
    latents, text = shaped(2, 2, 64, 64, 4), shaped(2, 2, 77, 768)
    noise = apply(unet, latents, shaped(2), text, tokens, cross_frame="first_prev")
    assert (noise.shape, noise.dtype) == ((2, 2, 64, 64, 4), jnp.float32)
    image = apply(Autoencoder(AutoencoderConfig()), shaped(1, 64, 64, 4), method="decode")
    assert image.shape == (1, 512, 512, 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("random") / "model"
    write_random_checkpoint(folder, "bfloat16", **TINY)
    return folder


def test_random_checkpoint_is_whole_and_always_the_same(folder, tmp_path):
    write_random_checkpoint(tmp_path / "again", "bfloat16", **TINY)
    one, other = load_folder(folder), load_folder(tmp_path / "again")
    assert one.sha256 == other.sha256
    assert one.unet_config == TINY["unet"]
    for name, config in TINY.items():
        assert count(one.params[name]) == count(parameter_shapes(config))
    write_random_checkpoint(tmp_path / "other", "bfloat16", **TINY, seed=1)
    assert load_folder(tmp_path / "other").sha256 != one.sha256


@pytest.mark.skipif(not STATUS.exists(), reason="needs Linux's /proc")
def test_what_a_checkpoint_takes(folder):
    loading = measure_loading(folder, "bfloat16")
    assert loading.parameter_bytes == 2 * sum(loading.num_parameters.values())
    assert loading.peak_anonymous_bytes >= 0
