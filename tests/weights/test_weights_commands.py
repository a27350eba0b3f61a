"""Sources of weights on the command line, what is recorded of them, and the conversion script."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from paths import ROOT
from safetensors.numpy import load_file, save_file

from flowzero_jax.cli import main
from flowzero_jax.models import AutoencoderConfig, TextEncoderConfig, UNetConfig
from flowzero_jax.weights import load_folder
from flowzero_jax.weights.convert import parameter_shapes, tensor_shapes
from flowzero_jax.weights.spellings import (
    AUTOENCODER_PREFIXES,
    TEXT_PREFIXES,
    UNET_PREFIXES,
    autoencoder_names,
    unet_names,
)

UNET = "unet/diffusion_pytorch_model.safetensors"
PNDM = {
    "_class_name": "PNDMScheduler",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "skip_prk_steps": True,
    "steps_offset": 1,
}


@pytest.fixture
def plain(folder, edit_json, edit_tensors):
    """As Stable Diffusion 1.4 is published: no GLIGEN layers, a PNDM scheduler."""
    (folder / "scheduler/scheduler_config.json").write_text(json.dumps(PNDM))
    edit_json(folder / "model_index.json", scheduler=["diffusers", "PNDMScheduler"])
    edit_json(folder / "unet/config.json", attention_type="default")
    tensors = load_file(folder / UNET)
    grounding = {n: t for n, t in tensors.items() if ".fuser." in n or "position_net" in n}
    save_file(grounding, folder.with_name("gligen.safetensors"))
    edit_tensors(folder / UNET, **dict.fromkeys(grounding, ...))
    return folder


def described(capsys, *arguments):
    assert main(["inspect", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_inspect_tells_of_the_scheduler_and_of_missing_layers(plain, capsys):
    assert described(capsys, plain)["origin"] == {"scheduler": "PNDMScheduler, sampled by DDIM"}
    assert main(["inspect", str(plain)]) == 0
    said = capsys.readouterr().out
    assert "scheduler: PNDMScheduler, sampled by DDIM" in said and "boxes: no" in said


def test_inspect_with_an_adapter(plain, capsys):
    found = described(capsys, plain, "--gligen", plain.with_name("gligen.safetensors"))
    assert found["architecture"]["unet"]["grounded"] is True
    assert found["origin"].keys() == {"scheduler", "gligen_sha256"}


def test_boxes_are_refused_without_layers_unless_switched_off(plain, capsys, tmp_path):
    argv = ["generate", "a cat in a meadow", "--model", str(plain), "--out", f"{tmp_path}/a.npz"]
    argv += "--height 16 --width 16 --frames 1 --num-steps 1 --no-cache".split()
    assert main(argv) == 4
    said = capsys.readouterr().err
    assert "cannot place objects in boxes" in said and "--no-boxes" in said and "--gligen" in said
    assert not (tmp_path / "a.npz").exists()
    assert main([*argv, "--no-boxes"]) == 0
    record = json.loads((tmp_path / "a.npz.meta.json").read_text())
    assert record["model"]["scheduler"] == "PNDMScheduler, sampled by DDIM"
    assert record["settings"]["boxes"] is False


@pytest.fixture
def lora_file(tmp_path):
    """Of a layer of the reference UNet, kohya's way."""
    rng = np.random.default_rng(0)
    start = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k"
    tensors = {
        f"{start}.lora_down.weight": rng.standard_normal((2, 32), np.float32),
        f"{start}.lora_up.weight": rng.standard_normal((24, 2), np.float32),
    }
    save_file(tensors, tmp_path / "lora.safetensors")
    return tmp_path / "lora.safetensors"


