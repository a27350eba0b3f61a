"""From a prompt to words: checking, normalising, splitting."""

import re
import unicodedata
from itertools import pairwise
from typing import NamedTuple

from flowzero_jax.errors import InputError
from flowzero_jax.scene import MAX_TEXT, find_bad_character, is_blank

_PIECE = re.compile(r'\d+[.,]\d+|[^\s,;:.!?()…—–/"&]+|[,;:.!?()…—–/&]')
_STOPS = {".", "!", "?", ";", "…"}
_PAUSES = {",", ":", "(", ")", "—", "–", "-", "/"}
_PLAIN = str.maketrans({**dict.fromkeys("“”„«»", '"'), **dict.fromkeys("’‘`", "'")})
_EDGES = "'-_*#<>[]{}|~^=+\\@$%"


def clean_prompt(prompt: str) -> str:
    """The prompt in NFC without outer spaces.

    Raises: InputError if it is blank, too long, or holds control characters or lone surrogates.
    """
    if not isinstance(prompt, str):
        raise InputError(f"prompt: should be text, not {type(prompt).__name__}")
    text = prompt.strip()
    if is_blank(text):
        raise InputError("prompt: is empty; say what the video shows, for example 'a red ball'")
    bad = find_bad_character(text)
    if bad:
        raise InputError(f"prompt: holds the control character {bad}; remove it")
    text = unicodedata.normalize("NFC", text)
    if len(text) > MAX_TEXT:
        raise InputError(f"prompt: {len(text)} characters, the limit is {MAX_TEXT}; shorten it")
    return text


class Token(NamedTuple):
    """A word in lower case, and where it stands in the text; a pause is the word `,`."""

    word: str
    start: int
    end: int


def tokenize(text: str) -> list[list[Token]]:
    """The words of every sentence with their places; a possessive or contracted `'s` is one."""
    result: list[list[Token]] = [[]]
    for match in _PIECE.finditer(text.translate(_PLAIN)):
        piece, (start, end) = match[0].lower(), match.span()
        if piece in _STOPS:
            result.append([])
        elif piece in _PAUSES:
            if result[-1] and result[-1][-1].word != ",":
                result[-1].append(Token(",", start, end))
        else:
            word = "and" if piece == "&" else piece.strip(_EDGES)
            if word.endswith("'s") and len(word) > 2:
                cut = end - 2
                result[-1] += [Token(word[:-2], start, cut), Token("'s", cut, end)]
            elif word:
                result[-1].append(Token(word, start, end))
    ended = (tokens[:-1] if tokens and tokens[-1].word == "," else tokens for tokens in result)
    return [tokens for tokens in ended if tokens]


def proper_names(text: str) -> frozenset[str]:
    """The words, in lower case, that are capitalised inside sentences; none in a title."""
    words = [piece.strip(_EDGES) for piece in text.translate(_PLAIN).split()]
    inside = [w for before, w in pairwise(words) if w and before[-1:] not in _STOPS | _PAUSES]
    capital = [word for word in inside if word[0].isupper() and len(word) > 1]
    names = capital if len(capital) * 2 <= len(inside) else []
    return frozenset(word.lower().removesuffix("'s").strip(",.;:!?") for word in names)
