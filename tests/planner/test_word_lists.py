"""The word lists are well-formed: every word is one that a sentence can hold, and stands once."""

import re
from pathlib import Path

import pytest

from flowzero_jax.planner.words import lexicon, sizes, tables, verbs

NAMES = sorted(path.stem for path in Path(tables.__file__).parent.glob("*.toml"))
WORD = re.compile(r"('s|[a-zà-ÿ0-9]+([-'_][a-z0-9]+)*|,|-?[01]|[0-9]/[0-9])(/[a-z]+)*")


def texts(value, name):
    """Every text of a list with the name it is found under."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from texts(inner, f"{name}.{key}")


@pytest.mark.parametrize("name", NAMES)
def test_a_list_holds_every_word_once_in_lower_case(name):
    found = list(texts(tables.load(name), name))
    assert found
    for where, text in found:
        words = text.split()
        assert len(words) == len(set(words)), where
        assert [word for word in words if not WORD.fullmatch(word)] == [], where


def test_a_list_has_the_name_of_its_constant():
    lists = {name.upper(): text for name, text in tables.load("lexicon").items()}
    named = {name: words for name, words in vars(lexicon).items() if isinstance(words, frozenset)}
    plain = {n: w for n, w in named.items() if isinstance(lists.get(n.lstrip("_")), str)}
    assert len(plain) > 30
    for name, words in plain.items():
        assert sorted(words) == sorted(lists[name.lstrip("_")].split()), name


@pytest.mark.parametrize("table", ["sizes", "groups", "vague_counts", "vertical_places"])
def test_a_word_has_one_number(table):
    lines = tables.load("lexicon")[table]
    assert len(" ".join(lines.values()).split()) == len(tables.by_value(lines))


def test_a_noun_has_one_build():
    listed = [noun for group in tables.load("builds")["builds"] for noun in group["nouns"].split()]
    assert sorted(listed) == sorted(set(listed))
    assert {sizes.build_of((noun,)).home for noun in listed} == {"ground", "sky", "top", "water"}


def test_every_group_of_verbs_does_what_is_described():
    described = set(re.findall(r"`(\w+)`", verbs.Verb.__doc__))
    for group in tables.load("verbs")["verbs"]:
        details = {value for key, value in group.items() if key in ("kind", "manner", "pace")}
        assert details <= described, group
