"""The engine of a Ray cluster, in processes on this machine, around a stand-in for the model."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stand_in import batch, files, prompts

pytest.importorskip("ray")
DRIVER = Path(__file__).with_name("ray_driver.py")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("ray")
    prompts(home / "jobs.jsonl", 30)
    batch(home / "jobs.jsonl", home / "local")
    return home


def start(home, out, workers=2):
    (home / f"{out} pids").mkdir(exist_ok=True)
    arguments = [home / "jobs.jsonl", home / out, home / f"{out} pids", workers]
    command = [sys.executable, DRIVER, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def end(process):
    out, err = process.communicate()
    assert process.returncode == 0, err.decode()[-2000:]
    return json.loads(out)


def wait_for_records(process, folder, count):
    while len(list(folder.glob("records/*.json"))) < count and process.poll() is None:
        time.sleep(0.01)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_renderers_that_are_killed_are_started_again(home):
    process = start(home, "workers")
    for count in (1, 9, 17):
        wait_for_records(process, home / "workers", count)
        pids = [int(path.name) for path in (home / "workers pids").iterdir()]
        os.kill(next(filter(alive, pids)), signal.SIGKILL)
    result = end(process)
    assert result == {"done": 30, "failed": 0, "before": 0, "slots": 8}
    assert len(list((home / "workers pids").iterdir())) >= 5
    assert files(home / "workers", "tmp") == files(home / "local")


def test_a_driver_that_is_killed_goes_on(home):
    for count in (1, 12):
        process = start(home, "driver")
        wait_for_records(process, home / "driver", count)
        process.kill()
        process.communicate()
        assert set(files(home / "driver", "tmp").items()) <= set(files(home / "local").items())
    result = end(start(home, "driver"))
    assert result["failed"] == 0 and result["done"] + result["before"] == 30
    assert result["before"] >= 12
    assert files(home / "driver", "tmp") == files(home / "local")
