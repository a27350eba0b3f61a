"""`generate` and `render` around a stand-in for the model: options, files, warnings, faults."""

import dataclasses
import hashlib
import json
import os
import sys
import types
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from paths import ROOT

from flowzero_jax.cli import main
from flowzero_jax.cli.options import RENDER_OPTIONS
from flowzero_jax.errors import DeviceError
from flowzero_jax.loading import load as loading
from flowzero_jax.metadata import RenderMetadata
from flowzero_jax.scene import read_scene
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.video import mp4, read_video
from flowzero_jax.weights import read_settings

PROMPT = "a cat in a meadow"
FRAME = {
    "description": "a cat in a meadow",
    "objects": [{"id": "cat", "phrase": "a cat", "box": [0.1, 0.2, 0.5, 0.6]}],
    "background_motion": {"direction": "left", "speed": 0.5},
}
SCENE = {"version": 1, "prompt": PROMPT, "frames": [FRAME] * 3}
CONFIG = """
from ml_collections import ConfigDict

def get_config(variant="plain"):
    config = ConfigDict({"num_steps": 7, "seed": 3, "noise_shift": True, "negative_prompt": "rain"})
    if variant == "large":
        config.height = config.width = 32
    return config
"""


DEFAULTS = GenerationSettings(height=16, width=24, num_steps=5, guidance_scale=3.0)


class StandIn:
    """Has the attributes of a pipeline that the command uses, and records how it is called."""

    settings = DEFAULTS
    info = types.SimpleNamespace(
        name="sticker", sha256="ab" * 32, nouns={"cat": "C"}, fps=5, origin={}
    )
    tokenizer = types.SimpleNamespace(truncated=lambda text: text[60:] or None)

    def __init__(self):
        self.calls = []

    def __call__(self, scene, **arguments):
        self.calls.append((scene, arguments))
        settings, progress = arguments["settings"], arguments["progress"]
        for step in range(settings.num_steps):
            progress(step + 1, settings.num_steps)
        shape = (len(scene.frames), settings.height, settings.width, 3)
        return np.random.default_rng(arguments["seed"]).integers(0, 256, shape, np.uint8)

    @property
    def arguments(self):
        return self.calls[-1][1]


