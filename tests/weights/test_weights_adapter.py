"""GLIGEN adapters: any of their namings, added to any model without such layers."""

import json

import numpy as np
import pytest
from original_layout import UNET_A, UNET_RESIDUAL, original_names
from safetensors.numpy import load_file, save_file

from flowzero_jax.weights import Source, load_checkpoint, load_folder, save_pipeline

UNET = "unet/diffusion_pytorch_model.safetensors"
LINEAR = "input_blocks.1.1.transformer_blocks.0.fuser.linear.weight"
NULL = "position_net.null_positive_feature"


def is_grounding(name: str) -> bool:
    return name.startswith("position_net.") or ".fuser." in name


@pytest.fixture(scope="session")
def layers(source):
    """The reference UNet's GLIGEN layers by their original names."""
    tensors = {n: t for n, t in load_file(source / UNET).items() if is_grounding(n)}
    names = original_names(tensors, UNET_A, UNET_RESIDUAL)
    assert LINEAR in names.values()
    return {names[name]: tensor for name, tensor in tensors.items()}


@pytest.fixture
def adapter(layers, tmp_path):
    """Writes an adapter; arguments as those of `edit_tensors`."""

    def write(**changes):
        path = tmp_path / "gligen.safetensors"
        tensors = {name: tensor for name, tensor in (layers | changes).items() if tensor is not ...}
        save_file(tensors, path)
        return path

    return write


@pytest.fixture
def plain(folder, edit_json, edit_tensors):
    """The reference pipeline without GLIGEN layers."""
    edit_json(folder / "unet/config.json", attention_type="default")
    grounding = [name for name in load_file(folder / UNET) if is_grounding(name)]
    edit_tensors(folder / UNET, **dict.fromkeys(grounding, ...))
    return folder


def test_adapter_with_original_names(plain, adapter, checkpoint, assert_equal_params):
    loaded = load_checkpoint(Source(plain, gligen=adapter()))
    assert loaded.unet_config == checkpoint.unet_config
    assert_equal_params(loaded.params, checkpoint.params)
    assert loaded.origin.keys() == {"gligen_sha256"}
    assert loaded.sha256 != load_folder(plain).sha256


def test_adapter_with_prefix_and_in_half_precision(plain, layers, tmp_path, checkpoint):
    path = tmp_path / "gligen.safetensors"
    halves = {f"model.diffusion_model.{name}": layers[name].astype(np.float16) for name in layers}
    save_file(halves, path)
    bias = load_checkpoint(Source(plain, gligen=path)).params["unet"]["position_net"]["linears.4"][
        "bias"
    ]
    original = checkpoint.params["unet"]["position_net"]["linears.4"]["bias"]
    np.testing.assert_array_equal(bias, original.astype(np.float16).astype(np.float32))


@pytest.mark.parametrize("prefix", ["", "unet."])
def test_adapter_with_diffusers_names(
    source, plain, tmp_path, checkpoint, prefix, assert_equal_params
):
    tensors = {prefix + n: t for n, t in load_file(source / UNET).items() if is_grounding(n)}
    save_file(tensors, tmp_path / "gligen.safetensors")
    loaded = load_checkpoint(Source(plain, gligen=tmp_path / "gligen.safetensors"))
    assert_equal_params(loaded.params, checkpoint.params)


def test_adapter_and_single_file(
    original_tensors, original_file, load_original, adapter, checkpoint, assert_equal_params
):
    grounding = [
        n for n in original_tensors if is_grounding(n.removeprefix("model.diffusion_model."))
    ]
    path = original_file(**dict.fromkeys(grounding, ...))
    loaded = load_original(path, gligen=adapter())
    assert loaded.unet_config == checkpoint.unet_config
    assert_equal_params(loaded.params, checkpoint.params)
    assert loaded.sha256 != load_original(path).sha256


def test_model_with_adapter_is_saved_as_one(plain, adapter, tmp_path, source):
    save_pipeline(tmp_path / "saved", load_checkpoint(Source(plain, gligen=adapter())))
    saved, original = load_file(tmp_path / "saved" / UNET), load_file(source / UNET)
    assert saved.keys() == original.keys()
    index = json.loads((tmp_path / "saved/model_index.json").read_text())
    assert index["_class_name"] == "StableDiffusionGLIGENPipeline"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({LINEAR: ...}, f"1 missing: {LINEAR};"),
        ({"position_net.x": np.ones(2)}, "another model, which has position_net.x, too"),
        ({"input_blocks.7.1.fuser.x": np.ones(2)}, "which has input_blocks.7.1.fuser.x"),
        ({LINEAR: np.ones((32, 16))}, f"{LINEAR} is [32, 16] instead of [16, 32]"),
        ({NULL: np.ones(64)}, f"{NULL} is [64] instead of [32]"),
        ({NULL: np.full(32, np.nan)}, f"{NULL} holds NaN"),
    ],
)
def test_adapter_that_is_refused(plain, adapter, changes, fault, refusal):
    path = adapter(**changes)
    message = refusal(load_checkpoint, Source(plain, gligen=path))
    assert fault in message and str(path) in message


def test_adapter_in_both_namings(plain, layers, source, tmp_path, refusal):
    tensors = {n: t for n, t in load_file(source / UNET).items() if is_grounding(n)}
    save_file(layers | tensors, tmp_path / "gligen.safetensors")
    message = refusal(load_checkpoint, Source(plain, gligen=tmp_path / "gligen.safetensors"))
    assert "are the same tensor" in message


def test_other_files_are_no_adapters(plain, source, tmp_path, refusal):
    text = source / "text_encoder/model.safetensors"
    assert "has no GLIGEN layers" in refusal(load_checkpoint, Source(plain, gligen=text))
    (tmp_path / "gligen.safetensors").write_bytes(b"PK\x03\x04" + bytes(60))
    message = refusal(load_checkpoint, Source(plain, gligen=tmp_path / "gligen.safetensors"))
    assert "a pickle in spite of its name" in message
    assert "no such file" in refusal(
        load_checkpoint, Source(plain, gligen=tmp_path / "no.safetensors")
    )


def test_model_with_layers_takes_no_adapter(source, adapter, refusal):
    message = refusal(load_checkpoint, Source(source, gligen=adapter()))
    assert "has GLIGEN layers of its own" in message


def test_adapter_alone_is_no_model(adapter, load_original, refusal):
    assert "name it by --gligen" in refusal(load_original, adapter())
