"""Trains a byte-pair tokenizer in CLIP's format on captions, and writes its folder (no jax).

The algorithm is byte-pair encoding (Sennrich et al., arXiv 1508.07909) on bytes, with the words,
symbols and order of the vocabulary that CLIP has.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from flowzero_jax.errors import InputError
from flowzero_jax.files import make_folder, write_text
from flowzero_jax.tokenizer import (
    END_OF_WORD,
    END_TOKEN,
    MAX_MERGES,
    START_TOKEN,
    split_words,
)

Pair = tuple[str, str]

_PRINTABLE = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(0xAE, 0x100)]
#: One printable character per byte, in CLIP's order: bytes that print stand for themselves, the
#: others for characters from U+0100 on.
BYTE_SYMBOLS = tuple(map(chr, [*_PRINTABLE, *range(0x100, 0x100 + 256 - len(_PRINTABLE))]))

MIN_VOCAB_SIZE = 2 * len(BYTE_SYMBOLS) + 2
MAX_VOCAB_SIZE = MIN_VOCAB_SIZE + MAX_MERGES


def train_merges(captions: Iterable[str], vocab_size: int) -> list[Pair]:
    """The merges, best first, of a vocabulary of `vocab_size` tokens.

    Deterministic: among the most frequent pairs the alphabetically first is merged. The vocabulary
    stays smaller if every word of the captions is one token before it is full.

    Raises:
        InputError: `vocab_size` leaves no room for the bytes or is more than the format allows.
    """
    if not MIN_VOCAB_SIZE <= vocab_size <= MAX_VOCAB_SIZE:
        raise InputError(
            f"vocab_size: {vocab_size} is not in {MIN_VOCAB_SIZE} … {MAX_VOCAB_SIZE}; "
            "choose a size between"
        )
    counts = Counter(word for caption in captions for word in split_words(caption))
    words = [[*word[:-1], word[-1] + END_OF_WORD] for word in counts]
    weights = list(counts.values())

    pairs: Counter[Pair] = Counter()
    found_in: defaultdict[Pair, set[int]] = defaultdict(set)

    def count(index: int, sign: int) -> None:
        for pair in pairwise(words[index]):
            pairs[pair] += sign * weights[index]
            found_in[pair].add(index)

    for index in range(len(words)):
        count(index, 1)

    merges: list[Pair] = []
    tokens: set[str] = set()
    while len(tokens) < vocab_size - MIN_VOCAB_SIZE and pairs:
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        # "a" + "bc" and "ab" + "c" are two merges but one token.
        tokens.add("".join(best))
        for index in found_in.pop(best):
            count(index, -1)
            words[index] = _merged(words[index], best)
            count(index, 1)
        pairs = Counter({pair: number for pair, number in pairs.items() if number})
    return merges


def _merged(symbols: list[str], pair: Pair) -> list[str]:
    merged: list[str] = []
    for symbol in symbols:
        # A symbol that is the product of a merge is not `pair[0]`: that is shorter.
        if merged and (merged[-1], symbol) == pair:
            merged[-1] += symbol
        else:
            merged.append(symbol)
    return merged


def vocabulary(merges: Sequence[Pair]) -> dict[str, int]:
    """Token -> id in CLIP's order: bytes, bytes that end a word, merges, start and end token."""
    ends = [symbol + END_OF_WORD for symbol in BYTE_SYMBOLS]
    joined = ["".join(pair) for pair in merges]
    tokens = dict.fromkeys([*BYTE_SYMBOLS, *ends, *joined, START_TOKEN, END_TOKEN])
    return {token: index for index, token in enumerate(tokens)}


def write_tokenizer(folder: str | Path, merges: Sequence[Pair], max_length: int = 77) -> None:
    """Writes the tokenizer folder of a pipeline, as `Tokenizer.from_folder` and transformers read
    it: `vocab.json`, `merges.txt`, `tokenizer_config.json`, `special_tokens_map.json`.

    Raises:
        OutputError: a file cannot be written.
    """
    special = {
        "bos_token": START_TOKEN,
        "eos_token": END_TOKEN,
        "pad_token": END_TOKEN,
        "unk_token": END_TOKEN,
    }
    config = {
        **special,
        "do_lower_case": True,
        "errors": "replace",
        "model_max_length": max_length,
        "tokenizer_class": "CLIPTokenizer",
    }
    texts = {
        "vocab.json": _json(vocabulary(merges)),
        "merges.txt": "\n".join(["#version: 0.2", *map(" ".join, merges), ""]),
        "tokenizer_config.json": _json(config),
        "special_tokens_map.json": _json(special),
    }
    folder = Path(folder)
    make_folder(folder)
    for name, text in texts.items():
        write_text(folder / name, text)


def _json(value: dict) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
