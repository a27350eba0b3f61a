"""What fits comes back bit by bit, whatever the precision, names and files it is stored in."""

import dataclasses

import ml_dtypes
import numpy as np
import pytest
from one_network import load_network
from safetensors.numpy import load_file, save_file

from flowzero_jax.models import UNetConfig
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.weights import CheckpointSettings, load_folder, save_pipeline
from flowzero_jax.weights.convert import parameter_shapes
from flowzero_jax.weights.names import leaves

UNET = "unet/diffusion_pytorch_model.safetensors"
VAE = "vae/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"

FINAL_NORM = "text_model.final_layer_norm.weight"
DENSE = "text_model.encoder.layers.0.mlp.fc1.weight"
POSITION_IDS = "text_model.embeddings.position_ids"


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_saved_checkpoint_loads_bit_equal(checkpoint, tmp_path, dtype, source, assert_equal_params):
    settings = CheckpointSettings(
        GenerationSettings(height=64, width=32), nouns={"cat": "🐱"}, backgrounds=("a beach",)
    )
    original = dataclasses.replace(load_folder(source, dtype), settings=settings)
    digest = save_pipeline(tmp_path / "saved", original, dtype)
    loaded = load_folder(tmp_path / "saved", dtype)
    assert_equal_params(loaded.params, original.params)
    assert loaded.sha256 == digest
    for field in ("unet_config", "autoencoder_config", "text_config", "schedule_config"):
        assert getattr(loaded, field) == getattr(original, field)
    assert loaded.settings == settings
    if dtype == "float32":
        assert_equal_params(loaded.params, checkpoint.params)


def test_saved_tensors_are_those_of_the_source(checkpoint, tmp_path, source):
    save_pipeline(tmp_path / "saved", checkpoint)
    for name in (UNET, VAE, TEXT):
        saved, original = load_file(tmp_path / "saved" / name), load_file(source / name)
        assert saved.keys() == original.keys()
        for key, tensor in original.items():
            np.testing.assert_array_equal(saved[key], tensor)


def test_layouts(checkpoint, source):
    tensors = load_file(source / UNET)
    block = checkpoint.params["unet"]["down_blocks.0.attentions.0"]["transformer_blocks.0"]
    dense = tensors["down_blocks.0.attentions.0.transformer_blocks.0.fuser.linear.weight"]
    np.testing.assert_array_equal(block["fuser"]["linear"]["kernel"], dense.T)
    conv = tensors["conv_in.weight"]
    kernel = checkpoint.params["unet"]["conv_in"]["kernel"]
    np.testing.assert_array_equal(kernel[1, 2, 3, 5], conv[5, 3, 1, 2])


def test_published_sizes_have_the_published_parameter_counts():
    total = sum(np.prod(leaf.shape) for _, leaf in leaves(parameter_shapes(UNetConfig())))
    assert total == 1_068_623_204
    plain = UNetConfig(grounded=False)
    total -= sum(np.prod(leaf.shape) for _, leaf in leaves(parameter_shapes(plain)))
    assert total == 208_018_272 + 1_083_968


def test_sixteen_bit_variant_is_found_and_read(folder):
    path = folder / TEXT
    halves = {name: tensor.astype(np.float16) for name, tensor in load_file(path).items()}
    save_file(halves, path.with_name("model.fp16.safetensors"))
    path.unlink()
    _, params = load_network(folder / "text_encoder", "text_encoder")
    scale = params["text_model.final_layer_norm"]["scale"]
    assert scale.dtype == np.float32
    np.testing.assert_array_equal(scale, halves[FINAL_NORM].astype(np.float32))


def test_bfloat16_file_is_read(folder, edit_tensors):
    path = folder / TEXT
    edit_tensors(path, **{DENSE: load_file(path)[DENSE].astype(ml_dtypes.bfloat16)})
    _, params = load_network(folder / "text_encoder", "text_encoder", "bfloat16")
    assert params["text_model.encoder.layers.0"]["mlp.fc1"]["kernel"].dtype == ml_dtypes.bfloat16


def test_sharded_weights_are_the_same(folder, checkpoint, shard, assert_equal_params):
    shard(folder)
    _, params = load_network(folder / "text_encoder", "text_encoder")
    assert_equal_params(params, checkpoint.params["text_encoder"])


def test_sharded_sixteen_bit_variant_is_found(folder, checkpoint, shard):
    index = shard(folder)
    for name in ("one", "two"):
        path = index.with_name(f"{name}.safetensors")
        tensors = {key: value.astype(np.float16) for key, value in load_file(path).items()}
        save_file(tensors, path)
    index.rename(index.with_name("model.safetensors.index.fp16.json"))
    _, params = load_network(folder / "text_encoder", "text_encoder")
    scale = params["text_model.final_layer_norm"]["scale"]
    original = checkpoint.params["text_encoder"]["text_model.final_layer_norm"]["scale"]
    np.testing.assert_array_equal(scale, original.astype(np.float16).astype(np.float32))


def test_old_names_of_the_autoencoders_attention(folder, checkpoint, assert_equal_params):
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    tensors = load_file(folder / VAE)
    for name in list(tensors):
        for new in old:
            if f".attentions.0.{new}." in name:
                tensors[name.replace(new, old[new])] = tensors.pop(name)
    save_file(tensors, folder / VAE)
    _, params = load_network(folder / "vae", "vae")
    assert_equal_params(params, checkpoint.params["vae"])


def test_position_ids_are_dropped(folder, checkpoint, edit_tensors, assert_equal_params):
    edit_tensors(folder / TEXT, **{POSITION_IDS: np.arange(77)[None]})
    _, params = load_network(folder / "text_encoder", "text_encoder")
    assert_equal_params(params, checkpoint.params["text_encoder"])


def test_links_into_a_download_cache_are_followed(folder, tmp_path):
    blob = tmp_path / "blob"
    (folder / TEXT).rename(blob)
    (folder / TEXT).symlink_to(blob)
    load_network(folder / "text_encoder", "text_encoder")


def test_hash_depends_on_the_files_used_and_on_nothing_else(folder, checkpoint, edit_json):
    (folder / "README.md").write_text("notes")
    assert load_folder(folder).sha256 == checkpoint.sha256
    edit_json(folder / "scheduler/scheduler_config.json", timestep_spacing="trailing")
    assert load_folder(folder).sha256 != checkpoint.sha256


def test_older_mark_of_grounding_and_none(folder, edit_json, edit_tensors):
    config = folder / "unet/config.json"
    edit_json(config, attention_type=..., use_gated_attention=True)
    assert load_network(folder / "unet", "unet")[0].grounded
    edit_json(config, use_gated_attention=...)
    with pytest.warns(UserWarning, match=r"unet: 76 tensors without a place .*alpha_attn"):
        assert not load_network(folder / "unet", "unet")[0].grounded
    grounding = [n for n in load_file(folder / UNET) if ".fuser." in n or "position_net" in n]
    edit_tensors(folder / UNET, **dict.fromkeys(grounding, ...))
    config, params = load_network(folder / "unet", "unet")
    assert not config.grounded and "position_net" not in params
