"""The word lists are data: TOML files beside this one, to be read and extended without code."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any


def load(name: str) -> dict[str, Any]:
    """The lists of `name`.toml; a text is a list of words with blanks between."""
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def word_set(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


def entries(text: str) -> Iterator[list[str]]:
    """The entries of a list whose words have parts: `go/went/gone` is three."""
    return (word.split("/") for word in text.split())


def by_word(table: Mapping[str, str]) -> dict[str, str]:
    """The key of every word of a table that has the words under their keys."""
    return {word: key for key, text in table.items() for word in text.split()}


def by_value(table: Mapping[str, str]) -> dict[str, float]:
    """The number of every word of a table that has the words under their numbers."""
    return {word: float(number) for word, number in by_word(table).items()}


def longest(phrases: Mapping[str, str], words: Sequence[str], i: int) -> tuple[str, int] | None:
    """The value of the longest of the phrases that stands at `i`, and the position after it."""
    for length in range(min(6, len(words) - i), 0, -1):
        value = phrases.get(" ".join(words[i : i + length]))
        if value is not None:
            return value, i + length
    return None


#: The lists of `grammar.toml` by their names.
GRAMMAR = {name: word_set(text) for name, text in load("grammar").items()}
