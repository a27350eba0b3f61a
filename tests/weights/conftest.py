"""A pipeline folder to load, copies of it to break, and what a refusal must look like."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from one_network import load_network
from original_layout import AUTOENCODER, AUTOENCODER_INSIDE, UNET_A, UNET_RESIDUAL, original_names
from paths import PIPELINE
from safetensors.numpy import load_file, save_file

from flowzero_jax.errors import ModelError
from flowzero_jax.weights import (
    Checkpoint,
    Source,
    UntoldSizes,
    load_checkpoint,
    load_folder,
)
from flowzero_jax.weights.names import leaves


@pytest.fixture(scope="session")
def source() -> Path:
    """The pipeline folder of the recorded reference."""
    return PIPELINE


@pytest.fixture(scope="session")
def checkpoint(source) -> Checkpoint:
    return load_folder(source)


@pytest.fixture
def folder(source, tmp_path) -> Path:
    """A copy of the whole pipeline folder to break."""
    return Path(shutil.copytree(source, tmp_path / "model"))


@pytest.fixture(scope="session")
def edit_json() -> Callable[..., None]:
    """Changes keys of a JSON file; the value Ellipsis removes a key."""

    def edit(path: Path, **changes) -> None:
        values = json.loads(path.read_text()) | changes
        kept = {key: value for key, value in values.items() if value is not ...}
        path.write_text(json.dumps(kept))

    return edit


@pytest.fixture(scope="session")
def edit_tensors() -> Callable[..., None]:
    """As `edit_json`, for the tensors of a safetensors file."""

    def edit(path: Path, **changes) -> None:
        tensors = load_file(path) | changes
        save_file({name: tensor for name, tensor in tensors.items() if tensor is not ...}, path)

    return edit


@pytest.fixture(scope="session")
def refusal() -> Callable[..., str]:
    """Calls a function that must raise; returns the error's one line."""

    def refusal(function, *args, error=ModelError, **options) -> str:
        with pytest.raises(error) as caught:
            function(*args, **options)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return refusal


@pytest.fixture(scope="session")
def text_refusal(refusal) -> Callable[[Path], str]:
    """The error of loading the text encoder, the quickest network, of a folder."""
    return lambda folder: refusal(load_network, folder / "text_encoder", "text_encoder")


@pytest.fixture(scope="session")
def shard() -> Callable[[Path], Path]:
    """Splits the text encoder of a folder into two files; returns their index."""

    def shard(folder: Path) -> Path:
        path = folder / "text_encoder" / "model.safetensors"
        tensors = load_file(path)
        names = sorted(tensors)
        shards = {"one.safetensors": names[::2], "two.safetensors": names[1::2]}
        for file, part in shards.items():
            save_file({name: tensors[name] for name in part}, path.with_name(file))
        path.unlink()
        index = path.with_name("model.safetensors.index.json")
        weight_map = {name: file for file, part in shards.items() for name in part}
        index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
        return index

    return shard


@pytest.fixture(scope="session")
def original_tensors(source) -> dict[str, np.ndarray]:
    """The reference pipeline's tensors as a file of the original code has them."""
    unet = load_file(source / "unet/diffusion_pytorch_model.safetensors")
    vae = load_file(source / "vae/diffusion_pytorch_model.safetensors")
    names = original_names(unet, UNET_A, UNET_RESIDUAL)
    tensors = {f"model.diffusion_model.{names[name]}": unet[name] for name in unet}
    for name, original in original_names(vae, AUTOENCODER, AUTOENCODER_INSIDE).items():
        dense = original.endswith(".weight") and vae[name].ndim == 2
        tensors[f"first_stage_model.{original}"] = (
            vae[name][:, :, None, None] if dense else vae[name]
        )
    text = load_file(source / "text_encoder/model.safetensors")
    return tensors | {f"cond_stage_model.transformer.{name}": text[name] for name in text}


@pytest.fixture
def original_file(original_tensors, tmp_path) -> Callable[..., Path]:
    """Writes a single file; arguments as those of `edit_tensors`, by original names."""

    def write(**changes) -> Path:
        path = tmp_path / "original.safetensors"
        tensors = original_tensors | changes
        save_file({name: tensor for name, tensor in tensors.items() if tensor is not ...}, path)
        return path

    return write


#: What no shape tells of the reference pipeline.
UNTOLD = UntoldSizes(norm_num_groups=8, autoencoder_norm_num_groups=4, text_heads=4)


@pytest.fixture(scope="session")
def load_original(source) -> Callable[..., Checkpoint]:
    """Loads a single file with the reference pipeline's sizes and tokenizer."""

    def load(
        path: Path,
        tokenizer: Path | None = source / "tokenizer",
        dtype: str = "float32",
        gligen: Path | None = None,
        **others: Any,
    ) -> Checkpoint:
        source = Source(path, tokenizer, gligen, **others)
        return load_checkpoint(source, dtype, untold=UNTOLD)

    return load


@pytest.fixture(scope="session")
def assert_equal_params() -> Callable[..., None]:
    """Compares parameter trees leaf by leaf, bit by bit."""

    def compare(actual, expected) -> None:
        for (path, leaf), (other_path, other) in zip(leaves(actual), leaves(expected), strict=True):
            assert path == other_path
            assert leaf.dtype == other.dtype
            np.testing.assert_array_equal(leaf, other)

    return compare
