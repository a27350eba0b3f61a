"""`doctor`: what a bug report needs, no secret, and what is wrong with its exit code."""

import json
import os
import subprocess
import sys

import pytest
from paths import ROOT

from flowzero_jax.cli import doctor, main
from flowzero_jax.errors import DeviceError
from flowzero_jax.version import __version__

SECRETS = {
    "FLOWZERO_LLM_API_KEY": "geheim-1",
    "OPENAI_API_KEY": "geheim-2",
    "HF_TOKEN": "geheim-3",
    "JAX_SOME_PASSWORD": "geheim-4",
    "HTTPS_PROXY": "http://ada:geheim-5@proxy:3128",
    "FLOWZERO_LLM_URL": "https://ada:geheim-6@llm/v1?key=geheim-7",
    "ALL_PROXY": "http://geheim-8@proxy",
}


def examine(folder, *options, **variables):
    command = [sys.executable, "-m", "flowzero_jax", "doctor", *options]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "JAX_PLATFORMS": "cpu",
        "HOME": str(folder),
    }
    for name in ("XDG_CACHE_HOME", "JAX_COMPILATION_CACHE_DIR", "XLA_FLAGS"):
        environment.pop(name, None)
    run = subprocess.run(command, env=environment | variables, capture_output=True, text=True)
    assert run.stderr == ""
    return run.returncode, run.stdout


def test_a_sound_place(tmp_path):
    code, said = examine(tmp_path, "--json")
    found = json.loads(said)
    assert code == 0 and found["faults"] == []
    assert found["versions"]["flowzero_jax"] == __version__ and found["versions"]["ffmpeg"]
    assert found["device"]["platform"] == "cpu" and len(found["embedded model"]) == 64
    assert str(tmp_path) in found["compilation cache"] and "mode 700" in found["compilation cache"]
    assert "GB free" in found["cores and memory"] and found["ffmpeg"] == "works"
    assert found["environment"]["JAX_PLATFORMS"] == "cpu"


def test_no_secret_is_shown_and_every_fault_is(tmp_path):
    cache = tmp_path / ".cache" / "flowzero_jax"
    cache.mkdir(parents=True)
    (cache / "xla").touch()
    variables = SECRETS | {"XLA_FLAGS": "--no_such_flag"}
    code, said = examine(tmp_path, **variables)
    assert code == 2 and "geheim" not in said
    for name in variables:
        assert f"{name} " in said
    wrong = [line for line in said.splitlines() if line.startswith("wrong: ")]
    assert len(wrong) == 2 and "url: holds a user, a query" in wrong[0]
    assert "JAX cannot be started: " in wrong[1] and "XLA_FLAGS: --no_such_flag" in wrong[1]


@pytest.mark.parametrize(
    ("variables", "code", "message"),
    [
        ({"JAX_PLATFORMS": "none_of_all"}, 5, "no device: "),
        ({"XDG_CACHE_HOME": "/dev/null"}, 6, "compilation cache off: "),
        ({"IMAGEIO_FFMPEG_EXE": "/nowhere/ffmpeg"}, 6, "ffmpeg"),
        ({"TMPDIR": "/proc"}, 0, "nothing is wrong"),  # Python takes another folder
    ],
    ids=["device", "cache", "ffmpeg", "temporary"],
)
def test_what_is_wrong_has_its_code(tmp_path, variables, code, message):
    found, said = examine(tmp_path, **variables)
    assert found == code and message in said.splitlines()[-1], said


def test_a_language_models_client_is_tried(tmp_path):
    variables = {
        "FLOWZERO_LLM_URL": "http://llm/v1",
        "FLOWZERO_LLM_MODEL": "m",
        "ALL_PROXY": "x://y",
    }
    code, said = examine(tmp_path, **variables)
    assert code == 3 and "wrong: ALL_PROXY: no requests can be made" in said


def test_an_accelerator_that_jax_does_not_use_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    monkeypatch.setattr(doctor, "TRACES", {str(tmp_path): "cuda12"})
    answer = json.dumps({"facts": {"device": {"platform": "cpu"}}, "faults": []})
    monkeypatch.setattr(doctor, "PROBE", f"print({answer!r})")
    assert main(["doctor"]) == DeviceError.exit_code
    assert "JAX computes on the CPU; pip install 'flowzero_jax[cuda12]'" in capsys.readouterr().out


def test_a_device_that_never_answers_is_said(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "PROBE_SECONDS", 0.5)
    monkeypatch.setattr(doctor, "PROBE", "import time; time.sleep(3000)")
    assert main(["doctor"]) == DeviceError.exit_code
    assert "wrong: JAX does not find its device within 0.5 s" in capsys.readouterr().out
