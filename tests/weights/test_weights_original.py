"""Single files with the original names: the same parameters as from the diffusers folder."""

import json
import socket

import jax
import numpy as np
import pytest
from one_network import load_network
from original_layout import UNET_B, UNET_RESIDUAL, original_names
from safetensors.numpy import load_file

from flowzero_jax.errors import InputError
from flowzero_jax.models import AutoencoderConfig, UNetConfig
from flowzero_jax.weights import Source, load_checkpoint, load_folder, save_pipeline
from flowzero_jax.weights.configs import parse_unet_config
from flowzero_jax.weights.convert import parameter_shapes, tensor_shapes
from flowzero_jax.weights.original_sizes import UntoldSizes, unet_values
from flowzero_jax.weights.spellings import autoencoder_names, unet_names

UNET = "model.diffusion_model."
VAE = "first_stage_model."
TEXT = "cond_stage_model.transformer."
EMBEDDING = f"{TEXT}text_model.embeddings.token_embedding.weight"
FUSER = f"{UNET}middle_block.1.transformer_blocks.0.fuser.linear.weight"


def test_single_file_holds_the_same_model(checkpoint, original_file, load_original, same_model):
    loaded = load_original(original_file())
    same_model(loaded, checkpoint)
    assert loaded.schedule_config == checkpoint.schedule_config
    assert loaded.settings is None and len(loaded.sha256) == 64


@pytest.fixture
def same_model(assert_equal_params):
    def compare(loaded, checkpoint):
        assert loaded.unet_config == checkpoint.unet_config
        assert loaded.autoencoder_config == checkpoint.autoencoder_config
        assert_equal_params(loaded.params, checkpoint.params)

    return compare


def test_what_training_left_behind_is_dropped(checkpoint, original_file, load_original, same_model):
    ones = np.ones(3, np.float32)
    extra = {
        "model_ema.decay": ones,
        "model_ema.diffusion_modelinput_blocks00weight": ones,
        "betas": ones,
        "alphas_cumprod": ones,
        "first_stage_model.loss.logvar": ones,
        "cond_stage_model.transformer.text_model.embeddings.position_ids": np.arange(77)[None],
    }
    same_model(load_original(original_file(**extra)), checkpoint)


def test_shorter_names_of_the_text_encoder(
    checkpoint, original_tensors, original_file, load_original, same_model
):
    start = f"{TEXT}text_model."
    shorter = {}
    for name, tensor in original_tensors.items():
        if name.startswith(start):
            shorter |= {name: ..., TEXT + name.removeprefix(start): tensor}
    same_model(load_original(original_file(**shorter)), checkpoint)


def test_half_precision_file_is_converted(original_tensors, original_file, load_original):
    halves = {name: tensor.astype(np.float16) for name, tensor in original_tensors.items()}
    loaded = load_original(original_file(**halves), dtype="bfloat16")
    assert {leaf.dtype.name for leaf in jax.tree.leaves(loaded.params)} == {"bfloat16"}


def test_model_without_gligen_layers(original_tensors, original_file, load_original):
    grounding = [n for n in original_tensors if ".fuser." in n or ".position_net." in n]
    loaded = load_original(original_file(**dict.fromkeys(grounding, ...)))
    assert not loaded.unet_config.grounded and "position_net" not in loaded.params["unet"]


def test_hash_depends_on_content_and_not_on_the_name(original_file, load_original):
    path = original_file()
    first = load_original(path)
    assert load_original(path.rename(path.with_name("b.safetensors"))).sha256 == first.sha256
    out = f"{UNET}out.2.bias"
    changed = original_file(**{out: np.ones(4, np.float32)})
    assert load_original(changed).sha256 != first.sha256


def test_converted_file_is_the_reference_folder(
    checkpoint, original_file, load_original, tmp_path, assert_equal_params
):
    digest = save_pipeline(tmp_path / "folder", load_original(original_file()))
    loaded = load_folder(tmp_path / "folder")
    assert loaded.sha256 == digest
    assert_equal_params(loaded.params, checkpoint.params)


def test_numbers_of_blocks_follow_from_the_sizes(source):
    """UNet B: three stages of two layers, linear projections."""
    folder = source.parent / "unet_b"
    config, _ = load_network(folder, "unet")
    shapes = {
        n: t.shape for n, t in load_file(folder / "diffusion_pytorch_model.safetensors").items()
    }
    names = original_names(shapes, UNET_B, UNET_RESIDUAL)
    assert {name: unet_names(name, config)[1] for name in shapes} == names
    untold = UntoldSizes(num_heads=4, norm_num_groups=4)
    values = unet_values({names[name]: shape for name, shape in shapes.items()}, folder, untold)
    assert parse_unet_config(values, folder) == config


def test_published_files_have_as_many_tensors():
    """v1-5-pruned-emaonly has 686 of the UNet and 248 of the autoencoder; some well-known ones."""
    config = UNetConfig(grounded=False)
    unet = {unet_names(name, config)[1] for name in tensor_shapes(parameter_shapes(config))}
    assert len(unet) == 686
    assert {
        "input_blocks.4.0.skip_connection.weight",
        "input_blocks.9.0.op.bias",
        "input_blocks.8.1.transformer_blocks.0.attn2.to_k.weight",
        "input_blocks.11.0.emb_layers.1.weight",
        "middle_block.1.proj_in.weight",
        "output_blocks.2.1.conv.weight",
        "output_blocks.5.2.conv.weight",
        "output_blocks.8.2.conv.bias",
        "output_blocks.11.0.skip_connection.weight",
        "output_blocks.11.1.transformer_blocks.0.ff.net.0.proj.weight",
    } <= unet
    config = AutoencoderConfig()
    vae = {autoencoder_names(name, config)[3] for name in tensor_shapes(parameter_shapes(config))}
    assert len(vae) == 248
    assert {
        "encoder.down.1.block.0.nin_shortcut.weight",
        "encoder.down.2.downsample.conv.weight",
        "encoder.mid.attn_1.q.weight",
        "decoder.up.0.block.0.nin_shortcut.weight",
        "decoder.up.3.upsample.conv.weight",
        "decoder.up.3.block.2.norm2.bias",
        "decoder.mid.attn_1.proj_out.bias",
        "decoder.norm_out.weight",
        "post_quant_conv.weight",
    } <= vae


