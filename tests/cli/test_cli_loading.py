"""What the device decides: the dtype, and whether a way to compute attention can work."""

import types

import jax.numpy as jnp
import pytest
from tiny import UNET

from flowzero_jax import values
from flowzero_jax.errors import DeviceError, InputError
from flowzero_jax.loading import device
from flowzero_jax.loading import load as loading
from flowzero_jax.loading.request import ModelRequest
from flowzero_jax.models import Platform, UNet, UNetConfig
from flowzero_jax.settings import ComputeSettings, GenerationSettings
from flowzero_jax.weights import Source


@pytest.fixture
def load(monkeypatch):
    """`load(platform, kind, **options)` on such a device; `load.dtypes` were given to the model."""
    dtypes, meshes = [], []
    monkeypatch.setattr(loading, "disable_compilation_cache", lambda: None)

    def load_pipeline(model, *, dtype, attention, mesh, **additions):
        dtypes.append(dtype)
        meshes.append(mesh)
        info = types.SimpleNamespace(name=model, sha256="", origin={})
        models = types.SimpleNamespace(unet=UNet(UNET, jnp.dtype(dtype), attention))
        return types.SimpleNamespace(settings=GenerationSettings(), info=info, models=models)

    def load(platform, kind, **options):
        there = {"platform": platform, "kind": kind}
        monkeypatch.setattr(loading, "first_device", lambda: there)
        request = ModelRequest(Source(), {}, ComputeSettings(**options), no_cache=True)
        return loading.load(request)

    monkeypatch.setattr(loading, "load_pipeline", load_pipeline)
    load.dtypes, load.meshes = dtypes, meshes
    return load


@pytest.mark.parametrize(
    ("platform", "options", "dtype"),
    [
        ("cpu", {}, "float32"),
        ("gpu", {}, "bfloat16"),
        ("tpu", {"dtype": "auto"}, "bfloat16"),
        ("tpu", {"dtype": "float32"}, "float32"),
        ("cpu", {"dtype": "float16"}, "float16"),
    ],
)
def test_the_device_decides_the_dtype_unless_told(load, platform, options, dtype):
    loaded = load(platform, "some device", **options)
    assert load.dtypes == [dtype]
    assert loaded.dtype == loaded.recorded_settings["dtype"] == dtype


@pytest.mark.parametrize(
    ("text", "mesh"),
    [("1", "1x1x1"), ("auto", "1x2x1"), ("2", "1x2x1"), ("2x1", "2x1x1"), ("1x1x2", "1x1x2")],
)
def test_a_mesh_is_made_of_the_devices(load, text, mesh):
    loaded = load("cpu", "cpu", mesh=values.mesh(text))
    assert loaded.device["mesh"] == mesh
    assert "x".join(map(str, load.meshes[0].axis_sizes)) == mesh


def test_one_device_is_taken_unless_told(load):
    assert "mesh" not in load("cpu", "cpu").device
    assert load.meshes == [None]


def test_more_devices_than_there_are_are_refused_before_the_model_is_loaded(load):
    with pytest.raises(DeviceError, match="mesh 1x8x1: takes 8 devices, there are 2"):
        load("cpu", "cpu", mesh=(1, 8, 1))
    assert not load.meshes


@pytest.mark.parametrize("text", ["", "0", "8x", "x8", "2x4x1x1", "-1", "many", "1_0", "٣"])
def test_what_is_no_mesh_is_named(text):
    with pytest.raises(ValueError, match="is not auto, 8, 2x4 or 2x4x1 devices"):
        values.mesh(text)


@pytest.mark.parametrize(
    ("there", "dtype", "error", "message"),
    [
        (("cpu", "cpu"), "auto", DeviceError, "needs an NVIDIA GPU, the device is cpu"),
        (("tpu", "TPU v5e"), "auto", DeviceError, "needs an NVIDIA GPU, the device is TPU v5e"),
        (("gpu", "AMD Instinct"), "auto", DeviceError, "the device is AMD Instinct"),
        (("gpu", "NVIDIA H100"), "float32", InputError, "only; take --dtype bfloat16"),
    ],
)
def test_cudnn_where_it_cannot_work_is_refused_before_the_model_is_loaded(
    load, there, dtype, error, message
):
    with pytest.raises(error, match=message):
        load(*there, attention="cudnn", dtype=dtype)
    assert not load.dtypes


def test_cudnn_is_refused_for_heads_that_the_device_cannot_compute(load, monkeypatch):
    sizes = []

    def choose_method(method, query, num_keys, platform):
        sizes.append(query.shape[-1])
        return "cudnn" if query.shape[-1] <= 128 else "xla"

    monkeypatch.setattr(device, "choose_method", choose_method)
    with pytest.raises(DeviceError, match="heads of size 160; take --attention auto"):
        device.check_head_sizes(UNet(UNetConfig(), jnp.bfloat16, "cudnn"))
    assert sizes == [40, 80, 160]
    assert load("gpu", "NVIDIA H100", attention="cudnn").attention == "cudnn"


@pytest.mark.parametrize(("largest", "refused"), [(0, 40), (128, 160)])
def test_the_platform_says_which_heads_cudnn_computes(largest, refused):
    with pytest.raises(DeviceError, match=f"heads of size {refused};"):
        device.check_head_sizes(UNet(UNetConfig(), jnp.bfloat16, "cudnn", Platform("gpu", largest)))
    device.check_head_sizes(UNet(UNetConfig(), jnp.bfloat16, "cudnn", Platform("gpu", 256)))


def test_a_missing_cudnn_is_trouble_with_the_device():
    missing = "--attention: cuDNN is not detected.; take --attention chunked"
    with pytest.raises(DeviceError, match=missing), device.device_errors():
        raise RuntimeError("cuDNN is not detected.")
    with pytest.raises(RuntimeError, match="a bug"), device.device_errors():
        raise RuntimeError("a bug")
