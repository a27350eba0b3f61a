"""`scripts/tpu_vm.sh` with a stand-in for gcloud, whose workers are folders of this machine."""

import os
import subprocess

import pytest
from paths import ROOT

SCRIPT = ROOT / "scripts" / "tpu_vm.sh"
WORKERS = ("worker0", "worker1")
# `gcloud compute tpus tpu-vm ssh|scp …`: commands run in each worker's home, copies go to all.
GCLOUD = r"""#!/usr/bin/env bash
set -euo pipefail
printf '%s\n' "$*" >>"$STAND_IN/asked"
[[ "$1 $2 $3" == "compute tpus tpu-vm" ]]
verb=$4
shift 4
workers=(worker0 worker1)
files=()
for argument in "$@"; do
    case $argument in
        --worker=0) workers=(worker0) ;;
        --command=*) command=${argument#--command=} ;;
        --*) ;;
        *) files+=("$argument") ;;
    esac
done
for worker in "${workers[@]}"; do
    if [[ $verb == ssh ]]; then
        HOME="$STAND_IN/$worker" bash -c "$command"
    else
        cp "${files[@]/#slice:/$STAND_IN/$worker/}"
    fi
done
"""
# Notes its arguments, one a line, and writes what the command writes; worker 0 alone does.
FLOWZERO = r"""#!/usr/bin/env bash
printf '%s\n' "$@" >"$HOME/arguments"
[[ $HOME == *worker0 ]] || exit 0
for name in dog.mp4 dog.plan.json dog.meta.json; do echo "$name" >"$name"; done
"""


@pytest.fixture
def slice_(tmp_path):
    """`slice_(*arguments)` runs the script on two workers in `tmp_path`."""
    (tmp_path / "bin").mkdir()
    programs = {"bin/gcloud": GCLOUD}
    programs |= {f"{w}/flowzero_jax/.venv/bin/flowzero-jax": FLOWZERO for w in WORKERS}
    for name, text in programs.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def run(*arguments):
        path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
        environment = os.environ | {"PATH": path, "STAND_IN": str(tmp_path)}
        return subprocess.run(
            ["bash", str(SCRIPT), *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    return run


def test_all_workers_draw_with_the_arguments_as_they_were_given(slice_, tmp_path):
    prompt = 'a dog\'s ball; rolls to $HOME "left" && up'
    run = slice_("generate", "slice", "zone-b", prompt, "dog.mp4", "--negative-prompt", "a  b*")
    assert run.returncode == 0, run.stderr
    expected = ["generate", prompt, "--out", "dog.mp4", "--distributed", "--negative-prompt"]
    for worker in WORKERS:
        arguments = (tmp_path / worker / "arguments").read_text().splitlines()
        assert arguments == [*expected, "a  b*"]
    for name in ("dog.mp4", "dog.plan.json", "dog.meta.json"):
        assert (tmp_path / name).read_text() == f"{name}\n"


def test_nothing_is_created_or_deleted(slice_, tmp_path):
    assert slice_("generate", "slice", "zone-b", "a dog", "dog.mp4").returncode == 0
    asked = (tmp_path / "asked").read_text().splitlines()
    assert [line.split()[3] for line in asked] == ["ssh", "scp"]
    assert all("--zone=zone-b" in line for line in asked)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "usage: "),
        (("delete", "slice", "zone-b"), "usage: "),
        (("install", "slice"), "install takes NAME and ZONE"),
        (("generate", "slice", "zone-b", "a dog"), "generate takes NAME, ZONE, PROMPT and OUT"),
        (("generate", "slice", "zone-b", "a dog", "folder"), "give a file such as video.mp4"),
        (("generate", "slice", "zone-b", "a dog", "no/such/dog.mp4"), "no/such: no such folder"),
    ],
)
def test_misuse_is_named_before_anything_runs(slice_, tmp_path, arguments, message):
    run = slice_(*arguments)
    assert run.returncode == 2 and message in run.stderr
    assert not (tmp_path / "asked").exists()


def test_a_worker_that_fails_fails_the_command(slice_, tmp_path):
    (tmp_path / "worker1/flowzero_jax/.venv/bin/flowzero-jax").write_text("#!/bin/sh\nexit 4\n")
    assert slice_("generate", "slice", "zone-b", "a dog", "dog.mp4").returncode == 4
    assert not (tmp_path / "dog.mp4").exists()
