"""Parameters as a safetensors file, written one tensor at a time."""

import json
from pathlib import Path

import numpy as np

from flowzero_jax.errors import ModelError
from flowzero_jax.weights.names import Tree, leaves, tensor_name, tensor_shape, to_torch

FORMAT_NAMES = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}


def write_tensors(path: Path, params: Tree, dtype: np.dtype) -> None:
    """Writes a network in the checkpoint's names and layouts; no tensor but one is copied.

    The library would take all of them as bytes at once, three times the memory of the largest
    network.

    Raises:
        OSError: the file cannot be written.
        ModelError: a weight is not finite in `dtype`.
    """
    # The note on the format is what transformers asks for before it reads a file.
    header: dict[str, dict] = {"__metadata__": {"format": "pt"}}
    ordered = sorted(leaves(params), key=lambda leaf: tensor_name(leaf[0]))
    end = 0
    for path_in_tree, leaf in ordered:
        start, end = end, end + leaf.size * dtype.itemsize
        header[tensor_name(path_in_tree)] = {
            "dtype": FORMAT_NAMES[dtype.name],
            "shape": list(tensor_shape(path_in_tree, leaf.shape)),
            "data_offsets": [start, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the tensors are aligned in memory maps
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for path_in_tree, leaf in ordered:
            with np.errstate(over="ignore"):
                tensor = to_torch(path_in_tree, np.asarray(leaf)).astype(dtype, order="C")
            if not np.isfinite(tensor).all():
                raise ModelError(
                    f"{tensor_name(path_in_tree)}: not finite, or too large for {dtype.name}; "
                    "save in another dtype"
                )
            file.write(tensor.reshape(-1).view(np.uint8).data)
