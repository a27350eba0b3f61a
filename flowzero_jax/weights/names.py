"""Names and layouts: leaves of our parameter trees ↔ tensors of a diffusers checkpoint.

Flax scopes already carry the checkpoint's dotted names, so that only the last part differs:
`kernel`, `scale` and `embedding` are all called `weight` there.
"""

from typing import Any

import numpy as np
from flax.traverse_util import flatten_dict

Tree = dict[str, Any]


def leaves(tree: Tree) -> list[tuple[tuple[str, ...], Any]]:
    """The leaves of a nested dict with their paths, in sorted order."""
    return sorted(flatten_dict(tree).items(), key=lambda leaf: leaf[0])


def tensor_name(path: tuple[str, ...]) -> str:
    """The checkpoint's name of the leaf at `path`."""
    *scopes, last = path
    return ".".join((*scopes, "weight" if last in ("kernel", "scale", "embedding") else last))


def tensor_shape(path: tuple[str, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that the leaf at `path` has in the checkpoint."""
    return tuple(shape[axis] for axis in _torch_axes(path, len(shape)))


def to_torch(path: tuple[str, ...], leaf: np.ndarray) -> np.ndarray:
    """Our layout → the checkpoint's: dense `[in out]` → `[out in]`, conv HWIO → OIHW."""
    return leaf.transpose(_torch_axes(path, leaf.ndim))


def from_torch(path: tuple[str, ...], tensor: np.ndarray) -> np.ndarray:
    """The checkpoint's layout → ours, the inverse of `to_torch`."""
    return tensor.transpose(np.argsort(_torch_axes(path, tensor.ndim)))


def _torch_axes(path: tuple[str, ...], ndim: int) -> tuple[int, ...]:
    if path[-1] == "kernel":
        return {2: (1, 0), 4: (3, 2, 0, 1)}[ndim]
    return tuple(range(ndim))
