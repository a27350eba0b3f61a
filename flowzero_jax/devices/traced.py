"""Programs that an earlier process traced: read, not traced again.

Tracing the networks takes as long as drawing a short video with small ones. A traced program is
kept as StableHLO (`jax.export`) and goes through JAX's compilation cache as any other does.
"""

import contextlib
import functools
from dataclasses import is_dataclass
from typing import Any, NamedTuple

import jax

from flowzero_jax import kept
from flowzero_jax.arrays import SceneArrays
from flowzero_jax.denoising import Conditions
from flowzero_jax.generation import Decoded
from flowzero_jax.noise_schemes import Motion, StepNoise
from flowzero_jax.sampler import SamplerState, StepTable


class Ready(NamedTuple):
    """A compiled program, and the shapes and types of what it returns."""

    executable: Any
    results: Any


def run(function: Any, *arguments: Any, **options: Any) -> Any:
    """What the jitted `function` returns.

    Args:
      function: with leading dataclasses (models, settings) and all options static.
      arguments: of one device, if the program is to be kept; of several it is traced.
    """
    static, dynamic = _split(arguments)
    if not _can_keep(dynamic):
        return function(*arguments, **options)
    return _kept(function, static, dynamic, options).executable(*dynamic)


def ready(function: Any, *arguments: Any, **options: Any) -> Ready:
    """The program that `run` would run for arguments of these shapes, compiled."""
    static, dynamic = _split(arguments)
    if _can_keep(dynamic):
        return _kept(function, static, dynamic, options)
    lowered = function.lower(*arguments, **options)
    return Ready(lowered.compile(), lowered.out_info)


def _split(arguments: tuple) -> tuple[tuple, tuple]:
    static = tuple(argument for argument in arguments if is_dataclass(argument))
    return static, arguments[len(static) :]


def _can_keep(dynamic: tuple) -> bool:
    sharding = getattr(jax.tree.leaves(dynamic)[0], "sharding", None)
    return kept.folder() is not None and (sharding is None or len(sharding.device_set) == 1)


def _kept(function: Any, static: tuple, dynamic: tuple, options: dict[str, Any]) -> Ready:
    leaves, structure = jax.tree.flatten(dynamic)
    shapes = tuple(map(_shape, leaves))
    return _restored(function, static, tuple(sorted(options.items())), structure, shapes)


def _shape(leaf: Any) -> jax.ShapeDtypeStruct:
    """What decides a program of an array, of its shape, or of a Python number."""
    kind = leaf if hasattr(leaf, "dtype") else jax.typeof(leaf)
    weak = getattr(kind, "weak_type", False)
    return jax.ShapeDtypeStruct(kind.shape, kind.dtype, weak_type=weak)


@functools.lru_cache(maxsize=64)
def _restored(function: Any, static: tuple, options: tuple, structure: Any, shapes: tuple) -> Ready:
    """The program for arguments of these shapes, exported now if it was not before."""
    from jax import export  # takes a moment

    _name_tuples()
    arguments = jax.tree.unflatten(structure, shapes)
    decisive = (function.__name__, static, options, structure, shapes, jax.default_backend())
    exported = None
    if (content := kept.recall("program", *decisive)) is not None:
        with contextlib.suppress(Exception):  # cut off, or of another format: traced anew
            exported = export.deserialize(bytearray(content))
    if exported is None:
        exported = export.export(function)(*static, *arguments, **dict(options))
        kept.keep(bytes(exported.serialize()), "program", *decisive)

    @functools.wraps(function)
    def program(*arguments: Any) -> Any:
        return exported.call(*arguments)

    # The sampler's state is written over, as it is by `denoise_jitted` itself.
    states = [n for n, value in enumerate(arguments) if isinstance(value, SamplerState)]
    lowered = jax.jit(program, donate_argnums=states).lower(*arguments)
    return Ready(lowered.compile(), lowered.out_info)


@functools.cache
def _name_tuples() -> None:
    """Tells `jax.export` how to call our tuples in a file."""
    from jax import export

    for kind in (SceneArrays, SamplerState, StepTable, Conditions, Motion, StepNoise, Decoded):
        name = f"flowzero_jax.{kind.__name__}"
        export.register_namedtuple_serialization(kind, serialized_name=name)
