"""The benchmark as a whole: workloads, stages, records, PyTorch's worker, the script."""

import dataclasses
import json
import math
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import pytest
from paths import ROOT
from PIL import Image
from tiny import AUTOENCODER, MICRO_UNET, TEXT_ENCODER, UNET

from flowzero_jax.errors import DeviceError, InputError, ModelError
from flowzero_jax.lab.speed import naive_programs
from flowzero_jax.lab.speed.memory import check_memory
from flowzero_jax.lab.speed.options import Options
from flowzero_jax.lab.speed.plot import write_plot
from flowzero_jax.lab.speed.random_checkpoint import write_random_checkpoint
from flowzero_jax.lab.speed.run import run_benchmark
from flowzero_jax.lab.speed.stages import stage_flops, stages_of
from flowzero_jax.lab.speed.subject import load_subject
from flowzero_jax.lab.speed.torch_worker import TorchWorker
from flowzero_jax.lab.speed.workloads import WORKLOADS, Workload, select
from flowzero_jax.settings import GenerationSettings

TOKENS = 7

SETTINGS = GenerationSettings(height=8, width=12, num_steps=4, grounding_fraction=0.5)
VIDEO = Workload("tiny", "video", 2, SETTINGS, MICRO_UNET, AUTOENCODER, text_length=TOKENS)
STEP, DECODE = (dataclasses.replace(VIDEO, name=kind, kind=kind) for kind in ("step", "decode"))
QUICK = Options(rounds=2, peak_seconds=0.0)


def test_the_stages_of_a_video_are_all_its_steps():
    """Whole or composed: the same steps, frames and FLOPs."""
    settings = dataclasses.replace(SETTINGS, num_steps=10, guidance_end=0.8)
    video = dataclasses.replace(VIDEO, settings=settings)
    whole, composed = stages_of(video, False), stages_of(video, True)
    assert [stage.name for stage in whole] == [
        "prepare",
        "5 grounded steps with guidance",
        "3 ungrounded steps with guidance",
        "2 ungrounded steps without guidance",
        "decode",
    ]
    assert [stage.count for stage in whole] == [1] * 5
    assert [stage.count for stage in composed] == [1, 5, 3, 2, video.num_frames]
    assert [stage.num_steps for stage in composed] == [0, 1, 1, 1, 0]
    sums = [
        sum(stage.count * stage_flops(video, stage) for stage in stages)
        for stages in (whole, composed)
    ]
    assert sums[0] == sums[1]


def test_named_workloads_are_published_sizes():
    assert all(name == workload.name for name, workload in WORKLOADS.items())
    assert [w.name for w in select(["step-64,decode-512", "step-64"])] == ["step-64", "decode-512"]
    assert WORKLOADS["step-64"].latent_size == WORKLOADS["video-8"].latent_size == (64, 64)
    assert WORKLOADS["step-32"].latent_size == (32, 32)
    step = stages_of(WORKLOADS["step-64"], False)
    assert [(stage.kind, stage.num_steps, stage.segment.grounded) for stage in step] == [
        ("denoise", 1, True)
    ]
    for names in ([], [""], ["step-65"]):
        with pytest.raises(InputError, match="step-64, step-32"):
            select(names)


@pytest.fixture
def answering(tmp_path):
    """Makes an interpreter that, whatever it is to run, does what `code` says."""

    def make(code: str) -> str:
        path = tmp_path / "python"
        path.write_text(f"#!{sys.executable} -SE\nimport json, os, sys, time\n{code}\n")
        path.chmod(0o755)
        return str(path)

    return make


READY = 'print(json.dumps({"ready": True, "versions": {"torch": "0"}, "threads": 2}), flush=True)'
# A worker that is asked for a stage: one that answers unasked may be gone before it is asked.
ASKED = f"sys.stdin.readline(); {READY}; sys.stdin.readline()"
GOOD = f"""job = json.loads(sys.stdin.readline())
{READY}
for line in sys.stdin:
    assert job["stages"][int(line)]["kind"] in ("denoise", "decode")
    print(json.dumps({{"seconds": 1.5}}), flush=True)"""


@pytest.mark.equality
def test_records_of_compared_workloads(answering, tmp_path, capsys):
    options = dataclasses.replace(QUICK, compare=["naive", "torch"], torch_python=answering(GOOD))
    path = tmp_path / "records.json"
    run_benchmark([STEP, DECODE], options, path)
    step, decoded = records = json.loads(path.read_text())
    for record in records:
        assert record["device"] == jax.devices()[0].device_kind
        assert (record["dtype"], record["rounds"], record["composed"]) == ("float32", 2, False)
        low, high = record["spread"]["min"], record["spread"]["max"]
        assert 0 < low <= record["seconds"] <= high
        assert record["compile_seconds"] > 0
        speed = record["flops"] / record["seconds"]
        assert record["share_of_peak"] == pytest.approx(speed / record["peak_flops_per_s"])
        assert record["memory"]["temporary_bytes"] > 0
        assert record["memory"]["peak_bytes"] > 0
        assert record["torch_seconds"] == 1.5
        assert record["torch_ratio"]["max"] == pytest.approx(1.5 / low)
        assert record["naive_ratio"]["min"] <= record["naive_ratio"]["median"]
        assert record["naive_seconds"] > 0
        assert record["versions"].keys() >= {"jax", "flowzero_jax", "torch"}
    assert step["flops"] == stage_flops(STEP, stages_of(STEP, False)[0])
    assert step["step_seconds"] == step["seconds"]
    assert step["naive_difference"] <= 1e-5
    assert decoded["decode_seconds"] == decoded["seconds"]
    assert decoded["naive_grey_levels"] <= 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["step", "decode"]
    assert any(line.startswith("share of the peak") for line in lines)


