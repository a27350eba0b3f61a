"""Strict conversion of checkpoint tensors to flax parameters.

Every parameter is filled from one tensor of its shape; all of it is checked from the headers
before any weight is read.
"""

import dataclasses
import functools
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import unflatten_dict

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
from flowzero_jax.weights.names import Tree, from_torch, leaves, tensor_name, tensor_shape
from flowzero_jax.weights.networks import Network
from flowzero_jax.weights.original_sizes import Shapes
from flowzero_jax.weights.safetensors_file import Tensors
from flowzero_jax.weights.spellings import DROPPED

# Four times the published UNet with its grounding layers.
MAX_PARAMETERS = 4_300_000_000

SHOWN = 10

ALIGNMENT = 64  # bytes


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
    Raises ModelError for more than `MAX_PARAMETERS`."""
    _bound(config, _least_parameters(config))
    shapes = _kept_shapes(config)
    if shapes is None:
        shapes = jax.eval_shape(lambda: _variables(config))["params"]
        listed = [[path, leaf.shape] for path, leaf in leaves(shapes)]
        kept.keep(json.dumps(listed).encode(), "shapes", config)
    _bound(config, sum(math.prod(leaf.shape) for _, leaf in leaves(shapes)))
    return shapes


def _kept_shapes(config: Any) -> Tree | None:
    """What `parameter_shapes` found in an earlier process, which traced the network for it."""
    content = kept.recall("shapes", config)
    if content is None:
        return None
    try:
        listed = {tuple(path): tuple(shape) for path, shape in json.loads(content)}
        return unflatten_dict(
            {path: jax.ShapeDtypeStruct(shape, jnp.float32) for path, shape in listed.items()}
        )
    except (ValueError, TypeError, AttributeError):
        return None


def tensor_shapes(shapes: Tree) -> Shapes:
    """`parameter_shapes` by the names, and in the layouts, of a checkpoint's tensors."""
    return {tensor_name(path): tensor_shape(path, leaf.shape) for path, leaf in leaves(shapes)}


class Place(NamedTuple):
    """Where a tensor is."""

    tensors: Tensors
    name: str  # in the file


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """One network in open files, none of it read yet."""

    network: Network
    config: Any
    where: str  # what was opened, for messages
    #: Of its tensors, by diffusers' names; and what is added to some of them.
    places: dict[str, Place]
    changes: Mapping[str, Sequence[Callable[[], np.ndarray]]] = dataclasses.field(
        default_factory=dict
    )

    @property
    def sources(self) -> set[str]:
        """The names of all tensors as the files have them."""
        return {place.name for place in self.places.values()}

    @property
    def shapes(self) -> Shapes:
        """Of the wanted tensors, by diffusers' names."""
        return tensor_shapes(parameter_shapes(self.config))


def find_part(
    tensors: Tensors,
    network: Network,
    config: Any,
    where: str,
    only: Callable[[str], Any] = lambda name: True,
) -> Part:
    """Finds a network's tensors, or some of them, in a file; what is left over is the caller's.

    Raises:
        ModelError: tensors are missing, of another shape, or there under two names.
    """
    part = Part(network, config, where, {})
    shapes = {name: shape for name, shape in part.shapes.items() if only(name)}
    names = {x: name for x, name in network.names_in(tensors.shapes).items() if only(x)}
    known = {x: name for name in shapes for x in network.spellings(name, config)}
    places = part.places
    for short, source in names.items():
        name = known.get(short)
        if name in places:
            raise ModelError(
                f"{where}: {source} and {places[name].name} are the same tensor; take another copy"
            )
        if name is not None:
            places[name] = Place(tensors, source)
    missing = [_label(name, network, config, names, known) for name in shapes.keys() - places]
    left = {name for name in set(names.values()) - part.sources if not DROPPED.search(name)}
    found = tensors.shapes
    reshaped = [
        f"{place.name} is {list(found[place.name])} instead of {list(shapes[name])}"
        for name, place in places.items()
        if _essential(found[place.name]) != _essential(shapes[name])
    ]
    left = left if missing else set()
    kinds = {"missing": missing, "unexpected": left, "of another shape": reshaped}
    if faults := [f"{len(x)} {kind}: {list_names(x)}" for kind, x in kinds.items() if x]:
        raise ModelError(
            f"{where}: the tensors do not fit the architecture: {'; '.join(faults)}; use "
            "weights, and config.json, of one and the same model"
        )
    return part


def _label(name: str, network: Network, config: Any, names: Mapping[str, str], known) -> str:
    """What the file would call a tensor that it lacks, going by those that it has."""
    styles: Counter[tuple[str, int]] = Counter()
    for short, source in names.items():
        if short in known:
            style = network.spellings(known[short], config).index(short)
            styles[source.removesuffix(short), style] += 1
    prefix, style = styles.most_common(1)[0][0] if styles else ("", 0)
    return prefix + network.spellings(name, config)[style]


def _essential(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Without the 1s at its end: a 1x1 convolution is a dense layer, a vector of one a number."""
    while shape and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def to_params(part: Part, dtype) -> Tree:
    """Reads a network into a nested dict of numpy arrays of `dtype`, in our layout.

    One tensor at a time is read, so that memory is taken for the result and one tensor.

    Raises:
        ModelError: a weight is not finite, also in `dtype`, or all of them are zero.
    """
    params = {}
    nonzero = False
    for path, shape in leaves(parameter_shapes(part.config)):
        name = tensor_name(path)
        tensors, source = part.places[name]
        tensor = tensors.read(source).reshape(tensor_shape(path, shape.shape))
        for change in part.changes.get(name, ()):
            tensor = tensor.astype(np.float32) + change().reshape(tensor.shape)
        nonzero = nonzero or bool(tensor.any())
        leaf = _aligned_empty(shape.shape, dtype)
        with np.errstate(over="ignore"):
            np.copyto(leaf, from_torch(path, tensor), casting="unsafe")
        if not np.isfinite(leaf).all():
            finite = np.isfinite(tensor).all()
            fault = f"is too large for {leaf.dtype.name}" if finite else "holds NaN or infinity"
            raise ModelError(
                f"{part.where}: {source} {fault}; use another {'dtype' if finite else 'copy'}"
            )
        params[path] = leaf
    if not nonzero:
        raise ModelError(f"{part.where}: all weights are zero; take another copy")
    return unflatten_dict(params)


def list_names(names: Iterable[str]) -> str:
    """The first ten names in order."""
    names = sorted(names)
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


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


def _variables(config: UNetConfig | AutoencoderConfig | TextEncoderConfig) -> Any:
    """What flax initialises, given the smallest inputs."""
    key = jax.random.key(0)
    if isinstance(config, TextEncoderConfig):
        ids = jnp.zeros((1, config.max_position_embeddings), jnp.int32)
        return TextEncoder(config).init(key, ids)
    if isinstance(config, AutoencoderConfig):
        side = config.factor
        return Autoencoder(config).init(key, jnp.zeros((1, side, side, config.in_channels)))
    side, width = 2 ** (config.num_stages - 1), config.cross_attention_dim
    inputs = [(1, 1, side, side, config.in_channels), (1,), (1, 1, 1, width)]
    if config.grounded:
        inputs += [(1, 1, 1, 4), (1, 1, 1, width), (1, 1, 1)]
    return UNet(config).init(key, *map(jnp.zeros, inputs), method=_ground_and_denoise)


def _ground_and_denoise(unet: UNet, latents, timesteps, text, *objects):
    """Touches every parameter of the UNet, those of the position net too."""
    return unet(latents, timesteps, text, unet.ground(*objects) if objects else None)
