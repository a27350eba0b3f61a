"""`flowzero-jax compile` around stand-ins for loading and compiling: options, table, faults."""

import dataclasses
import json
import types

import pytest

from flowzero_jax.cli import main
from flowzero_jax.devices.compilation import CompiledProgram
from flowzero_jax.errors import DeviceError
from flowzero_jax.loading import load as loading
from flowzero_jax.settings import GenerationSettings

DEFAULTS = GenerationSettings(height=16, width=24, num_steps=5)
PROGRAMS = [
    CompiledProgram("encode texts", 1.25, 10**6, 10**6, 3 * 10**6, 0, other_bytes=7 * 10**6),
    CompiledProgram("denoise, guided, 5 steps", 61.5, 10**9, 10**9, 10**9, 5 * 10**8, 0),
]

NOTHING = {
    **dict.fromkeys(("tokenizer", "gligen", "vae", "prediction_type", "zero_terminal_snr", "mesh")),
    "loras": (),
    "attention": "auto",
}


@pytest.fixture
def compiled(monkeypatch):
    """What was loaded and compiled, instead of doing it."""
    seen = types.SimpleNamespace()

    def load_pipeline(model, *, dtype, **parts):
        seen.loaded = (model, dtype, parts)
        info = types.SimpleNamespace(name="tiny", sha256="ab" * 32, origin={})
        return types.SimpleNamespace(settings=DEFAULTS, info=info, compile=seen.compile)

    def compile_programs(settings, num_frames, batch, steps_per_call, announce):
        seen.settings = settings
        seen.size = (num_frames, batch, steps_per_call)
        for program in PROGRAMS:
            announce(program.name)
        return PROGRAMS

    seen.compile = compile_programs
    monkeypatch.setattr(loading, "disable_compilation_cache", lambda: None)
    monkeypatch.setattr(loading, "enable_compilation_cache", lambda folder: folder)
    monkeypatch.setattr(loading, "load_pipeline", load_pipeline)
    return seen


def test_people_get_a_table_and_the_memory_that_is_needed(compiled, capsys):
    assert main(["compile", "--no-cache"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "program                   compile s   memory",
        "encode texts                    1.2   5.0 MB",
        "denoise, guided, 5 steps       61.5  2.50 GB",
        "sticker: 8 frames, 24x16, float32 on cpu: 62.8 s, needs 2.50 GB",
    ]
    assert captured.err.splitlines() == [
        f"flowzero-jax: compiling: {program.name}" for program in PROGRAMS
    ]
    assert compiled.loaded == ("sticker", "float32", NOTHING)
    assert compiled.settings == DEFAULTS and compiled.size == (8, 1, 10)


def test_machines_get_all_numbers(compiled, capsys):
    assert main(["compile", "tiny", "--json", "--cache-dir", "xla", "--batch", "2"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["programs"][0] == dataclasses.asdict(PROGRAMS[0]) | {"peak_bytes": 5 * 10**6}
    assert told["needed_bytes"] == 2_500_000_000 and told["seconds"] == 62.75
    assert (told["frames"], told["batch"], told["cache"]) == (8, 2, "xla")
    assert told["model"] == {"source": "tiny", "name": "tiny", "sha256": "ab" * 32}
    assert told["settings"]["num_steps"] == 5 and told["settings"]["dtype"] == "float32"


def test_the_options_of_rendering_arrive(compiled, tmp_path):
    config = tmp_path / "config.py"
    config.write_text(
        "from ml_collections import ConfigDict\n"
        "def get_config():\n"
        "    return ConfigDict({'seed': 3, 'fps': 2.0, 'frames': 5, 'num_steps': 7})\n"
    )
    flags = (
        "--height 32 --width 40 --sampler dpm++ --guidance-scale 2.5 --guidance-start 0.25 "
        "--guidance-end 0.75 --grounding-fraction 0.6 --cross-frame first_prev --no-noise-shift "
        "--object-noise --no-boxes --frames-per-chunk 3 --dtype bfloat16 --attention chunked "
        "--steps-per-call 2 --batch 4 --tokenizer words --gligen boxes.safetensors --no-cache "
        "--vae other --lora a:0.5 --lora b --prediction-type v_prediction --no-zero-terminal-snr"
    )
    assert main(["compile", "tiny", *flags.split(), "--config", str(config)]) == 0
    assert compiled.loaded == (
        "tiny",
        "bfloat16",
        {
            "tokenizer": "words",
            "gligen": "boxes.safetensors",
            "vae": "other",
            "loras": (("a", 0.5), ("b", 1.0)),
            "prediction_type": "v_prediction",
            "zero_terminal_snr": False,
            "attention": "chunked",
            "mesh": None,
        },
    )
    assert compiled.settings == GenerationSettings(
        height=32,
        width=40,
        num_steps=7,
        sampler="dpm++",
        guidance_scale=2.5,
        guidance_start=0.25,
        guidance_end=0.75,
        grounding_fraction=0.6,
        cross_frame="first_prev",
        noise_shift=False,
        object_noise=True,
        boxes=False,
        frames_per_chunk=3,
    )
    assert compiled.size == (5, 4, 2)


@pytest.mark.parametrize(
    ("code", "options", "message"),
    [
        (2, ["--batch", "0"], "--batch: '0' is not a whole number"),
        (2, ["--steps-per-call", "0"], "--steps-per-call"),
        (2, ["--out", "video.mp4"], "--out: no such option"),
        (2, ["--seed", "1"], "--seed: no such option"),
        (2, ["--guidance-start", "1", "--guidance-end", "0"], "--guidance-start 1: "),
        (2, ["--config.batch=2"], "unknown field batch"),
        (5, ["--attention", "cudnn"], "needs an NVIDIA GPU"),
    ],
)
def test_bad_options_are_one_line(compiled, capsys, code, options, message):
    assert main(["compile", "tiny", "--no-cache", *options]) == code
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and message in said
    assert not hasattr(compiled, "loaded")


def test_a_model_that_is_not_there(capsys):
    assert main(["compile", "missing", "--no-cache"]) == 4
    assert capsys.readouterr().err.startswith("flowzero-jax: error: missing: no such model")


def test_a_device_without_enough_memory_is_one_line(compiled, capsys):
    def fail(*arguments, **options):
        raise DeviceError("the device failed: out of memory; use a smaller --frames-per-chunk")

    compiled.compile = fail
    assert main(["compile", "--no-cache"]) == 5
    assert "out of memory" in capsys.readouterr().err
