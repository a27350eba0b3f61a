"""A pipeline folder to load, copies of it to break, and what a refusal must look like."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from flowzero_jax.errors import ModelError
from flowzero_jax.weights import Checkpoint, load_folder, load_network


@pytest.fixture(scope="session")
def source() -> Path:
    """The pipeline folder of the recorded reference."""
    return Path(__file__).parents[1] / "parity" / "reference" / "pipeline"


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

    def refusal(function, *args, error=ModelError) -> str:
        with pytest.raises(error) as caught:
            function(*args)
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
