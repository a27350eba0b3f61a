"""Many devices give what one gives, and only what must crosses from one to another."""

import collections
import dataclasses
import json
import os
import subprocess
import sys
import types
from pathlib import Path

import clips
import jax
import numpy as np
import paths
import pytest
import tiny
from grey_levels import assert_within_one_grey_level
from jax.sharding import AbstractMesh, PartitionSpec
from on_eight_devices import CASES, PROGRAMS
from paths import PIPELINE

from flowzero_jax.denoising import chunk_size
from flowzero_jax.devices.mesh import (
    PARAMETER_RULES,
    make_video_mesh,
    parameter_specs,
    platform_of,
    put,
)
from flowzero_jax.devices.placement import Placement
from flowzero_jax.errors import DeviceError, ModelError
from flowzero_jax.models import AutoencoderConfig, Platform, TextEncoderConfig, UNetConfig
from flowzero_jax.pipeline import load_pipeline
from flowzero_jax.weights.convert import parameter_shapes

# How far two compilations may be apart, as a share of the largest value. In float32 guidance
# multiplies the rounding of a pass (1e-6) by up to ten; bfloat16 is off by 4e-3 from float32 here,
# and two compilations by no more than both their errors.
ROUNDING = {"float32": 1e-5, "bfloat16": 1e-2}
WORKER = Path(paths.__file__).with_name("on_eight_devices.py")


def on_eight_devices(*arguments):
    flags = os.environ["XLA_FLAGS"] + " --xla_force_host_platform_device_count=8"
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, str(WORKER), *map(str, arguments)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.fixture(scope="module", params=CASES)
def drawn(request, tmp_path_factory):
    """The mesh, and latents by case on it and on one device."""
    out = tmp_path_factory.mktemp("latents") / "latents.npz"
    on_eight_devices("latents", out, request.param)
    with np.load(out) as arrays:
        return request.param, dict(arrays)


@pytest.mark.equality
def test_a_mesh_draws_what_one_device_draws(drawn):
    mesh, latents = drawn
    for mode, dtype in CASES[mesh][1]:
        ours, one = (latents[f"{mode} {dtype} {kind}"] for kind in ("mesh", "one"))
        assert np.isfinite(one).all() and one.std() > 0.1
        np.testing.assert_allclose(ours, one, rtol=0, atol=ROUNDING[dtype] * np.abs(one).max())


@pytest.fixture(scope="module")
def exchanged(tmp_path_factory):
    """(operation, bytes) pairs by "axis mode frames-per-chunk"."""
    out = tmp_path_factory.mktemp("collectives") / "collectives.json"
    on_eight_devices("collectives", out)
    with open(out) as file:
        return json.load(file)


