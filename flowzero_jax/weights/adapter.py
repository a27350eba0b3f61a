"""GLIGEN's layers as a file of their own, to be added to any Stable Diffusion 1 model."""

import dataclasses
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flowzero_jax.errors import ModelError
from flowzero_jax.files import sha256
from flowzero_jax.models import UNetConfig
from flowzero_jax.weights.convert import compare, parameter_shapes, tensor_shapes, to_params
from flowzero_jax.weights.names import Tree
from flowzero_jax.weights.networks import NETWORKS
from flowzero_jax.weights.safetensors_file import Tensors, check_suffix, open_tensors
from flowzero_jax.weights.tensor_views import Renamed, TensorSource, Together, unique

GROUNDING = re.compile(r"^position_net\.|\.fuser\.")
ORIGINAL = re.compile(r"^(input_blocks|middle_block|output_blocks)\.")
UNET = NETWORKS["unet"]
PREFIX = re.compile(rf"^({re.escape(UNET.prefix)}|unet\.)")


@dataclasses.dataclass(frozen=True, eq=False)
class Adapter:
    """An open adapter file."""

    path: Path
    sha256: str
    tensors: Tensors

    def add_to(self, unet: TensorSource, config: UNetConfig) -> TensorSource:
        """`unet`, without GLIGEN layers, and this file's as one; `config` is that of both.

        Raises:
            ModelError: the file lacks a tensor, holds others, or was made for another model.
        """
        shapes = tensor_shapes(parameter_shapes(config))
        wanted = {name: shape for name, shape in shapes.items() if GROUNDING.search(name)}
        layers = self._layers(wanted, config)
        compare(layers.shapes, wanted, layers.label, str(self.path))
        return Together(unet, layers, GROUNDING.search)

    def _layers(self, wanted, config: UNetConfig) -> Renamed:
        """The file's tensors by diffusers' names, whichever it uses."""
        where = str(self.path)
        sources = self.tensors.shapes
        short = unique(((PREFIX.sub("", source), source) for source in sources), where)
        original = any(map(ORIGINAL.search, short))
        names = {UNET.original_name(name, config) if original else name: name for name in wanted}
        named = ((names.get(name, source), source) for name, source in short.items())
        return Renamed(
            self.tensors,
            unique(named, where),
            {name: original_name for original_name, name in names.items()},
        )


@contextmanager
def open_adapter(path: str | Path | None) -> Iterator[Adapter | None]:
    """Opens an adapter's file; None for none.

    Raises:
        ModelError: it is no whole safetensors file, or holds no GLIGEN layers.
    """
    if path is None:
        yield None
        return
    path = Path(path)
    check_suffix(path)
    with open_tensors([path]) as tensors:
        if not any(map(GROUNDING.search, tensors.shapes)):
            raise ModelError(
                f"{path}: has no GLIGEN layers (position_net.*, *.fuser.*); name an adapter"
            )
        yield Adapter(path, sha256(path), tensors)


def load_params(
    tensors: TensorSource, config, dtype, where: Path, adapter: Adapter | None = None
) -> Tree:
    """The parameters of one network, of the UNet with the adapter's; see `convert.to_params`."""
    shapes = parameter_shapes(config)
    if adapter is None or not isinstance(config, UNetConfig):
        return to_params(tensors, shapes, dtype, str(where))
    both = adapter.add_to(tensors, config)
    return to_params(both, shapes, dtype, f"{where} with {adapter.path}")


def grounded_config(config: UNetConfig, adapter: Adapter | None, where: Path) -> UNetConfig:
    """The UNet's configuration with the adapter's layers; raises ModelError if it has its own."""
    if adapter is None:
        return config
    if config.grounded:
        raise ModelError(f"{where}: has GLIGEN layers of its own; leave {adapter.path} out")
    return dataclasses.replace(config, grounded=True)
