"""What the newest `save_pretrained` of diffusers and transformers writes loads.

The small files are recorded (diffusers 0.42.1, transformers 5.24.0); with FLOWZERO_NEWEST, a Python
that has newer ones, they are written anew. See `tests/parity/pytorch/save_again.py`.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from paths import ROOT

from flowzero_jax.tokenizer import Tokenizer
from flowzero_jax.weights import load_folder

RECORD = Path(__file__).with_name("newest_files.json")
SCRIPT = ROOT / "tests" / "parity" / "pytorch" / "save_again.py"


@pytest.fixture
def newest(source, tmp_path):
    folder = tmp_path / "newest"
    if python := os.environ.get("FLOWZERO_NEWEST"):
        subprocess.run([python, SCRIPT, folder], check=True)
        return folder
    for path in source.rglob("*.safetensors"):
        target = folder / path.relative_to(source)
        target.parent.mkdir(parents=True)
        shutil.copyfile(path, target)
    for name, values in json.loads(RECORD.read_text(encoding="utf-8")).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(values), encoding="utf-8")
    return folder


def test_what_the_newest_libraries_save_loads(newest, source, checkpoint, assert_equal_params):
    loaded = load_folder(newest)
    assert_equal_params(loaded.params, checkpoint.params)
    for field in ("unet_config", "autoencoder_config", "text_config", "schedule_config"):
        assert getattr(loaded, field) == getattr(checkpoint, field)
    texts = ["The ball, 42 dogs!?", "naïve café 🐱"]
    ids, expected = (Tokenizer.from_folder(x / "tokenizer")(texts) for x in (newest, source))
    assert (ids == expected).all()
