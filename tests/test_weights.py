"""Loading and saving pipeline folders: what fits comes back bit by bit, what does not is named."""

import dataclasses
import json
import os
import shutil
import struct
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from flowzero_jax.errors import InputError, ModelError, OutputError
from flowzero_jax.models import UNetConfig
from flowzero_jax.weights import (
    Settings,
    load_folder,
    load_network,
    read_settings,
    save_folder,
    settings_json,
)
from flowzero_jax.weights.convert import MAX_PARAMETERS, parameter_shapes
from flowzero_jax.weights.names import leaves

SOURCE = Path(__file__).parent / "parity" / "reference" / "pipeline"
UNET = "unet/diffusion_pytorch_model.safetensors"
VAE = "vae/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"

FINAL_NORM = "text_model.final_layer_norm.weight"
DENSE = "text_model.encoder.layers.0.mlp.fc1.weight"
POSITION_IDS = "text_model.embeddings.position_ids"


@pytest.fixture(scope="module")
def checkpoint():
    return load_folder(SOURCE)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of the whole pipeline folder to break."""
    return Path(shutil.copytree(SOURCE, tmp_path / "model"))


def edit_json(path: Path, **changes) -> None:
    """Changes keys of a JSON file; a value of Ellipsis removes the key."""
    values = json.loads(path.read_text()) | changes
    kept = {key: value for key, value in values.items() if value is not ...}
    path.write_text(json.dumps(kept))


def edit_tensors(path: Path, **changes) -> None:
    """As `edit_json` for the tensors of a file."""
    tensors = load_file(path) | changes
    save_file({name: tensor for name, tensor in tensors.items() if tensor is not ...}, path)


def assert_equal_params(actual, expected) -> None:
    for (path, leaf), (other_path, other) in zip(leaves(actual), leaves(expected), strict=True):
        assert path == other_path
        assert leaf.dtype == other.dtype
        np.testing.assert_array_equal(leaf, other)


def refusal(function, *args, error=ModelError) -> str:
    """The message of the error that a call raises: one line."""
    with pytest.raises(error) as caught:
        function(*args)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def text_refusal(folder: Path) -> str:
    return refusal(load_network, folder / "text_encoder", "text_encoder")


# What comes back.


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_saved_checkpoint_loads_bit_equal(checkpoint, tmp_path, dtype):
    settings = Settings(height=64, width=32, nouns={"cat": "🐱"}, backgrounds=("a beach",))
    original = dataclasses.replace(load_folder(SOURCE, dtype), settings=settings)
    digest = save_folder(tmp_path / "saved", original, dtype)
    loaded = load_folder(tmp_path / "saved", dtype)
    assert_equal_params(loaded.params, original.params)
    assert loaded.sha256 == digest
    for field in ("unet_config", "autoencoder_config", "text_config", "schedule_config"):
        assert getattr(loaded, field) == getattr(original, field)
    assert loaded.settings == settings
    if dtype == "float32":
        assert_equal_params(loaded.params, checkpoint.params)


def test_saved_tensors_are_those_of_the_source(checkpoint, tmp_path):
    save_folder(tmp_path / "saved", checkpoint)
    for name in (UNET, VAE, TEXT):
        saved, source = load_file(tmp_path / "saved" / name), load_file(SOURCE / name)
        assert saved.keys() == source.keys()
        for key, tensor in source.items():
            np.testing.assert_array_equal(saved[key], tensor)


def test_layouts(checkpoint):
    tensors = load_file(SOURCE / UNET)
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


def test_bfloat16_file_is_read(folder):
    path = folder / TEXT
    edit_tensors(path, **{DENSE: load_file(path)[DENSE].astype(ml_dtypes.bfloat16)})
    _, params = load_network(folder / "text_encoder", "text_encoder", "bfloat16")
    assert params["text_model.encoder.layers.0"]["mlp.fc1"]["kernel"].dtype == ml_dtypes.bfloat16


def shard(folder: Path) -> Path:
    """Splits the text encoder into two files; returns their index."""
    path = folder / TEXT
    names = sorted(load_file(path))
    shards = {"one.safetensors": names[::2], "two.safetensors": names[1::2]}
    for file, part in shards.items():
        save_file({name: load_file(path)[name] for name in part}, path.with_name(file))
    path.unlink()
    index = path.with_name("model.safetensors.index.json")
    weight_map = {name: file for file, part in shards.items() for name in part}
    index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    return index


def test_sharded_weights_are_the_same(folder, checkpoint):
    shard(folder)
    _, params = load_network(folder / "text_encoder", "text_encoder")
    assert_equal_params(params, checkpoint.params["text_encoder"])


def test_old_names_of_the_autoencoders_attention(folder, checkpoint):
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    tensors = load_file(folder / VAE)
    for name in list(tensors):
        for new in old:
            if f".attentions.0.{new}." in name:
                tensors[name.replace(new, old[new])] = tensors.pop(name)
    save_file(tensors, folder / VAE)
    _, params = load_network(folder / "vae", "vae")
    assert_equal_params(params, checkpoint.params["vae"])


def test_position_ids_are_dropped(folder, checkpoint):
    edit_tensors(folder / TEXT, **{POSITION_IDS: np.arange(77)[None]})
    _, params = load_network(folder / "text_encoder", "text_encoder")
    assert_equal_params(params, checkpoint.params["text_encoder"])


def test_links_into_a_download_cache_are_followed(folder, tmp_path):
    blob = tmp_path / "blob"
    (folder / TEXT).rename(blob)
    (folder / TEXT).symlink_to(blob)
    load_network(folder / "text_encoder", "text_encoder")


def test_hash_depends_on_the_files_used_and_on_nothing_else(folder, checkpoint):
    (folder / "README.md").write_text("notes")
    assert load_folder(folder).sha256 == checkpoint.sha256
    edit_json(folder / "scheduler/scheduler_config.json", timestep_spacing="trailing")
    assert load_folder(folder).sha256 != checkpoint.sha256


# Tensors that do not fit.


def test_missing_and_unexpected_tensors_are_both_listed(folder):
    edit_tensors(folder / TEXT, **{FINAL_NORM: ..., "extra.weight": np.ones(3, np.float32)})
    message = text_refusal(folder)
    assert f"1 missing: {FINAL_NORM}; 1 unexpected: extra.weight" in message


def test_only_the_first_ten_differences_are_listed(folder):
    edit_tensors(folder / TEXT, **dict.fromkeys(list(load_file(folder / TEXT))[1:], ...))
    message = text_refusal(folder)
    assert message.count("text_model.") == 10 and ", …" in message


def test_transposed_tensor_is_named_with_both_shapes(folder):
    kernel = np.ascontiguousarray(load_file(folder / TEXT)[DENSE].T)
    edit_tensors(folder / TEXT, **{DENSE: kernel})
    rows, columns = kernel.shape
    assert f"{DENSE} is [{rows}, {columns}] instead of [{columns}, {rows}]" in text_refusal(folder)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_tensor_that_is_not_finite_is_named(folder, value):
    tensor = load_file(folder / TEXT)[DENSE]
    tensor[3, 4] = value
    edit_tensors(folder / TEXT, **{DENSE: tensor})
    assert f"{DENSE} holds NaN or infinity" in text_refusal(folder)


def test_weight_beyond_float16_is_refused_for_float16_alone(folder):
    edit_tensors(folder / TEXT, **{FINAL_NORM: np.full(32, 1e6, np.float32)})
    load_network(folder / "text_encoder", "text_encoder", "bfloat16")
    with pytest.raises(ModelError, match=f"{FINAL_NORM} is too large for float16"):
        load_network(folder / "text_encoder", "text_encoder", "float16")


def test_weights_that_are_all_zero(folder):
    save_file({k: np.zeros_like(v) for k, v in load_file(folder / TEXT).items()}, folder / TEXT)
    assert "all weights are zero" in text_refusal(folder)


def test_whole_numbers_are_no_weights(folder):
    edit_tensors(folder / TEXT, **{FINAL_NORM: np.ones(32, np.int32)})
    assert f"{FINAL_NORM} is of type I32" in text_refusal(folder)


def test_unknown_dtype():
    assert "float64" in refusal(load_folder, SOURCE, "float64", error=InputError)


# Files that are not what they seem.

ENTRY = '"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'


def header(text: str, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(text) if length is None else length) + text.encode()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"\x80\x02}q\x00.", "a pickle in spite of its name"),
        (b"PK\x03\x04" + bytes(60), "a pickle in spite of its name"),
        (header("{" + ENTRY + "}", 2**40) + b"1234", "not a whole safetensors file"),
        (header("{" + ENTRY + "}") + b"12", "not a whole safetensors file"),
        (header("{" + ENTRY + "}") + b"12345678", "not a whole safetensors file"),
        (header("{" + ENTRY + "," + ENTRY + "}") + b"1234", "the key 'a' occurs twice"),
        (b"", "not a whole safetensors file"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
            "git lfs pull",
        ),
    ],
)
def test_damaged_or_disguised_file(folder, content, fault):
    (folder / TEXT).write_bytes(content)
    message = text_refusal(folder)
    assert fault in message and message.startswith(str(folder / TEXT))


def test_truncated_file(folder):
    data = (folder / TEXT).read_bytes()
    (folder / TEXT).write_bytes(data[:-100])
    assert "not a whole safetensors file" in text_refusal(folder)


def test_pickles_alone_are_refused_with_a_way_out(folder):
    (folder / TEXT).rename(folder / "text_encoder" / "pytorch_model.bin")
    message = text_refusal(folder)
    assert "pytorch_model.bin" in message and "safe_serialization=True" in message


def test_pipe_is_not_waited_for(folder):
    (folder / TEXT).unlink()
    os.mkfifo(folder / TEXT)
    assert "not a regular file" in text_refusal(folder)


@pytest.mark.parametrize("name", ["../x.safetensors", "/x.safetensors", "x.bin", "", 3])
def test_index_may_only_name_files_beside_it(folder, name):
    index = shard(folder)
    weight_map = json.loads(index.read_text())["weight_map"]
    edit_json(index, weight_map=weight_map | {FINAL_NORM: name})
    assert "only plain names of safetensors files" in text_refusal(folder)


def test_index_must_fit_its_files(folder):
    index = shard(folder)
    weight_map = json.loads(index.read_text())["weight_map"]
    del weight_map[FINAL_NORM]
    edit_json(index, weight_map=weight_map)
    assert f"does not fit its files, for instance '{FINAL_NORM}'" in text_refusal(folder)


# Configurations.

STABLE_DIFFUSION_2 = {
    "cross_attention_dim": 1024,
    "attention_head_dim": [5, 10, 20, 20],
    "use_linear_projection": True,
}


@pytest.mark.parametrize(
    ("file", "changes", "fault"),
    [
        ("unet", {"block_out_channels": [2**31, 24]}, "block_out_channels: must be a whole number"),
        ("unet", {"block_out_channels": [16.0, 24]}, "block_out_channels: must be a whole number"),
        ("unet", {"layers_per_block": -1}, "layers_per_block: must be"),
        ("unet", {"norm_num_groups": 5}, "norm_num_groups: must divide 16"),
        ("unet", {"attention_head_dim": [8]}, "attention_head_dim: must be a list of 2"),
        ("unet", {"attention_head_dim": 5}, "attention_head_dim: must be a number of heads"),
        ("unet", {"act_fn": "gelu"}, "act_fn: only 'silu' is supported"),
        ("unet", {"attention_type": "gated-text-image"}, "attention_type: must be one of"),
        ("unet", {"up_block_types": ["CrossAttnUpBlock2D"] * 2}, "must mirror down_block_types"),
        ("unet", {"_class_name": "os.system"}, "_class_name: must be UNet2DConditionModel"),
        ("unet", {"auto_map": {}}, "unknown key 'auto_map'"),
        ("unet", {"cross_attention_dim": ...}, "the key 'cross_attention_dim' is missing"),
        ("unet", STABLE_DIFFUSION_2, "this is Stable Diffusion 2"),
        ("vae", {"latents_mean": [0.0]}, "latents_mean: only None is supported"),
        ("vae", {"in_channels": 1}, "must be 3"),
        ("vae", {"scaling_factor": True}, "scaling_factor: must be a number"),
        ("text_encoder", {"hidden_act": "relu"}, "hidden_act: must be one of quick_gelu, gelu"),
        ("text_encoder", {"hidden_act": "gelu", "hidden_size": 1024}, "Stable Diffusion 2"),
        ("text_encoder", {"num_attention_heads": 5}, "num_attention_heads: must divide"),
        ("text_encoder", {"eos_token_id": 664}, "eos_token_id: must be below vocab_size"),
        ("text_encoder", {"vocab_size": 600}, "the tokenizer has 664 tokens"),
        ("text_encoder", {"max_position_embeddings": 76}, "rows of 77 tokens"),
        ("text_encoder", {"eos_token_id": 5}, "the tokenizer ends texts with token 663"),
        ("text_encoder", {"hidden_size": 64}, "cross_attention_dim is 32"),
    ],
)
def test_configuration_that_is_refused(folder, file, changes, fault):
    edit_json(folder / file / "config.json", **changes)
    message = refusal(load_folder, folder)
    assert fault in message and message.startswith(str(folder))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"_class_name": "EulerDiscreteScheduler"}, "must be DDIMScheduler or PNDMScheduler"),
        ({"beta_schedule": "linear"}, "beta_schedule: must be one of scaled_linear"),
        ({"beta_start": 0.5}, "beta_end: must be at least 0.5"),
        ({"clip_sample": True}, "clip_sample: latents have no bounds"),
        ({"clip_sample": ...}, "clip_sample: latents have no bounds"),
        ({"prediction_type": "sample"}, "prediction_type: must be one of"),
        ({"trained_betas": [0.1]}, "trained_betas: only None"),
        ({"steps_offset": 1000}, "steps_offset: must be"),
    ],
)
def test_schedule_that_is_refused(folder, changes, fault):
    edit_json(folder / "scheduler/scheduler_config.json", **changes)
    assert fault in refusal(load_folder, folder)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"_class_name": "StableDiffusionXLPipeline"}, "_class_name: must be"),
        ({"unet": ["my_module", "UNet2DConditionModel"]}, "unet: must be"),
        ({"unet": ["diffusers", "UNet3DConditionModel"]}, "unet: only UNet2DConditionModel"),
        ({"vae": ...}, "the key 'vae' is missing"),
        ({"controlnet": ["diffusers", "ControlNetModel"]}, "unknown key 'controlnet'"),
    ],
)
def test_pipeline_that_is_refused(folder, changes, fault):
    edit_json(folder / "model_index.json", **changes)
    assert fault in refusal(load_folder, folder)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"a": 1, "a": 2}', "the key 'a' occurs twice"),
        ('{"a": NaN}', "NaN is not a number"),
        ('{"a": 1e999}', "1e999 is too large"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "not a JSON object"),
        ("{", "not valid JSON"),
    ],
)
def test_json_is_strict(folder, text, fault):
    (folder / "unet/config.json").write_text(text)
    assert fault in refusal(load_folder, folder)


def test_parameter_count_is_bounded_before_anything_is_allocated():
    huge = UNetConfig(block_out_channels=(16384,) * 4, norm_num_groups=32)
    assert f"more than {MAX_PARAMETERS:,}" in refusal(parameter_shapes, huge)


def test_older_mark_of_grounding_and_none(folder):
    config = folder / "unet/config.json"
    edit_json(config, attention_type=..., use_gated_attention=True)
    assert load_network(folder / "unet", "unet")[0].grounded
    edit_json(config, use_gated_attention=...)
    assert "unexpected" in refusal(load_network, folder / "unet", "unet")
    grounding = [n for n in load_file(folder / UNET) if ".fuser." in n or "position_net" in n]
    edit_tensors(folder / UNET, **dict.fromkeys(grounding, ...))
    config, params = load_network(folder / "unet", "unet")
    assert not config.grounded and "position_net" not in params


def test_schedule_is_read_from_a_pndm_configuration(folder, checkpoint):
    """As Stable Diffusion 1.4 has it, without the keys of later versions."""
    schedule = {
        "_class_name": "PNDMScheduler",
        "_diffusers_version": "0.7.0.dev0",
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "beta_start": 0.00085,
        "num_train_timesteps": 1000,
        "set_alpha_to_one": False,
        "skip_prk_steps": True,
        "steps_offset": 1,
        "trained_betas": None,
    }
    (folder / "scheduler/scheduler_config.json").write_text(json.dumps(schedule))
    edit_json(folder / "model_index.json", scheduler=["diffusers", "PNDMScheduler"])
    loaded = load_folder(folder)
    assert loaded.schedule_config == checkpoint.schedule_config
    assert loaded.scheduler_class == "PNDMScheduler"


def test_keys_with_underscore_are_not_acted_on(folder):
    edit_json(folder / "unet/config.json", _attn_implementation_internal="some/kernel")
    load_network(folder / "unet", "unet")


def test_folder_without_model_index(tmp_path):
    assert "no model_index.json" in refusal(load_folder, tmp_path)
    assert "no model_index.json" in refusal(load_folder, tmp_path / "nothing")


# flowzero.json.


def test_settings_default_to_the_published_values(folder, checkpoint):
    assert checkpoint.settings is None
    (folder / "flowzero.json").write_text("{}")
    assert load_folder(folder).settings == Settings()


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"frames": 8}, "unknown key 'frames'"),
        ({"grounding_fraction": 1.5}, "grounding_fraction: must be a number in 0 … 1"),
        ({"cross_frame": "last"}, "cross_frame: must be one of none, first"),
        ({"fps": 0}, "fps: must be a whole number in 1"),
        ({"noise_shift": 1}, "noise_shift: must be true or false"),
        ({"nouns": {"cat": 1}}, "nouns: must map nouns to emoji"),
        ({"backgrounds": "a beach"}, "backgrounds: must be a list"),
        ({"height": 63}, "height and width must be multiples of 2"),
    ],
)
def test_settings_that_are_refused(folder, values, fault):
    (folder / "flowzero.json").write_text(json.dumps(values))
    assert fault in refusal(load_folder, folder)


def test_settings_round_trip(tmp_path):
    settings = Settings(name="toy", cross_frame="first_prev", nouns={"cat": "🐱"}, fps=8)
    path = tmp_path / "flowzero.json"
    path.write_text(settings_json(settings), encoding="utf-8")
    assert read_settings(path) == settings


# Saving.


def test_manifest_finds_a_flipped_bit(checkpoint, tmp_path):
    folder = tmp_path / "saved"
    save_folder(folder, checkpoint)
    data = bytearray((folder / TEXT).read_bytes())
    data[-1] ^= 1
    (folder / TEXT).write_bytes(data)
    assert f"{TEXT}: changed or damaged" in refusal(load_folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest[TEXT]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert f"{TEXT}: not in manifest.json" in refusal(load_folder, folder)


def test_save_replaces_a_checkpoint_and_nothing_else(checkpoint, tmp_path):
    folder = tmp_path / "saved"
    save_folder(folder, checkpoint, "bfloat16")
    first = (folder / TEXT).stat().st_size
    save_folder(folder, checkpoint, "float32")
    assert (folder / TEXT).stat().st_size > first
    assert (folder / TEXT).stat().st_mode == (folder / "model_index.json").stat().st_mode
    (folder / "notes.txt").write_text("mine")
    message = refusal(save_folder, folder, checkpoint, error=OutputError)
    assert "'notes.txt', which is no part of a checkpoint" in message
    assert os.listdir(tmp_path) == ["saved"]


def test_failed_save_leaves_the_old_checkpoint(checkpoint, tmp_path):
    folder = tmp_path / "saved"
    save_folder(folder, checkpoint)
    before = (folder / "manifest.json").read_bytes()
    broken = dataclasses.replace(checkpoint, tokenizer_folder=tmp_path / "nothing")
    assert "no vocab.json" in refusal(save_folder, folder, broken)
    assert (folder / "manifest.json").read_bytes() == before
    assert os.listdir(tmp_path) == ["saved"]


def test_save_does_not_carry_a_chat_template_on(folder, checkpoint, tmp_path):
    edit_json(folder / "tokenizer/tokenizer_config.json", chat_template="{{ x }}")
    source = dataclasses.replace(checkpoint, tokenizer_folder=folder / "tokenizer")
    save_folder(tmp_path / "saved", source)
    saved = json.loads((tmp_path / "saved/tokenizer/tokenizer_config.json").read_text())
    original = json.loads((SOURCE / "tokenizer/tokenizer_config.json").read_text())
    assert saved.items() <= original.items()


def test_save_into_a_missing_folder(checkpoint, tmp_path):
    message = refusal(save_folder, tmp_path / "a" / "b", checkpoint, error=OutputError)
    assert "no such folder" in message
