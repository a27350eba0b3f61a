"""Strict conversion between checkpoint tensors and flax parameters.

Every tensor of the file is used exactly once or known to hold nothing, every parameter is filled,
every shape is equal; all of it is checked from the headers before any weight is read.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np

from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.models import (
    Autoencoder,
    AutoencoderConfig,
    TextEncoder,
    TextEncoderConfig,
    UNet,
    UNetConfig,
)
from flowzero_jax.weights.names import (
    DROPPED,
    Tree,
    current_name,
    from_torch,
    leaves,
    tensor_name,
    tensor_shape,
    to_torch,
)
from flowzero_jax.weights.safetensors_file import Tensors

DTYPES = ("float32", "bfloat16", "float16")

# Four times the published UNet with its grounding layers.
MAX_PARAMETERS = 4_300_000_000

SHOWN = 10


def check_dtype(dtype) -> jnp.dtype:
    """`dtype` by name or type → the numpy type; raises InputError unless it is one of `DTYPES`."""
    try:
        found = jnp.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found.name not in DTYPES:
        raise InputError(f"dtype: must be one of {', '.join(DTYPES)}, not {dtype!r}")
    return found


def parameter_shapes(config: UNetConfig | AutoencoderConfig | TextEncoderConfig) -> Tree:
    """The parameters of a network as a nested dict of `jax.ShapeDtypeStruct`; allocates nothing.

    Raises:
        ModelError: more parameters than `MAX_PARAMETERS`.
    """
    if isinstance(config, UNetConfig):
        model, inputs, method = UNet(config), _unet_inputs(config), _ground_and_denoise
    elif isinstance(config, AutoencoderConfig):
        side = config.factor
        model, method = Autoencoder(config), None
        inputs = (jax.ShapeDtypeStruct((1, side, side, config.in_channels), jnp.float32),)
    else:
        model, method = TextEncoder(config), None
        inputs = (jax.ShapeDtypeStruct((1, config.max_position_embeddings), jnp.int32),)
    key = jax.eval_shape(jax.random.key, 0)
    shapes = jax.eval_shape(lambda key, *x: model.init(key, *x, method=method), key, *inputs)
    shapes = shapes["params"]
    total = sum(math.prod(leaf.shape) for _, leaf in leaves(shapes))
    if total > MAX_PARAMETERS:
        raise ModelError(
            f"{type(config).__name__}: {total:,} parameters, more than {MAX_PARAMETERS:,}; the "
            "configuration is damaged"
        )
    return shapes


def to_params(tensors: Tensors, shapes: Tree, dtype, where: str) -> Tree:
    """Reads `tensors` into a nested dict of numpy arrays of `dtype`, in the layout of `shapes`.

    Raises:
        ModelError: names or shapes differ; the message, which begins with `where`, lists both
            difference sets. Or a weight is not finite, also after the conversion to `dtype`, or
            all of them are zero.
    """
    sources = _match(tensors, shapes, where)
    params: Tree = {}
    nonzero = False
    for path, _ in leaves(shapes):
        source = sources[tensor_name(path)]
        tensor = tensors.read(source)
        nonzero = nonzero or bool(tensor.any())
        with np.errstate(over="ignore"):
            leaf = from_torch(path, tensor).astype(dtype, order="C")
        if not np.isfinite(leaf).all():
            finite = np.isfinite(tensor).all()
            fault = f"is too large for {leaf.dtype.name}" if finite else "holds NaN or infinity"
            raise ModelError(
                f"{where}: {source} {fault}; use another {'dtype' if finite else 'copy'}"
            )
        scope = params
        for name in path[:-1]:
            scope = scope.setdefault(name, {})
        scope[path[-1]] = leaf
    if not nonzero:
        raise ModelError(f"{where}: all weights are zero; take another copy")
    return params


def to_tensors(params: Tree, dtype) -> dict[str, np.ndarray]:
    """The inverse of `to_params`: contiguous arrays of `dtype` in the checkpoint's layout."""
    tensors = {}
    for path, leaf in leaves(params):
        tensors[tensor_name(path)] = to_torch(path, np.asarray(leaf)).astype(dtype, order="C")
    return tensors


def _match(tensors: Tensors, shapes: Tree, where: str) -> dict[str, str]:
    """Present tensor names → names in the file; everything accounted for."""
    found: dict[str, tuple[int, ...]] = {}
    sources: dict[str, str] = {}
    for source, shape in tensors.shapes.items():
        name = current_name(source)
        if DROPPED.search(name):
            continue
        if name in sources:
            raise ModelError(f"{where}: {source} and {sources[name]} are the same tensor")
        sources[name], found[name] = source, shape
    wanted = {tensor_name(path): tensor_shape(path, leaf.shape) for path, leaf in leaves(shapes)}
    differences = []
    for words, names in (
        ("missing", wanted.keys() - found.keys()),
        ("unexpected", found.keys() - wanted.keys()),
    ):
        if names:
            differences.append(f"{len(names)} {words}: {_list(names)}")
    reshaped = [
        f"{name} is {list(found[name])} instead of {list(shape)}"
        for name, shape in wanted.items()
        if name in found and found[name] != shape
    ]
    if reshaped:
        differences.append(f"{len(reshaped)} of another shape: {_list(reshaped)}")
    if differences:
        raise ModelError(
            f"{where}: the tensors do not fit the configuration: {'; '.join(differences)}; use "
            "weights and config.json of the same model"
        )
    return sources


def _list(names) -> str:
    names = sorted(names)
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


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