@pytest.mark.parametrize("composed", [True, False])
def test_record_of_a_whole_video(composed):
    settings = dataclasses.replace(SETTINGS, num_steps=2, grounding_fraction=1.0)
    video = dataclasses.replace(VIDEO, settings=settings)
    options = dataclasses.replace(QUICK, composed=composed)
    (record,) = run_benchmark([video], options)
    stages = record["stages"]
    assert record["composed"] == composed
    assert [stage["count"] for stage in stages] == ([1, 2, 2] if composed else [1, 1, 1])
    assert record["flops"] == sum(stage["count"] * stage["flops"] for stage in stages)
    assert record["seconds"] >= record["num_steps"] * record["step_seconds"] > 0
    assert record["videos_per_hour"] == pytest.approx(3600 / record["seconds"])
    assert not any(name.startswith(("naive", "torch")) for name in record)


def test_a_checkpoint_brings_its_own_sizes(tmp_path):
    encoder = dataclasses.replace(
        TEXT_ENCODER, vocab_size=600, max_position_embeddings=10, eos_token_id=599
    )
    folder = tmp_path / "model"
    write_random_checkpoint(folder, unet=UNET, vae=AUTOENCODER, text_encoder=encoder)
    subject = load_subject(WORKLOADS["sticker"], "bfloat16", "chunked", str(folder))
    assert (subject.workload.unet, subject.workload.autoencoder) == (UNET, AUTOENCODER)
    assert subject.workload.text_length == 10
    assert subject.workload.settings == GenerationSettings()
    assert (subject.models.unet.attention, subject.dtype) == ("chunked", jnp.bfloat16)
    step = load_subject(STEP, "float32", "auto", str(folder))
    assert step.workload.settings == SETTINGS


# PyTorch's side


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("sys.exit('ImportError: no torch')", "ended (ImportError: no torch)"),
        ("", "ended (exit code 0, no message)"),
        ("sys.stdin.readline(); print('hello', flush=True)", "answered 'hello'"),
        ("sys.stdin.readline(); print([1], flush=True)", "answered '[1]'"),
        (f"sys.stdin.readline(); {READY}; sys.exit('out of memory')", "ended (out of memory)"),
        (f"{ASKED}; print('{{}}', flush=True)", "answered '{}'"),
        (f"{ASKED}; print('{{\"seconds\": NaN}}', flush=True)", "nan"),
    ],
)
def test_a_worker_that_fails_is_one_line(answering, code, words):
    with (
        pytest.raises(InputError, match=r"torch and diffusers$") as error,
        TorchWorker(answering(code), "side.py", {}, 60.0) as worker,
    ):
        worker.seconds(0)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_worker_that_hangs_is_ended(answering, tmp_path):
    note = tmp_path / "pid"
    code = f"open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(3600)"
    with pytest.raises(DeviceError, match="no answer within 2 s"):
        TorchWorker(answering(code), "side.py", {}, 2.0)
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


def test_an_interpreter_that_there_is_not(tmp_path):
    with pytest.raises(InputError, match="cannot be started: No such file"):
        TorchWorker(str(tmp_path / "python"), "side.py", {}, 5.0)


# Errors


def test_a_program_that_cannot_fit_is_not_run():
    check_memory("step", {"temporary_bytes": 1000})
    with pytest.raises(DeviceError, match=r"step: needs 1000000000\.0 GB"):
        check_memory("step", {"temporary_bytes": 10**18})


def test_a_wrong_naive_version_is_an_error(monkeypatch):
    monkeypatch.setattr(naive_programs, "decode_naively", lambda *_: jnp.zeros((1, 2, 8, 12, 3)))
    with pytest.raises(ModelError, match=r"naive: decode differs .* grey levels"):
        run_benchmark([DECODE], dataclasses.replace(QUICK, compare=["naive"]))


def test_a_picture_without_matplotlib_is_refused_before_any_work(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"flowzero_jax\[plot\]"):
        run_benchmark([DECODE], QUICK, plot_file=tmp_path / "picture.png")


def test_a_picture_with_and_without_comparisons(tmp_path):
    pytest.importorskip("matplotlib")
    ratio = {"median": 1.5, "min": 1.2, "max": 1.9}
    record = {"workload": "a", "device": "cpu", "dtype": "float32", "share_of_peak": 0.5}
    write_plot(tmp_path / "picture.png", [record, record | {"torch_ratio": ratio}])
    with Image.open(tmp_path / "picture.png") as image:
        assert image.format == "PNG"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"compare": ["jax"]}, "compare: no 'jax'"),
        ({"compare": ["torch"]}, "go together"),
        ({"torch_python": "python"}, "go together"),
        ({"rounds": 0}, "rounds: must be at least 1"),
        ({"torch_time_limit": 0.0}, "torch_time_limit: must be more than 0"),
        ({"torch_time_limit": math.inf}, "torch_time_limit: .* not inf"),
    ],
)
def test_options_that_cannot_be_meant(options, words):
    with pytest.raises(InputError, match=words):
        Options(**options)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--workload=step-65"], "no 'step-65'; take some of step-64, step-32"),
        (["--workload=step-64", "--dtype=int8"], "flag --dtype=int8"),
        (["step-64"], "unknown argument: step-64"),
    ],
)
def test_the_script_says_what_is_wrong(arguments, words):
    command = [sys.executable, str(ROOT / "scripts" / "benchmark.py"), *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (2, "")
    (line,) = run.stderr.splitlines()
    assert line.startswith("benchmark: error: ") and words in line