@pytest.fixture
def model(tmp_path, monkeypatch):
    """The stand-in for a `Pipeline`; the test runs in a folder with a plan and a config."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loading, "disable_compilation_cache", lambda: None)
    (tmp_path / "plan.json").write_text(json.dumps(SCENE))
    (tmp_path / "config.py").write_text(CONFIG)
    stand_in = StandIn()
    stand_in.loaded = []

    def load_pipeline(model, *, dtype, attention, **others):
        stand_in.loaded.append((model, dtype, attention))
        return stand_in

    monkeypatch.setattr(loading, "load_pipeline", load_pipeline)
    return stand_in


def visible():
    return sorted(name for name in os.listdir() if name != "__pycache__")


def render(*options, out="video.webp"):
    return main(["render", "plan.json", "--out", out, "--no-cache", *options])


def meta(name="video.webp.meta.json"):
    with open(name, encoding="utf-8") as file:
        return RenderMetadata(**json.load(file))


def test_generate_writes_the_video_its_plan_and_its_record(model, capsys):
    argv = ["generate", PROMPT, "--out", "video.mp4", "--frames", "4", "--seed", "9", "--json"]
    assert main([*argv, "--no-cache"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert visible() == [
        *("config.py", "plan.json", "video.meta.json", "video.mp4", "video.plan.json")
    ]
    assert read_video("video.mp4").frames.shape == (4, 16, 24, 3)
    scene = read_scene("video.plan.json")
    assert scene.prompt == PROMPT and model.calls[0][0] == scene
    record = meta("video.meta.json")
    assert (record.command, record.planner, record.prompt) == ("generate", "rules", PROMPT)
    assert (record.seed, record.fps) == (9, 5)
    extra = {"dtype": "float32", "attention": "auto", "steps_per_call": 10}
    assert record.settings == dataclasses.asdict(DEFAULTS) | extra
    with open("video.plan.json", "rb") as plan, open("video.mp4", "rb") as video:
        assert record.plan["sha256"] == hashlib.sha256(plan.read()).hexdigest()
        assert record.video["sha256"] == hashlib.sha256(video.read()).hexdigest()
    assert record.model == {"source": "sticker", "name": "sticker", "sha256": "ab" * 32}
    assert set(record.seconds) == {"plan", "load", "generate", "write"}
    files = {"video": "video.mp4", "plan": "video.plan.json", "meta": "video.meta.json"}
    sizes = {"frames": 4, "height": 16, "width": 24, "fps": 5, "seed": 9}
    assert result == files | sizes | {"seconds": record.seconds}


def test_render_uses_the_plan_as_it_is(model, capsys):
    assert render("--frames", "3", out="video.gif") == 0
    assert capsys.readouterr().out == "video.gif: 3 frames, 24x16, 5 fps, seed 0\n"
    assert model.calls[0][0] == read_scene("plan.json")
    record = meta("video.gif.meta.json")
    assert record.plan["file"] == "plan.json" and record.planner is None
    assert visible() == ["config.py", "plan.json", "video.gif", "video.gif.meta.json"]


def test_render_of_a_generated_plan_gives_the_same_frames(model):
    assert main(["generate", PROMPT, "--out", "a.webp", "--no-cache", "--seed", "4"]) == 0
    assert main(["render", "a.webp.plan.json", "--out", "b.npz", "--no-cache", "--seed", "4"]) == 0
    np.testing.assert_array_equal(read_video("a.webp").frames, read_video("b.npz").frames)


def test_a_folder_holds_its_frames_plan_and_record(model):
    assert main(["generate", PROMPT, "--out", "shots", "--frames", "2", "--no-cache"]) == 0
    names = ["frame_0000.png", "frame_0001.png", "meta.json", "plan.json"]
    assert sorted(os.listdir("shots")) == names
    assert main(["render", "plan.json", "--out", "other", "--no-cache"]) == 0
    assert "plan.json" not in os.listdir("other") and "meta.json" in os.listdir("other")
    assert main(["render", "shots/plan.json", "--out", "shots", "--no-cache"]) == 0


def test_nothing_given_means_the_checkpoints_own_values(model):
    assert render() == 0
    assert model.loaded == [("sticker", "float32", "auto")]
    assert model.arguments["settings"] == DEFAULTS
    assert model.arguments["seed"] == 0 and model.arguments["negative_prompt"] == ""
    assert model.arguments["steps_per_call"] == 10 and model.arguments["snapshot"] is None


def test_every_flag_arrives(model):
    flags = (
        "--height 32 --width 40 --num-steps 9 --guidance-scale 2.5 --grounding-fraction 0.6 "
        "--cross-frame first_prev --no-noise-shift --object-noise --no-boxes "
        "--sampler dpm++ --eta 0.5 --guidance-start 0.25 --guidance-end 0.75 --frames-per-chunk 3 "
        "--negative-prompt fog --fps 10 --seed 4294967295 --dtype bfloat16 --attention chunked "
        "--steps-per-call 2 --snapshot video.snapshot"
    )
    assert render(*flags.split()) == 0
    changed = GenerationSettings(
        height=32,
        width=40,
        num_steps=9,
        sampler="dpm++",
        eta=0.5,
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
    assert model.arguments["settings"] == changed
    assert model.arguments["steps_per_call"] == 2
    assert model.arguments["snapshot"] == Path("video.snapshot")
    extra = {"dtype": "bfloat16", "attention": "chunked", "steps_per_call": 2}
    assert meta().settings == dataclasses.asdict(changed) | extra
    assert model.arguments["negative_prompt"] == "fog"
    assert model.arguments["seed"] == 2**32 - 1
    assert model.loaded == [("sticker", "bfloat16", "chunked")]
    assert meta().fps == 10 and read_video("video.webp").fps == 10


def test_every_generation_setting_is_an_option():
    names = {option.name for option in RENDER_OPTIONS}
    assert {field.name for field in dataclasses.fields(GenerationSettings)} <= names


def test_the_example_config_has_options_and_the_checkpoints_values(model):
    example = ROOT / "configs" / "sticker.py"
    checkpoint = resources.files("flowzero_jax") / "checkpoints" / "sticker" / "flowzero.json"
    own = read_settings(Path(str(checkpoint))).generation
    assert render("--config", str(example), "--frames", "3") == 0
    assert model.arguments["settings"] == own


def test_a_flag_beats_the_config_which_beats_the_checkpoint(model):
    assert render("--config", "config.py") == 0
    settings = model.arguments["settings"]
    assert (settings.num_steps, settings.height) == (7, 16)
    assert (model.arguments["seed"], model.arguments["negative_prompt"]) == (3, "rain")
    changes = ["--config.num_steps=8", "--config.noise_shift=False", "--config.seed=5"]
    assert render("--config", "config.py:large", *changes, "--seed", "6") == 0
    settings = model.arguments["settings"]
    assert (settings.num_steps, settings.noise_shift, settings.height) == (8, False, 32)
    assert model.arguments["seed"] == 6


@pytest.mark.parametrize(
    ("code", "options", "message"),
    [
        (2, ["--config.num_step=8"], "unknown field num_step; did you mean num_steps?"),
        (2, ["--config", "config.py", "--config.num_steps=0"], "num_steps: '0' is not a whole"),
        (2, ["--config", "config.py", "--config.num_steps=many"], "num_steps"),
        (2, ["--config.num_steps"], "write --config.num_steps=VALUE"),
        (6, ["--config", "missing.py"], "missing.py: no such file"),
        (2, ["--config", "unknown.py"], "unknown field heigth; did you mean height?"),
        (2, ["--config", "broken.py"], "broken.py: ZeroDivisionError"),
        (2, ["--config", "empty.py"], "empty.py: "),
        (2, ["--config", "leaves.py"], "leaves.py: SystemExit"),
        (2, ["--config", "leaves.py:late"], "leaves.py:late: SystemExit"),
        (2, ["--config", "closes.py"], "closes.py: GeneratorExit"),
        (2, ["--config", "switch.py:large"], "takes 0 positional arguments"),
        (2, ["--config.boxes=1"], "give True or False"),
        (2, ["--config.guidance_start=0.6", "--guidance-end", "0.5"], "--guidance-start 0.6: "),
        (2, ["--guidance-start", "1.1"], "--guidance-start: '1.1' is not a number from 0 to 1"),
        (2, ["--guidance-end", "-1"], "--guidance-end: '-1' is not"),
        (2, ["--sampler", "euler"], "--sampler: 'euler' is none of ddim, dpm++"),
        (2, ["--config.sampler=euler"], "sampler: 'euler' is none of ddim, dpm++"),
        (2, ["--attention", "flash"], "none of auto, xla, chunked, cudnn"),
        (2, ["--frames-per-chunk", "0"], "--frames-per-chunk: '0' is not a whole number"),
        (2, ["--steps-per-call", "0"], "--steps-per-call: '0' is not a whole number"),
        (2, ["--config.steps_per_call=2"], "unknown field steps_per_call"),
        (2, ["--snapshot", ""], "--snapshot: is empty"),
        (2, ["--snapshot", "plan.json"], "plan.json: would overwrite the input plan.json"),
        (2, ["--snapshot", "./video.webp"], "--snapshot video.webp: is an output, too"),
        (2, ["--snapshot", "video.webp.meta.json"], "video.webp.meta.json: is an output, too"),
        (6, ["--snapshot", "missing/cat.npz"], "missing: no such folder"),
        (6, ["--snapshot", "."], "is a folder"),
        (2, ["--config", "switch.py"], "boxes is 'yes'; give True or False"),
    ],
)
def test_bad_configs_are_one_line(model, tmp_path, capsys, code, options, message):
    start = "from ml_collections import ConfigDict\ndef get_config(): return ConfigDict("
    (tmp_path / "unknown.py").write_text(start + "{'heigth': 8})")
    (tmp_path / "switch.py").write_text(start + "{'boxes': 'yes'})")
    (tmp_path / "broken.py").write_text("1 / 0")
    (tmp_path / "empty.py").write_text("")
    leaves = "import sys\ndef get_config(late=''): sys.exit(0)\n"
    (tmp_path / "leaves.py").write_text(leaves)
    (tmp_path / "closes.py").write_text("raise GeneratorExit")
    assert render(*options) == code
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and message in said and not model.loaded


def test_a_config_file_is_never_overwritten(model, tmp_path, capsys):
    (tmp_path / "plain.py").write_text(CONFIG)
    os.link("plain.py", "video.webp")
    assert render("--config", "plain.py") == 2
    assert "would overwrite the input plain.py" in capsys.readouterr().err


def test_unknown_nouns_and_long_texts_are_warned_of_and_run(model, tmp_path, capsys):
    frame = json.loads(json.dumps(FRAME))
    frame["description"] = "a cat and " + "a very " * 10 + "long story"
    things = [("a", "a cta"), ("b", "a zeppelin"), ("c", "a red cat"), ("d", "cat")]
    frame["objects"] = [FRAME["objects"][0] | {"id": i, "phrase": p} for i, p in things]
    (tmp_path / "plan.json").write_text(json.dumps(SCENE | {"frames": [frame] * 2}))
    assert render("--json") == 0
    captured = capsys.readouterr()
    warnings = json.loads(captured.out)["warnings"]
    assert len(warnings) == 3
    assert "'a cta'" in warnings[0] and "nearest: cat" in warnings[0]
    assert "'a zeppelin'" in warnings[1] and "flowzero-jax inspect" in warnings[1]
    assert frame["description"][60:] in warnings[2]
    for warning in warnings:
        assert f"flowzero-jax: warning: {warning}\n" in captured.err


def test_progress_is_one_line_without_a_terminal(model, capsys):
    assert render() == 0
    said = capsys.readouterr().err
    assert said.startswith("flowzero-jax: 5 denoising steps in ") and said.count("\n") == 1


def test_progress_is_a_bar_on_a_terminal(model, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert render() == 0
    assert "denoising: " in capsys.readouterr().err


def test_a_failing_model_leaves_the_older_video(model, monkeypatch, capsys):
    assert render() == 0
    before = {name: os.stat(name).st_mtime_ns for name in visible()}

    def fail(self, scene, **arguments):
        raise DeviceError("out of memory: needs 3 GiB, 2 are free; use fewer frames")

    monkeypatch.setattr(StandIn, "__call__", fail)
    capsys.readouterr()
    assert render() == 5
    assert capsys.readouterr().err == (
        "flowzero-jax: error: out of memory: needs 3 GiB, 2 are free; use fewer frames\n"
    )
    assert {name: os.stat(name).st_mtime_ns for name in visible()} == before


def test_frames_are_not_lost_when_ffmpeg_fails(model, monkeypatch, capsys):
    monkeypatch.setattr(mp4, "H264_OUT", "-c:v no_such_codec")
    assert render(out="video.mp4") == 6
    assert "the frames are in video_frames" in capsys.readouterr().err
    assert read_video("video_frames").frames.shape == (3, 16, 24, 3)
    assert "video.mp4" not in visible() and "video.meta.json" not in visible()


def test_odd_sizes_are_refused_before_the_model_runs(model, capsys):
    assert render("--height", "15", out="video.mp4") == 2
    assert "24x15 pixels: .mp4 needs an even" in capsys.readouterr().err
    assert not model.calls


def test_the_compilation_cache_is_on_unless_told_otherwise(model, monkeypatch):
    folders = []
    monkeypatch.setattr(loading, "enable_compilation_cache", folders.append)
    argv = ["render", "plan.json", "--out", "video.webp"]
    for options in [[], ["--cache-dir", "xla"], ["--no-cache"]]:
        assert main([*argv, *options]) == 0
    assert folders == [None, "xla"]
