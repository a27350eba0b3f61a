"""The record beside a video: complete, valid JSON, and nothing about the machine's owner."""

import json
import os
import platform
import subprocess
import sys

import pytest

from flowzero_jax.metadata import (
    RenderMetadata,
    metadata_json,
    package_versions,
    rounding_variables,
)
from flowzero_jax.version import __version__


def record(**changes):
    fields = {
        "command": "render",
        "prompt": "ein Bär 🐻",
        "negative_prompt": "",
        "seed": 7,
        "settings": {"height": 64, "guidance_scale": 3.0, "boxes": True},
        "fps": 4.0,
        "planner": None,
        "plan": {"file": "plan.json", "sha256": "00"},
        "model": {"name": "sticker", "sha256": "11"},
        "video": {"file": "video.mp4", "format": "mp4", "frames": 8, "height": 64, "width": 64},
        "device": {"platform": "cpu", "kind": "cpu"},
        "versions": package_versions(),
        "environment": {"XLA_FLAGS": "--xla_cpu_enable_fast_math=true"},
        "seconds": {"generate": 1.25},
    }
    return RenderMetadata(**(fields | changes))


def test_the_text_holds_the_record():
    text = metadata_json(record())
    assert RenderMetadata(**json.loads(text)) == record()
    assert "ein Bär 🐻" in text  # people read it


def test_numbers_that_json_lacks_are_refused():
    with pytest.raises(ValueError):
        metadata_json(record(fps=float("nan")))


def test_variables_that_may_decide_the_rounding_are_told_without_paths(monkeypatch):
    for name in [name for name in os.environ if name.startswith(("JAX_", "XLA_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=/home/ada/dump --xla_cpu_enable_fast_math=true")
    monkeypatch.setenv("JAX_SOME_SWITCH_OF_TOMORROW", "1")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "/home/ada/cache")
    monkeypatch.setenv("JAX_COORDINATOR_ADDRESS", "10.0.0.1:1234")
    assert rounding_variables() == {
        "JAX_SOME_SWITCH_OF_TOMORROW": "1",
        "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
    }


def test_versions_name_what_pixels_depend_on_and_not_the_machine():
    versions = package_versions()
    assert set(versions) == {"flowzero_jax", "python", "jax", "jaxlib", "flax", "numpy", "ffmpeg"}
    assert versions["flowzero_jax"] == __version__
    assert versions["python"] == platform.python_version()
    assert all(versions.values())
    text = json.dumps(versions)
    assert platform.node() not in text and os.path.expanduser("~") not in text


def test_versions_are_found_without_importing_jax():
    code = (
        "import sys, flowzero_jax.metadata as m; m.package_versions(); print('jax' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
