"""Two processes on this machine draw one video, and end together."""

import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import paths
import pytest
from grey_levels import assert_within_one_grey_level
from one_of_two_processes import CLIP, SETTINGS
from paths import PIPELINE

from flowzero_jax.cli import main
from flowzero_jax.devices import processes
from flowzero_jax.errors import InputError
from flowzero_jax.pipeline import load_pipeline
from flowzero_jax.video import read_video

WORKER = Path(paths.__file__).with_name("one_of_two_processes.py")
# Seconds after which the processes that a test started are ended by it.
PATIENCE = 240


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run_two(*commands, folders=(None, None)):
    """Runs process 0 and 1 side by side; [(exit code, stdout, stderr)] of both."""
    address = f"127.0.0.1:{free_port()}"
    processes = []
    try:
        for index, command in enumerate(commands):
            variables = {
                "JAX_COORDINATOR_ADDRESS": address,
                "JAX_NUM_PROCESSES": "2",
                "JAX_PROCESS_ID": str(index),
                "JAX_PLATFORMS": "cpu",
            }
            processes.append(
                subprocess.Popen(
                    [sys.executable, *map(str, command)],
                    env=os.environ | variables,
                    cwd=folders[index],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
        outputs = [process.communicate(timeout=PATIENCE) for process in processes]
        return [(p.returncode, *out) for p, out in zip(processes, outputs, strict=True)]
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()


def results(scenario, folder):
    ended = run_two(*[(WORKER, scenario, folder)] * 2)
    for code, _, said in ended:
        assert code == 0, said
    return [json.loads((folder / f"{index}.json").read_text()) for index in (0, 1)]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return results("share", tmp_path_factory.mktemp("share"))


def test_all_get_the_first_processes_text(shared):
    whole = "ä plan of process 0 🙂" * 1000
    assert [r["text"] for r in shared] == [[whole[:30], len(whole), "🙂"]] * 2


def test_a_failure_of_one_process_is_everybodys(shared):
    first = {"message": "no plan", "process": 0, "exit_code": 3}
    assert [r["planning"] for r in shared] == [
        first | {"cause": "PlannerError"},
        first | {"cause": None},
    ]
    second = {"message": "only here", "process": 1, "exit_code": 2}
    assert [r["loading"] for r in shared] == [
        second | {"cause": None},
        second | {"cause": "InputError"},
    ]


def test_failures_of_all_processes_are_their_own_and_cut_to_length(shared):
    for index, result in enumerate(shared):
        assert result["bug"]["process"] == index and result["bug"]["cause"] == "KeyError"
        assert result["bug"]["exit_code"] == 1
        assert set(result["bug"]["message"]) == {"'", "é"}


def test_without_a_failure_every_process_has_its_own_result(shared):
    assert [r["together"] for r in shared] == [0, 1]


def test_processes_that_were_started_unlike_notice(shared):
    assert [r["alike"] for r in shared] == [None, None]
    assert [r["unlike"]["process"] for r in shared] == [1, 1]
    assert "options: other than process 0's" in shared[0]["unlike"]["message"]


def test_a_snapshot_is_the_first_processes_file(shared):
    written = np.arange(12).tolist()
    assert [r["snapshot"] for r in shared] == [[None, 3, written]] * 2
    for result in shared:
        assert result["snapshots"] == ["snapshot0"] and result["removed"]
        assert "belongs to another video" in result["other snapshot"]["message"]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("draw")
    return folder, results("draw", folder)


@pytest.fixture(scope="module")
def one():
    return load_pipeline(PIPELINE)


@pytest.mark.equality
@pytest.mark.parametrize("mesh", ["1x4", "2x2"])
def test_two_processes_draw_what_one_draws(drawn, one, mesh):
    folder, found = drawn
    assert [r["devices"] for r in found] == [4, 4]
    videos = [np.load(folder / f"{mesh} {index}.npy") for index in (0, 1)]
    np.testing.assert_array_equal(*videos)
    expected = one([CLIP, CLIP], seeds=[3, 4], settings=SETTINGS)
    assert_within_one_grey_level(videos[0], expected)


@pytest.mark.equality
def test_two_processes_go_on_from_the_first_ones_snapshot(drawn, one):
    folder, found = drawn
    for index, result in enumerate(found):
        assert result["kept"] == ["clip0.snapshot"] and result["steps"] == [2]
        assert not (folder / "clip0.snapshot").exists()
        resumed = np.load(folder / f"resumed {index}.npy")
    whole = one(CLIP, seed=3, settings=dataclasses.replace(SETTINGS, grounding_fraction=0.5))
    assert_within_one_grey_level(resumed, whole)


def test_one_process_alone_needs_no_others():
    assert processes.is_first()
    with processes.together():
        assert processes.share_text("a plan") == "a plan"
    processes.check_same("options", "any")
    with pytest.raises(ZeroDivisionError), processes.together():
        1 // 0  # noqa: B018


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (("127.0.0.1:1", "2", None), "JAX_PROCESS_ID: is None"),
        (("127.0.0.1:1", "two", "0"), "JAX_NUM_PROCESSES: is 'two'"),
        ((None, "2", "0"), "JAX_COORDINATOR_ADDRESS: is None"),
    ],
)
def test_incomplete_variables_are_named(monkeypatch, values, name):
    names = ("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID")
    for variable, value in zip(names, values, strict=True):
        monkeypatch.delenv(variable, raising=False)
        if value is not None:
            monkeypatch.setenv(variable, value)
    with pytest.raises(InputError, match=name):
        processes.initialize()


