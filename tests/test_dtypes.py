"""Which operations are computed in which precision, read from the traced programs.

In 16 bits everything that multiplies matrices is in 16 bits; norms, softmax, FFT and sampler are in
float32, and so is whatever comes out of a network.
"""

import functools

import jax
import jax.numpy as jnp
import pytest
from jax.extend import core
from tiny import AUTOENCODER, TEXT_ENCODER, UNET, shaped

from flowzero_jax.arrays import SceneArrays
from flowzero_jax.denoising import Conditions, Models, denoise
from flowzero_jax.generation import prepare
from flowzero_jax.models import CPU, Autoencoder, TextEncoder, UNet
from flowzero_jax.models.attend import choose_method
from flowzero_jax.sampler import step_table
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.weights.convert import parameter_shapes

HALVES = (jnp.bfloat16, jnp.float16)
MULTIPLYING = {"dot_general", "conv_general_dilated"}
# What means, variances and softmax are made of. Sigmoid and erf have primitives of their own.
SENSITIVE = {"exp", "rsqrt", "sqrt", "reduce_sum", "reduce_max", "fft", "sin", "cos", "log", "div"}


def params(config, dtype):
    return jax.tree.map(lambda leaf: shaped(*leaf.shape, dtype=dtype), parameter_shapes(config))


def equations(jaxpr):
    """All equations of a traced program, those of inner programs too."""
    for equation in jaxpr.eqns:
        yield equation
        for value in jax.tree.leaves(list(equation.params.values())):
            if isinstance(value, core.ClosedJaxpr):
                yield from equations(value.jaxpr)
            elif isinstance(value, core.Jaxpr):
                yield from equations(value)


def operand_types(function, *inputs):
    """Primitive → the floating types of what it is given."""
    types = {}
    for equation in equations(jax.make_jaxpr(function)(*inputs).jaxpr):
        found = types.setdefault(equation.primitive.name, set())
        for variable in equation.invars:
            dtype = variable.aval.dtype
            if jnp.issubdtype(dtype, jnp.inexact):
                found.add(dtype)
    return types


def check(types, half):
    """`types` of a network computed in `half`."""
    for name in MULTIPLYING & types.keys():
        assert types[name] <= {jnp.dtype(half), jnp.dtype(jnp.float32)}, name
        assert jnp.dtype(half) in types[name], name
    for name in SENSITIVE & types.keys():
        assert types[name] == {jnp.dtype(jnp.float32)}, name


def networks(half):
    """Name → (function, inputs) of every network in `half`, parameters in `half` as well."""
    side = 48  # 2304 tokens: attention in blocks of queries
    assert choose_method("auto", shaped(1, 2, side**2, 2, 4), side**2, CPU) == "chunked"
    unet, vae, text = (
        UNet(UNET, half),
        Autoencoder(AUTOENCODER, half),
        TextEncoder(TEXT_ENCODER, half),
    )
    objects = shaped(1, 2, 3, 4), shaped(1, 2, 3, 12), shaped(1, 2, 3)

    def predict(params, latents, timesteps, text, *objects):
        tokens = unet.apply({"params": params}, *objects, method=UNet.ground)
        return unet.apply({"params": params}, latents, timesteps, text, tokens, "first")

    def reconstruct(params, images):
        return vae.apply({"params": params}, images)

    def encode(params, ids):
        return text.apply({"params": params}, ids)

    latents, texts = shaped(1, 2, side, side, 4), shaped(1, 2, 6, 12)
    return {
        "unet": (predict, (params(UNET, half), latents, shaped(1), texts, *objects)),
        "vae": (reconstruct, (params(AUTOENCODER, half), shaped(1, 16, 16, 3))),
        "text_encoder": (encode, (params(TEXT_ENCODER, half), shaped(2, 6, dtype=jnp.int32))),
    }


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("network", ["unet", "vae", "text_encoder"])
def test_norms_and_softmax_are_float32(network, half):
    function, inputs = networks(half)[network]
    check(operand_types(function, *inputs), half)
    outputs = jax.tree.leaves(jax.eval_shape(function, *inputs))
    assert {output.dtype for output in outputs} == {jnp.dtype(jnp.float32)}


@pytest.mark.parametrize("half", HALVES)
def test_matrix_products_are_in_16_bits(half):
    """Of all products of a UNet only those with the softmax's scores give float32."""
    function, inputs = networks(half)["unet"]
    for equation in equations(jax.make_jaxpr(function)(*inputs).jaxpr):
        if equation.primitive.name in MULTIPLYING:
            assert {variable.aval.dtype for variable in equation.invars} == {jnp.dtype(half)}


@pytest.mark.parametrize("half", HALVES)
def test_noise_and_sampler_are_float32(half):
    models = Models(
        UNet(UNET, half),
        Autoencoder(AUTOENCODER, half),
        TextEncoder(TEXT_ENCODER, half),
        ScheduleConfig(),
    )
    trees = {"unet": params(UNET, half), "vae": params(AUTOENCODER, half)}
    settings = GenerationSettings(height=16, width=16, object_noise=True)
    scenes = SceneArrays(
        prompt_embeds=shaped(1, 2, 6, 12),
        negative_embeds=shaped(1, 6, 12),
        phrase_embeds=shaped(1, 2, 3, 12),
        boxes=shaped(1, 2, 3, 4),
        object_mask=shaped(1, 2, 3),
        track_ids=shaped(1, 2, 3, dtype=jnp.int32),
        shifts=shaped(1, 2, 2),
        random_speeds=shaped(1, 2),
    )
    keys = jax.eval_shape(jax.vmap(jax.random.key), shaped(1, dtype=jnp.uint32))
    start = functools.partial(prepare, models, settings)
    state, conditions = jax.eval_shape(start, trees, scenes, keys)
    assert state.latents.dtype == jnp.float32
    types = operand_types(start, trees, scenes, keys)
    assert types["ifft" if "ifft" in types else "fft"] <= {
        jnp.dtype(jnp.float32),
        jnp.dtype(jnp.complex64),
    }
    steps = step_table(models.schedule, 10).rows(slice(0, 2))

    def some_steps(trees, state, conditions):
        return denoise(
            models, trees, state, conditions, steps, 7.5, cross_frame="first", grounded=True
        )

    assert isinstance(conditions, Conditions)
    ends = jax.eval_shape(some_steps, trees, state, conditions)
    assert {leaf.dtype for leaf in ends} == {jnp.dtype(jnp.float32)}
    program = jax.make_jaxpr(some_steps)(trees, state, conditions)
    carried = [eqn for eqn in equations(program.jaxpr) if eqn.primitive.name == "scan"]
    shape = state.latents.shape[1:]
    states = [v.aval for eqn in carried for v in eqn.outvars if v.aval.shape == shape]
    assert states
    assert {state.dtype for state in states} == {jnp.dtype(jnp.float32)}
