"""The command with a real, tiny checkpoint (random weights): from the prompt to the file."""

import json
import re

import numpy as np
import pytest
from paths import PIPELINE

from flowzero_jax.cli import main
from flowzero_jax.video import read_video

MODEL = str(PIPELINE)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def generate(out, *options):
    size = ["--height", "16", "--width", "24", "--frames", "2"]
    steps = ["--num-steps", "1", "--grounding-fraction", "1", "--no-cache"]
    argv = ["generate", "a cat in a meadow", "--model", MODEL, "--out", out]
    return main([*argv, *size, *steps, *options])


@pytest.mark.equality
def test_a_video_can_be_made_again_from_its_record(capsys):
    assert generate("video.mp4", "--seed", "5") == 0
    video = read_video("video.mp4")
    assert video.frames.shape == (2, 16, 24, 3) and video.fps == 4
    with open("video.meta.json", encoding="utf-8") as file:
        record = json.load(file)
    settings = record["settings"]
    argv = ["render", record["plan"]["file"], "--out", "again.mp4", "--no-cache"]
    for name in (
        "seed",
        "height",
        "width",
        "num_steps",
        "grounding_fraction",
        "guidance_scale",
        "dtype",
    ):
        argv += [f"--{name.replace('_', '-')}", str((record | settings)[name])]
    assert main([*argv, "--model", record["model"]["source"]]) == 0
    np.testing.assert_array_equal(read_video("again.mp4").frames, video.frames)
    with open("again.meta.json", encoding="utf-8") as file:
        again = json.load(file)
    assert again["video"]["sha256"] == record["video"]["sha256"]
    assert again["model"] == record["model"] and again["settings"] == settings


@pytest.mark.parametrize(
    ("code", "options", "message"),
    [
        (2, ["--height", "17"], "height: 17 is not a multiple of 2, .*; take 16 or 18"),
        (2, ["--width", "1"], "width: 1 is not a multiple of 2, .*; take 2"),
        (4, ["--model", "missing"], "missing: no such model"),
        (4, ["--model", "."], "model_index.json"),
    ],
)
def test_what_only_the_model_knows(capsys, code, options, message):
    assert generate("video.webp", *options, "--json") == code
    captured = capsys.readouterr()
    error = json.loads(captured.out)["error"]
    assert error["exit_code"] == code and captured.err.count("\n") == 1
    assert re.search(message, error["message"])


def test_inspect_describes_a_checkpoint(capsys):
    assert main(["inspect", MODEL, "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["num_parameters"].keys() == {"unet", "vae", "text_encoder"}
    assert described["architecture"]["unet"]["grounded"] is True
    assert described["settings"]["num_steps"] == 50 and len(described["sha256"]) == 64
    assert described["nouns"] == {} and described["backgrounds"] == []
    assert main(["inspect", MODEL]) == 0
    assert described["sha256"] in capsys.readouterr().out


def test_inspect_of_nothing(capsys):
    assert main(["inspect", "missing"]) == 4
    assert capsys.readouterr().err.startswith("flowzero-jax: error: missing: no such model")
