"""Files that complete a model: GLIGEN's layers for boxes, another autoencoder."""

import dataclasses
import re
import warnings
from contextlib import ExitStack
from pathlib import Path

from flowzero_jax.errors import ModelError
from flowzero_jax.files import sha256
from flowzero_jax.weights.convert import Part, find_part, list_names
from flowzero_jax.weights.folder import open_part, read_config
from flowzero_jax.weights.manifest import checkpoint_hash, file_hashes
from flowzero_jax.weights.networks import NETWORKS, Network
from flowzero_jax.weights.original_sizes import UntoldSizes
from flowzero_jax.weights.safetensors_file import find_weights, open_single, open_tensors
from flowzero_jax.weights.strangers import pass_over, refuse_families

GROUNDING = re.compile(r"(^|\.)position_net\.|\.fuser\.")
UNET, AUTOENCODER = NETWORKS["unet"], NETWORKS["vae"]


def add_gligen(unet: Part, path: Path, stack: ExitStack) -> tuple[Part, str]:
    """The UNet with the GLIGEN layers of an adapter, or of a whole GLIGEN network or model, file or
    folder; and the hash of the files. Raises ModelError."""
    if unet.config.grounded:
        raise ModelError(f"{unet.where}: has GLIGEN layers of its own; leave {path} out")
    if path.is_dir():
        files = find_weights(_inner(path, UNET), UNET.stem)
        tensors = open_tensors(files, stack)
    else:
        files, tensors = [path], open_single(path, stack)
    refuse_families(tensors.shapes, path)
    grounding = set(filter(GROUNDING.search, tensors.shapes))
    if not grounding:
        missing = "has no GLIGEN layers (position_net.*, *.fuser.*)"
        raise ModelError(f"{path}: {missing}; name an adapter")
    config = dataclasses.replace(unet.config, grounded=True)
    layers = find_part(tensors, UNET, config, str(path), GROUNDING.search)
    if others := grounding - layers.sources:
        raise ModelError(
            f"{path}: made for another model, which has {list_names(others)}, too; take an "
            "adapter for Stable Diffusion 1"
        )
    if rest := len(tensors.shapes) - len(grounding):
        said = f"its GLIGEN layers are taken, the other {rest} tensors left out"
        warnings.warn(f"{path}: more than an adapter: {said}", stacklevel=2)
    both = dataclasses.replace(unet, config=config, where=f"{unet.where} with {path}")
    return dataclasses.replace(both, places=unet.places | layers.places), _hash_of(files)


def open_vae(path: Path, untold: UntoldSizes, stack: ExitStack) -> tuple[Part, str]:
    """The autoencoder, and the hash, of a file, whose sizes are read off the shapes, or of a folder
    with a `config.json`; either may be that of a whole model. Raises ModelError."""
    if path.is_dir():
        folder = _inner(path, AUTOENCODER)
        files = find_weights(folder, AUTOENCODER.stem)
        config = read_config(folder, AUTOENCODER)
        files_and_config = [*files, folder / "config.json"]
        return open_part(AUTOENCODER, files, stack, folder, config), _hash_of(files_and_config)
    tensors = open_single(path, stack)
    names = AUTOENCODER.names_in(tensors.shapes)
    refuse_families(names, path)
    shapes = {short: tensors.shapes[name] for short, name in names.items()}
    config = AUTOENCODER.parse_config(AUTOENCODER.read_sizes(shapes, path, untold), path)
    part = find_part(tensors, AUTOENCODER, config, str(path))
    pass_over(set(names.values()) - part.sources, path)
    return part, sha256(path)


def _inner(folder: Path, network: Network) -> Path:
    """The network's folder in that of a whole model; else the folder itself."""
    inner = folder / network.name
    return inner if inner.is_dir() else folder


def _hash_of(files: list[Path]) -> str:
    """Of one file its own, of several that of the list of their hashes."""
    if len(files) == 1:
        return sha256(files[0])
    return checkpoint_hash(file_hashes(files[0].parent, files))
