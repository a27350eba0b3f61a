"""`flowzero-jax check`: findings as a table or JSON, exit codes, mended copies."""

import json

import pytest
from spoiling import freeze, pile_up

from flowzero_jax.cli import main
from flowzero_jax.planner import plan, verify
from flowzero_jax.scene import read_scene, write_scene


@pytest.fixture
def plans(tmp_path):
    """A good plan, one that a repair mends, and one that it does not."""
    write_scene(tmp_path / "good.json", plan("a red ball rolls to the right"))
    write_scene(tmp_path / "piled.json", pile_up(plan("a red car and a blue cat")))
    write_scene(tmp_path / "still.json", freeze(plan("a red ball rolls to the right")))
    return tmp_path


def test_a_good_plan(plans, capsys):
    assert main(["check", str(plans / "good.json")]) == 0
    assert capsys.readouterr().out.strip().endswith("good.json: no findings")


def test_findings_are_a_table(plans, capsys):
    assert main(["check", str(plans / "still.json")]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["frame", "track", "what"]
    assert lines[1].split()[:3] == ["hard", "ball", "still-track"]
    assert lines[-1].endswith("still.json: 1 hard and 0 soft findings")


def test_findings_as_json(plans, capsys):
    assert main(["check", str(plans / "still.json"), "--json"]) == 2
    result = json.loads(capsys.readouterr().out)
    (finding,) = result["findings"]
    assert finding["kind"] == "still-track"
    assert finding["severity"] == "hard"
    assert result["penalty"] == 1000


def test_a_repair_writes_a_mended_copy(plans, capsys):
    before = (plans / "piled.json").read_bytes()
    out = plans / "mended.json"
    assert main(["check", str(plans / "piled.json")]) == 2
    assert main(["check", str(plans / "piled.json"), "--repair", "--out", str(out)]) == 0
    assert "mended: 'cat': moved aside" in capsys.readouterr().out
    assert not verify(read_scene(out))
    assert (plans / "piled.json").read_bytes() == before


def test_what_cannot_be_mended_stays_faulty(plans, capsys):
    out = plans / "mended.json"
    arguments = ["check", str(plans / "still.json"), "--repair", "--out", str(out), "--json"]
    assert main(arguments) == 2
    assert json.loads(capsys.readouterr().out)["changes"] == []
    assert read_scene(out) == read_scene(plans / "still.json")


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["good.json", "--repair"], "check takes --repair together with --out", 2),
        (["good.json", "--out", "a.json"], "check takes --repair together with --out", 2),
        (["good.json", "--repair", "--out", "a.txt"], "unknown ending; use .json", 2),
        (["good.json", "--repair", "--out", "good.json"], "good.json", 2),
        (["missing.json"], "cannot be read", 6),
    ],
)
def test_usage_errors(plans, capsys, monkeypatch, arguments, message, code):
    monkeypatch.chdir(plans)
    assert main(["check", *arguments]) == code
    assert message in capsys.readouterr().err


def test_a_broken_plan_names_the_place(plans, capsys):
    broken = plans / "broken.json"
    text = (plans / "good.json").read_text()
    broken.write_text(text.replace('"speed": 0.0', '"speed": 2.0', 1))
    assert main(["check", str(broken)]) == 2
    assert "broken.json: frames[0].background_motion.speed" in capsys.readouterr().err
