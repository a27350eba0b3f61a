"""Processes that are killed, told to end, or share a folder leave what one undisturbed run leaves.

With a real, tiny checkpoint (random weights).
"""

import json
import random
import signal
import subprocess
import sys
import time

import pytest
from paths import PIPELINE
from stand_in import files

SMALL = ("--height", "16", "--width", "24", "--frames", "2", "--num-steps", "4")
SMALL = (*SMALL, "--steps-per-call", "1", "--format", "webp", "--batch", "2")
PROMPTS = ("a cat in a meadow", "a dog runs to the left", "a red ball falls")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with 30 jobs, and a cache of compiled programs for all runs."""
    home = tmp_path_factory.mktemp("kill")
    lines = [{"prompt": PROMPTS[k % 3], "seed": k} for k in range(30)]
    (home / "jobs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (home / "cache").mkdir(mode=0o700)
    return home


def start(home, out, *options, jobs="jobs.jsonl"):
    command = [sys.executable, "-m", "flowzero_jax", "batch", jobs, "--out-dir", out]
    command += ["--model", str(PIPELINE), *SMALL, "--cache-dir", "cache", *options]
    # A suite that runs in the background may have been started with Ctrl-C ignored.
    former = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    finally:
        signal.signal(signal.SIGINT, former)


def end(process):
    """Exit code and both outputs."""
    out, err = process.communicate()
    return process.returncode, out.decode(), err.decode()


def records(folder):
    return len(list(folder.glob("records/*.json")))


def wait_for(process, condition):
    while not condition() and process.poll() is None:
        time.sleep(0.01)


@pytest.fixture(scope="module")
def undisturbed(home):
    """What one run leaves."""
    code, _, err = end(start(home, "undisturbed"))
    assert code == 0, err
    assert records(home / "undisturbed") == 30
    return files(home / "undisturbed", "tmp")


@pytest.mark.equality
def test_killed_at_any_moment_and_started_again(home, undisturbed):
    chance = random.Random(0)
    for aim in sorted(chance.sample(range(1, 28), 3)):
        process = start(home, "killed")
        wait_for(process, lambda aim=aim: records(home / "killed") >= aim)
        time.sleep(chance.random() / 10)
        process.kill()
        end(process)
        for name, data in files(home / "killed", "tmp").items():
            assert data == undisturbed.get(name), name  # nothing half, and nothing else
    assert end(start(home, "killed"))[0] == 0
    assert files(home / "killed", "tmp") == undisturbed


@pytest.mark.equality
def test_shards_in_one_folder_do_every_job_once(home, undisturbed):
    processes = [start(home, "shared", "--shard", f"{k}/3", "--json") for k in range(3)]
    results = [end(process) for process in processes]
    assert [code for code, _, _ in results] == [0, 0, 0], results
    assert sum(json.loads(out)["drawn"] for _, out, _ in results) == 30
    found = files(home / "shared", "tmp")
    assert {name for name in found if name.startswith("summary")} == {
        f"summary.{k}-of-3.json" for k in range(3)
    }
    assert {name: found.get(name) for name in undisturbed} == undisturbed


@pytest.mark.equality
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_leaves_a_snapshot_and_goes_on(home, undisturbed, number):
    out = f"told{number}"
    process = start(home, out)
    wait_for(process, lambda: records(home / out) >= 5)
    process.send_signal(number)
    code, _, err = end(process)
    assert code == 128 + number, err
    assert err.count("\n") == 2 and "the same command goes on" in err.splitlines()[1]
    before = records(home / out)
    assert 5 <= before < 30
    assert end(start(home, out))[0] == 0
    assert files(home / out, "tmp") == undisturbed


@pytest.mark.equality
def test_the_second_signal_ends_it_at_once(home, undisturbed):
    process = start(home, "twice")
    wait_for(process, lambda: (home / "twice" / "jobs.jsonl").exists())
    process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert end(process)[0] == 130
    assert not set(files(home / "twice", "tmp").items()) - set(undisturbed.items())
