"""`flowzero-jax batch` with a real, tiny checkpoint (random weights)."""

import json
import re

import numpy as np
import pytest
from paths import PIPELINE
from stand_in import files

from flowzero_jax.batch.store import Folder
from flowzero_jax.cli import main
from flowzero_jax.video import read_video

SMALL = ("--height", "16", "--width", "24", "--frames", "2", "--num-steps", "1", "--no-cache")
MODEL = ("--model", str(PIPELINE))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs.txt").write_text("a cat in a meadow\na dog runs\na red ball falls\n")


def batch(*options, jobs="jobs.txt"):
    return main(["batch", jobs, "--out-dir", "out", *MODEL, *SMALL, *options])


@pytest.mark.equality
def test_a_video_of_a_batch_is_the_one_that_generate_draws(tmp_path, capsys):
    assert batch("--seed", "5", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["drawn"], result["failed"], result["jobs"]) == (3, 0, 3)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["seconds"]["compile"] > 0 and summary["videos_per_hour"] > 0
    rows = [json.loads(s) for s in (tmp_path / "out" / "manifest.jsonl").read_text().splitlines()]
    assert [row["prompt"] for row in rows] == (tmp_path / "jobs.txt").read_text().splitlines()
    for row in rows:
        argv = ["generate", row["prompt"], "--out", "one.mp4", "--seed", "5", *MODEL, *SMALL]
        assert main(argv) == 0
        together, alone = read_video(tmp_path / "out" / row["video"]["file"]), read_video("one.mp4")
        np.testing.assert_array_equal(together.frames, alone.frames)
    capsys.readouterr()
    assert batch("--seed", "5") == 0
    assert capsys.readouterr().out == "out: 0 videos drawn, 3 before\n"


def test_too_little_room_is_told_before_anything_is_drawn(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(Folder, "free_bytes", lambda self: 100_000)
    assert batch("--json") == 0
    (warning,) = json.loads(capsys.readouterr().out)["warnings"]
    assert "out: 0.0001 GB are free, about 0.00015 GB are needed" in warning
    assert batch("--json") == 0  # nothing is left to be drawn
    assert "warnings" not in json.loads(capsys.readouterr().out)


def test_all_faults_of_a_file_are_told_before_anything_is_made(tmp_path, capsys):
    (tmp_path / "bad.csv").write_text("prompt,num_steps\na cat,5\na dog,many\n,3\n")
    assert batch(jobs="bad.csv") == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("flowzero-jax: bad.csv:3: num_steps: 'many'")
    assert said[1].startswith("flowzero-jax: bad.csv:4: give either prompt or plan")
    assert said[2].startswith("flowzero-jax: error: bad.csv: 2 faults, nothing was drawn")
    assert len(said) == 3 and not (tmp_path / "out").exists()


def test_a_failed_job_is_exit_code_7_until_it_is_mended(tmp_path, capsys):
    assert batch() == 0
    capsys.readouterr()
    record = next((tmp_path / "out" / "records").iterdir())
    plan = tmp_path / "out" / "plans" / record.name
    kept = plan.read_bytes()
    plan.write_text("{}")
    record.unlink()
    assert batch() == 7
    assert "1 failed" in capsys.readouterr().out
    assert batch() == 7
    assert "1 of them failed (--retry-failed)" in capsys.readouterr().out
    plan.write_bytes(kept)
    assert batch("--retry-failed") == 0


def test_the_manifest_can_be_made_at_any_time(tmp_path, capsys):
    assert batch() == 0
    before = files(tmp_path / "out")
    (tmp_path / "out" / "manifest.jsonl").unlink()
    capsys.readouterr()
    assert main(["batch", "--manifest", "out"]) == 0
    assert capsys.readouterr().out == "out/manifest.jsonl: 3 done, 0 failed, 0 missing\n"
    assert files(tmp_path / "out") == before
    assert main(["batch", "--manifest", "nowhere"]) == 6


@pytest.mark.parametrize(
    ("code", "options", "message"),
    [
        (2, ["--shard", "3/3"], "--shard: '3/3' is not I/N"),
        (2, ["--batch", "0"], "--batch: '0' is not a whole number"),
        (2, ["--format", "folder"], "--format: 'folder' is none of mp4"),
        (2, ["--workers", "2"], "only for --engine ray"),
        (2, ["--manifest", "out"], "takes neither JOBS nor --out-dir"),
        (2, ["--width", "23"], "jobs.txt:1: width: 23 is not a multiple of 2"),
        (4, ["--model", "missing"], "missing: no such model"),
        (6, ["--out-dir", "jobs.txt"], "cannot be created"),
        (2, ["--out-dir", "nothing://bucket"], "cannot be opened here"),
    ],
)
def test_what_concerns_all_jobs_is_one_line(tmp_path, capsys, code, options, message):
    assert batch(*options) == code
    said = capsys.readouterr().err.splitlines()
    assert re.search(f"error: .*{re.escape(message)}", said[-1])
    assert not list(tmp_path.glob("out/records/*"))


def test_usage(capsys):
    assert main(["batch", "jobs.txt"]) == main(["batch", "--out-dir", "out"]) == 2
    assert "JOBS and --out-dir DIR, or --manifest DIR" in capsys.readouterr().err


def test_the_file_of_jobs_is_never_replaced(tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "jobs.jsonl").write_text('{"prompt": "a cat"}\n')
    assert batch(jobs="out/jobs.jsonl") == 2
    assert "would overwrite the input" in capsys.readouterr().err
