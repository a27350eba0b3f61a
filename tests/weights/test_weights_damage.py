"""Weight files that do not fit, are damaged, or are not what their names say: each is named."""

import json
import os
import struct

import numpy as np
import pytest
from one_network import load_network
from safetensors.numpy import load_file, save_file

from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.weights import load_folder

TEXT = "text_encoder/model.safetensors"
FINAL_NORM = "text_model.final_layer_norm.weight"
DENSE = "text_model.encoder.layers.0.mlp.fc1.weight"


def test_missing_and_unexpected_tensors_are_both_listed(folder, edit_tensors, text_refusal):
    edit_tensors(folder / TEXT, **{FINAL_NORM: ..., "extra.weight": np.ones(3, np.float32)})
    message = text_refusal(folder)
    assert f"1 missing: {FINAL_NORM}; 1 unexpected: extra.weight" in message


def test_only_the_first_ten_differences_are_listed(folder, edit_tensors, text_refusal):
    edit_tensors(folder / TEXT, **dict.fromkeys(list(load_file(folder / TEXT))[1:], ...))
    message = text_refusal(folder)
    assert message.count("text_model.") == 10 and ", …" in message


def test_transposed_tensor_is_named_with_both_shapes(folder, edit_tensors, text_refusal):
    kernel = np.ascontiguousarray(load_file(folder / TEXT)[DENSE].T)
    edit_tensors(folder / TEXT, **{DENSE: kernel})
    rows, columns = kernel.shape
    assert f"{DENSE} is [{rows}, {columns}] instead of [{columns}, {rows}]" in text_refusal(folder)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_tensor_that_is_not_finite_is_named(folder, value, edit_tensors, text_refusal):
    tensor = load_file(folder / TEXT)[DENSE]
    tensor[3, 4] = value
    edit_tensors(folder / TEXT, **{DENSE: tensor})
    assert f"{DENSE} holds NaN or infinity" in text_refusal(folder)


def test_weight_beyond_float16_is_refused_for_float16_alone(folder, edit_tensors):
    edit_tensors(folder / TEXT, **{FINAL_NORM: np.full(32, 1e6, np.float32)})
    load_network(folder / "text_encoder", "text_encoder", "bfloat16")
    with pytest.raises(ModelError, match=f"{FINAL_NORM} is too large for float16"):
        load_network(folder / "text_encoder", "text_encoder", "float16")


def test_weights_that_are_all_zero(folder, text_refusal):
    save_file({k: np.zeros_like(v) for k, v in load_file(folder / TEXT).items()}, folder / TEXT)
    assert "all weights are zero" in text_refusal(folder)


def test_whole_numbers_are_no_weights(folder, edit_tensors, text_refusal):
    edit_tensors(folder / TEXT, **{FINAL_NORM: np.ones(32, np.int32)})
    assert f"{FINAL_NORM} is of type I32" in text_refusal(folder)


def test_unknown_dtype(source, refusal):
    assert "float64" in refusal(load_folder, source, "float64", error=InputError)


ENTRY = '"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'


def header(text: str, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(text) if length is None else length) + text.encode()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"\x80\x02}q\x00.", "a pickle in spite of its name"),
        (b"PK\x03\x04" + bytes(60), "a pickle in spite of its name"),
        (header("{" + ENTRY + "}", 2**40) + b"1234", "not a whole safetensors file"),
        (header("{" + ENTRY + "}") + b"12", "not a whole safetensors file"),
        (header("{" + ENTRY + "}") + b"12345678", "not a whole safetensors file"),
        (header("{" + ENTRY + "," + ENTRY + "}") + b"1234", "the key 'a' occurs twice"),
        (b"", "not a whole safetensors file"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
            "git lfs pull",
        ),
    ],
)
def test_damaged_or_disguised_file(folder, content, fault, text_refusal):
    (folder / TEXT).write_bytes(content)
    message = text_refusal(folder)
    assert fault in message and message.startswith(str(folder / TEXT))


def test_truncated_file(folder, text_refusal):
    data = (folder / TEXT).read_bytes()
    (folder / TEXT).write_bytes(data[:-100])
    assert "not a whole safetensors file" in text_refusal(folder)


def test_pickles_alone_are_refused_with_a_way_out(folder, text_refusal):
    (folder / TEXT).rename(folder / "text_encoder" / "pytorch_model.bin")
    message = text_refusal(folder)
    assert "pytorch_model.bin" in message and "safe_serialization=True" in message


def test_pipe_is_not_waited_for(folder, text_refusal):
    (folder / TEXT).unlink()
    os.mkfifo(folder / TEXT)
    assert "not a regular file" in text_refusal(folder)


@pytest.mark.parametrize("name", ["../x.safetensors", "/x.safetensors", "x.bin", "", 3])
def test_index_may_only_name_files_beside_it(folder, name, edit_json, text_refusal, shard):
    index = shard(folder)
    weight_map = json.loads(index.read_text())["weight_map"]
    edit_json(index, weight_map=weight_map | {FINAL_NORM: name})
    assert "only plain names of safetensors files" in text_refusal(folder)


def test_index_must_fit_its_files(folder, edit_json, text_refusal, shard):
    index = shard(folder)
    weight_map = json.loads(index.read_text())["weight_map"]
    del weight_map[FINAL_NORM]
    edit_json(index, weight_map=weight_map)
    assert f"does not fit its files, for instance '{FINAL_NORM}'" in text_refusal(folder)
