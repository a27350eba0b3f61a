"""Networks, checkpoints and shapes need no device: only drawing asks for one."""

import os
import re
import subprocess
import sys

import jax
import pytest
from paths import PIPELINE, ROOT

from flowzero_jax.errors import DeviceError
from flowzero_jax.loading import device

CODE = f"""
import functools, sys
import jax
import numpy as np
from flowzero_jax.arrays import SceneArrays
from flowzero_jax.generation import GenerationSettings, generate
from flowzero_jax.models import Platform
from flowzero_jax.pipeline import Pipeline, build_models
from flowzero_jax.scene import MAX_OBJECTS
from flowzero_jax.weights import Source, load_checkpoint

checkpoint = load_checkpoint(Source({str(PIPELINE)!r}))
models = build_models(checkpoint, "bfloat16", "auto", Platform("tpu"))
assert models.unet.platform == Platform("tpu") and {{models: 1}}[models]

shaped = lambda *shape, dtype=np.float32: jax.ShapeDtypeStruct((1, *shape), dtype)
length, width = checkpoint.text_config.max_position_embeddings, checkpoint.text_config.hidden_size
slots = (2, MAX_OBJECTS)
scenes = SceneArrays(
    shaped(2, length, width), shaped(length, width), shaped(*slots, width), shaped(*slots, 4),
    shaped(*slots), shaped(*slots, dtype=np.int32), shaped(2, 2), shaped(2),
)
keys = jax.eval_shape(lambda: jax.random.split(jax.random.key(0), 1))
settings = GenerationSettings(16, 16, num_steps=2)
draw = functools.partial(generate, models, settings)
print(jax.eval_shape(draw, checkpoint.params, scenes, keys).shape)
try:
    Pipeline(checkpoint)
except RuntimeError as error:
    print(error)
"""


def test_networks_are_built_and_traced_without_a_device():
    environment = os.environ | {"JAX_PLATFORMS": "none_of_all"}
    command = [sys.executable, "-c", CODE]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    shape, *said = run.stdout.splitlines() or [run.stderr]
    assert shape == "(1, 2, 16, 16, 3)"
    assert said and "Unable to initialize backend 'none_of_all'" in said[0]


@pytest.mark.parametrize(
    ("platforms", "hint"),
    [
        ("cuda", "pip install 'flowzero_jax[cuda12]'"),
        ("gpu", "pip install 'flowzero_jax[cuda12]'"),
        ("tpu", "pip install 'flowzero_jax[tpu]'"),
        ("nonsense", "Backend 'nonsense' is not in the list"),
    ],
)
def test_what_is_missing_is_said(platforms, hint, monkeypatch):
    monkeypatch.setattr(device.importlib.util, "find_spec", lambda name: None)

    def fail():
        raise AssertionError if platforms in ("cuda", "gpu") else RuntimeError(hint)

    monkeypatch.setattr(device.jax, "devices", fail)
    former = jax.config.jax_platforms
    jax.config.update("jax_platforms", platforms)
    try:
        with pytest.raises(DeviceError, match=re.escape(hint)) as caught:
            device.first_device()
    finally:
        jax.config.update("jax_platforms", former)
    assert "JAX_PLATFORMS=cpu does without" in str(caught.value)


def test_inspect_needs_no_device_and_drawing_says_that_there_is_none(tmp_path):
    environment = os.environ | {"JAX_PLATFORMS": "none_of_all", "PYTHONPATH": str(ROOT)}

    def run(*arguments):
        command = [sys.executable, "-m", "flowzero_jax", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    ended = run("inspect", str(PIPELINE))
    assert ended.returncode == 0 and "parameters: " in ended.stdout and ended.stderr == ""
    ended = run("compile", str(PIPELINE))
    assert ended.returncode == 5 and ended.stderr.count("\n") == 1
    assert "no device: " in ended.stderr
