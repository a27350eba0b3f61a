"""Where a noun phrase ends: which word can still belong to it, and which must be the verb."""

from dataclasses import dataclass

from flowzero_jax.planner.words import lexicon, nouns, sizes
from flowzero_jax.planner.words.tables import GRAMMAR
from flowzero_jax.planner.words.verbs import VERBS, form_of, lemma_of


@dataclass(frozen=True)
class Opening:
    """How a noun phrase begins.

    `determiner`: the first one, or ""; `count`: None if the prompt does not tell; `counted`: a
    number stands there; `many`: the phrase closes a list, so that its verb is a plural.
    """

    determiner: str = ""
    count: int | None = None
    counted: bool = False
    many: bool = False

    @property
    def singular(self) -> bool:
        """Whether only one thing can follow."""
        return self.determiner in GRAMMAR["singulars"]

    @property
    def plural(self) -> bool:
        """Whether several things must follow."""
        return (self.count or 1) > 1 or self.determiner in GRAMMAR["plurals"]


def word_at(words: list[str], i: int) -> str:
    """The word at `i`, or "" outside."""
    return words[i] if 0 <= i < len(words) else ""


def opens(word: str) -> bool:
    """Whether a word is a determiner or a number."""
    return word in lexicon.DETERMINERS or nouns.number(word) is not None


def is_nounish(words: list[str], i: int) -> bool:
    """Whether the word at `i` can stand inside a noun phrase, after its determiner."""
    word, before, following = (word_at(words, k) for k in (i, i - 1, i + 1))
    if word in ("and", ","):  # "red and white ball"
        looks = lexicon.is_adjective(following) or following in lexicon.COLORS
        looks = looks and lexicon.is_adjective(before) and word_at(words, i + 2) != ","
        return looks and is_nounish(words, i + 2)
    if word == "one":
        return following not in ("by", "after", "at")  # "into the sky one by one"
    if word in lexicon.SIDES:
        side = before in lexicon.DETERMINERS and is_nounish(words, i + 1)  # "the left car"
        return word in ("left", "right") and (side or following in lexicon.PARTS)
    if word == "well" and before in GRAMMAR["wells"] | lexicon.DETERMINERS:
        return True
    if lexicon.is_adverb(word):  # "a fast car", "a slowly moving train"
        acts = is_participle(following) and word not in lexicon.ADVERBS
        ahead = 1 if word in lexicon.ADJECTIVES else 2
        return (ahead == 1 or acts) and is_nounish(words, i + ahead)
    if word == "round" and not opens(following):
        return is_nounish(words, i + 1)
    return bool(word) and word not in lexicon.FUNCTION_WORDS


def is_participle(word: str) -> bool:
    """Whether a word is, or looks like, a participle of any tense."""
    known = form_of(word) in ("ing", "past", "participle")
    return known or (len(word) > 4 and word.endswith(("ing", "ed")))


def modifies(words: list[str], i: int, opening: Opening) -> bool:
    """Whether a participle stands before a noun: "a running dog", "a painted wall"."""
    word, following = words[i], word_at(words, i + 1)
    if word in lexicon.ING_NOUNS or not is_participle(word) or not is_nounish(words, i + 1):
        return False
    falls = form_of(following) == "s" and opening.singular  # "a painting falls"
    return not (falls or sizes.is_known(word) or word in ("left", "rose", "saw"))


def starts_verb(words: list[str], i: int, opening: Opening, taken: list[str]) -> bool:
    """Whether the word at `i` starts the verb after the words in `taken`, the last a noun."""
    word, following, last = words[i], word_at(words, i + 1), taken[-1]
    form, before_noun = form_of(word), is_nounish(words, i + 1)
    if word in lexicon.MEDIA and following in ("of", ",", ""):
        return False  # "a drone shot of"
    ended = nouns.is_plural(last) or last in nouns.PAIR_NOUNS
    if nouns.is_unchanged(last):  # deer run
        ended = opening.plural or (not opening.determiner and form == "base")
    if ended and not opening.singular:
        return True  # after a plural no second noun follows
    if word in lexicon.ING_NOUNS:  # "a child building a castle"
        placed = sizes.is_known(last) and following in lexicon.PREPOSITIONS - {"of"}
        acts = form == "ing" and (last in lexicon.PEOPLE or placed)
        return acts or following in lexicon.DETERMINERS
    if opening.plural:
        return False
    if form == "s" or (not form and nouns.is_plural(word) and word.endswith("s")):
        return _is_verb_in_s(words, i, opening, last)
    if form == "base":
        moves = VERBS[lemma_of(word)].kind in ("travel", "jiggle")
        onward = following in lexicon.SIDES or words[i + 1 : i + 3] == ["to", "the"]
        return opening.many or (moves and onward)  # "a cat run to the left"
    if form == "ing" or (not form and word.endswith("ing") and len(word) > 5):
        return not (before_noun and last in lexicon.COLORS)
    lemma = lemma_of(word)
    changes = (bool(form) and VERBS[lemma].kind in GRAMMAR["changing_kinds"]) or lemma == "turn"
    looks = bool(form) or _looks_past(word)
    return looks and (not before_noun or changes or (bool(form) and not word.endswith("ed")))


def _looks_past(word: str) -> bool:
    return word.endswith("ed") and not word.endswith(lexicon.NOT_PARTICIPLES)


def is_bare_verb(words: list[str], i: int, opening: Opening, taken: list[str]) -> bool:
    """Whether a verb stands where only adjectives, or nothing, came before."""
    word, form = words[i], form_of(words[i])
    if taken:  # "the liquid turns red": the adjective was the noun
        noun = nouns.singular(word)
        known = {word, noun} & (GRAMMAR["nouny"] | lexicon.PARTS) or sizes.is_known(noun)
        return form == "s" and not known and not is_participle(taken[-1])
    if opening.determiner:
        return False
    if not form:  # "snowing", "focused"
        participle = lexicon.is_ing_verb(word) or _looks_past(word)
        return participle and not is_nounish(words, i + 1)
    return form != "participle" and not _can_be_noun(words, i)


def _is_verb_in_s(words: list[str], i: int, opening: Opening, last: str) -> bool:
    """Whether a word in -s after a singular noun is its verb, and not the true, plural head."""
    word, following = words[i], word_at(words, i + 1)
    if opening.singular or following in lexicon.SIDES:
        return True
    verb = form_of(following) in ("base", "s") and following not in GRAMMAR["nouny"]
    if verb and not sizes.is_known(nouns.singular(following)):
        return False  # the race cars speed
    noun = sizes.is_known(nouns.singular(word))
    if form_of(word):
        return bool(following) or not noun
    acts = sizes.is_known(last) or last in lexicon.PEOPLE
    acts = acts and not opening.determiner and is_nounish(words, i + 1)
    onward = following in ("to", "into", "onto") or lexicon.is_adverb(following)
    return not noun and (onward or acts)  # "axe splits log"


def _can_be_noun(words: list[str], i: int) -> bool:
    """Whether a verb form that opens a phrase without determiner is a noun: "waves crash"."""
    word, following, before_noun = words[i], word_at(words, i + 1), is_nounish(words, i + 1)
    listed = lexicon.SCENERY | lexicon.ING_NOUNS
    if word in listed or sizes.is_known(nouns.singular(word)):
        return True
    if form_of(word) in ("ing", "past") or (lexicon.is_adjective(word) and before_noun):
        return before_noun
    verb_follows = form_of(following) in ("s", "ing", "base")
    return word in GRAMMAR["nouny"] and (verb_follows or not following)
