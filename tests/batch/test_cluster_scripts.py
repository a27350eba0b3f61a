"""`scripts/cluster/`: what is written for clusters is well formed, and every part is drawn once."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest
from paths import ROOT

from flowzero_jax.cli.options import parse_arguments

yaml = pytest.importorskip("yaml")

FOLDER = ROOT / "scripts" / "cluster"
MANIFESTS = sorted(FOLDER.glob("*.yaml"))
SLURM = FOLDER / "slurm_array.sh"


def parsed(path: Path) -> dict:
    return yaml.safe_load(path.read_text())


def inside(value):
    """All mappings within a parsed document, itself included."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from inside(part)


def commands(path: Path) -> list[list[str]]:
    """Every command line of the package in a manifest."""
    found = []
    for part in inside(parsed(path)):
        if "entrypoint" in part:
            found.append(shlex.split(part["entrypoint"]))
        if "command" in part:
            found.append([*part["command"], *part.get("args", [])])
    return found


def test_all_files_are_looked_at():
    assert {path.suffix for path in FOLDER.iterdir()} == {".sh", ".yaml"}
    assert len(MANIFESTS) == 4


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sh")), ids=lambda path: path.name)
def test_bash_reads_the_script(path):
    run = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_a_manifest_runs_one_batch_into_one_folder(path):
    (command,) = commands(path)
    assert command[:2] == ["flowzero-jax", "batch"]
    assert command[command.index("--out-dir") + 1].startswith("gs://BUCKET/")


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_the_command_line_knows_every_option(path):
    (command,) = commands(path)
    arguments = [word.replace("$(JOB_COMPLETION_INDEX)", "0") for word in command[1:]]
    assert parse_arguments(arguments).command == "batch"


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_every_part_is_drawn(path):
    (command,) = commands(path)
    jobs = [part for part in inside(parsed(path)) if "completions" in part]
    if not jobs:
        assert command[command.index("--engine") + 1] == "ray"
        return
    (job,) = jobs
    count = job["completions"]
    assert job["completionMode"] == "Indexed" and job["parallelism"] == count
    assert command[command.index("--shard") + 1] == f"$(JOB_COMPLETION_INDEX)/{count}"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("ray*.yaml")), ids=lambda path: path.name)
def test_a_ray_cluster_asks_for_a_token_and_tells_nobody(path):
    cluster = parsed(path)["spec"]["rayClusterSpec"]
    assert cluster["authOptions"] == {"mode": "token"}
    containers = [c for part in inside(cluster) for c in part.get("containers", [])]
    assert len(containers) == 2
    for container in containers:
        assert {"name": "RAY_USAGE_STATS_ENABLED", "value": "0"} in container["env"]


@pytest.mark.parametrize("first", [0, 1])
def test_the_tasks_of_an_array_draw_every_part_once(first, tmp_path):
    command = tmp_path / "flowzero-jax"
    command.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    command.chmod(0o755)
    parts = []
    for task in range(first, first + 3):
        variables = {"ID": task, "MIN": first, "COUNT": 3}
        environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        environment |= {f"SLURM_ARRAY_TASK_{name}": str(n) for name, n in variables.items()}
        arguments = ["my jobs.jsonl", "--out-dir", "$HOME night"]
        run = subprocess.run(
            ["bash", str(SLURM), *arguments], env=environment, capture_output=True, text=True
        )
        lines = run.stdout.splitlines()
        assert lines[:-1] == ["batch", *arguments, "--shard"]
        parts.append(lines[-1])
    assert parts == ["0/3", "1/3", "2/3"]


def test_the_command_gets_the_signals_of_its_task():
    last = SLURM.read_text().strip().splitlines()[-1]
    assert last.startswith("exec flowzero-jax ")