PROMPT = "a cat runs through a meadow"
OPTIONS = (
    "--height 16 --width 16 --frames 5 --num-steps 2 --cross-frame first_prev --no-cache "
    f"--model {PIPELINE}"
).split()
GENERATE = ["generate", PROMPT, "--out", "cat.npz", *OPTIONS]
# The command in a process that ends, in the midst of drawing, without a word.
LOST = """
import os, sys
from flowzero_jax.cli import main
from flowzero_jax.pipeline import Pipeline
Pipeline.__call__ = lambda *arguments, **options: os._exit(7)
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def command(tmp_path):
    """Runs the command line in two processes, each in a folder of its own."""
    for index in (0, 1):
        (tmp_path / str(index)).mkdir()

    def run(first, second, second_program=("-m", "flowzero_jax")):
        programs = ("-m", "flowzero_jax"), second_program
        return run_two(
            *[
                [*program, *arguments, "--distributed"]
                for program, arguments in zip(programs, (first, second), strict=True)
            ],
            folders=[tmp_path / "0", tmp_path / "1"],
        )

    return run


@pytest.mark.equality
def test_one_video_is_written_and_one_process_speaks(command, tmp_path, capsys, monkeypatch):
    argv = [*GENERATE, "--json"]
    (code, said, noted), other = command(argv, argv)
    assert code == 0 and other == (0, "", ""), (noted, other)
    result = json.loads(said)
    assert result["frames"] == 5 and noted.startswith("flowzero-jax: 2 denoising steps in ")
    assert noted.count("\n") == 1
    names = ["cat.npz", "cat.npz.meta.json", "cat.npz.plan.json"]
    assert sorted(os.listdir(tmp_path / "0")) == names
    assert os.listdir(tmp_path / "1") == []
    meta = json.loads((tmp_path / "0" / "cat.npz.meta.json").read_text())
    assert meta["device"]["mesh"] == "1x4x1"

    monkeypatch.chdir(tmp_path)
    assert main(["render", "0/cat.npz.plan.json", "--out", "one.npz", *OPTIONS]) == 0
    videos = [read_video(tmp_path / name) for name in ("0/cat.npz", "one.npz")]
    assert_within_one_grey_level(*[video.frames for video in videos])


def test_a_prompt_that_cannot_be_planned_ends_all(command, tmp_path):
    argv = ["generate", " ", *GENERATE[2:]]
    (code, said, noted), other = command(argv, argv)
    assert (code, said) == (2, "") and noted.count("\n") == 1 and "error: " in noted
    assert other == (2, "", "")


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        (["--seed", "5"], 2, "options, model or versions: other than process 0's"),
        (["--model", "no/such/folder"], 4, "no such model"),
    ],
    ids=["seed", "model"],
)
def test_what_fails_elsewhere_is_said_once_there_and_once_here(command, changes, code, message):
    for ended, _, noted in command(GENERATE, [*GENERATE, *changes]):
        assert ended == code, noted
        assert noted.count("\n") == 1 and message in noted


def test_a_process_that_vanishes_ends_the_other(command):
    first, second = command(GENERATE, GENERATE, second_program=("-c", LOST))
    assert second[0] == 7
    assert first[0] == 5 and "another process has ended" in first[2]
    assert first[2].count("\n") == 1


# The command, which waits three seconds for the others, and says when it begins to.
IMPATIENT = """
import sys
from flowzero_jax.cli import main
from flowzero_jax.devices import processes
processes.initialize.__defaults__ = (int(sys.argv.pop(1)),)
joining = processes._run
processes._run = lambda *work: (print("waiting", file=sys.stderr, flush=True), joining(*work))
sys.exit(main(sys.argv[1:]))
"""


def alone(index, seconds, address, **variables):
    """Process `index` of two, of which there is no other one."""
    named = {"JAX_NUM_PROCESSES": "2", "JAX_PROCESS_ID": str(index), "JAX_PLATFORMS": "cpu"}
    return subprocess.Popen(
        [sys.executable, "-c", IMPATIENT, str(seconds), *GENERATE, "--distributed"],
        env=os.environ | named | {"JAX_COORDINATOR_ADDRESS": address} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("index", "host"), [(0, "127.0.0.1"), (1, "127.0.0.1"), (1, "no.such.host.invalid")]
)
def test_others_that_do_not_come_are_one_line(index, host):
    address = f"{host}:{free_port()}"
    process = alone(index, 3, address, http_proxy="http://127.0.0.1:9")
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (5, ""), err
    waiting, said = err.splitlines()
    assert waiting == "waiting" and said.startswith("flowzero-jax: error: distributed: ")
    assert f"not all processes have met at {address} within 3 s" in said
    assert "JAX_COORDINATOR_ADDRESS" in said


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("index", [0, 1])
def test_who_waits_for_others_obeys_signals(index, number, code):
    former = signal.signal(number, signal.SIG_DFL)  # which a child inherits
    process = alone(index, 200, f"127.0.0.1:{free_port()}")
    signal.signal(number, former)
    try:
        assert process.stderr.readline() == "waiting\n"
        time.sleep(0.5)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, out) == (code, "") and err.count("\n") == 1


def test_a_proxy_is_for_the_world_outside(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    code = "import jax; from flowzero_jax.devices import processes as p; p.initialize(60); "
    code += "print(p.share_text('met'), jax.process_count())"
    ended = run_two(("-c", code), ("-c", code))
    assert [(code, out.splitlines()[-1:]) for code, out, _ in ended] == [(0, ["met 2"])] * 2, ended
