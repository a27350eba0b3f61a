"""CLIP's byte-level byte-pair tokenizer: texts to token ids (no jax).

Gives the ids of transformers' `CLIPTokenizerFast` from the same `vocab.json` and `merges.txt`, on
the `tokenizers` library alone. Text is brought to Unicode NFC, runs of white space become one
space, letters lower case; a row is start token, text, end token, padding.

Axes: `k` text, `l` token.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int
from tokenizers import AddedToken, Encoding, Regex, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as BytePairEncoder

from flowzero_jax.errors import InputError, ModelError

START_TOKEN = "<|startoftext|>"
END_TOKEN = "<|endoftext|>"
SPECIAL = (START_TOKEN, END_TOKEN)
END_OF_WORD = "</w>"
#: What the format allows for; transformers ignores the lines after these.
MAX_MERGES = 49152 - 256 - 2

#: What tells how rows are padded and how long they are, besides the vocabulary.
ROW_FILES = ("tokenizer_config.json", "special_tokens_map.json")

_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_DEFAULT_LENGTH = 77
_MAX_LENGTH = 4096
_MAX_FILE_BYTES = 64 * 2**20

_NORMALIZER = normalizers.Sequence(
    [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
)
_PRE_TOKENIZER = pre_tokenizers.Sequence(
    [
        pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    ]
)


def vocabulary_files(folder: Path) -> tuple[str, ...]:
    """The files with vocabulary and merges: one since transformers 5, before that two."""
    both = ("vocab.json", "merges.txt")
    alone = (folder / "tokenizer.json").exists() and not (folder / both[0]).exists()
    return ("tokenizer.json",) if alone else both


def split_words(text: str) -> list[str]:
    """The words of a text that byte pairs are merged within, one printable character per byte."""
    words = _PRE_TOKENIZER.pre_tokenize_str(_NORMALIZER.normalize_str(text))
    return [word for word, _ in words]


@dataclass(frozen=True, eq=False)
class Tokenizer:
    """Texts to rows of token ids. Made by `from_folder`."""

    encoder: BytePairEncoder
    start_id: int
    end_id: int
    pad_id: int
    #: Tokens of a row, `l`, start and end token included.
    max_length: int

    @classmethod
    def from_folder(cls, folder: str | Path) -> "Tokenizer":
        """Reads the tokenizer folder of a pipeline: its vocabulary (`read_vocabulary`) and, where
        present, the padding token and length from `tokenizer_config.json` and
        `special_tokens_map.json`.

        Nothing else of the latter two is used, and no code or template in them is run.

        Raises:
            ModelError: a file is missing or damaged, or they do not belong together.
        """
        folder = Path(folder)
        pad_token, max_length = _row_format(folder)
        vocab, merges = read_vocabulary(folder)
        if pad_token not in vocab:
            path = folder / vocabulary_files(folder)[0]
            raise ModelError(f"{path}: lacks the token {pad_token!r}; copy the file anew")
        encoder = BytePairEncoder(
            models.BPE(
                vocab=vocab,
                merges=merges,
                continuing_subword_prefix="",
                end_of_word_suffix=END_OF_WORD,
                unk_token=END_TOKEN,
            )
        )
        encoder.normalizer = _NORMALIZER
        encoder.pre_tokenizer = _PRE_TOKENIZER
        encoder.add_special_tokens(
            [AddedToken(token, normalized=True, special=True) for token in SPECIAL]
        )
        if pad_token not in SPECIAL:
            # As in transformers the padding token of Stable Diffusion 2, "!", also stands for
            # itself in texts.
            encoder.add_special_tokens([AddedToken(pad_token, normalized=False, special=True)])
        return cls(
            encoder=encoder,
            start_id=vocab[START_TOKEN],
            end_id=vocab[END_TOKEN],
            pad_id=vocab[pad_token],
            max_length=max_length,
        )

    @property
    def vocab_size(self) -> int:
        """Number of rows that an embedding table needs: the largest id plus one."""
        return int(max(self.encoder.get_vocab().values())) + 1

    def __call__(self, texts: Sequence[str]) -> Int[np.ndarray, "k l"]:
        """Token ids, int32: start, the text as far as it fits, end, padding to `max_length`.

        Raises:
            InputError: a text holds half a surrogate pair, which no encoding can write.
        """
        rows = np.full((len(texts), self.max_length), self.pad_id, np.int32)
        for row, text in zip(rows, texts, strict=True):
            ids = [self.start_id, *self._encode(text).ids[: self.max_length - 2], self.end_id]
            row[: len(ids)] = ids
        return rows

    def truncated(self, text: str) -> str | None:
        """The end of a text that does not fit into `max_length`; None if all of it fits."""
        starts = self._encode(text).offsets[self.max_length - 2 :]
        return text[starts[0][0] :].strip() if starts else None

    def _encode(self, text: str) -> Encoding:
        if (place := _half_surrogate(text)) is not None:
            raise InputError(
                f"text {text[:40]!r}: character {place} is half a surrogate pair; remove it"
            )
        return self.encoder.encode(text, add_special_tokens=False)


def _row_format(folder: Path) -> tuple[str, int]:
    """The padding token, and how many tokens a row has."""
    config_path = folder / "tokenizer_config.json"
    special_path = folder / "special_tokens_map.json"
    config = _read_object(config_path) if config_path.exists() else {}
    special = _read_object(special_path) if special_path.exists() else {}
    pad_token, pad_path = config.get("pad_token"), config_path
    # Configurations from before `added_tokens_decoder` yield to the map of special tokens:
    # Stable Diffusion 2 has the end token in the one, its real padding in the other.
    if special.get("pad_token") and "added_tokens_decoder" not in config:
        pad_token, pad_path = special["pad_token"], special_path
    if isinstance(pad_token, dict):
        pad_token = pad_token.get("content")
    if pad_token is None:
        pad_token = END_TOKEN
    if not isinstance(pad_token, str):
        raise ModelError(f"{pad_path}: pad_token is not a text; copy the file anew")
    max_length = config.get("model_max_length", _DEFAULT_LENGTH)
    # A huge number, 10**30, is how transformers writes that no limit was set.
    if isinstance(max_length, int | float) and max_length > 10**9:
        max_length = _DEFAULT_LENGTH
    if type(max_length) is not int or not 2 <= max_length <= _MAX_LENGTH:
        raise ModelError(
            f"{config_path}: model_max_length is not a whole number in 2 … {_MAX_LENGTH}; "
            f"{_DEFAULT_LENGTH} is usual"
        )
    return pad_token, max_length


def _half_surrogate(text: str) -> int | None:
    """Place of a character that UTF-8 cannot write (JSON escapes can), None if there is none."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ModelError(
            f"{path}: cannot be read ({error.strerror}); the tokenizer needs it"
        ) from error
    if len(data) > _MAX_FILE_BYTES:
        raise ModelError(f"{path}: larger than {_MAX_FILE_BYTES >> 20} MiB; not a tokenizer's file")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: not UTF-8 at byte {error.start}; copy the file anew") from error


