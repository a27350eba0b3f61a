"""Signals end the command in one line, whenever they come, and twice; also within a library."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from paths import PIPELINE, ROOT

WORDS = {signal.SIGTERM: "terminated", signal.SIGINT: "interrupted"}
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}


@pytest.fixture
def start(tmp_path):
    """`start(command)`: a Python process in the test's folder, which does not outlive the test."""
    processes = []

    def run(command, handler=signal.SIG_DFL):
        # A suite that runs in the background may have been started with signals ignored.
        former = {number: signal.signal(number, handler) for number in WORDS}
        try:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=tmp_path,
                env=ENVIRONMENT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        finally:
            for number, other in former.items():
                signal.signal(number, other)
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def one_line(process, number):
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number, (process.returncode, err)
    assert err == f"flowzero-jax: error: {WORDS[number]}\n"
    return out


GENERATE = ["generate", "a cat", "--out", "e.webp", "--model", str(PIPELINE), "--no-cache"]
GENERATE += "--frames 2 --height 16 --width 16 --num-steps 2".split()
# The command, told on stdout when its own code begins and when it has imported a module.
TOLD = """
import sys
from importlib.abc import MetaPathFinder

class Told(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == module:
            print(name, flush=True)

module = sys.argv.pop(1)
sys.meta_path.insert(0, Told())
from flowzero_jax.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("number", WORDS)
@pytest.mark.parametrize(
    "module",
    ["flowzero_jax.cli", "numpy", "pydantic", "flowzero_jax.planner", "jax", "jaxlib", "flax"],
)
def test_from_the_first_moment_on(start, tmp_path, number, module):
    process = start(["-c", TOLD, module, *GENERATE])
    assert process.stdout.readline() == f"{module}\n"
    process.send_signal(number)
    assert one_line(process, number) == ""
    assert os.listdir(tmp_path) == []


def test_also_as_json(start):
    process = start(["-c", TOLD, "numpy", *GENERATE, "--json"])
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    error = json.loads(one_line(process, signal.SIGINT))["error"]
    assert error["exit_code"] == 130 and error["message"] == "interrupted"


IN_A_LIBRARY = """
import sys, threading
from flowzero_jax import cli
from flowzero_jax.cli import signals, plan, main

signals.GRACE = 0.2

def run(job, report):
    print("now", flush=True)
    {code}
    return 0

plan.run = run
sys.exit(main(["plan", "a cat", "--out", "a.json"]))
"""
HOW = {
    # A library that waits and never comes back to Python. The C function holds no lock of Python's.
    "deaf": "import ctypes; ctypes.CDLL(None).sleep(3000); ctypes.CDLL(None).sleep(3000)",
    # One that makes another error of the interrupt, and one that swallows it.
    "converts": """
    try:
        import time; time.sleep(3000)
    except BaseException as error:
        raise ImportError("numpy.core.multiarray failed to import") from error""",
    "swallows": """
    import time
    for _ in range(2):
        try: time.sleep(3000)
        except BaseException: pass""",
}


@pytest.mark.parametrize("number", WORDS)
@pytest.mark.parametrize("how", HOW)
def test_within_a_library(start, number, how):
    code = IN_A_LIBRARY.replace("{code}", HOW[how])
    process = start(["-c", code])
    assert process.stdout.readline() == "now\n"
    time.sleep(0.3)
    process.send_signal(number)
    one_line(process, number)


TWICE = """
import sys, time
from tqdm import tqdm
from flowzero_jax.cli import plan, main
from flowzero_jax.cli.progress import step_progress
import flowzero_jax.cli.progress as progress

def run(job, report):
    sys.stderr.isatty = lambda: True
    with step_progress(report, 8) as update:
        update(1, 8)
        try:
            print("now", flush=True)
            time.sleep(3000)
        finally:
            print("cleaning up", flush=True)
            time.sleep(3000)
    return 0

plan.run = run
sys.exit(main(["plan", "a cat", "--out", "a.json"]))
"""


@pytest.mark.parametrize("number", WORDS)
def test_twice_ends_it_at_once_without_a_traceback(start, number):
    process = start(["-c", TWICE])
    assert process.stdout.readline() == "now\n"
    process.send_signal(number)
    assert process.stdout.readline() == "cleaning up\n"
    process.send_signal(number)
    _, err = process.communicate(timeout=4)  # less than it would be given to clean up
    assert process.returncode == 128 + number
    assert "Traceback" not in err and re.fullmatch(r"(\s*denoising: .*)*", err)


def test_signals_that_are_ignored_stay_so(start, tmp_path):
    process = start(["-c", TOLD, "numpy", "plan", "a cat", "--out", "a.json"], signal.SIG_IGN)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0 and os.listdir(tmp_path) == ["a.json"]
