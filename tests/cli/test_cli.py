"""The command: what it writes, what it says, and its exit code, through `main(argv)`."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import flowzero_jax.errors
import flowzero_jax.planner
from flowzero_jax.cli import main
from flowzero_jax.scene import parse_scene, read_scene
from flowzero_jax.version import __version__

PROMPT = "a cat runs through a meadow"
SCENE = {
    "version": 1,
    "prompt": PROMPT,
    "frames": [
        {
            "description": "a cat in a meadow",
            "objects": [{"id": "cat", "phrase": "a cat", "box": [x, 0.4, x + 0.3, 0.8]}],
            "background_motion": {"direction": "left", "speed": 0.5},
        }
        for x in (0.1, 0.3, 0.5)
    ],
}
RENDER = ["render", "plan.json", "--out", "video.mp4"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Every test runs in a folder of its own that holds a plan."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.json").write_text(json.dumps(SCENE))
    return tmp_path


@pytest.fixture
def fails(capsys, folder):
    """`fails(argv) -> (exit code, message)`; checks that stderr is one line, stdout the same."""

    def run(argv):
        before = sorted(folder.rglob("*"))
        code = main([*argv, "--json"])
        captured = capsys.readouterr()
        message = captured.err.removeprefix("flowzero-jax: error: ")
        assert message != captured.err and message.count("\n") == 1 and message.endswith("\n")
        error = json.loads(captured.out)["error"]
        assert error["message"] == message[:-1] and error["exit_code"] == code
        assert sorted(folder.rglob("*")) == before
        return code, error["message"]

    return run


@pytest.mark.parametrize(
    ("argv", "expected", "message"),
    [
        ([], 2, "COMMAND"),
        (["paint"], 2, "'paint': no such command; did you mean plan?"),
        (["render", "plan.json"], 2, "required: --out"),
        ([*RENDER, "--see", "1"], 2, "--see: no such option; did you mean --seed?"),
        ([*RENDER, "--seed", "-1"], 2, "--seed: '-1' is not a whole number from 0 to 4294967295"),
        ([*RENDER, "--seed", "4294967296"], 2, "--seed"),
        ([*RENDER, "--seed", "random"], 2, "--seed"),
        ([*RENDER, "--seed", "1_0"], 2, "--seed"),
        ([*RENDER, "--seed", "1" * 5000], 2, "--seed"),
        ([*RENDER, "--frames", "0"], 2, "--frames: '0' is not a whole number from 1 to 512"),
        ([*RENDER, "--frames", "1000000"], 2, "--frames"),
        ([*RENDER, "--frames", "4"], 2, "--frames 4: the frames of plan.json are 3"),
        ([*RENDER, "--num-steps", "0"], 2, "--num-steps"),
        ([*RENDER, "--num-steps", "2.5"], 2, "--num-steps"),
        ([*RENDER, "--guidance-scale", "nan"], 2, "--guidance-scale"),
        ([*RENDER, "--guidance-scale", "-1"], 2, "--guidance-scale"),
        ([*RENDER, "--guidance-scale", "1e9"], 2, "--guidance-scale"),
        ([*RENDER, "--grounding-fraction", "1.5"], 2, "--grounding-fraction"),
        ([*RENDER, "--cross-frame", "second"], 2, "none, first, first_prev, first_self"),
        ([*RENDER, "--fps", "0"], 2, "--fps: '0' is not a number from 0.01 to 240"),
        ([*RENDER, "--fps", "1000"], 2, "--fps"),
        ([*RENDER, "--height", "0"], 2, "--height"),
        ([*RENDER, "--width", "16384"], 2, "--width"),
        ([*RENDER, "--dtype", "float8"], 2, "--dtype"),
        ([*RENDER, "--boxes=yes"], 2, "--boxes"),
        ([*RENDER, "--cache-dir", "x", "--no-cache"], 2, "not allowed with"),
        (["render", "plan.json", "--out", "video.avi"], 2, "unknown ending .avi"),
        (["render", "plan.json", "--out", ""], 2, "--out: is empty"),
        (["render", "plan.json", "--out", "a\0b.mp4"], 2, "not a possible file name"),
        (["render", "plan.json", "--out", "missing/video.mp4"], 6, "missing: no such folder"),
        (["render", "plan.json", "--out", "/proc/video.mp4"], 6, "/proc: not writable"),
        (["render", "missing.json", "--out", "video.mp4"], 6, "missing.json: cannot be read"),
        (["render", "video.meta.json", "--out", "video.mp4"], 2, "would overwrite the input"),
        (["show", "plan.json", "--out", "plan.mp4"], 2, "use .png or .gif"),
        (["show", "missing.json", "--out", "plan.png"], 6, "missing.json"),
        (["plan", PROMPT], 2, "required: --out"),
        (["plan", "--out", "new.json"], 2, "either PROMPT or --prompts-file"),
        (["plan", PROMPT, "--out", "new.txt"], 2, "use .json"),
        (["plan", PROMPT, "--out", "new.json", "--planner", "oracle"], 2, "none of rules"),
        (["plan", PROMPT, "--out", "new.json", "--frames", "513"], 2, "--frames"),
        (["plan", "", "--out", "new.json"], 2, ""),
        (["plan", " \t", "--out", "new.json"], 2, ""),
        (["plan", "a cat\0", "--out", "new.json"], 2, ""),
        (["plan", "a cat\x1b[2J", "--out", "new.json"], 2, ""),
        (["plan", "a \ud800 cat", "--out", "new.json"], 2, ""),
        (["plan", "cat " * 25_000, "--out", "new.json"], 2, ""),
        (["plan", "--prompts-file", "missing.txt", "--out", "plans.jsonl"], 6, "missing.txt"),
        (["plan", "--prompts-file", "plan.json", "--out", "plans.json"], 2, "use .jsonl"),
        (["generate", "", "--out", "video.mp4"], 2, ""),
        (["generate", PROMPT, "--out", "missing/video.mp4"], 6, "no such folder"),
        (
            ["plan", PROMPT, "--out", "new.json", "--config.seed=1"],
            2,
            "plan takes no --config.seed",
        ),
    ],
)
def test_errors_are_one_line_and_have_their_code(fails, argv, expected, message):
    code, said = fails(argv)
    assert code == expected and message in said


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (
            lambda s: s["frames"][1]["objects"][0].update(box=[0.5, 0, 0.2, 1]),
            "frames[1].objects[0]",
        ),
        (lambda s: s["frames"][2]["objects"][0].update(color="red"), "frames[2].objects[0].color"),
        (lambda s: s["frames"][0].update(description=" "), "frames[0].description"),
        (lambda s: s.update(frames=[]), "frames"),
    ],
)
@pytest.mark.parametrize("command", [RENDER, ["show", "plan.json", "--out", "plan.png"]])
def test_a_bad_plan_names_the_place(fails, folder, command, change, place):
    scene = json.loads(json.dumps(SCENE))
    change(scene)
    (folder / "plan.json").write_text(json.dumps(scene))
    code, said = fails(command)
    assert code == 2 and said.startswith("plan.json: ") and place in said


def test_tracebacks_only_with_debug(capsys):
    assert main(["render", "missing.json", "--out", "video.mp4", "--debug"]) == 6
    captured = capsys.readouterr()
    assert "Traceback" in captured.err and not captured.out
    assert captured.err.splitlines()[-1].startswith("flowzero-jax: error: missing.json")


def test_a_bug_is_one_line_too(capsys, monkeypatch):
    import flowzero_jax.cli.plan

    def broken(*args, **kwargs):
        raise ZeroDivisionError("division\nby \x1b[31mzero")

    monkeypatch.setattr(flowzero_jax.cli.plan, "plan", broken)
    assert main(["plan", PROMPT, "--out", "new.json"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "ZeroDivisionError: division by \\x1b[31mzero" in said


def test_version_and_help(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"flowzero-jax {__version__}\n"
    for command in ["generate", "plan", "show", "render", "compile", "inspect"]:
        assert main([command, "--help"]) == 0
        assert "--json" in capsys.readouterr().out


def test_plan_writes_a_scene(capsys):
    assert main(["plan", PROMPT, "--out", "new.json", "--frames", "5", "--json"]) == 0
    scene = read_scene("new.json")
    assert scene.prompt == PROMPT and len(scene.frames) == 5
    assert json.loads(capsys.readouterr().out) == {"plan": "new.json", "frames": 5}


def test_a_prompt_may_start_with_a_dash():
    assert main(["plan", "--out", "new.json", "--", "--config.seed=1 cats in a meadow"]) in (0, 3)


def test_prompts_file_gives_one_line_for_every_line(folder, capsys):
    lines = [b"\xef\xbb\xbfa cat in a meadow\r\n", b"\n", b"a dog \xff\n", b"a dog on a beach"]
    (folder / "prompts.txt").write_bytes(b"".join(lines))
    argv = ["plan", "--prompts-file", "prompts.txt", "--out", "plans.jsonl", "--frames", "2"]
    assert main([*argv, "--json"]) == 7
    assert json.loads(capsys.readouterr().out) == {
        "plans": "plans.jsonl",
        "prompts": 4,
        "failures": 2,
    }
    records = (folder / "plans.jsonl").read_text().splitlines()
    assert parse_scene(records[0]).prompt == "a cat in a meadow"
    assert len(parse_scene(records[3]).frames) == 2
    blank, broken = json.loads(records[1]), json.loads(records[2])
    assert blank["prompt"] == "" and blank["error"]["exit_code"] == 2
    assert (
        broken["prompt"] == "a dog \N{REPLACEMENT CHARACTER}"
        and "UTF-8" in broken["error"]["message"]
    )
    (folder / "prompts.txt").write_text("a cat in a meadow\n")
    assert main(argv) == 0
    assert len((folder / "plans.jsonl").read_text().splitlines()) == 1


def test_an_internal_error_is_a_record_and_the_next_prompts_are_planned(
    folder, capsys, monkeypatch
):
    def broken(prompt, num_frames):
        if "dog" in prompt:
            raise IndexError("no such\nbox")
        return flowzero_jax.planner.planning.plan(prompt, num_frames)

    monkeypatch.setattr("flowzero_jax.cli.plan.plan", broken)
    (folder / "prompts.txt").write_text("a cat\na dog\na bird\n")
    argv = ["plan", "--prompts-file", "prompts.txt", "--out", "plans.jsonl", "--frames", "2"]
    assert main(argv) == 7
    first, second, third = (folder / "plans.jsonl").read_text().splitlines()
    assert [parse_scene(record).prompt for record in (first, third)] == ["a cat", "a bird"]
    record = json.loads(second)
    assert record["prompt"] == "a dog" and record["error"]["type"] == "IndexError"
    assert "internal error, IndexError: no such box" in record["error"]["message"]


def test_plan_says_what_it_passed_over_and_what_it_took_each_clause_as(folder, capsys):
    argv = ["plan", "a cat sleeps over caught", "--out", "new.json", "--explain"]
    assert main(argv) == 0
    out, err = capsys.readouterr()
    assert "passed over: 'caught'" in err and "--planner llm" in err
    assert out.splitlines()[1] == "a cat (subject, box), sleep (verb, still)"
    assert main([*argv, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["explanation"] == out.splitlines()[1:] and len(result["warnings"]) == 1
    assert main(["plan", "a cat sleeps in a park", "--out", "new.json"]) == 0
    assert capsys.readouterr().err == ""


def test_an_empty_prompts_file_is_an_empty_plans_file(folder):
    (folder / "prompts.txt").touch()
    assert main(["plan", "--prompts-file", "prompts.txt", "--out", "plans.jsonl"]) == 0
    assert (folder / "plans.jsonl").read_bytes() == b""


@pytest.mark.parametrize("name", ["plan.png", "plan.gif"])
def test_show_draws_a_plan(folder, capsys, name):
    assert main(["show", "plan.json", "--out", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"preview": name, "frames": 3}
    assert (folder / name).stat().st_size


def command(argv, **environment):
    """Starts the real program."""
    root = str(Path(flowzero_jax.errors.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-m", "flowzero_jax", *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root, **environment},
    )


def test_closed_stdout_is_quiet():
    process = command(["generate", "--help"])
    process.stdout.close()
    assert process.wait() == 0 and process.stderr.read() == b""
    process.stderr.close()


def test_any_locale_will_do(folder):
    (folder / "ü\N{CAT FACE}.json").write_text("{")
    argv = ["render", "ü\N{CAT FACE}.json", "--out", "a.mp4", "--json"]
    process = command(argv, PYTHONIOENCODING="ascii", LC_ALL="C")
    out, err = process.communicate()
    assert process.returncode == 2 and err.count(b"\n") == 1
    assert "\N{CAT FACE}" in json.loads(out)["error"]["message"]


def test_a_missing_device_is_one_line():
    process = command([*RENDER, "--json"], JAX_PLATFORMS="nonsense")
    out, _ = process.communicate()
    error = json.loads(out)["error"]
    assert process.returncode == error["exit_code"] == 5
    assert "JAX_PLATFORMS=cpu does without" in error["message"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals_end_it_cleanly(folder, number, code):
    os.mkfifo("prompts.txt")
    argv = ["plan", "--prompts-file", "prompts.txt", "--out", "plans.jsonl"]
    # A suite that runs in the background may have been started with the signal ignored, which a
    # child would inherit.
    former = signal.signal(number, signal.default_int_handler)
    process = command(argv)
    signal.signal(number, former)
    prompts = os.open("prompts.txt", os.O_RDWR)
    os.write(prompts, b"a cat in a meadow\n")  # and no end: the command waits for more
    while process.poll() is None and not list(folder.glob(".flowzero-*")):
        time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    os.close(prompts)
    assert process.returncode == code and out == b"" and err.count(b"\n") == 1
    assert sorted(os.listdir()) == ["plan.json", "prompts.txt"]
