"""Configurations: closed sets of keys and classes, bounded numbers, parts that fit together."""

import dataclasses
import json

import pytest
from one_network import load_network

from flowzero_jax.models import UNetConfig
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.tokenizer import Tokenizer
from flowzero_jax.weights import (
    CheckpointSettings,
    load_folder,
    read_settings,
    settings_json,
)
from flowzero_jax.weights.checkpoint import check_together
from flowzero_jax.weights.convert import MAX_PARAMETERS, parameter_shapes

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
        ("unet", {"auto_map": {"AutoModel": "x.Y"}}, "auto_map: the model is computed by code of"),
        ("vae", {"quantization_config": {"bits": 8}}, "quantization_config: the weights are quant"),
        ("text_encoder", {"compression_config": {"x": 1}}, "compression_config: the weights are"),
        ("unet", {"cross_attention_dim": ...}, "the key 'cross_attention_dim' is missing"),
        ("unet", STABLE_DIFFUSION_2, "this is Stable Diffusion 2"),
        ("vae", {"latents_mean": [0.0]}, "latents_mean: only None is supported"),
        ("vae", {"in_channels": 1}, "must be 3"),
        ("vae", {"scaling_factor": True}, "scaling_factor: must be a number"),
        ("text_encoder", {"hidden_act": "relu"}, "hidden_act: must be one of quick_gelu, gelu"),
        ("text_encoder", {"hidden_act": "gelu", "hidden_size": 1024}, "Stable Diffusion 2"),
        ("text_encoder", {"num_attention_heads": 5}, "num_attention_heads: must divide"),
        ("text_encoder", {"eos_token_id": 664}, "eos_token_id: must be below vocab_size"),
        ("tokenizer", {"model_max_length": 78}, "rows of 78 tokens"),
        ("text_encoder", {"eos_token_id": 5}, "the tokenizer ends texts with token 663"),
    ],
)
def test_configuration_that_is_refused(folder, file, changes, fault, edit_json, refusal):
    name = "tokenizer_config.json" if file == "tokenizer" else "config.json"
    edit_json(folder / file / name, **changes)
    message = refusal(load_folder, folder)
    assert fault in message and message.startswith(str(folder))


@pytest.mark.parametrize(
    ("part", "sizes", "fault"),
    [
        (
            "text_encoder",
            {"hidden_size": 64},
            "cross_attention_dim is 32, the text enc",
        ),
        ("text_encoder", {"vocab_size": 600}, "the tokenizer has 664 tokens"),
        ("vae", {"latent_channels": 16}, "the autoencoder has 16 latent channels"),
        (
            "unet",
            {"in_channels": 9},
            "takes 9 channels and returns 4, the autoencoder",
        ),
    ],
)
def test_parts_of_different_models(checkpoint, part, sizes, fault, refusal):
    parts = {
        "unet": checkpoint.unet_config,
        "vae": checkpoint.autoencoder_config,
        "text_encoder": checkpoint.text_config,
    }
    parts[part] = dataclasses.replace(parts[part], **sizes)
    tokenizer = Tokenizer.from_folder(checkpoint.tokenizer_folder)
    found = refusal(check_together, "here", **parts, tokenizer=tokenizer, settings=None)
    assert found.startswith("here: ") and fault in found
    assert ("inpainting" in found) == ("9" in fault)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"_class_name": "FlowMatchEulerDiscreteScheduler"}, "is not a scheduler of Stable Diff"),
        ({"_class_name": "EDMEulerScheduler"}, "take the one of the model's base"),
        ({"_class_name": "TCDScheduler"}, "is not a scheduler of Stable Diffusion 1"),
        ({"_class_name": ...}, "_class_name: None is not a scheduler"),
        ({"beta_schedule": "sigmoid"}, "beta_schedule: must be one of scaled_linear, linear"),
        ({"beta_start": ...}, "the key 'beta_start' is missing"),
        ({"use_flow_sigmas": True}, "use_flow_sigmas: only False"),
        ({"rescale_betas_zero_snr": True}, "starts from pure noise (zero terminal SNR)"),
        ({"beta_start": 0.5}, "beta_end: must be at least 0.5"),
        ({"clip_sample": True}, "clip_sample: latents have no bounds"),
        ({"clip_sample": ...}, "clip_sample: latents have no bounds"),
        ({"prediction_type": "sample"}, "prediction_type: must be one of"),
        ({"trained_betas": [0.1]}, "trained_betas: only None"),
        ({"steps_offset": 1000}, "steps_offset: must be"),
    ],
)
def test_schedule_that_is_refused(folder, changes, fault, edit_json, refusal):
    edit_json(folder / "scheduler/scheduler_config.json", **changes)
    assert fault in refusal(load_folder, folder)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"_class_name": "StableDiffusionXLPipeline"}, "_class_name: must be"),
        ({"unet": ["my_module", "UNet2DConditionModel"]}, "unet: must be"),
        ({"unet": ["diffusers", "UNet3DConditionModel"]}, "unet: only UNet2DConditionModel"),
        ({"vae": ...}, "the key 'vae' is missing"),
        (
            {"controlnet": ["diffusers", "ControlNetModel"]},
            "belongs to another kind of pip",
        ),
    ],
)
def test_pipeline_that_is_refused(folder, changes, fault, edit_json, refusal):
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
def test_json_is_strict(folder, text, fault, refusal):
    (folder / "unet/config.json").write_text(text)
    assert fault in refusal(load_folder, folder)


def test_parameter_count_is_bounded_before_anything_is_allocated(refusal):
    huge = UNetConfig(block_out_channels=(16384,) * 4, norm_num_groups=32)
    assert f"more than {MAX_PARAMETERS:,}" in refusal(parameter_shapes, huge)


def test_schedule_is_read_from_a_pndm_configuration(folder, checkpoint, edit_json):
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


def test_keys_with_underscore_are_not_acted_on(folder, edit_json):
    edit_json(folder / "unet/config.json", _attn_implementation_internal="some/kernel")
    load_network(folder / "unet", "unet")


def test_folder_without_model_index(tmp_path, refusal):
    assert "no model_index.json" in refusal(load_folder, tmp_path)
    assert "no model_index.json" in refusal(load_folder, tmp_path / "nothing")


def test_settings_default_to_the_published_values(folder, checkpoint):
    assert checkpoint.settings is None
    (folder / "flowzero.json").write_text("{}")
    assert load_folder(folder).settings == CheckpointSettings()


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
def test_settings_that_are_refused(folder, values, fault, refusal):
    (folder / "flowzero.json").write_text(json.dumps(values))
    assert fault in refusal(load_folder, folder)


def test_settings_round_trip(tmp_path):
    generation = GenerationSettings(cross_frame="first_prev")
    settings = CheckpointSettings(generation, name="toy", nouns={"cat": "🐱"}, fps=8)
    path = tmp_path / "flowzero.json"
    path.write_text(settings_json(settings), encoding="utf-8")
    assert read_settings(path) == settings
