"""Random weights of any size, made on the device in a moment."""

import functools
import math
import zlib

import jax
import jax.numpy as jnp

from flowzero_jax.models import AutoencoderConfig, UNetConfig
from flowzero_jax.weights.convert import parameter_shapes
from flowzero_jax.weights.names import Tree, leaves


def random_weights(config: UNetConfig | AutoencoderConfig, dtype) -> Tree:
    """The parameters of a network; kernels keep the variance of what goes through them.

    Norms and gates lie around 1, biases around 0, so that numbers stay finite through any depth.
    """
    params: Tree = {}
    for path, leaf in leaves(parameter_shapes(config)):
        kind = path[-1]
        spread = math.prod(leaf.shape[:-1]) ** -0.5 if kind == "kernel" else 0.02
        centre = 1.0 if kind == "scale" or kind.startswith("alpha_") else 0.0
        scope = params
        for name in path[:-1]:
            scope = scope.setdefault(name, {})
        seed = zlib.crc32("/".join(path).encode())
        scope[kind] = _fill(leaf.shape, dtype, jnp.uint32(seed), spread, centre)
    return params


@functools.partial(jax.jit, static_argnums=(0, 1))
def _fill(shape, dtype, seed, spread, centre) -> jax.Array:
    """Evenly distributed numbers from scrambled indices: a generator would take a minute."""
    bits = jax.lax.iota(jnp.uint32, math.prod(shape)) * jnp.uint32(0x9E3779B1) + seed
    for multiplier in (0x85EBCA6B, 0xC2B2AE35):  # the finalizer of MurmurHash3
        bits = (bits ^ (bits >> 15)) * jnp.uint32(multiplier)
    bits = bits ^ (bits >> 16)
    values = bits.astype(jnp.float32) / 2.0**31 - 1.0
    return (centre + spread * math.sqrt(3.0) * values).astype(dtype).reshape(shape)
