"""Saving a checkpoint as a diffusers pipeline folder that appears whole or not at all."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from flowzero_jax.errors import ModelError, OutputError
from flowzero_jax.files import reason, sync, temporary_name
from flowzero_jax.tokenizer import read_vocabulary, vocabulary_files
from flowzero_jax.weights.card import CARD, model_card
from flowzero_jax.weights.checkpoint import Checkpoint, tokenizer_files
from flowzero_jax.weights.config_json import pipeline_json
from flowzero_jax.weights.convert import check_dtype
from flowzero_jax.weights.flowzero_json import settings_json
from flowzero_jax.weights.folder import MODEL_INDEX, SETTINGS
from flowzero_jax.weights.manifest import MANIFEST, checkpoint_hash, file_hashes
from flowzero_jax.weights.names import Tree, leaves, tensor_name, tensor_shape, to_torch
from flowzero_jax.weights.networks import NETWORKS
from flowzero_jax.weights.small_files import read_json, require_file

# What a checkpoint folder of ours may hold; a folder with anything else is not replaced.
ENTRIES = {MODEL_INDEX, SETTINGS, MANIFEST, CARD, "scheduler", "tokenizer", *NETWORKS}

FORMAT_NAMES = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}

# Of a tokenizer configuration only what makes token ids; never a chat template.
TOKENIZER_KEYS = (
    "added_tokens_decoder", "bos_token", "clean_up_tokenization_spaces", "do_lower_case",
    "eos_token", "errors", "model_max_length", "pad_token", "tokenizer_class", "unk_token",
)  # fmt: skip


def save_pipeline(path: str | Path, checkpoint: Checkpoint, dtype="float32") -> str:
    """Writes `checkpoint` as a diffusers folder: torch's names and layouts, safetensors of `dtype`,
    a SHA-256 manifest and a model card.

    The folder replaces an older checkpoint of the same name. Returns the hash of the checkpoint,
    which `load_folder` will give as `sha256`.

    Raises:
        OutputError: the folder cannot be written, or holds other things than a checkpoint.
        ModelError: the tokenizer's files cannot be read, or a weight is not finite in `dtype`.
        InputError: another dtype than float32, bfloat16 or float16.
    """
    folder, dtype = Path(path), check_dtype(dtype)
    try:
        _check_replaceable(folder)
        temporary = temporary_name(folder.absolute().with_suffix(""))
        try:
            digest = _write(temporary, checkpoint, dtype)
            _replace(folder, temporary)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {reason(error)}") from error
    return digest


def _write(folder: Path, checkpoint: Checkpoint, dtype) -> str:
    for name in ("scheduler", "tokenizer", *NETWORKS):
        (folder / name).mkdir(parents=True)
    for name, values in pipeline_json(checkpoint, dtype.name).items():
        (folder / name).write_bytes(_dump(values).encode())
    if checkpoint.settings is not None:
        (folder / SETTINGS).write_bytes(settings_json(checkpoint.settings).encode())
    _copy_tokenizer(checkpoint.tokenizer_folder, folder / "tokenizer")
    for name, network in NETWORKS.items():
        file = folder / name / f"{network.stem}.safetensors"
        _write_tensors(file, checkpoint.params[name], dtype)
    hashes = file_hashes(folder, [file for file in folder.rglob("*") if file.is_file()])
    (folder / MANIFEST).write_bytes(_dump(hashes).encode())
    # Not in the manifest: a card is there to be edited.
    (folder / CARD).write_bytes(model_card(checkpoint, dtype.name).encode())
    for file in folder.rglob("*"):
        sync(file)
    return checkpoint_hash(hashes)


def _write_tensors(path: Path, params: Tree, dtype: np.dtype) -> None:
    """Writes a network in torch's names and layouts, one tensor after the other: the library would
    take all of them as bytes at once, three times the memory of the largest network."""
    # The note on the format is what transformers asks for before it reads a file.
    header: dict[str, dict] = {"__metadata__": {"format": "pt"}}
    ordered = sorted(leaves(params), key=lambda leaf: tensor_name(leaf[0]))
    end = 0
    for place, leaf in ordered:
        start, end = end, end + leaf.size * dtype.itemsize
        header[tensor_name(place)] = {
            "dtype": FORMAT_NAMES[dtype.name],
            "shape": list(tensor_shape(place, leaf.shape)),
            "data_offsets": [start, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the tensors are aligned in memory maps
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for place, leaf in ordered:
            with np.errstate(over="ignore"):
                tensor = to_torch(place, np.asarray(leaf)).astype(dtype, order="C")
            if not np.isfinite(tensor).all():
                raise ModelError(
                    f"{tensor_name(place)}: not finite, or too large for {dtype.name}; "
                    "save in another dtype"
                )
            file.write(tensor.reshape(-1).view(np.uint8).data)


def _copy_tokenizer(source: Path, target: Path) -> None:
    if vocabulary_files(source) == ("tokenizer.json",):
        vocab, merges = read_vocabulary(source)
        lines = ["#version: 0.2", *map(" ".join, merges), ""]
        (target / "vocab.json").write_bytes(json.dumps(vocab, ensure_ascii=False).encode())
        (target / "merges.txt").write_bytes("\n".join(lines).encode())
    for path in tokenizer_files(source):
        if path.name == "tokenizer_config.json":
            values = read_json(path)
            kept = {key: values[key] for key in TOKENIZER_KEYS if key in values}
            (target / path.name).write_bytes(_dump(kept).encode())
        elif path.name != "tokenizer.json":
            require_file(path)
            shutil.copyfile(path, target / path.name)
    if not (target / "vocab.json").exists():
        raise ModelError(f"{source}: has no vocab.json; name the folder of a CLIP tokenizer")


def _check_replaceable(folder: Path) -> None:
    if not folder.parent.is_dir():
        raise OutputError(f"{folder.parent}: no such folder; create it first")
    if not (folder.exists() or folder.is_symlink()):
        return
    if folder.is_symlink() or not folder.is_dir():
        raise OutputError(f"{folder}: is there already and no folder; give another name")
    others = {entry.name for entry in folder.iterdir()} - ENTRIES
    if others:
        raise OutputError(
            f"{folder}: holds {min(others)!r}, which is no part of a checkpoint, and is not "
            "replaced; give another name"
        )


def _replace(folder: Path, temporary: Path) -> None:
    """Puts the new folder in the place of the old one. Folders cannot be exchanged in one step,
    so for a moment there is none; the old one comes back if that moment is interrupted."""
    old = temporary_name(folder.absolute().with_suffix(""))
    if folder.exists():
        os.rename(folder, old)
    try:
        os.rename(temporary, folder)
    except BaseException:
        if old.exists():
            os.rename(old, folder)
        raise
    sync(folder.absolute().parent)
    shutil.rmtree(old, ignore_errors=True)


def _dump(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2, sort_keys=True) + "\n"