def test_published_sizes_are_read_off_the_shapes():
    config = UNetConfig(grounded=False)
    shapes = {
        unet_names(name, config)[1]: shape
        for name, shape in tensor_shapes(parameter_shapes(config)).items()
    }
    assert parse_unet_config(unet_values(shapes, None, UntoldSizes()), None) == config


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({f"{UNET}out.2.bias": ...}, f"1 missing: {UNET}out.2.bias"),
        ({f"{VAE}quant_conv.bias": ...}, f"1 missing: {VAE}quant_conv.bias"),
        (
            {f"{UNET}input_blocks.3.0.in_layers.2.weight": ...},
            f"1 missing: {UNET}input_blocks.3.0.in_layers.2.weight;",
        ),
        ({FUSER: np.ones((32, 24))}, f"{FUSER} is [32, 24] instead of [24, 32]"),
        ({f"{TEXT}text_model.final_layer_norm.bias": np.full(32, np.nan)}, "holds NaN"),
        ({EMBEDDING: np.ones((32, 664))}, f"{EMBEDDING} is [32, 664] instead of [any, 32]"),
        ({EMBEDDING: ...}, f"lacks {EMBEDDING}"),
        ({f"{UNET}input_blocks.0.0.weight": np.ones(())}, "input_blocks.0.0.weight has the shape"),
        ({f"{VAE}encoder.conv_in.weight": np.ones((3, 8, 3, 3))}, "instead of [8, any, 3, 3]"),
        ({"conditioner.embedders.0.x": np.ones(2)}, "Stable Diffusion XL"),
        ({f"{UNET}label_emb.0.0.weight": np.ones(2)}, "Stable Diffusion XL"),
        ({"cond_stage_model.model.ln_final.bias": np.ones(2)}, "Stable Diffusion 2"),
        ({"lora_unet_x.lora_up.weight": np.ones(2)}, "a LoRA"),
        ({"control_model.x": np.ones(2)}, "a ControlNet"),
        ({"transformer.double_blocks.0.x": np.ones(2)}, "Flux"),
    ],
)
def test_single_file_that_is_refused(original_file, load_original, changes, fault, refusal):
    path = original_file(**changes)
    message = refusal(load_original, path)
    assert fault in message and message.startswith(str(path))


def test_inpainting_model_is_refused(original_tensors, original_file, load_original, refusal):
    name = f"{UNET}input_blocks.0.0.weight"
    nine = np.concatenate([original_tensors[name]] * 2 + [original_tensors[name][:, :1]], axis=1)
    assert "takes 9 channels" in refusal(load_original, original_file(**{name: nine}))


@pytest.mark.parametrize("prefix", [UNET, VAE, TEXT])
def test_whole_network_that_is_missing(
    original_tensors, original_file, load_original, prefix, refusal
):
    changes = {name: ... for name in original_tensors if name.startswith(prefix)}
    assert f"has no {prefix}*" in refusal(load_original, original_file(**changes))


def test_one_network_of_a_folder_is_no_model(source, load_original, refusal):
    for path in source.rglob("*.safetensors"):
        assert "name the folder that has model_index.json" in refusal(load_original, path)


def test_tokenizer_must_be_named(original_file, load_original, source, tmp_path, refusal):
    path = original_file()
    assert "holds no tokenizer; name a folder" in refusal(load_original, path, None)
    assert f"name {source / 'tokenizer'}" in refusal(load_original, path, source)
    assert "has no vocab.json" in refusal(load_original, path, tmp_path)
    message = refusal(load_checkpoint, Source(source, tokenizer=tmp_path), error=InputError)
    assert "leave --tokenizer out" in message


def test_tokenizer_of_another_model_is_refused(
    original_file, load_original, source, tmp_path, refusal
):
    vocab = json.loads((source / "tokenizer/vocab.json").read_text())
    other = tmp_path / "tokenizer"
    other.mkdir()
    (other / "vocab.json").write_text(json.dumps(vocab | {"new": len(vocab)}))
    (other / "merges.txt").write_text((source / "tokenizer/merges.txt").read_text())
    assert "the tokenizer has 665 tokens" in refusal(load_original, original_file(), other)


@pytest.mark.parametrize("name", ["model.ckpt", "model.bin", "model.pt", "model.txt"])
def test_other_files_are_not_opened(tmp_path, name, load_original, refusal):
    (tmp_path / name).write_bytes(b"\x80\x02}q\x00.")
    message = refusal(load_original, tmp_path / name)
    assert "not a safetensors file" in message or "not a .safetensors file" in message


def test_tensor_twice_under_two_names(original_tensors, original_file, load_original, refusal):
    name = "embeddings.token_embedding.weight"
    again = {TEXT + name: original_tensors[f"{TEXT}text_model.{name}"]}
    assert "are the same tensor" in refusal(load_original, original_file(**again))


def test_name_without_prefix_is_never_looked_up(monkeypatch, refusal):
    monkeypatch.setattr(socket, "getaddrinfo", None)
    assert "no such model" in refusal(load_checkpoint, Source("owner/name"))
    assert "hf:OWNER/NAME" in refusal(load_checkpoint, Source("owner/name"))
