"""Loads one network of a pipeline folder: much quicker than all of them."""

from pathlib import Path
from typing import Any

from flowzero_jax.weights.adapter import load_params
from flowzero_jax.weights.convert import check_dtype
from flowzero_jax.weights.networks import NETWORKS
from flowzero_jax.weights.safetensors_file import find_weights, open_tensors
from flowzero_jax.weights.small_files import read_json


def load_network(folder: Path, component: str, dtype: str = "float32") -> tuple[Any, dict]:
    """The configuration and the parameters in the folder of a network, a key of `NETWORKS`."""
    network, path = NETWORKS[component], folder / "config.json"
    config = network.parse_config(read_json(path), path)
    with open_tensors(find_weights(folder, network.stem)) as tensors:
        return config, load_params(tensors, config, check_dtype(dtype), folder)
