"""The record beside a video: complete, valid JSON, and nothing about the machine's owner."""

import json
import os
import platform
import subprocess
import sys

import pytest

from flowzero_jax.errors import OutputError
from flowzero_jax.metadata import RenderMetadata, package_versions, write_metadata
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
        "seconds": {"generate": 1.25},
    }
    return RenderMetadata(**(fields | changes))


def test_the_file_holds_the_record(tmp_path):
    path = tmp_path / "video.meta.json"
    write_metadata(path, record())
    read = json.loads(path.read_text())
    assert RenderMetadata(**read) == record()
    assert "ein Bär 🐻" in path.read_text()  # people read it


def test_numbers_that_json_lacks_are_refused_and_the_older_file_stays(tmp_path):
    path = tmp_path / "video.meta.json"
    write_metadata(path, record())
    before = path.read_bytes()
    with pytest.raises(ValueError):
        write_metadata(path, record(fps=float("nan")))
    with pytest.raises(OutputError, match="cannot be written"):
        write_metadata(tmp_path / "missing" / "video.meta.json", record())
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


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
