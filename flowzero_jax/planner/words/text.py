"""From a prompt to words: checking, normalising, splitting."""

import re
import unicodedata
from itertools import pairwise

from flowzero_jax.errors import InputError
from flowzero_jax.scene import MAX_TEXT, find_bad_character, is_blank

_PIECE = re.compile(r'\d+[.,]\d+|[^\s,;:.!?()…—–/"]+|[,;:.!?()…—–/]')
_STOPS = {".", "!", "?", ";", "…"}
_PAUSES = {",", ":", "(", ")", "—", "–", "-", "/"}
_PLAIN = str.maketrans({**dict.fromkeys("“”„«»", '"'), **dict.fromkeys("’‘`", "'"), "&": " and "})
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


def sentences(text: str) -> list[list[str]]:
    """The lower-case words of every sentence; a pause inside one is the word `,`.

    A possessive or contracted `'s` is a word of its own.
    """
    result: list[list[str]] = [[]]
    for piece in _PIECE.findall(text.lower().translate(_PLAIN)):
        if piece in _STOPS:
            result.append([])
        elif piece in _PAUSES:
            if result[-1] and result[-1][-1] != ",":
                result[-1].append(",")
        else:
            word = piece.strip(_EDGES)
            if word.endswith("'s") and len(word) > 2:
                result[-1] += [word[:-2], "'s"]
            elif word:
                result[-1].append(word)
    return [words for words in map(_without_last_pause, result) if words]


def proper_names(text: str) -> frozenset[str]:
    """The words, in lower case, that are capitalised inside sentences; none in a title."""
    words = [piece.strip(_EDGES) for piece in text.translate(_PLAIN).split()]
    inside = [w for before, w in pairwise(words) if w and before[-1:] not in _STOPS | _PAUSES]
    capital = [word for word in inside if word[0].isupper() and len(word) > 1]
    if len(capital) * 2 > len(inside):
        return frozenset()
    return frozenset(word.lower().removesuffix("'s").strip(",.;:!?") for word in capital)


def _without_last_pause(words: list[str]) -> list[str]:
    return words[:-1] if words and words[-1] == "," else words
