"""Strict conversion between checkpoint tensors and flax parameters.

Every tensor of the file is used exactly once or known to hold nothing, every parameter is filled,
every shape is equal; all of it is checked from the headers before any weight is read.
"""

import functools
import json
import math
from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from flowzero_jax import kept
from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.models import (
    Autoencoder,
    AutoencoderConfig,
    TextEncoder,
    TextEncoderConfig,
    UNet,
    UNetConfig,
)
from flowzero_jax.settings import DTYPES
from flowzero_jax.weights.names import (
    DROPPED,
    Tree,
    current_name,
    from_torch,
    leaves,
    tensor_name,
    tensor_shape,
)
from flowzero_jax.weights.tensor_views import TensorSource, unique

# Four times the published UNet with its grounding layers.
MAX_PARAMETERS = 4_300_000_000

SHOWN = 10

ALIGNMENT = 64  # bytes

# Name → shape, of a checkpoint's tensors.
Shapes = dict[str, tuple[int, ...]]


def check_dtype(dtype) -> jnp.dtype:
    """`dtype` by name or type → the numpy type; raises InputError unless it is one of `DTYPES`."""
    try:
        found = jnp.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found.name not in DTYPES:
        raise InputError(f"dtype: must be one of {', '.join(DTYPES)}, not {dtype!r}")
    return found


@functools.lru_cache(maxsize=8)
def parameter_shapes(config: UNetConfig | AutoencoderConfig | TextEncoderConfig) -> Tree:
    """The parameters of a network as a nested dict of `jax.ShapeDtypeStruct`; allocates nothing.

    Raises:
        ModelError: more parameters than `MAX_PARAMETERS`.
    """
    _bound(config, _least_parameters(config))
    model: UNet | Autoencoder | TextEncoder
    if isinstance(config, UNetConfig):
        model, inputs, method = UNet(config), _unet_inputs(config), _ground_and_denoise
    elif isinstance(config, AutoencoderConfig):
        side = config.factor
        model, method = Autoencoder(config), None
        inputs = (jax.ShapeDtypeStruct((1, side, side, config.in_channels), jnp.float32),)
    else:
        model, method = TextEncoder(config), None
        inputs = (jax.ShapeDtypeStruct((1, config.max_position_embeddings), jnp.int32),)
    shapes = _kept_shapes(config)
    if shapes is None:
        key = jax.eval_shape(jax.random.key, 0)
        variables = jax.eval_shape(lambda key, *x: model.init(key, *x, method=method), key, *inputs)
        shapes = variables["params"]
        listed = [[path, leaf.shape] for path, leaf in leaves(shapes)]
        kept.keep(json.dumps(listed).encode(), "shapes", config)
    _bound(config, sum(math.prod(leaf.shape) for _, leaf in leaves(shapes)))
    return shapes


def _kept_shapes(config: Any) -> Tree | None:
    """What `parameter_shapes` found in an earlier process, which traced the network for it."""
    content = kept.recall("shapes", config)
    if content is None:
        return None
    tree: Tree = {}
    try:
        for path, shape in json.loads(content):
            scope = tree
            for name in path[:-1]:
                scope = scope.setdefault(name, {})
            scope[path[-1]] = jax.ShapeDtypeStruct(tuple(shape), jnp.float32)
    except (ValueError, TypeError, AttributeError):
        return None
    return tree


def tensor_shapes(shapes: Tree) -> Shapes:
    """`parameter_shapes` by the names, and in the layouts, of a checkpoint's tensors."""
    return {tensor_name(path): tensor_shape(path, leaf.shape) for path, leaf in leaves(shapes)}


