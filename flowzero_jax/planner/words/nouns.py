"""English number: plurals, articles and number words, by spelling rules and `nouns.toml`."""

import re

from flowzero_jax.planner.words.tables import entries, load, word_set

_LISTS = load("nouns")
_IRREGULAR = {plural: singular for singular, plural in entries(_LISTS["irregular"])}
_UNCHANGED = word_set(_LISTS["unchanged"])
_UNCHANGED_ENDS = ("fish", "craft")
_SINGULAR_IN_S = word_set(_LISTS["singular_in_s"])
PAIR_NOUNS = word_set(_LISTS["pair_nouns"])
_TAKES_ES_AFTER_O = word_set(_LISTS["takes_es_after_o"])
MASS_NOUNS = word_set(_LISTS["mass_nouns"])
_UNITS = _LISTS["units"].split()
_TENS = _LISTS["tens"].split()
NUMBER_WORDS = {word: value for value, word in enumerate(_UNITS) if value} | {
    word: 10 * value for value, word in enumerate(_TENS, start=2)
}


def is_plural(word: str) -> bool:
    """Whether a noun of this spelling can be a plural."""
    men = word.endswith(("men", "women")) and len(word) > 5
    if men or word in _IRREGULAR or is_unchanged(word):
        return True
    if word in _SINGULAR_IN_S or len(word) < 3:
        return False
    return word.endswith("s") and not word.endswith(("ss", "us", "is", "'s"))


def is_unchanged(word: str) -> bool:
    """Whether singular and plural look alike: one fish, two fish."""
    return word in _UNCHANGED or word.endswith(_UNCHANGED_ENDS)


def singular(word: str) -> str:
    """The singular of a noun; a noun that is no plural comes back unchanged."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if not is_plural(word) or is_unchanged(word):
        return word
    if word.endswith("men"):
        return word[:-3] + "man"
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("oes") and word[:-2] in _TAKES_ES_AFTER_O:
        return word[:-2]
    if re.search(r"(ch|sh|ss|x|zz|[^aeo]us|[^aeiou]s)es$", word) and not re.search(
        r"([rnl]ses|ouses|ches?tes)$", word
    ):
        return word[:-2]
    return word[:-1]


def plural(word: str) -> str:
    """The plural of a noun in the singular."""
    if is_unchanged(word) or word in PAIR_NOUNS:
        return word
    for many, one in _IRREGULAR.items():
        if one == word:
            return many
    if word.endswith("man") and word not in ("human", "german", "talisman"):
        return word[:-3] + "men"
    if re.search(r"(s|x|z|ch|sh)$", word) or word in _TAKES_ES_AFTER_O:
        return word + "es"
    return word[:-1] + "ies" if re.search(r"[^aeiou]y$", word) else word + "s"


def article(phrase: str) -> str:
    """`a` or `an`, by the sound of the first word."""
    word = phrase.split(" ", 1)[0]
    spoken = re.match(r"uni(?![nm])|u[bcfkqrst][aeiou]|u-|eu|ewe|once?\b|one-|ufo", word)
    vowel = re.match(r"[aeiou]|hour|honest|honou?r|heir|8|1[18]\b|[fhlmnrsx]-", word)
    return "an" if vowel and not spoken else "a"


def number(word: str) -> int | None:
    """The value of a whole-number word, `two`, `twenty-one`, `7`; None for other words."""
    if re.fullmatch(r"\d{1,9}", word) and word.isascii():
        return int(word) or None
    if word in NUMBER_WORDS:
        return NUMBER_WORDS[word]
    tens, _, unit = word.partition("-")
    if tens in _TENS and NUMBER_WORDS.get(unit, 10) < 10:
        return NUMBER_WORDS[tens] + NUMBER_WORDS[unit]
    return None


def number_word(value: int) -> str:
    """`two` for 2; digits from twenty-one on."""
    return next((word for word, known in NUMBER_WORDS.items() if known == value), str(value))
