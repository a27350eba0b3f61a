"""Numbers that are not finite never become a picture: float32 mends it, or a stage is named."""

import dataclasses
import shutil

import numpy as np
import pytest
from clips import SETTINGS, scene
from paths import PIPELINE
from safetensors.numpy import load_file, save_file

from flowzero_jax.errors import ModelError
from flowzero_jax.interop import FlaxFlowZeroPipeline
from flowzero_jax.pipeline import load_pipeline

VAE = "vae/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"
SHORT = dataclasses.replace(SETTINGS, num_steps=1, boxes=False)
CAT = scene("a cat")


@pytest.fixture
def scaled(tmp_path):
    """The reference pipeline with some tensors multiplied."""

    def scaled(file, factor, *ends):
        folder = shutil.copytree(PIPELINE, tmp_path / "model")
        tensors = load_file(folder / file)
        for name in tensors:
            if name.endswith(ends):
                tensors[name] = tensors[name] * np.float32(factor)
        save_file(tensors, folder / file)
        return folder

    return scaled


def test_a_decoder_that_overflows_in_16_bits_is_run_in_float32(scaled):
    """Its norms bring the numbers back: the picture is that of float32."""
    folder = scaled(VAE, 3e4, "post_quant_conv.weight", "post_quant_conv.bias")
    pipeline = load_pipeline(folder, "float16")
    with pytest.warns(UserWarning, match="the decoder overflows in float16; it is run in float32"):
        frames = pipeline(CAT, settings=SHORT)
    plain = load_pipeline(folder)(CAT, settings=SHORT)
    assert frames.std() > 1 and np.abs(frames.astype(int) - plain).mean() < 3


def test_a_decoder_without_any_picture_is_named(scaled):
    folder = scaled(VAE, 1e38, "decoder.conv_out.weight", "decoder.conv_norm_out.weight")
    with pytest.raises(ModelError, match=r"the decoder gave numbers .* in float32, too; .*--vae"):
        load_pipeline(folder)(CAT, settings=SHORT)
    pipeline, params = FlaxFlowZeroPipeline.from_pretrained(folder)
    size = {"height": SHORT.height, "width": SHORT.width, "num_inference_steps": 1}
    with pytest.raises(ModelError, match="the pictures are not finite"):
        pipeline(pipeline.prepare_inputs(CAT), params, 0, **size, boxes=False)


def test_text_states_that_are_not_finite_are_named(scaled):
    pipeline = load_pipeline(scaled(TEXT, 3e4, "final_layer_norm.weight"), "float16")
    with pytest.raises(ModelError, match="the text encoder gave numbers that are not finite"):
        pipeline(CAT, settings=SHORT)
