"""The three networks of a model, and what each kind of source calls them, their sizes and tensors.

A diffusers folder (of a disk or of the hub) has a folder and a `config.json` for each network; a
file of the original code has all tensors under a prefix, by names of its own, and tells the sizes
by their shapes; an adapter, an autoencoder or a LoRA has tensors by any of these names.
"""

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flowzero_jax.weights import configs, original_sizes, spellings
from flowzero_jax.weights.configs import Json
from flowzero_jax.weights.original_sizes import Shapes, UntoldSizes


@dataclasses.dataclass(frozen=True)
class Network:
    """One row of the table.

    Attributes:
      name: of its folder, and of its parameters in a checkpoint.
      parse_config: `config.json`, or what `read_sizes` gives, to our configuration.
      prefixes: before its tensors' names in files that hold more, the original code's first.
      read_sizes: the shapes of the tensors of an original file, named without the prefix, to the
        values of a `config.json`.
      spellings: a tensor's name in diffusers, and the configuration, to all names in files.
      stem: of its weight files in a folder.
    """

    name: str
    parse_config: Callable[[Json, Path], Any]
    prefixes: tuple[str, ...]
    read_sizes: Callable[[Shapes, Path, UntoldSizes], Json]
    spellings: Callable[[str, Any], tuple[str, ...]]
    stem: str = "diffusion_pytorch_model"

    def names_in(self, names: Iterable[str]) -> dict[str, str]:
        """Of a file's names those behind the first prefix that is there: short → whole; or all."""
        names = list(names)
        for prefix in self.prefixes:
            found = [name for name in names if name.startswith(prefix)]
            if found:
                return {name.removeprefix(prefix): name for name in found}
        return {name: name for name in names}


NETWORKS = {
    network.name: network
    for network in (
        Network(
            "unet",
            configs.parse_unet_config,
            spellings.UNET_PREFIXES,
            original_sizes.unet_values,
            spellings.unet_names,
        ),
        Network(
            "vae",
            configs.parse_autoencoder_config,
            spellings.AUTOENCODER_PREFIXES,
            original_sizes.autoencoder_values,
            spellings.autoencoder_names,
        ),
        Network(
            "text_encoder",
            configs.parse_text_encoder_config,
            spellings.TEXT_PREFIXES,
            original_sizes.text_encoder_values,
            spellings.text_encoder_names,
            stem="model",
        ),
    )
}
