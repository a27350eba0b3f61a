"""Tensors of files under the names that diffusers has for them, read only when asked for."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import numpy as np

from flowzero_jax.errors import ModelError

# The original autoencoder has 1x1 convolutions where diffusers has dense layers.
_DENSE = re.compile(
    r"(en|de)coder\.mid_block\.attentions\.0\.(to_[qkv]|to_out\.0|query|key|value|proj_attn)"
    r"\.weight$"
)


class TensorSource(Protocol):
    """Named tensors; a `safetensors_file.Tensors`, or a view of one."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name → shape, without reading any tensor."""
        ...

    def read(self, name: str) -> np.ndarray:
        """One tensor in its own precision; raises ModelError."""
        ...

    def label(self, name: str) -> str:
        """What the user's file calls the tensor `name`, or would call it if it were there."""
        ...


class Renamed:
    """Some tensors of `tensors` under other names.

    `sources` has the name in `tensors` of each; `originals` what the user's file calls each known
    tensor, or would call it if it were there.
    """

    def __init__(
        self, tensors: TensorSource, sources: Mapping[str, str], originals: Mapping[str, str]
    ):
        self._tensors, self._sources, self._originals = tensors, sources, originals

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        shapes = self._tensors.shapes
        return {name: _dense(name, shapes[source]) for name, source in self._sources.items()}

    def read(self, name: str) -> np.ndarray:
        tensor = self._tensors.read(self._sources[name])
        return tensor.reshape(_dense(name, tensor.shape))

    def label(self, name: str) -> str:
        return self._sources.get(name) or self._originals.get(name, name)


class Together:
    """The tensors of two sources; `second_has` is true of the names that belong to the second."""

    def __init__(
        self, first: TensorSource, second: TensorSource, second_has: Callable[[str], object]
    ):
        self._first, self._second, self._second_has = first, second, second_has

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return self._first.shapes | self._second.shapes

    def read(self, name: str) -> np.ndarray:
        return self._owner(name).read(name)

    def label(self, name: str) -> str:
        return self._owner(name).label(name)

    def _owner(self, name: str) -> TensorSource:
        return self._second if self._second_has(name) else self._first


def unique(pairs: Iterable[tuple[str, str]], where: str) -> dict[str, str]:
    """Pairs of present name and file's name as a dict; raises ModelError for a repeated one."""
    sources: dict[str, str] = {}
    for name, source in pairs:
        if name in sources:
            raise ModelError(
                f"{where}: {source} and {sources[name]} are the same tensor; take another copy"
            )
        sources[name] = source
    return sources


def _dense(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[:2] if _DENSE.match(name) and shape[2:] == (1, 1) else shape
