"""Strict reading of safetensors files: memory-mapped, one tensor at a time, nothing executed."""

import functools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from safetensors import SafetensorError, safe_open

from flowzero_jax.errors import ModelError
from flowzero_jax.weights.small_files import exists, parse_json, read_json, require_file

FLOAT_TYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": ml_dtypes.bfloat16}

# In the names of files that hold the weights in another precision.
VARIANTS = (".fp16", ".bf16")

# torch writes zip archives of pickles, and wrote bare pickles (protocols 2 to 5) before.
ZIP_MAGIC = b"PK\x03\x04"
PICKLE_MAGICS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")

FOREIGN_SUFFIXES = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".msgpack", ".h5", ".onnx")

SUFFIX = ".safetensors"

NOT_OPENED = "not a safetensors file, and others are not opened: they can run code"

CONVERT = (
    "convert it to safetensors where you trust it (diffusers: `save_pretrained(..., "
    "safe_serialization=True)`), or take a revision of the model that has safetensors"
)


class Tensors:
    """The tensors of one or several open files, by name."""

    def __init__(self, files: dict[str, tuple[Path, safe_open]]):
        self._files = files

    @functools.cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name → shape, from the headers alone."""
        return {
            name: tuple(file.get_slice(name).get_shape()) for name, (_, file) in self._files.items()
        }

    @functools.cached_property
    def notes(self) -> dict[str, str]:
        """What the programs that wrote the files say about them."""
        files = [file for _, file in self._files.values()]
        return dict(item for file in files for item in (file.metadata() or {}).items())

    def read(self, name: str) -> np.ndarray:
        """A copy of one tensor in the file's own precision; raises ModelError if it is no float."""
        path, file = self._files[name]
        kind = file.get_slice(name).get_dtype()
        if kind not in FLOAT_TYPES:
            raise ModelError(
                f"{path}: {name} is of type {kind}; only {', '.join(FLOAT_TYPES)} can be read, "
                "quantised weights cannot: take the float16 file"
            )
        return file.get_tensor(name)


def open_single(path: Path, stack: ExitStack) -> Tensors:
    """As `open_tensors`; raises ModelError, too, unless the file's name says safetensors."""
    if path.suffix in FOREIGN_SUFFIXES:
        raise ModelError(f"{path}: {NOT_OPENED}; {CONVERT}")
    if path.suffix != SUFFIX:
        raise ModelError(f"{path}: not a {SUFFIX} file; name one, or a checkpoint folder")
    return open_tensors([path], stack)


def open_tensors(paths: list[Path], stack: ExitStack) -> Tensors:
    """Opens safetensors files together, until `stack` closes them; raises ModelError."""
    files: dict[str, tuple[Path, safe_open]] = {}
    for path in paths:
        file = stack.enter_context(_open(path))
        for name in file.offset_keys():
            if name in files:
                raise ModelError(f"{path}: {name} is in {files[name][0].name}, too")
            files[name] = (path, file)
    if not files:
        raise ModelError(f"{paths[0]}: holds no tensors; copy it anew")
    return Tensors(files)


def find_weights(folder: Path, stem: str) -> list[Path]:
    """The weight files of one component: `stem.safetensors`, or those of its index.

    A folder without these may hold them in 16 bits, as `stem.fp16.safetensors`. Raises ModelError.
    """
    for name in candidates(stem):
        path = folder / name
        if exists(path):
            return [path] if name.endswith(SUFFIX) else _indexed_files(path)
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise ModelError(f"{folder}: no such folder; copy the checkpoint anew") from error
    if foreign := [name for name in names if name.endswith(FOREIGN_SUFFIXES)]:
        raise ModelError(f"{folder / foreign[0]}: {NOT_OPENED}; {CONVERT}")
    raise ModelError(f"{folder / stem}.safetensors: no such file; copy the checkpoint anew")


def candidates(stem: str) -> Iterator[str]:
    """The names that weights can have, single file or index of several, best first."""
    for dotted in ("", *VARIANTS):
        yield f"{stem}{dotted}{SUFFIX}"
        yield f"{stem}{SUFFIX}.index{dotted}.json"


def read_index(index: Path) -> dict[str, str]:
    """Tensor → the file in the same folder that holds it, as an index says; raises ModelError."""
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelError(f"{index}: weight_map is missing; copy the file anew")
    for name in weight_map.values():
        plain = isinstance(name, str) and name.endswith(SUFFIX) and name[:1] != "."
        if not plain or any(mark in name for mark in "/\\:\0"):
            raise ModelError(
                f"{index}: weight_map names {str(name)[:60]!r}; only plain names of safetensors "
                "files in the same folder are allowed"
            )
    return weight_map


def _indexed_files(index: Path) -> list[Path]:
    """The files that an index names; its own claims about tensors must be right."""
    claimed = read_index(index)
    paths = [index.parent / name for name in sorted(set(claimed.values()))]
    with ExitStack() as stack:
        found = open_tensors(paths, stack).shapes.keys()
    if found != claimed.keys():
        wrong = min(found ^ claimed.keys())
        raise ModelError(f"{index}: does not fit its files, for instance {wrong!r}; copy both anew")
    return paths


def _header(path: Path) -> tuple[int, Any]:
    """Where the tensors begin, and what is written of them before."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        return 8 + length, parse_json(file.read(min(length, path.stat().st_size)))


def _how_to_mend(path: Path) -> str:
    """What becomes of a file that is longer or shorter than its header says."""
    try:
        size = path.stat().st_size
        start, header = _header(path)
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name[:2] != "__"]
        whole = start + max(ends)
    except (ValueError, RecursionError, TypeError, KeyError, IndexError, AttributeError):
        return "copy it anew"
    if size > whole:
        return (
            f"{size - whole} bytes follow its last tensor: cut them off where you trust the file, "
            f"by `truncate -s {whole} FILE`"
        )
    if size < whole:
        return f"its last {whole - size} bytes are missing: download or copy it anew"
    return "copy it anew"


def _open(path: Path) -> safe_open:
    require_file(path)
    try:
        opened = safe_open(path, framework="numpy")
    except (SafetensorError, OSError) as error:
        with path.open("rb") as file:
            head = file.read(4)
        if head == ZIP_MAGIC or head[:2] in PICKLE_MAGICS:
            fault = f"a pickle in spite of its name, and never opened; {CONVERT}"
        else:
            fault = f"not a whole safetensors file ({error}); {_how_to_mend(path)}"
        raise ModelError(f"{path}: {fault}") from error
    # The library has checked lengths and offsets by now; of a repeated name it keeps one.
    try:
        _header(path)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: damaged header ({error}); copy it anew") from error
    return opened