def _read_object(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(_read_text(path))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not JSON ({error}); copy the file anew") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path}: not a JSON object; copy the file anew")
    return value


def read_vocabulary(folder: Path) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Token → id, and the pairs that are merged, best first: of `vocab.json` and `merges.txt` (two
    tokens a line), or of `tokenizer.json` (`model.vocab`, `model.merges`: pairs or "a b").

    Raises:
        ModelError: a file is missing or damaged, or they do not belong together.
    """
    paths = [folder / name for name in vocabulary_files(folder)]
    values: Any = _read_object(paths[0])
    if len(paths) == 1:
        model, added = values.get("model"), values.get("added_tokens")
        if not isinstance(model, dict) or not isinstance(model.get("merges"), list):
            raise ModelError(f"{paths[0]}: has no model.merges; take a CLIP tokenizer")
        values, lines = model.get("vocab"), model["merges"]
        for token in added if isinstance(added, list) else ():
            if (
                isinstance(values, dict)
                and isinstance(token, dict)
                and token.get("content") in SPECIAL
            ):
                values.setdefault(token["content"], token.get("id"))
    else:
        # The first line is the version; it is not looked at.
        lines = _read_text(paths[1]).strip().split("\n")[1:]
    vocab = _check_vocab(values, paths[0])
    for token in SPECIAL:
        if token not in vocab:
            raise ModelError(f"{paths[0]}: lacks the token {token!r}; copy the file anew")
    return vocab, _check_merges(lines[:MAX_MERGES], vocab, paths[-1])


def _check_vocab(vocab: Any, path: Path) -> dict[str, int]:
    if not isinstance(vocab, dict):
        raise ModelError(f"{path}: has no vocabulary; take a CLIP tokenizer")
    for token, index in vocab.items():
        if type(index) is not int or not 0 <= index < 2**31:
            raise ModelError(f"{path}: the id of {token!r} is not a whole number; copy it anew")
        if _half_surrogate(token) is not None:
            raise ModelError(f"{path}: the token {token!r} is not Unicode; copy the file anew")
    if len(set(vocab.values())) < len(vocab):
        raise ModelError(f"{path}: two tokens have the same id; copy the file anew")
    return vocab


def _check_merges(lines: list[Any], vocab: dict[str, int], path: Path) -> list[tuple[str, str]]:
    merges: dict[tuple[str, str], None] = {}
    kind, first = ("line", 2) if path.suffix == ".txt" else ("merge", 1)
    for number, line in enumerate(lines, start=first):
        line = line.split() if isinstance(line, str) else line
        pair = tuple(line) if isinstance(line, list) else ()
        if len(pair) != 2 or not all(isinstance(token, str) for token in pair):
            raise ModelError(f"{path}: {kind} {number} is not two tokens; copy the file anew")
        for token in (*pair, "".join(pair)):
            if token not in vocab:
                raise ModelError(
                    f"{path}: {kind} {number}: {token!r} is not in the vocabulary; "
                    "take both files from the same tokenizer"
                )
        merges[pair] = None
    return list(merges)
