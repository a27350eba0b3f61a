"""Loads one network of a pipeline folder: much quicker than all of them."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from flowzero_jax.weights.convert import check_dtype, to_params
from flowzero_jax.weights.folder import open_part, read_config
from flowzero_jax.weights.networks import NETWORKS
from flowzero_jax.weights.safetensors_file import find_weights


def load_network(folder: Path, component: str, dtype: str = "float32") -> tuple[Any, dict]:
    """The configuration and the parameters in the folder of a network, a key of `NETWORKS`."""
    network = NETWORKS[component]
    config = read_config(folder, network)
    with ExitStack() as stack:
        part = open_part(network, find_weights(folder, network.stem), stack, folder, config)
        return config, to_params(part, check_dtype(dtype))
