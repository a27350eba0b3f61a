"""An interrupted rendering goes on where it was, with a real, tiny checkpoint."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from paths import PIPELINE

import flowzero_jax.errors
from flowzero_jax.cli import main
from flowzero_jax.cli.signals import Terminated
from flowzero_jax.cli.snapshots import resumable
from flowzero_jax.video import read_video

MODEL = str(PIPELINE)
# The command, which waits for a signal after its first snapshot.
WAITING = """
import signal, sys
from flowzero_jax.cli import main
from flowzero_jax.snapshot import Snapshot

write = Snapshot.write

def write_and_wait(self, done, state):
    write(self, done, state)
    signal.pause()

Snapshot.write = write_and_wait
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def arguments(out, *options):
    size = ["--height", "16", "--width", "16", "--frames", "2", "--no-cache"]
    steps = ["--num-steps", "4", "--steps-per-call", "1", "--boxes", "--grounding-fraction", "1"]
    prompt = "a cat runs through a meadow"
    return ["generate", prompt, "--model", MODEL, "--out", out, *size, *steps, *options]


def written(path):
    return path.stat().st_mtime_ns if path.exists() else None


def interrupted(argv, number, snapshot):
    """Runs the command in a process of its own and signals it when it has written a snapshot."""
    before = written(snapshot)
    # A suite that runs in the background may have been started with the signal ignored, which a
    # child would inherit.
    former = signal.signal(number, signal.default_int_handler)
    root = str(Path(flowzero_jax.errors.__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
        text=True,
    )
    signal.signal(number, former)
    while process.poll() is None and written(snapshot) == before:
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate()
    return process.returncode, out, err


@pytest.mark.equality
def test_a_second_run_of_the_same_command_gives_the_uninterrupted_video(capsys):
    argv = arguments("video.webp", "--snapshot", "cat.snapshot", "--seed", "3")
    for number, code, word in [
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGINT, 130, "interrupted"),
    ]:
        found, out, err = interrupted(argv, number, Path("cat.snapshot"))
        assert found == code and out == ""
        hint = "the same command goes on from cat.snapshot"
        assert err == f"flowzero-jax: error: {word}; {hint}\n"
        assert sorted(os.listdir()) == ["cat.snapshot"]
    assert main(argv) == 0
    assert "4 denoising steps in " in (said := capsys.readouterr().err)
    assert said.endswith(" s, of which the first were in cat.snapshot\n")
    assert not os.path.exists("cat.snapshot")
    assert main(arguments("whole.webp", "--seed", "3")) == 0
    assert "cat.snapshot" not in capsys.readouterr().err
    frames = read_video("whole.webp").frames
    np.testing.assert_array_equal(read_video("video.webp").frames, frames)
    assert frames.std() > 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, Terminated])
def test_an_interrupt_promises_nothing_that_is_not_there(tmp_path, error):
    for snapshot in [None, tmp_path / "missing"]:
        with pytest.raises(error) as caught, resumable(snapshot):
            raise error
        assert str(caught.value) == ""
