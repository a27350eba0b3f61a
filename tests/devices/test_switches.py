"""JAX's switches, in the shell or in a program, do not change a video."""

import hashlib
import os
import subprocess
import sys

import clips
import jax
import numpy as np
import pytest
from paths import PIPELINE, ROOT

from flowzero_jax.devices.switches import PINNED, pinned
from flowzero_jax.noise import video_keys
from flowzero_jax.pipeline import load_pipeline

SWITCHES = {
    "jax_allow_f16_reductions": False,
    "jax_check_tracer_leaks": True,
    "jax_debug_infs": True,
    "jax_debug_key_reuse": True,
    "jax_debug_nans": True,
    "jax_default_matmul_precision": "bfloat16",
    "jax_default_prng_impl": "rbg",
    "jax_disable_jit": True,
    "jax_enable_x64": True,
    "jax_numpy_dtype_promotion": "strict",
    "jax_numpy_rank_promotion": "raise",
    "jax_random_seed_offset": 5,
    "jax_threefry_partitionable": False,
    "jax_transfer_guard": "disallow",
}
CLIP = clips.scene("a cat", frames=2)


@pytest.fixture(scope="module")
def pipeline():
    return load_pipeline(PIPELINE)


@pytest.fixture(scope="module")
def usual(pipeline):
    return pipeline(CLIP, seed=3, settings=clips.SETTINGS)


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_does_not_change_the_video(pipeline, usual, name):
    former = getattr(jax.config, name)
    jax.config.update(name, SWITCHES[name])
    try:
        found = pipeline(CLIP, seed=3, settings=clips.SETTINGS)
        assert getattr(jax.config, name) == SWITCHES[name]  # the program around us has its own
    finally:
        jax.config.update(name, former)
    np.testing.assert_array_equal(found, usual)


def test_no_pinned_switch_is_left_out_here():
    pinned_names = {f"jax_{switch.__name__}" for switch, _ in PINNED}
    assert pinned_names <= set(SWITCHES)
    with jax.enable_x64(True):
        with pinned():
            assert not jax.config.jax_enable_x64
        assert jax.config.jax_enable_x64


def test_a_seeds_bits_are_those_of_jax():
    seeds = [0, 7, 2**32 - 1]
    expected = [jax.random.key_data(jax.random.key(seed, impl="threefry2x32")) for seed in seeds]
    np.testing.assert_array_equal(jax.random.key_data(video_keys(seeds)), expected)


ARGUMENTS = f"--model {PIPELINE} --height 16 --width 16 --frames 2 --num-steps 2 --no-cache".split()
SHELL = {
    "JAX_THREEFRY_PARTITIONABLE": "0",
    "JAX_DEFAULT_PRNG_IMPL": "unsafe_rbg",
    "JAX_ENABLE_X64": "1",
    "JAX_DEFAULT_MATMUL_PRECISION": "bfloat16",
    "JAX_NUMPY_DTYPE_PROMOTION": "strict",
    "JAX_NUMPY_RANK_PROMOTION": "raise",
    "JAX_DEBUG_NANS": "1",
    "JAX_RANDOM_SEED_OFFSET": "9",
    "JAX_LEGACY_PRNG_KEY": "error",
}


def run(folder, **variables):
    command = [sys.executable, "-m", "flowzero_jax", "generate", "a cat runs", *ARGUMENTS]
    return subprocess.run(
        [*command, "--out", "e.npz"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"} | variables,
        capture_output=True,
        text=True,
    )


@pytest.mark.equality
def test_the_shell_does_not_change_the_video(tmp_path):
    digests = set()
    for variables in ({}, SHELL):
        ended = run(tmp_path, **variables)
        assert ended.returncode == 0, ended.stderr
        with np.load(tmp_path / "e.npz") as arrays:
            digests.add(hashlib.sha256(arrays["frames"].tobytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("name", "value"), [("JAX_ENABLE_X64", "maybe"), ("JAX_NUMPY_RANK_PROMOTION", "sometimes")]
)
def test_a_value_that_jax_does_not_know_is_one_line(tmp_path, name, value):
    ended = run(tmp_path, **{name: value})
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1
    assert ended.stderr.startswith(f"flowzero-jax: error: {name}: ")
