"""The trained tokenizer is CLIP's format: transformers reads it and agrees on every id."""

import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import CLIPTokenizer, CLIPTokenizerFast

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.lab.training import bpe
from flowzero_jax.tokenizer import END_OF_WORD, Tokenizer, split_words

CAPTIONS = [
    "a cat in a meadow",
    "two dogs and a red ball on a beach",
    "a caterpillar in a meadow, it's the cat's café",
    "the ball and the balloon above the beach",
    "a small dog (brown) & 42 birds!",
]


def plain_merges(captions, vocab_size):
    """Byte-pair encoding as its definition says it, everything counted anew in every round."""
    words = Counter(word for caption in captions for word in split_words(caption))
    split = {word: (*word[:-1], word[-1] + END_OF_WORD) for word in words}
    merges = []
    while len({"".join(pair) for pair in merges}) < vocab_size - bpe.MIN_VOCAB_SIZE:
        counts = Counter()
        for word, symbols in split.items():
            for pair in pairwise(symbols):
                counts[pair] += words[word]
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append(best)
        for word, symbols in split.items():
            out = []
            for symbol in symbols:
                joins = out and out[-1] == best[0] and symbol == best[1]
                out[-1:] = [out[-1] + symbol] if joins else [*out[-1:], symbol]
            split[word] = tuple(out)
    return merges


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text("abc é", max_size=12), max_size=8), st.integers(514, 540))
def test_merges_are_those_of_the_definition(captions, vocab_size):
    assert bpe.train_merges(captions, vocab_size) == plain_merges(captions, vocab_size)


def test_the_vocabulary_has_the_size_asked_for_and_clips_order():
    vocab = bpe.vocabulary(bpe.train_merges(CAPTIONS, 560))
    tokens = list(vocab)
    assert list(vocab.values()) == list(range(560))
    assert tokens[:3] == ["!", '"', "#"] and tokens[256:258] == ["!</w>", '"</w>']
    assert tokens[-2:] == ["<|startoftext|>", "<|endoftext|>"]


def test_frequent_words_become_one_token_and_the_order_of_captions_does_not_matter():
    merges = bpe.train_merges(CAPTIONS, 49408)
    assert bpe.train_merges(CAPTIONS[::-1], 49408) == merges
    vocab = bpe.vocabulary(merges)
    assert all(word + END_OF_WORD in vocab for text in CAPTIONS for word in split_words(text))


def test_a_token_reached_in_two_ways_is_counted_once():
    captions = ["abcx"] * 3 + ["abcy"] * 3 + ["bcz"] * 9 + ["abw"] * 30
    for size in range(bpe.MIN_VOCAB_SIZE, bpe.MIN_VOCAB_SIZE + 8):
        assert len(bpe.vocabulary(bpe.train_merges(captions, size))) == size


@pytest.mark.parametrize("vocab_size", [513, 49409])
def test_impossible_sizes_are_refused(vocab_size):
    with pytest.raises(InputError, match=f"vocab_size: {vocab_size}"):
        bpe.train_merges(CAPTIONS, vocab_size)


def test_transformers_loads_the_folder_with_equal_ids(tmp_path):
    bpe.write_tokenizer(tmp_path, bpe.train_merges(CAPTIONS, 580), max_length=20)
    ours = Tokenizer.from_folder(tmp_path)
    texts = [*CAPTIONS, "", "An UNKNOWN zebra 日本 🐱?!", "so " * 50]
    for theirs in (
        CLIPTokenizerFast(str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt")),
        CLIPTokenizer.from_pretrained(tmp_path),
    ):
        # The slow class spaces out Chinese characters, the fast one and ours do not.
        known = [text for text in texts if "日" not in text or theirs.is_fast]
        ids = theirs(known, padding="max_length", truncation=True, max_length=20).input_ids
        np.testing.assert_array_equal(ours(known), ids)
    assert theirs.model_max_length == 20


def test_two_trainings_write_the_same_bytes(tmp_path):
    names = ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json")
    for folder in ("a", "b"):
        bpe.write_tokenizer(tmp_path / folder, bpe.train_merges(CAPTIONS, 540))
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == sorted(names)
    assert json.loads((tmp_path / "a" / names[2]).read_text())["tokenizer_class"] == "CLIPTokenizer"


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be created"):
        bpe.write_tokenizer(tmp_path / "file" / "tokenizer", [])
