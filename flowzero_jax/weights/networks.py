"""The three networks of a model, and what each kind of source calls them, their sizes and tensors.

A diffusers folder (of a disk or of the hub) has a folder and a `config.json` for each network; a
file of the original code has all tensors under a prefix, by names of its own, and tells the sizes
by their shapes; an adapter has tensors of the UNet by either name.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flowzero_jax.weights import configs, original_names, original_sizes
from flowzero_jax.weights.configs import Json
from flowzero_jax.weights.original_sizes import Shapes, UntoldSizes


@dataclasses.dataclass(frozen=True)
class Network:
    """One row of the table.

    Attributes:
      name: of its folder, and of its parameters in a checkpoint.
      parse_config: `config.json`, or what `read_sizes` gives, to our configuration.
      prefix: of its tensors in an original file.
      read_sizes: the shapes of the tensors of an original file, named without the prefix, to the
        values of a `config.json`.
      original_name: a tensor's name in diffusers, and the configuration, to the original name
        without the prefix; by default they are the same.
      stem: of its weight files in a folder.
      optional_start: what some programs leave out behind the prefix, where all names have it.
    """

    name: str
    parse_config: Callable[[Json, Path], Any]
    prefix: str
    read_sizes: Callable[[Shapes, Path, UntoldSizes], Json]
    original_name: Callable[[str, Any], str] = lambda name, config: name
    stem: str = "diffusion_pytorch_model"
    optional_start: str = ""

    def short_name(self, name: str) -> str:
        """The name in an original file without the prefix, with the optional start."""
        return self.optional_start + name.removeprefix(self.prefix).removeprefix(
            self.optional_start
        )


NETWORKS = {
    network.name: network
    for network in (
        Network(
            "unet",
            configs.parse_unet_config,
            original_names.UNET_PREFIX,
            original_sizes.unet_values,
            original_names.unet_name,
        ),
        Network(
            "vae",
            configs.parse_autoencoder_config,
            original_names.AUTOENCODER_PREFIX,
            original_sizes.autoencoder_values,
            original_names.autoencoder_name,
        ),
        Network(
            "text_encoder",
            configs.parse_text_encoder_config,
            original_names.TEXT_PREFIX,
            original_sizes.text_encoder_values,
            stem="model",
            optional_start="text_model.",
        ),
    )
}
