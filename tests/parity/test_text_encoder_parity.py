"""Tokenizer and text encoder against transformers: ids, hidden states, pooled embeddings."""

import functools

import numpy as np
import pytest
from one_network import load_network

from flowzero_jax.models import TextEncoder
from flowzero_jax.tokenizer import Tokenizer

# The prompt whose inner states were recorded.
TAPPED_PROMPT = 1


@pytest.fixture(scope="module")
def arrays(reference):
    return reference.arrays("text_encoder")


@pytest.fixture(scope="module")
def encode(reference, compiled):
    config, params = load_network(reference.folder / "pipeline/text_encoder", "text_encoder")
    apply = functools.partial(
        TextEncoder(config).apply, capture_intermediates=True, mutable=["intermediates"]
    )
    apply = compiled(apply)

    def encode(ids, *mask):
        outputs, variables = apply({"params": params}, ids.astype(np.int32), *mask)
        return *outputs, variables["intermediates"]

    return encode


@pytest.fixture(scope="module")
def encoded(encode, arrays):
    return encode(arrays["input_ids"])


def test_token_ids(reference, arrays):
    tokenizer = Tokenizer.from_folder(reference.folder / "pipeline/tokenizer")
    prompts = reference.prompts["text_encoder_prompts"]
    np.testing.assert_array_equal(tokenizer(prompts), arrays["input_ids"])
    phrases = arrays["phrase_input_ids"]
    ids = tokenizer(reference.prompts["text_encoder_phrases"])
    np.testing.assert_array_equal(ids[:, : phrases.shape[1]], phrases)


def test_embeddings_and_first_layer(encoded, arrays, check):
    values = encoded[2]
    prompt = slice(TAPPED_PROMPT, TAPPED_PROMPT + 1)
    tokens = values["text_model.embeddings.token_embedding"]["__call__"][0][prompt]
    positions = values["text_model.embeddings.position_embedding"]["__call__"][0]
    check(tokens + positions, arrays["hidden_state_embeddings"])
    layer = values["text_model.encoder.layers.0"]["__call__"][0][prompt]
    check(layer, arrays["hidden_state_layer0"])


def test_text_states(encoded, arrays, check):
    check(encoded[0], arrays["last_hidden_state"])


def test_pooled_states(encoded, arrays, check):
    check(encoded[1], arrays["pooler_output"])


def test_phrases_with_attention_mask(encode, arrays, check):
    states, pooled, _ = encode(arrays["phrase_input_ids"], arrays["phrase_attention_mask"])
    check(states, arrays["phrase_last_hidden_state"])
    check(pooled, arrays["phrase_pooler_output"])
