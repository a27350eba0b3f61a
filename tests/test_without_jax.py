"""The rooms that need no JAX are tested without it: nothing that their tests do may ask for it."""

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent
ROOMS = [*("planner", "preview", "video"), *("test_scene.py", "test_tabulate.py")]

# Runs pytest where JAX and what is built on it cannot be imported.
PYTEST = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("jax", "jaxlib", "flax", "optax", "orbax", "chex"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


def run_pytest(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", PYTEST, "-n0", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=TESTS.parent, capture_output=True, text=True)


def test_all_of_them_can_be_collected():
    run = run_pytest("--collect-only", *(f"tests/{name}" for name in ROOMS))
    assert run.returncode == 0, run.stdout


def test_the_quickest_of_them_pass():
    names = ["planner/test_intent.py", "preview", "test_tabulate.py"]
    run = run_pytest(*(f"tests/{name}" for name in names))
    assert run.returncode == 0, run.stdout


def test_a_test_of_another_room_does_not():
    assert run_pytest("--collect-only", "tests/test_noise.py").returncode != 0
