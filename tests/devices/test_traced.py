"""Programs and shapes that were traced before are read; if damaged, they are traced anew."""

import dataclasses
import inspect
from pathlib import Path

import cache_settings
import jax
import numpy as np
import pytest
from paths import PIPELINE

from flowzero_jax import kept
from flowzero_jax.devices import traced
from flowzero_jax.devices.cache import enable_compilation_cache
from flowzero_jax.devices.programs import (
    decode_jitted,
    denoise_jitted,
    encode_texts_jitted,
    prepare_jitted,
)
from flowzero_jax.models import UNet
from flowzero_jax.pipeline import load_pipeline
from flowzero_jax.planner import plan
from flowzero_jax.weights import convert

SCENE = plan("a dog runs to the right in a park", 2)


@pytest.fixture
def folder(tmp_path):
    with cache_settings.put_back():
        enable_compilation_cache(tmp_path / "xla")
        yield tmp_path / "xla"


@pytest.fixture
def passes(monkeypatch):
    """How often the UNet was traced, in a list of one number."""
    count = [0]
    predict = UNet.predict

    def counting(*arguments, **options):
        count[0] += 1
        return predict(*arguments, **options)

    monkeypatch.setattr(UNet, "predict", counting)
    return count


def draw():
    """A video, drawn as in a new process."""
    jax.clear_caches()
    traced._restored.cache_clear()
    convert.parameter_shapes.cache_clear()
    pipeline = load_pipeline(str(PIPELINE))
    small = dataclasses.replace(pipeline.settings, height=16, width=16, num_steps=2)
    return pipeline(SCENE, seed=1, settings=small)


def test_a_second_process_traces_no_network_and_draws_the_same(folder, passes):
    first = draw()
    assert passes[0] > 0
    passes[0] = 0
    np.testing.assert_array_equal(draw(), first)
    assert passes[0] == 0


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, None])
def test_what_cannot_be_read_is_traced_anew(folder, passes, content):
    first = draw()
    files = [*folder.glob("flowzero-*")]
    assert {path.name.split("-")[1] for path in files} == {"program", "shapes"}
    for path in files:
        path.write_bytes(path.read_bytes()[:-50] if content is None else content)
    passes[0] = 0
    np.testing.assert_array_equal(draw(), first)
    assert passes[0] > 0
    passes[0] = 0
    draw()
    assert passes[0] == 0  # written anew


def test_changed_sources_or_switches_forget_everything(folder, monkeypatch):
    kept.keep(b"1", "thing", "a")
    assert kept.recall("thing", "a") == b"1"
    assert kept.recall("thing", "b") is None and kept.recall("other", "a") is None
    with jax.default_matmul_precision("bfloat16"):
        assert kept.recall("thing", "a") is None
    monkeypatch.setattr(kept, "_sources", lambda: "others")
    assert kept.recall("thing", "a") is None


def test_every_jitted_function_lies_in_a_folder_whose_changes_are_seen():
    functions = (denoise_jitted, decode_jitted, encode_texts_jitted, prepare_jitted)
    functions = [inspect.unwrap(f) for f in (*functions, convert.parameter_shapes)]
    package = Path(kept.__file__).parent
    folders = {package.joinpath(name).resolve() for name in kept.TRACING}
    assert {Path(inspect.getsourcefile(f)).resolve().parent for f in functions} <= folders


def test_without_a_folder_of_this_machine_nothing_is_kept(folder):
    jax.config.update("jax_compilation_cache_dir", "gs://bucket/xla")
    assert kept.folder() is None
    kept.keep(b"1", "thing", "a")
    assert kept.recall("thing", "a") is None
    jax.config.update("jax_compilation_cache_dir", str(folder / "not" / "there"))
    kept.keep(b"1", "thing", "a")  # cannot be written: nothing happens
    assert kept.recall("thing", "a") is None
