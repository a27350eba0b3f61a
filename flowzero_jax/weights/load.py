"""One function for everything that a checkpoint can be loaded from."""

import dataclasses
from importlib import resources
from pathlib import Path

from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.weights.adapter import open_adapter
from flowzero_jax.weights.checkpoint import Checkpoint
from flowzero_jax.weights.folder import load_folder
from flowzero_jax.weights.hub import fetch
from flowzero_jax.weights.save import save_pipeline
from flowzero_jax.weights.single_file import UntoldSizes, load_single_file
from flowzero_jax.weights.source import EMBEDDED, HUB, Source


def load_checkpoint(
    source: Source, dtype="float32", untold: UntoldSizes | None = None
) -> Checkpoint:
    """Loads what a source names.

    Args:
        source: a model and its additions; a hub's alone goes to the network.
        dtype: of the parameters: "float32", "bfloat16" or "float16".
        untold: sizes of a single file that are not the published ones.

    Raises:
        ModelError: there is no such model, or it is not a whole and consistent one.
        InputError: another `dtype`; a tokenizer for something that has its own.
    """
    model = str(source.model)
    is_folder = model == EMBEDDED or model.startswith(HUB) or Path(model).is_dir()
    if is_folder and source.tokenizer is not None:
        raise InputError(f"{model}: has a tokenizer of its own; leave --tokenizer out")
    path, origin = _locate(model)
    with open_adapter(source.gligen) as adapter:
        if is_folder:
            checkpoint = load_folder(path, dtype, adapter)
        else:
            checkpoint = load_single_file(path, source.tokenizer, dtype, adapter, untold)
    return dataclasses.replace(checkpoint, origin=origin | checkpoint.origin)


def _locate(model: str) -> tuple[Path, dict[str, str]]:
    """The folder or file of a model, and what must be known to find the same again."""
    if model == EMBEDDED:
        return Path(str(resources.files("flowzero_jax"))) / "checkpoints" / EMBEDDED, {}
    if model.startswith(HUB):
        snapshot = fetch(model)
        names = {"repository": snapshot.repository, "commit": snapshot.commit}
        return snapshot.folder, names
    if not Path(model).exists():
        raise ModelError(
            f"{model}: no such model; name a diffusers pipeline folder, a .safetensors file with "
            "the original names, or hf:OWNER/NAME"
        )
    return Path(model), {}


def convert_weights(source: Source, folder: str | Path, dtype="float32") -> str:
    """Loads as `load_checkpoint` and writes a diffusers folder in `dtype`; returns its hash.

    Raises:
        ModelError, InputError: as `load_checkpoint`.
        OutputError: as `save_pipeline`.
    """
    for path in source.paths:
        if path.resolve().is_relative_to(Path(folder).resolve()):
            raise InputError(f"{folder}: would replace {path}, which is read; give another name")
    return save_pipeline(folder, load_checkpoint(source, dtype), dtype)