def first_frames_of_layers():
    """Bytes of the keys of one frame in each layer with attention.

    Of both halves of guidance, but for the first layer, which comes before the first text.
    """
    pixels, config = 4 * 4, tiny.UNET
    outer, inner = (
        2 * 4 * n * c for n, c in zip((pixels, pixels // 4), config.block_out_channels, strict=True)
    )
    return [outer // 2] + [outer] * (2 * config.layers_per_block) + [inner]


@pytest.mark.parametrize(
    ("mode", "frames_per_chunk"), [(mode, n) for axis, mode, n in PROGRAMS if axis == "frames"]
)
def test_only_keys_and_values_of_the_first_and_previous_frame_cross(
    exchanged, mode, frames_per_chunk
):
    found = collections.defaultdict(list)
    for operation, size in exchanged[f"frames {mode} {frames_per_chunk}"]:
        found[operation].append(size)
    keys = first_frames_of_layers()
    # The compiler may send keys and values together or apart.
    expected = {
        "all-reduce": [] if mode == "none" else keys,
        "collective-permute": keys if mode == "first_prev" else [],
    }
    assert set(found) == {name for name, sizes in expected.items() if sizes}
    for name, sizes in found.items():
        assert sum(sizes) == 2 * sum(expected[name])
        assert len(expected[name]) <= len(sizes) <= 2 * len(expected[name])


def test_videos_exchange_nothing(exchanged):
    assert exchanged["videos first_prev 8"] == []
    assert exchanged["videos decode"] == exchanged["frames decode"] == []


def test_the_spread_program_lowers_for_every_platform(exchanged):
    assert exchanged["exported"] == ["cpu", "cuda", "tpu"]


def abstract(videos, frames, model=1):
    return AbstractMesh((videos, frames, model), ("data", "frame", "model"))


@pytest.mark.parametrize("num_frames", [1, 2, 5, 8, 9, 33])
@pytest.mark.parametrize("devices", [1, 2, 4, 8])
@pytest.mark.parametrize("frames_per_chunk", [1, 3, 8])
def test_chunks_of_all_devices_are_runs_of_neighbours(num_frames, devices, frames_per_chunk):
    placement = Placement(abstract(1, devices), 1, num_frames, frames_per_chunk)
    order = placement.frame_order
    each = len(order) // devices
    size = chunk_size(each, frames_per_chunk)
    assert size <= frames_per_chunk and each % size == 0
    # Axes: device, chunk, frame of the chunk.
    shown = order.reshape(devices, -1, size).swapaxes(0, 1).ravel()
    np.testing.assert_array_equal(shown[:num_frames], np.arange(num_frames))
    assert (shown[num_frames:] == num_frames - 1).all()
    assert len(order) - num_frames < devices * (each // size + size)


@pytest.mark.parametrize(("videos", "frames", "size"), [(3, 5, 8), (2, 4, 1), (1, 5, 2)])
def test_what_is_spread_is_collected(videos, frames, size):
    array = np.random.default_rng(0).standard_normal((videos, frames, 3)).astype(np.float32)
    for shape in ((1, 2), (2, 1)):
        mesh = make_video_mesh(*shape)
        placement = Placement(mesh, videos, frames, size)
        placed = array[placement.video_order][:, placement.frame_order]
        spread = put(placed, mesh, PartitionSpec("data", "frame"))
        assert len(spread.sharding.device_set) == 2
        np.testing.assert_array_equal(placement.collect(spread), array)


SETTINGS = dataclasses.replace(
    clips.SETTINGS, num_steps=2, grounding_fraction=1.0, cross_frame="first_prev"
)
CLIP = clips.scene("a cat", frames=5)
OTHER = clips.scene("a small dog", left=0.2, frames=5)


@pytest.fixture(scope="module")
def one():
    return load_pipeline(PIPELINE)


@pytest.fixture(scope="module")
def over_frames():
    return load_pipeline(PIPELINE, mesh=make_video_mesh(1, 2))


@pytest.fixture(scope="module")
def expected(one):
    return one([CLIP, OTHER, CLIP], seeds=[3, 4, 5], settings=SETTINGS)


@pytest.mark.equality
@pytest.mark.parametrize("shape", [(1, 2, 1), (2, 1, 1), (1, 1, 2)], ids=str)
def test_the_pipeline_draws_the_same_videos_on_any_mesh(expected, shape):
    pipeline = load_pipeline(PIPELINE, mesh=make_video_mesh(*shape))
    videos = pipeline([CLIP, OTHER, CLIP], seeds=[3, 4, 5], settings=SETTINGS)
    assert_within_one_grey_level(videos, expected)


@pytest.mark.equality
def test_a_snapshot_does_not_depend_on_the_mesh(one, over_frames, expected, tmp_path):
    settings = dataclasses.replace(SETTINGS, grounding_fraction=0.5)
    path = tmp_path / "clip.snapshot"
    whole = one(CLIP, seed=3, settings=settings)
    for begins, ends in ((over_frames, one), (one, over_frames)):
        with pytest.raises(clips.Interrupted):
            begins(
                CLIP,
                seed=3,
                settings=settings,
                snapshot=path,
                progress=clips.stop_after(1),
            )
        assert path.exists()
        assert_within_one_grey_level(ends(CLIP, seed=3, settings=settings, snapshot=path), whole)
        assert not path.exists()


def test_a_spread_checkpoint_is_saved_as_it_was(one, tmp_path):
    split = load_pipeline(PIPELINE, mesh=make_video_mesh(1, 1, 2))
    kernel = split.params["unet"]["mid_block.resnets.0"]["conv1"]["kernel"]
    assert kernel.addressable_shards[0].data.shape[-1] == kernel.shape[-1] // 2
    digests = [p.save_pipeline(tmp_path / name) for p, name in ((one, "one"), (split, "split"))]
    assert digests[0] == digests[1]


def test_a_mesh_must_fit_the_devices():
    with pytest.raises(DeviceError, match="mesh 1x3x1: takes 3 devices, there are 2"):
        make_video_mesh(1, 3)
    with pytest.raises(DeviceError, match="mesh 0x2x1"):
        make_video_mesh(0, 2)
    assert make_video_mesh().size == 1


@pytest.mark.parametrize(
    ("name", "kind", "capability", "platform"),
    [
        ("cpu", "cpu", None, Platform("cpu")),
        ("tpu", "TPU v5 lite", None, Platform("tpu")),
        ("gpu", "AMD Instinct MI300X", "9.4", Platform("gpu")),
        ("gpu", "NVIDIA A100-SXM4-40GB", "8.0", Platform("gpu", 128)),
        ("gpu", "NVIDIA H100 80GB HBM3", "9.0", Platform("gpu", 256)),
        ("gpu", "NVIDIA B200", "10.0", Platform("gpu", 256)),
    ],
)
def test_the_devices_decide_the_platform(name, kind, capability, platform):
    device = types.SimpleNamespace(platform=name, device_kind=kind)
    if capability is not None:
        device.compute_capability = capability
    mesh = types.SimpleNamespace(devices=np.array([[device, device]]))
    assert platform_of(mesh) == platform


def test_networks_are_made_for_the_devices_of_the_mesh(one, over_frames):
    here = platform_of()
    for pipeline in (one, over_frames):
        assert pipeline.models.unet.platform == pipeline.models.autoencoder.platform == here


FULL_SIZE = {"unet": UNetConfig(), "vae": AutoencoderConfig(), "text_encoder": TextEncoderConfig()}


def size_of(leaves):
    return sum(int(np.prod(leaf.shape)) for leaf in leaves)


@pytest.mark.parametrize("model", [2, 4, 8])
def test_the_rules_split_nine_tenths_of_the_unet(model):
    shapes = parameter_shapes(FULL_SIZE["unet"])
    mesh = abstract(1, 1, model)
    specs = jax.tree.leaves(
        parameter_specs({"unet": shapes}, mesh), is_leaf=lambda x: isinstance(x, PartitionSpec)
    )
    leaves = jax.tree.leaves(shapes)
    split = [leaf for leaf, spec in zip(leaves, specs, strict=True) if "model" in spec]
    assert size_of(split) > 0.9 * size_of(leaves)
    for leaf, spec in zip(leaves, specs, strict=True):
        assert all(n % model == 0 for n, axis in zip(leaf.shape, spec, strict=False) if axis)


def test_what_does_not_divide_is_not_split():
    params = {"to_q": {"kernel": jax.ShapeDtypeStruct((4, 9), np.float32)}}
    specs = parameter_specs(params, abstract(1, 1, 2))
    assert specs["to_q"]["kernel"] == PartitionSpec()
    specs = parameter_specs(params, abstract(1, 1, 3))
    assert specs["to_q"]["kernel"] == PartitionSpec(None, "model")


def test_a_parameter_without_a_rule_is_named(monkeypatch):
    monkeypatch.setattr("flowzero_jax.devices.mesh.PARAMETER_RULES", PARAMETER_RULES[:-1])
    params = {"unet": {"conv_in": {"bias": np.zeros(3)}}}
    with pytest.raises(ModelError, match="unet/conv_in/bias: no rule"):
        parameter_specs(params, abstract(1, 1))
