"""No older result is lost: all files of a run are replaced together, after all that can fail."""

import json
import os
import resource
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from paths import ROOT

from flowzero_jax import files
from flowzero_jax.cli import main
from flowzero_jax.errors import DeviceError, OutputError
from flowzero_jax.loading import load as loading
from flowzero_jax.scene import read_scene
from flowzero_jax.settings import GenerationSettings

PROMPT = "a cat runs through a meadow"
GENERATE = ["generate", PROMPT, "--frames", "2", "--no-cache", "--out"]


class StandIn:
    """A model that draws grey, or fails."""

    settings = GenerationSettings(height=16, width=24, num_steps=1)
    info = types.SimpleNamespace(name="sticker", sha256="ab" * 32, nouns={}, fps=5, origin={})
    tokenizer = types.SimpleNamespace(truncated=lambda text: None)
    error = None

    def __call__(self, scene, *, settings, **others):
        if self.error is not None:
            raise self.error
        return np.full((len(scene.frames), settings.height, settings.width, 3), 99, np.uint8)


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loading, "disable_compilation_cache", lambda: None)
    stand_in = StandIn()
    monkeypatch.setattr(loading, "load_pipeline", lambda model, **others: stand_in)
    return stand_in


def contents():
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


@pytest.mark.parametrize("out", ["e.mp4", "e.webp", "shots"])
@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--model", "stiker"], 4),
        (["--model", "no/such/folder"], 4),
        (["--mesh", "64"], 5),
        (["--height", "15"], 2),
        (["--attention", "cudnn"], 5),
        (["--snapshot", "missing/x"], 6),
        (["--snapshot", "bad.snapshot"], 2),
        (["--seed", "-1"], 2),
        (["--fps", "0"], 2),
        (["--planner", "llm", "--llm-url", "http://127.0.0.1:9/v1", "--llm-model", "m"], 3),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_a_run_that_fails_touches_nothing(tmp_path, monkeypatch, capsys, out, options, code):
    monkeypatch.chdir(tmp_path)
    model = ["--model", str(ROOT / "tests" / "parity" / "reference" / "pipeline")]
    if out == "shots":
        Path(out).mkdir()
        places = ["shots/frame_0000.png", "shots/plan.json", "shots/meta.json"]
    else:
        bare = out.removesuffix(".mp4")
        places = [out, *(f"{bare}.{kind}.json" for kind in ("plan", "meta", "history"))]
    for place in [*places, "bad.snapshot"]:
        Path(place).write_text("an older result")
    before = contents()
    if options[0] == "--height" and out != "e.mp4":
        options = ["--height", "17"]  # of which the model knows that it is wrong
    assert main([*GENERATE, out, *model, *options]) == code
    assert capsys.readouterr().err.count("error: ") == 1
    assert contents() == before


def test_the_device_fails_and_nothing_is_touched(model):
    assert main([*GENERATE, "e.mp4"]) == 0
    Path("e.plan.json").write_text(Path("e.plan.json").read_text().replace("0.5", "0.50"))
    before = contents()
    for error, code in [(DeviceError("out of memory"), 5), (KeyboardInterrupt(), 130)]:
        model.error = error
        assert main([*GENERATE, "e.mp4", "--seed", "8"]) == code
        assert contents() == before


def test_each_video_keeps_its_plan_and_record(model):
    outs = ["e.mp4", "e.gif", "e.gif.mp4", "e.webp", "shots"]
    for seed, out in enumerate(outs):
        argv = [*GENERATE, out, "--seed", str(seed), "--json"]
        assert main(argv) == 0
    records = list(Path().rglob("*meta.json"))
    assert len(records) == len(list(Path().rglob("*plan.json"))) == len(outs)
    found = {(r := json.loads(path.read_text()))["video"]["file"]: r["seed"] for path in records}
    assert found == {out: seed for seed, out in enumerate(outs)}


def test_a_folders_plan_and_record_come_with_its_frames(model):
    assert main([*GENERATE, "shots"]) == 0
    assert main([*GENERATE, "shots", "--frames", "1", "--seed", "3"]) == 0
    assert sorted(os.listdir("shots")) == ["frame_0000.png", "meta.json", "plan.json"]
    assert json.loads(Path("shots/meta.json").read_text())["seed"] == 3
    assert len(read_scene("shots/plan.json").frames) == 1


@pytest.mark.parametrize("out", ["e.mp4", "e.npz", "e.gif", "shots"])
def test_without_the_record_there_is_no_video(model, monkeypatch, capsys, out):
    """The disk is full when the last of the files is written."""
    assert main([*GENERATE, out]) == 0
    before = contents()
    sync = files.sync

    def full(path):
        if Path(path).suffix == ".json" and '"command"' in Path(path).read_text():
            raise OSError(28, "No space left on device")
        sync(path)

    monkeypatch.setattr(files, "sync", full)
    capsys.readouterr()
    assert main([*GENERATE, out, "--seed", "5"]) == 6
    said = capsys.readouterr().err.splitlines()
    assert "No space left on device" in said[-1] and "error: " in said[-1]
    after = contents()
    rescued = {name for name in after if name.startswith("e_frames/")}
    assert {name: data for name, data in after.items() if name not in rescued} == before
    assert bool(rescued) == (out == "e.mp4") and (not rescued or "e_frames" in said[-1])


CODE = """
import resource, sys
import numpy as np
from flowzero_jax.cli import report
from flowzero_jax.video import write_video

frames = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), np.uint8)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
said = report.Report(json=False, debug=False)
with said.without_noise():
    try:
        write_video(sys.argv[1], frames)
    except Exception as error:
        code = said.failure(error)
sys.exit(code)
"""


@pytest.mark.parametrize("out", ["e.mp4", "e.npz", "e.gif", "e.webp", "e.apng", "e.png", "shots"])
def test_a_file_that_does_not_fit_is_one_line(tmp_path, out):
    command = [sys.executable, "-c", CODE, out]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert run.returncode == 6, run.stderr
    assert run.stderr.count("\n") == 1 and out in run.stderr and not os.listdir(tmp_path)


def test_texts_are_written_all_or_none(tmp_path):
    first, second = tmp_path / "a.json", tmp_path / "missing" / "b.json"
    first.write_text("older")
    with pytest.raises(OutputError, match=r"b\.json: cannot be written: No such file"):
        files.write_texts({first: "newer", second: "newer"})
    assert first.read_text() == "older" and os.listdir(tmp_path) == ["a.json"]
    second.parent.mkdir()
    files.write_texts({first: "newer", second: "newer"})
    assert first.read_text() == second.read_text() == "newer"


def test_a_plan_that_does_not_fit_leaves_the_older_one(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text("older")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, limit[1]))
    try:
        assert main(["plan", PROMPT, "--out", "a.json"]) == 6
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert "a.json: cannot be written: File too large" in capsys.readouterr().err
    assert Path("a.json").read_text() == "older" and os.listdir() == ["a.json"]
