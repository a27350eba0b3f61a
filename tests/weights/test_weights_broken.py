"""Deliberately broken copies: each refused in one line that says why, at once and in little memory.

The details of every fault are tested beside what they are about; here whole models are loaded.
"""

import json
import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from flowzero_jax.weights import Source, load_checkpoint

UNET = "unet/diffusion_pytorch_model.safetensors"
KEY = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4270000000\n"
# Of everything that Python and numpy allocate, in bytes. A buffer of 64 MiB, for the largest file
# that a tokenizer may have, is among it.
MOST = 100 * 2**20


def change(path: Path, **tensors) -> None:
    changed = load_file(path) | tensors
    save_file({name: tensor for name, tensor in changed.items() if tensor is not ...}, path)


def configure(folder: Path, **values) -> None:
    path = folder / "unet/config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def lie(path: Path, shape: list[int], length: int | None = None) -> None:
    """A header that claims a huge tensor, or to be huge itself."""
    size = 4 * int(np.prod(shape, dtype=object))
    entry = {"conv_in.weight": {"dtype": "F32", "shape": shape, "data_offsets": [0, size]}}
    text = json.dumps(entry).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + bytes(64))


def missing(folder):
    change(folder / UNET, **{KEY: ...})
    return f"1 missing: {KEY}"


def transposed(folder):
    tensor = load_file(folder / UNET)[KEY]
    change(folder / UNET, **{KEY: np.ascontiguousarray(tensor.T)})
    return f"{KEY} is {list(tensor.T.shape)} instead of {list(tensor.shape)}"


def not_a_number(folder):
    tensor = load_file(folder / UNET)[KEY]
    tensor[0, 0] = np.nan
    change(folder / UNET, **{KEY: tensor})
    return f"{KEY} holds NaN or infinity"


def pickle_renamed(folder):
    (folder / UNET).write_bytes(b"PK\x03\x04" + bytes(1000))
    return "a pickle in spite of its name, and never opened"


def lying_shape(folder):
    lie(folder / UNET, [2**20, 2**20])
    return "not a whole safetensors file"


def overflowing_shape(folder):
    lie(folder / UNET, [2**31, 2**31])
    return "not a whole safetensors file"


def lying_length(folder):
    lie(folder / UNET, [4, 4], length=2**62)
    return "not a whole safetensors file"


def lfs_pointer(folder):
    (folder / UNET).write_bytes(LFS)
    return "git lfs pull"


def index_outside(folder):
    (folder / UNET).rename(folder / "x.safetensors")
    weight_map = dict.fromkeys(load_file(folder / "x.safetensors"), "../x.safetensors")
    index = folder / f"{UNET}.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    return "only plain names of safetensors files in the same folder"


def many_channels(folder):
    configure(folder, block_out_channels=[2**31, 2**31])
    return "block_out_channels: must be a whole number in 1 … 16384"


def most_channels(folder):
    configure(folder, block_out_channels=[16384, 16384], layers_per_block=4)
    return "parameters, more than"


def second_generation(folder):
    heads = {"attention_head_dim": [5, 10, 20, 20], "use_linear_projection": True}
    configure(folder, cross_attention_dim=1024, **heads)
    return "this is Stable Diffusion 2"


def pipe(folder):
    (folder / UNET).unlink()
    os.mkfifo(folder / UNET)
    return "not a regular file"


BREAKS = [
    *(missing, transposed, not_a_number, pickle_renamed, lying_shape, overflowing_shape),
    *(lying_length, lfs_pointer, index_outside, many_channels, most_channels, second_generation),
    pipe,
]


@pytest.fixture(scope="module", autouse=True)
def warm(source):
    """What JAX keeps of the shapes of the networks is not the files' doing."""
    load_checkpoint(Source(source))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("break_it", BREAKS, ids=lambda function: function.__name__)
def test_broken_folder(folder, break_it, refusal):
    fault = break_it(folder)
    assert fault in frugal_refusal(refusal, load_checkpoint, Source(folder))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"PK\x03\x04" + bytes(1000), "a pickle in spite of its name"),
        (b"\x80\x04\x95" + bytes(1000), "a pickle in spite of its name"),
        (LFS, "git lfs pull"),
        (struct.pack("<Q", 2**62) + b"{}", "not a whole safetensors file"),
        (b"", "not a whole safetensors file"),
        (struct.pack("<Q", 2) + b"{}", "holds no tensors"),
    ],
)
def test_broken_single_file(original_file, load_original, content, fault, refusal):
    path = original_file()
    path.write_bytes(content)
    assert fault in frugal_refusal(refusal, load_original, path)


def frugal_refusal(refusal, function, *arguments) -> str:
    tracemalloc.start()
    try:
        message = refusal(function, *arguments)
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()
    return message
