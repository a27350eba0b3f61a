"""One function for everything that a checkpoint can be loaded from."""

import dataclasses
from pathlib import Path

from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.weights.checkpoint import Checkpoint
from flowzero_jax.weights.folder import load_folder
from flowzero_jax.weights.hub import PREFIX, fetch
from flowzero_jax.weights.save import save_pipeline
from flowzero_jax.weights.single_file import UntoldSizes, load_single_file


def load_checkpoint(
    model: str | Path,
    dtype="float32",
    *,
    tokenizer: str | Path | None = None,
    gligen: str | Path | None = None,
    untold: UntoldSizes | None = None,
) -> Checkpoint:
    """Loads a diffusers folder, an original single file, or a model of the Hugging Face hub.

    Args:
        model: a folder, a `.safetensors` file, or `hf:OWNER/NAME[@REVISION]`, the only one of the
            three that goes to the network.
        dtype: of the parameters: "float32", "bfloat16" or "float16".
        tokenizer: a tokenizer's folder, for a single file only.
        gligen: the file of a GLIGEN adapter, to be added to a model without such layers.
        untold: sizes of a single file that are not the published ones.

    Raises:
        ModelError: there is no such model, or it is not a whole and consistent one.
        InputError: another `dtype`; a `tokenizer` for something that has its own.
    """
    if str(model).startswith(PREFIX):
        _refuse_tokenizer(model, tokenizer)
        snapshot = fetch(str(model))
        checkpoint = load_folder(snapshot.folder, dtype, gligen=gligen)
        names = {"repository": snapshot.repository, "commit": snapshot.commit}
        return dataclasses.replace(checkpoint, origin=names | checkpoint.origin)
    path = Path(model)
    if path.is_dir():
        _refuse_tokenizer(model, tokenizer)
        return load_folder(path, dtype, gligen=gligen)
    if not path.exists():
        raise ModelError(
            f"{model}: no such model; name a diffusers pipeline folder, a .safetensors file with "
            "the original names, or hf:OWNER/NAME"
        )
    return load_single_file(path, tokenizer, dtype, gligen=gligen, untold=untold)


def convert_weights(
    model: str | Path,
    folder: str | Path,
    dtype="float32",
    *,
    tokenizer: str | Path | None = None,
    gligen: str | Path | None = None,
) -> str:
    """Loads as `load_checkpoint` and writes a diffusers folder in `dtype`; returns its hash.

    Raises:
        ModelError, InputError: as `load_checkpoint`.
        OutputError: as `save_pipeline`.
    """
    for source in (model, tokenizer, gligen):
        if source is not None and Path(source).resolve().is_relative_to(Path(folder).resolve()):
            raise InputError(f"{folder}: would replace {source}, which is read; give another name")
    checkpoint = load_checkpoint(model, dtype, tokenizer=tokenizer, gligen=gligen)
    return save_pipeline(folder, checkpoint, dtype)


def _refuse_tokenizer(model: str | Path, tokenizer: str | Path | None) -> None:
    if tokenizer is not None:
        raise InputError(f"{model}: has a tokenizer of its own; leave --tokenizer out")
