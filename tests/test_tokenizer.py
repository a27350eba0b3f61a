"""Ids are those of transformers' fast CLIP tokenizer; damaged files are named in one line."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import CLIPTokenizerFast

from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.lab.training import bpe
from flowzero_jax.tokenizer import Tokenizer

CAPTIONS = ["a red ball rolls across the grass", "it's a café, we'll see the cat's window!"]
LENGTH = 16
PIECES = [
    "a red ball", "The CAT'S", "we'll", "'", "!?", "...", "42½", "café", "cafe\u0301", "İß", "日本",
    "🐱", "\u200d", " ", "\t\n", "\u00a0", "\u2003", "\x00", "\x07", "\ufeff", "<|endoftext|>",
    "<|StartOfText|>", "<|", "ΣΑΣ", "&amp;",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    bpe.write_tokenizer(folder, bpe.train_merges(CAPTIONS, 570), LENGTH)
    return folder


@pytest.fixture(scope="module", params=["<|endoftext|>", "!"])
def both(request, folder, tmp_path_factory):
    files = [str(folder / name) for name in ("vocab.json", "merges.txt")]
    ours = with_rows(folder, tmp_path_factory, LENGTH, request.param)
    return ours, CLIPTokenizerFast(*files, pad_token=request.param)


def with_rows(folder, tmp_path_factory, length, pad_token):
    """The tokenizer of a folder, with rows of another length and another padding token."""
    copy = shutil.copytree(folder, tmp_path_factory.mktemp("rows") / "tokenizer")
    config = {"model_max_length": length, "pad_token": pad_token, "added_tokens_decoder": {}}
    (copy / "tokenizer_config.json").write_text(json.dumps(config))
    return Tokenizer.from_folder(copy)


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(st.lists(st.sampled_from(PIECES)).map("".join), st.text(max_size=20)))
def test_ids_are_those_of_transformers(both, text):
    ours, theirs = both
    ids = theirs([text], padding="max_length", truncation=True, max_length=LENGTH).input_ids
    np.testing.assert_array_equal(ours([text]), ids)


def test_a_row_is_start_text_end_padding(folder, tmp_path_factory):
    tokenizer = with_rows(folder, tmp_path_factory, 8, "!")
    rows = tokenizer(["", "a ball", "ball " * 9])
    assert rows.shape == (3, 8) and rows.dtype == np.int32
    assert rows[0].tolist() == [tokenizer.start_id, tokenizer.end_id, *[tokenizer.pad_id] * 6]
    assert rows[1, 3] == tokenizer.end_id and rows[1, 4] == tokenizer.pad_id == 0
    assert rows[2, -1] == tokenizer.end_id and len(set(rows[2, 1:-1].tolist())) == 1
    assert tokenizer([]).shape == (0, 8)
    assert tokenizer.vocab_size == 1 + tokenizer.end_id == len(json.loads(_text(folder)))


def _text(folder):
    return (folder / "vocab.json").read_text(encoding="utf-8")


def test_case_space_and_composition_do_not_matter(folder):
    ids = Tokenizer.from_folder(folder)(["a café", " A \t\nCafe\u0301  "])
    np.testing.assert_array_equal(*ids)


def test_truncated_is_what_the_row_does_not_hold(folder):
    tokenizer = Tokenizer.from_folder(folder)
    fits, rest = " ".join(["ball"] * (LENGTH - 2)), "CAFÉ  across the grass"
    assert tokenizer.truncated("") is None
    assert tokenizer.truncated(fits) is None
    assert tokenizer.truncated(fits + " ") is None
    assert tokenizer.truncated(f"{fits}  {rest} ") == rest
    np.testing.assert_array_equal(tokenizer([fits]), tokenizer([f"{fits} {rest}"]))


def test_half_a_surrogate_pair_is_refused(folder):
    tokenizer = Tokenizer.from_folder(folder)
    with pytest.raises(InputError, match="surrogate"):
        tokenizer(["a \ud800 ball"])
    with pytest.raises(InputError, match="surrogate"):
        tokenizer.truncated("\udfff")


@pytest.mark.parametrize(
    ("config", "special", "pad", "length"),
    [
        ({}, {}, "<|endoftext|>", 77),
        ({"pad_token": "!", "model_max_length": 20}, {}, "!", 20),
        ({"pad_token": {"content": "!", "lstrip": False}}, {}, "!", 77),
        # Stable Diffusion 2: the map of special tokens has the last word,
        ({"pad_token": "<|endoftext|>"}, {"pad_token": "!"}, "!", 77),
        # unless the configuration is of the newer kind.
        ({"pad_token": "?", "added_tokens_decoder": {}}, {"pad_token": "!"}, "?", 77),
        ({"model_max_length": 10**30, "chat_template": "{{ 1/0 }}"}, {}, "<|endoftext|>", 77),
    ],
)
def test_padding_and_length_come_from_the_folder(folder, tmp_path, config, special, pad, length):
    copy = _copy(folder, tmp_path)
    (copy / "tokenizer_config.json").write_text(json.dumps(config))
    (copy / "special_tokens_map.json").write_text(json.dumps(special))
    tokenizer = Tokenizer.from_folder(copy)
    assert (tokenizer.pad_id, tokenizer.max_length) == (json.loads(_text(copy))[pad], length)


def test_vocabulary_and_merges_are_enough(folder, tmp_path):
    copy = _copy(folder, tmp_path)
    (copy / "tokenizer_config.json").unlink()
    (copy / "special_tokens_map.json").unlink()
    assert Tokenizer.from_folder(copy).max_length == 77


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        ("vocab.json", None, "cannot be read"),
        ("merges.txt", None, "cannot be read"),
        ("vocab.json", "{", "not JSON"),
        ("vocab.json", "[" * 100_000, "not JSON"),
        ("vocab.json", "[]", "not a JSON object"),
        ("vocab.json", b"\xff", "not UTF-8 at byte 0"),
        ("vocab.json", '{"a": "0"}', "not a whole number"),
        ("vocab.json", '{"a": true}', "not a whole number"),
        ("vocab.json", '{"a": 0, "b": 0}', "the same id"),
        ("vocab.json", '{"a": 0}', "lacks the token '<|startoftext|>'"),
        ("vocab.json", '{"\\ud800": 0}', "not Unicode"),
        ("merges.txt", "#version: 0.2\na b c\n", "line 2 is not two tokens"),
        ("merges.txt", "#version: 0.2\na b\nab zz</w>\n", "is not in the vocabulary"),
        ("tokenizer_config.json", "nonsense", "not JSON"),
        ("tokenizer_config.json", '{"model_max_length": "77"}', "model_max_length"),
        ("tokenizer_config.json", '{"model_max_length": 1}', "model_max_length"),
        ("tokenizer_config.json", '{"model_max_length": NaN}', "model_max_length"),
        ("tokenizer_config.json", '{"pad_token": 7, "added_tokens_decoder": {}}', "pad_token"),
        ("special_tokens_map.json", '{"pad_token": "nowhere"}', "lacks the token 'nowhere'"),
    ],
)
def test_a_damaged_file_is_named_in_one_line(folder, tmp_path, name, content, cause):
    copy = _copy(folder, tmp_path)
    if content is None:
        (copy / name).unlink()
    else:
        (copy / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ModelError) as caught:
        Tokenizer.from_folder(copy)
    message = str(caught.value)
    # What the padding token lacks is an entry in the vocabulary.
    named = "vocab.json" if name == "special_tokens_map.json" else name
    assert str(copy / named) in message and cause in message and "\n" not in message


def _copy(folder, target):
    for path in folder.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return target


def test_the_tokenizer_needs_neither_jax_nor_transformers():
    code = "import flowzero_jax.tokenizer, sys; assert not {'jax', 'transformers'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", code], check=True)
