"""The benchmark: FLOPs, the naive version, records of tiny workloads, PyTorch's side, errors."""

import dataclasses
import importlib.util
import json
import math
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tiny import AUTOENCODER, TEXT_ENCODER, UNET, shaped

from flowzero_jax.benchmark.flops import UNetCall, decode_flops, grounding_flops, unet_flops
from flowzero_jax.benchmark.memory import check_memory
from flowzero_jax.benchmark.naive import decode_naively, denoise_naively
from flowzero_jax.benchmark.options import Options
from flowzero_jax.benchmark.random_weights import random_weights
from flowzero_jax.benchmark.records import spread
from flowzero_jax.benchmark.run import run_benchmark
from flowzero_jax.benchmark.stages import stage_flops, stages_of
from flowzero_jax.benchmark.torch_worker import TorchWorker
from flowzero_jax.benchmark.workloads import WORKLOADS, Workload, select
from flowzero_jax.denoising import Conditions, Models, denoise
from flowzero_jax.diffusion import SamplerState, ScheduleConfig, step_table
from flowzero_jax.errors import DeviceError, InputError, ModelError
from flowzero_jax.generation import GenerationSettings, decode
from flowzero_jax.models import Autoencoder, AutoencoderConfig, TextEncoder, UNet, UNetConfig
from flowzero_jax.weights.convert import parameter_shapes
from flowzero_jax.weights.names import leaves
from flowzero_jax.weights.random_checkpoint import write_random_checkpoint

SCRIPT = Path(__file__).parents[1] / "scripts" / "benchmark.py"
MODES = ("none", "first", "first_prev", "first_self")
FRAMES, ROWS, COLUMNS, TOKENS, SLOTS = 3, 6, 5, 7, 4  # sides that do not divide

SETTINGS = GenerationSettings(height=8, width=12, num_steps=4, grounding_fraction=0.5)
VIDEO = Workload("tiny", "video", 2, SETTINGS, UNET, AUTOENCODER, text_length=TOKENS)
STEP, DECODE = (dataclasses.replace(VIDEO, name=kind, kind=kind) for kind in ("step", "decode"))
QUICK = Options(rounds=2, peak_seconds=0.0)


@pytest.mark.parametrize(("grounded", "expected"), [(True, 18.19e12), (False, 12.85e12)])
def test_flops_of_the_published_unet(grounded, expected):
    call = UNetCall(8, 64, 64, grounded=grounded)
    assert unet_flops(UNetConfig(), call) == pytest.approx(expected, rel=0.01)


def test_flops_of_the_published_decoder():
    assert decode_flops(AutoencoderConfig(), 1, 64, 64) == pytest.approx(2.515e12, rel=0.01)


def test_flops_grow_with_what_is_computed():
    config, call = UNetConfig(), UNetCall(4, 32, 32)
    flops = unet_flops(config, call)
    assert unet_flops(config, dataclasses.replace(call, halves=1)) * 2 == flops
    assert unet_flops(config, dataclasses.replace(call, num_frames=8)) == 2 * flops
    assert unet_flops(config, dataclasses.replace(call, grounded=False)) < flops
    by_mode = {m: unet_flops(config, dataclasses.replace(call, cross_frame=m)) for m in MODES}
    assert by_mode["first"] < by_mode["none"] < by_mode["first_prev"] == by_mode["first_self"]
    # Attention between pixels alone grows faster than their number.
    assert unet_flops(config, dataclasses.replace(call, rows=64)) > 2 * flops
    assert decode_flops(AutoencoderConfig(), 3, 8, 8) == 3 * decode_flops(
        AutoencoderConfig(), 1, 8, 8
    )


def traced_flops(function, *inputs) -> int:
    """Of all matrix products and convolutions in a traced function."""
    return count_flops(jax.make_jaxpr(function)(*inputs).jaxpr)


def count_flops(jaxpr) -> int:
    total = 0
    for equation in jaxpr.eqns:
        name, params = equation.primitive.name, equation.params
        assert name not in ("cond", "while"), "how often is not to be seen"
        if name == "dot_general":
            left, contracted = equation.invars[0].aval.shape, params["dimension_numbers"][0][0]
            inner = math.prod(left[axis] for axis in contracted)
            total += 2 * math.prod(equation.outvars[0].aval.shape) * inner
        elif name == "conv_general_dilated":
            kernel, features = equation.invars[1].aval.shape, params["dimension_numbers"].rhs_spec
            inner = math.prod(kernel) // kernel[features[0]]
            total += 2 * math.prod(equation.outvars[0].aval.shape) * inner
        repeats = params["length"] if name == "scan" else 1
        total += repeats * sum(map(count_flops, jax.core.jaxprs_in_params(params)))
    return total