def to_params(tensors: TensorSource, shapes: Tree, dtype, where: str) -> Tree:
    """Reads `tensors` into a nested dict of numpy arrays of `dtype`, in the layout of `shapes`.

    One tensor at a time is read and converted, so that no more memory is taken than for the result
    and one tensor.

    Raises:
        ModelError: names or shapes differ; the message, which begins with `where`, lists both
            difference sets. Or a weight is not finite, also after the conversion to `dtype`, or
            all of them are zero.
    """
    sources = _match(tensors, shapes, where)
    params: Tree = {}
    nonzero = False
    for path, shape in leaves(shapes):
        source = sources[tensor_name(path)]
        tensor = tensors.read(source)
        nonzero = nonzero or bool(tensor.any())
        leaf = _aligned_empty(shape.shape, dtype)
        with np.errstate(over="ignore"):
            np.copyto(leaf, from_torch(path, tensor), casting="unsafe")
        if not np.isfinite(leaf).all():
            finite = np.isfinite(tensor).all()
            fault = f"is too large for {leaf.dtype.name}" if finite else "holds NaN or infinity"
            raise ModelError(
                f"{where}: {tensors.label(source)} {fault}; use another "
                f"{'dtype' if finite else 'copy'}"
            )
        scope = params
        for name in path[:-1]:
            scope = scope.setdefault(name, {})
        scope[path[-1]] = leaf
    if not nonzero:
        raise ModelError(f"{where}: all weights are zero; take another copy")
    return params


def compare(found: Shapes, wanted: Shapes, label: Callable[[str], str], where: str) -> None:
    """Raises ModelError, with the first of all differences, unless both are the same.

    Args:
        found: tensors of a file by diffusers' names.
        wanted: those that the architecture has.
        label: what the user's file calls them.
        where: for the message.
    """
    differences = []
    for words, names in (
        ("missing", wanted.keys() - found.keys()),
        ("unexpected", found.keys() - wanted.keys()),
    ):
        if names:
            differences.append(f"{len(names)} {words}: {list_names(map(label, names))}")
    reshaped = [
        f"{label(name)} is {list(found[name])} instead of {list(shape)}"
        for name, shape in wanted.items()
        if name in found and found[name] != shape
    ]
    if reshaped:
        differences.append(f"{len(reshaped)} of another shape: {list_names(reshaped)}")
    if differences:
        raise ModelError(
            f"{where}: the tensors do not fit the architecture: {'; '.join(differences)}; use "
            "weights, and config.json, of one and the same model"
        )


def list_names(names: Iterable[str]) -> str:
    """The first ten names in order."""
    names = sorted(names)
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def _match(tensors: TensorSource, shapes: Tree, where: str) -> dict[str, str]:
    """Present tensor names → names in `tensors`; everything accounted for."""
    found = tensors.shapes
    named = ((current_name(source), source) for source in found)
    sources = unique((pair for pair in named if not DROPPED.search(pair[0])), where)
    present = {name: found[source] for name, source in sources.items()}
    compare(present, tensor_shapes(shapes), tensors.label, where)
    return sources


def _aligned_empty(shape: tuple[int, ...], dtype) -> np.ndarray:
    """An array that starts where XLA wants it: so a CPU takes it over without a copy."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    buffer = np.empty(size + ALIGNMENT, np.uint8)
    start = -buffer.ctypes.data % ALIGNMENT
    return buffer[start : start + size].view(dtype).reshape(shape)


def _least_parameters(config: UNetConfig | AutoencoderConfig | TextEncoderConfig) -> int:
    """The weights of the main layers, by arithmetic: tracing a huge network would take minutes."""
    if isinstance(config, TextEncoderConfig):
        width = config.hidden_size
        layer = 4 * width**2 + 2 * width * config.intermediate_size
        return config.num_hidden_layers * layer + config.vocab_size * width
    # Each residual block has a 3x3 convolution from its width to its width.
    blocks = 2 * config.layers_per_block + 1
    return sum(9 * blocks * width**2 for width in config.block_out_channels)


def _bound(config, count: int) -> None:
    if count > MAX_PARAMETERS:
        raise ModelError(
            f"{type(config).__name__}: {count:,} parameters, more than {MAX_PARAMETERS:,}; the "
            "configuration is damaged"
        )


def _unet_inputs(config: UNetConfig) -> tuple:
    side = 2 ** (config.num_stages - 1)
    width = config.cross_attention_dim
    inputs = [(1, 1, side, side, config.in_channels), (1,), (1, 1, 1, width)]
    if config.grounded:
        inputs += [(1, 1, 1, 4), (1, 1, 1, width), (1, 1, 1)]
    return tuple(jax.ShapeDtypeStruct(shape, jnp.float32) for shape in inputs)


def _ground_and_denoise(unet: UNet, latents, timesteps, text, *objects):
    """Touches every parameter of the UNet, those of the position net too."""
    return unet(latents, timesteps, text, unet.ground(*objects) if objects else None)
