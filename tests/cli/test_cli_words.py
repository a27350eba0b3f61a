"""Misspelt words are answered with what was meant; helps show the defaults that apply."""

import json
import re

import pytest
from paths import ROOT

from flowzero_jax.cli import main
from flowzero_jax.cli.options import RENDER_OPTIONS
from flowzero_jax.values import did_you_mean
from flowzero_jax.weights import read_settings

PROMPT = "a dog runs"


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        # Options.
        (["generate", PROMPT, "--out", "x.mp4", "--steps", "8"], 2, "did you mean --num-steps?"),
        (["generate", PROMPT, "--out", "x.mp4", "--guidance", "8"], 2, "--guidance-scale"),
        (["generate", PROMPT, "--ou", "x.mp4"], 2, "--ou: no such option; did you mean --out?"),
        (["generate", PROMPT, "--out=x.mp4", "--heigth=8"], 2, "did you mean --height?"),
        (["batch", "jobs.csv", "--outdir", "x"], 2, "did you mean --out-dir?"),
        (["inspect", "--tokeniser", "x"], 2, "did you mean --tokenizer?; see flowzero-jax inspect"),
        (["plan", PROMPT, "--out", "x.json", "-f", "3"], 2, "arguments: -f 3; see flowzero-jax pl"),
        # Options before the command.
        (["--seed", "3", "generate", PROMPT], 2, "--seed: options come after the command"),
        (["--json", "inspect"], 2, "--json: options come after the command"),
        # Commands.
        (["generat", PROMPT, "--out", "x.mp4"], 2, "'generat': no such command; did you mean gene"),
        (["rendr", "plan.json"], 2, "did you mean render?"),
        (["xyzzy"], 2, "'xyzzy': no such command; known are generate, plan"),
        ([PROMPT, "--out", "x.mp4"], 2, 'did you mean flowzero-jax generate "a dog runs"?'),
        # A prompt without quotes.
        (["plan", *PROMPT.split(), "--out", "x.json"], 2, 'put it into quotes: "a dog runs"'),
        (["generate", "--out", "x.mp4", *PROMPT.split()], 2, 'put it into quotes: "a dog runs"'),
        (["render", "plan.json", "more.json", "--out", "x.mp4"], 2, "arguments: more.json"),
        # Values and models.
        (["generate", PROMPT, "--out", "x.mp4", "--sampler", "DDMI"], 2, "did you mean ddim?"),
        (["generate", PROMPT, "--out", "x.mp4", "--planner", "rule"], 2, "did you mean rules?"),
        (["generate", PROMPT, "--out", "x.mp4", "--model", "stiker"], 4, "did you mean sticker?"),
        (["inspect", "stickers"], 4, "stickers: no such model; did you mean sticker?"),
        (["compile", "Sticker"], 4, "did you mean sticker?"),
        (["generate", PROMPT, "--out", "x.mp4", "--config.num_step=8"], 2, "mean num_steps"),
        # Files where a prompt belongs, and prompts where a plan does.
        (["generate", "ball.json", "--out", "x.mp4"], 2, "flowzero-jax render ball.json draws"),
        (["plan", "dir/Ball.JSON", "--out", "x.json"], 2, "is the name of a file, not a prompt"),
        (["generate", "jobs.csv", "--out", "x.mp4"], 2, "flowzero-jax batch jobs.csv"),
        (["plan", "prompts.txt", "--out", "x.json"], 2, "plan --prompts-file prompts.txt"),
        (["render", PROMPT, "--out", "x.mp4"], 2, 'flowzero-jax generate "a dog runs"'),
        (["check", PROMPT], 2, 'flowzero-jax generate "a dog runs"'),
    ],
)
def test_what_was_meant_is_said(tmp_path, monkeypatch, capsys, argv, code, message):
    monkeypatch.chdir(tmp_path)
    assert main(argv) == code
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_folder_may_be_called_like_the_embedded_model(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stickers").mkdir()
    assert main(["inspect", "stickers"]) == 4
    assert "did you mean" not in capsys.readouterr().err


def test_prompts_about_files_are_prompts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["plan", "a cat looks at e.json", "--out", "x.json", "--frames", "1"]) in (0, 3)


def test_a_word_that_nobody_meant_is_not_guessed_and_takes_no_time():
    assert did_you_mean("xyzzy", ["ddim", "dpm++"]) == ""
    assert did_you_mean("--num_steps", ["--num-steps"]) == "; did you mean --num-steps?"
    assert did_you_mean("--stp" * 10**6, ["--num-steps", "--steps" * 1000]) == ""


@pytest.mark.parametrize("command", ["generate", "render", "batch", "compile"])
def test_the_embedded_models_values_are_shown(capsys, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "400")
    assert main([command, "--help"]) == 0
    # A switch's second flag is not another option.
    shown = " ".join(capsys.readouterr().out.replace(", --no-", ", no-").split())
    embedded = read_settings(ROOT / "flowzero_jax" / "checkpoints" / "sticker" / "flowzero.json")
    for option in RENDER_OPTIONS:
        flag = f"--{option.name.replace('_', '-')}"
        if flag == "--fps" and command == "compile":
            continue
        if option.about.in_checkpoint or option.name == "fps":
            owner = embedded if option.name == "fps" else embedded.generation
            value = getattr(owner, option.name)
            value = {True: "on", False: "off"}.get(value, value) if type(value) is bool else value
            told = re.search(rf" {flag}[ ,](?:(?! --).)*", shown)[0].strip()
            assert told.endswith(f"(sticker: {value})"), told


def test_inspect_shows_a_checkpoints_values(capsys):
    assert main(["inspect"]) == 0
    assert "defaults: 4 fps, height 128" in capsys.readouterr().out
    assert main(["inspect", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"]["num_steps"] == 12
