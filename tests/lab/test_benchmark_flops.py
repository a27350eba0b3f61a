"""FLOPs: published figures, scaling, and equality with what the traced programs multiply."""

import dataclasses
import math

import jax
import pytest
from jax.extend import core
from tiny import AUTOENCODER, UNET, shaped

from flowzero_jax.lab.speed.flops import UNetCall, decode_flops, grounding_flops, unet_flops
from flowzero_jax.models import Autoencoder, AutoencoderConfig, UNet, UNetConfig
from flowzero_jax.weights.convert import parameter_shapes

MODES = ("none", "first", "first_prev", "first_self")
FRAMES, ROWS, COLUMNS, TOKENS, SLOTS = 3, 6, 5, 7, 4  # sides that do not divide


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
        assert name not in ("cond", "while"), "how often it runs cannot be read"
        shapes = [variable.aval.shape for variable in (*equation.invars, *equation.outvars)]
        if name == "dot_general":
            contracted = params["dimension_numbers"][0][0]
            total += 2 * math.prod(shapes[-1]) * math.prod(shapes[0][i] for i in contracted)
        elif name == "conv_general_dilated":
            features = params["dimension_numbers"].rhs_spec[0]
            total += 2 * math.prod(shapes[-1]) * math.prod(shapes[1]) // shapes[1][features]
        repeats = params["length"] if name == "scan" else 1
        total += repeats * sum(map(count_flops, inner_jaxprs(params)))
    return total


def inner_jaxprs(params):
    for value in jax.tree.leaves(list(params.values())):
        if isinstance(value, core.ClosedJaxpr):
            yield value.jaxpr
        elif isinstance(value, core.Jaxpr):
            yield value


@pytest.mark.parametrize("grounded", [True, False])
@pytest.mark.parametrize("mode", MODES)
def test_flops_of_the_unet_are_those_of_the_traced_program(mode, grounded):
    """Exactly: objects are no queries of our gated layers, and so they are not counted as such."""
    unet, width = UNet(UNET), UNET.cross_attention_dim
    tokens = shaped(2, FRAMES, SLOTS, width) if grounded else None
    traced = traced_flops(
        lambda params, *inputs: unet.apply({"params": params}, *inputs, mode),
        parameter_shapes(UNET),
        shaped(2, FRAMES, ROWS, COLUMNS, 4),
        shaped(2),
        shaped(2, FRAMES, TOKENS, width),
        tokens,
    )
    call = UNetCall(FRAMES, ROWS, COLUMNS, 2, grounded, mode, TOKENS, SLOTS)
    assert unet_flops(UNET, call) == traced


def test_flops_of_decoding_and_grounding_are_those_of_the_traced_programs():
    vae, latents = Autoencoder(AUTOENCODER), shaped(FRAMES, ROWS, COLUMNS, 4)
    traced = traced_flops(
        lambda params, x: vae.apply({"params": params}, x, method="decode"),
        parameter_shapes(AUTOENCODER),
        latents,
    )
    assert decode_flops(AUTOENCODER, FRAMES, ROWS, COLUMNS) == traced
    unet, slots = UNet(UNET), (FRAMES, SLOTS)
    traced = traced_flops(
        lambda params, *x: unet.apply({"params": params}, *x, method=UNet.ground),
        parameter_shapes(UNET),
        shaped(*slots, 4),
        shaped(*slots, UNET.cross_attention_dim),
        shaped(*slots),
    )
    assert grounding_flops(UNET, FRAMES * SLOTS) == traced
