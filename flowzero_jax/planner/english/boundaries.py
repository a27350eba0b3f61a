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
    word, following = word_at(words, i), word_at(words, i + 1)
    if not word or word in ("'s", "to"):
        return False
    if word in ("and", ","):
        return _joins_looks(words, i)
    if word == "one" and following in ("by", "after", "at"):
        return False  # "into the sky one by one"
    if word == "round" and not opens(following):
        return is_nounish(words, i + 1)
    if word in lexicon.SIDES:
        return word in ("left", "right") and following in lexicon.PARTS
    if lexicon.is_adverb(word):
        return _is_no_adverb(words, i)
    return word not in lexicon.FUNCTION_WORDS or (word, following) == ("back", "of")


def _joins_looks(words: list[str], i: int) -> bool:
    """ "red and white ball"."""
    following, noun = word_at(words, i + 1), word_at(words, i + 2)
    return (
        lexicon.is_adjective(word_at(words, i - 1))
        and (lexicon.is_adjective(following) or following in lexicon.COLORS)
        and is_nounish(words, i + 2)
        and noun not in lexicon.FUNCTION_WORDS
        and (words[i] == "and" or noun != ",")
    )


def _is_no_adverb(words: list[str], i: int) -> bool:
    """Whether an adverb is another kind of word here: a fast car, a well, a slowly moving train."""
    word, following = words[i], word_at(words, i + 1)
    if word in lexicon.ADJECTIVES:
        return is_nounish(words, i + 1)
    if word == "well" and word_at(words, i - 1) in GRAMMAR["wells"] | lexicon.DETERMINERS:
        return True
    if (word, following) == ("back", "of"):
        return True  # "on the back of an elephant"
    return is_participle(following) and is_nounish(words, i + 2) and word not in lexicon.ADVERBS


def is_participle(word: str) -> bool:
    """Whether a word is, or looks like, a participle of any tense."""
    known = form_of(word) in ("ing", "past", "participle")
    return known or (len(word) > 4 and word.endswith(("ing", "ed")))


def modifies(words: list[str], i: int, opening: Opening) -> bool:
    """Whether a participle stands before a noun: "a running dog", "a painted wall"."""
    word, following = words[i], word_at(words, i + 1)
    if word in lexicon.ING_NOUNS or not is_participle(word) or not is_nounish(words, i + 1):
        return False
    if sizes.is_known(word) or word in ("left", "rose", "saw"):
        return False
    return not (form_of(following) == "s" and opening.singular)  # "a painting falls"


def starts_verb(
    words: list[str], i: int, opening: Opening, taken: list[str], head_ok: bool
) -> bool:
    """Whether the word at `i` starts the verb after the words in `taken`.

    `head_ok`: the last of them can be the head noun.
    """
    word, following = words[i], word_at(words, i + 1)
    if not head_ok:
        return _is_verb_without_noun(words, i, opening, taken)
    if word in lexicon.MEDIA and following in ("of", ",", ""):
        return False  # "a drone shot of"
    if word in lexicon.ING_NOUNS:
        return _is_ing_verb(word, following, taken[-1])
    if not opening.singular and _ends_in_plural(taken[-1], word, opening):
        return True  # after a plural no second noun follows
    return not opening.plural and _is_verb_after_noun(words, i, opening, taken[-1])


def _is_ing_verb(word: str, following: str, last: str) -> bool:
    """Whether a noun in -ing is a verb all the same: "a child building a castle"."""
    placed = sizes.is_known(last) and following in lexicon.PREPOSITIONS - {"of"}
    acts = last in lexicon.PEOPLE or placed
    return following in lexicon.DETERMINERS or (form_of(word) == "ing" and acts)


def _is_verb_after_noun(words: list[str], i: int, opening: Opening, last: str) -> bool:
    """Whether a word after a singular noun is its verb, by its form."""
    word, form, before_noun = words[i], form_of(words[i]), is_nounish(words, i + 1)
    if form == "s" or (not form and nouns.is_plural(word) and word.endswith("s")):
        return _is_verb_in_s(words, i, opening, last)
    if form == "base":
        return opening.many or _is_bare_verb(words, i)
    if form == "ing" or (not form and word.endswith("ing") and len(word) > 5):
        return not (before_noun and last in lexicon.COLORS)
    if form in ("past", "participle"):
        lemma = lemma_of(word)
        changes = VERBS[lemma].kind in ("change", "appear", "disappear") or lemma == "turn"
        return not before_noun or changes or not word.endswith("ed")
    if opening.many and not form and sizes.is_known(last) and last not in lexicon.COLORS:
        return not before_noun and not sizes.is_known(word)  # "a cat and a dog gorp"
    return not before_noun and _looks_past(word)


def _looks_past(word: str) -> bool:
    return word.endswith("ed") and not word.endswith(lexicon.NOT_PARTICIPLES)


def _is_verb_without_noun(words: list[str], i: int, opening: Opening, taken: list[str]) -> bool:
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


def _ends_in_plural(last: str, word: str, opening: Opening) -> bool:
    """Whether `last` is surely the plural head, so that `word` cannot belong to the phrase."""
    if not nouns.is_unchanged(last):
        return nouns.is_plural(last) or last in nouns.PAIR_NOUNS
    if sizes.is_known(nouns.singular(word)):
        return False  # three sheep dogs
    bare = not opening.determiner and form_of(word) == "base"  # deer run
    return opening.plural or bare


def _is_bare_verb(words: list[str], i: int) -> bool:
    """Whether a base form after a singular is a verb all the same: "a cat run to the left"."""
    word, following = words[i], word_at(words, i + 1)
    if word in GRAMMAR["nouny"]:
        moves = VERBS[lemma_of(word)].kind in ("travel", "jiggle")
        return moves and (following in lexicon.SIDES or words[i + 1 : i + 3] == ["to", "the"])
    if is_nounish(words, i + 1) or sizes.is_known(word):
        return False
    return following in lexicon.PREPOSITIONS or lexicon.is_adverb(following)


def _is_verb_in_s(words: list[str], i: int, opening: Opening, last: str) -> bool:
    """Whether a word in -s after a singular noun is its verb, and not the true, plural head."""
    word, following = words[i], word_at(words, i + 1)
    if opening.singular or following in lexicon.SIDES:
        return True
    verb = form_of(following) in ("base", "s") and following not in GRAMMAR["nouny"]
    if verb and not sizes.is_known(nouns.singular(following)):
        return False  # the race cars speed
    if following in lexicon.AUXILIARIES or is_participle(following):
        return False
    noun = sizes.is_known(nouns.singular(word))
    if form_of(word):
        return bool(following) or not noun
    acts = sizes.is_known(last) and not opening.determiner and is_nounish(words, i + 1)
    onward = following in ("to", "into", "onto") or lexicon.is_adverb(following)
    return not noun and (onward or acts)  # "axe splits log"


def _can_be_noun(words: list[str], i: int) -> bool:
    """Whether a verb form that opens a phrase without determiner is a noun: "waves crash"."""
    word, following = words[i], word_at(words, i + 1)
    if lexicon.is_adjective(word) and is_nounish(words, i + 1):
        return True
    if word in lexicon.SCENERY or word in lexicon.ING_NOUNS or sizes.is_known(nouns.singular(word)):
        return True
    if form_of(word) in ("ing", "past"):
        return is_nounish(words, i + 1)
    verb_follows = form_of(following) in ("s", "ing", "base")
    return word in GRAMMAR["nouny"] and (verb_follows or not following)