def test_inspect_with_all_that_may_be_added(folder, lora_file, capsys):
    plain = described(capsys, folder)
    added = ["--vae", folder / "vae", "--prediction-type", "v_prediction", "--zero-terminal-snr"]
    loras = ["--lora", f"{lora_file}:0.5", "--lora", lora_file]
    found = described(capsys, folder, *loras, *added)
    names = {f"lora_{n}{x}" for n in (1, 2) for x in ("", "_scale", "_sha256")}
    said = {"vae_sha256", "prediction_type", "zero_terminal_snr"}
    assert found["origin"].keys() == names | said and found["sha256"] != plain["sha256"]
    assert found["origin"]["lora_1_scale"] == "0.5" and found["origin"]["lora_2_scale"] == "1.0"
    assert main(["inspect", str(folder), "--lora", f"{lora_file}:1000"]) == 2
    assert "'1000' is not a number from -100 to 100" in capsys.readouterr().err


def test_few_steps_with_a_lora_are_recorded(folder, lora_file, tmp_path):
    argv = ["generate", "a cat in a meadow", "--model", str(folder), "--out", f"{tmp_path}/a.npz"]
    argv += "--height 16 --width 16 --frames 1 --no-cache --sampler lcm --num-steps 2".split()
    config = tmp_path / "config.py"
    config.write_text(
        "from ml_collections import ConfigDict\n"
        f"def get_config():\n    return ConfigDict({{'loras': ('{lora_file}:0.25',)}})\n"
    )
    frames = []
    for more in (["--lora", f"{lora_file}:0.25"], ["--config", str(config)], []):
        assert main([*argv, *more]) == 0
        record = json.loads((tmp_path / "a.npz.meta.json").read_text())
        assert record["settings"]["sampler"] == "lcm"
        frames.append(np.load(tmp_path / "a.npz")["frames"])
        assert ("lora_1_sha256" in record["model"]) == bool(more)
    np.testing.assert_array_equal(frames[0], frames[1])
    assert (frames[0] != frames[2]).any()


@pytest.fixture
def single(tmp_path) -> Path:
    """An original file whose untold sizes are the published ones."""
    rng = np.random.default_rng(0)
    unet = UNetConfig(
        block_out_channels=(32, 32),
        layers_per_block=1,
        attention_stages=(True, False),
        num_heads=(8, 8),
        cross_attention_dim=64,
    )
    vae = AutoencoderConfig(block_out_channels=(32, 32), layers_per_block=1)
    text = TextEncoderConfig(
        vocab_size=664,
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=1,
        eos_token_id=663,
    )
    names = {
        unet: (UNET_PREFIXES[0], lambda name: unet_names(name, unet)[1]),
        vae: (AUTOENCODER_PREFIXES[0], lambda name: autoencoder_names(name, vae)[3]),
        text: (TEXT_PREFIXES[0], str),
    }
    tensors = {
        prefix + original(name): rng.standard_normal(shape, np.float32)
        for config, (prefix, original) in names.items()
        for name, shape in tensor_shapes(parameter_shapes(config)).items()
    }
    path = tmp_path / "model.safetensors"
    save_file(tensors, path)
    return path


def test_inspect_of_a_single_file(single, source, capsys):
    found = described(capsys, single, "--tokenizer", source / "tokenizer")
    assert found["architecture"]["unet"]["block_out_channels"] == [32, 32]
    assert found["architecture"]["unet"]["grounded"] is True
    assert main(["inspect", str(single)]) == 4
    assert "--tokenizer" in capsys.readouterr().err


def convert(*arguments):
    command = [sys.executable, str(ROOT / "scripts/convert_weights.py"), *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )


def test_conversion_script(plain, tmp_path, checkpoint, assert_equal_params):
    adapter = f"--config.gligen={plain.with_name('gligen.safetensors')}"
    out = tmp_path / "converted"
    run = convert(f"--config.model={plain}", adapter, "--config.dtype=float32", f"--out={out}")
    assert run.returncode == 0, run.stderr
    loaded = load_folder(out)
    assert_equal_params(loaded.params, checkpoint.params)
    assert loaded.sha256 in run.stdout and loaded.scheduler_class == "DDIMScheduler"
    card = (out / "README.md").read_text()
    assert "with GLIGEN's layout layers" in card and "PNDMScheduler" in card
