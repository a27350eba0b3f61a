"""Reads a verb with its auxiliaries and adverbs: "is slowly being pushed", "starts to run"."""

from dataclasses import dataclass, replace

from flowzero_jax.planner.english.boundaries import word_at
from flowzero_jax.planner.words import lexicon, nouns
from flowzero_jax.planner.words.tables import GRAMMAR
from flowzero_jax.planner.words.verbs import VERBS, Verb, form_of, lemma_of


@dataclass(frozen=True)
class VerbGroup:
    """A verb and the position after it.

    `form`: of its last word (`s`, `ing`, `past`, `participle`, `base`).
    `known`: it is in the table or clearly a verb by its ending.
    `auxiliary`: an auxiliary stands before it.
    """

    verb: Verb
    form: str
    end: int
    passive: bool = False
    auxiliary: bool = False
    known: bool = True
    pace: str = ""


def read_verb(words: list[str], start: int, bare: bool) -> VerbGroup | None:
    """The verb group at `start`, or None.

    `bare`: a noun phrase has just ended here, so that any word that is no function word is a verb.
    """
    i, be, auxiliary, pace = _read_auxiliaries(words, start, bare)
    word = word_at(words, i)
    form = form_of(word)
    bare_form = form == "base" and word not in GRAMMAR["also_participles"]
    described = be and (bare_form or word in lexicon.COLORS)  # "is dry", "is yellow"
    described = described or (auxiliary and word in lexicon.SCENERY)
    if form and not described and not is_side(words, i):
        if form == "base" and not (bare or auxiliary or i == start):
            return None
        verb = Verb("leave", "still") if word == "left" else VERBS[lemma_of(word)]
        done = form in ("past", "participle") and (be or word_at(words, i + 1) == "by")
        return VerbGroup(verb, form, i + 1, done, auxiliary, pace=pace)
    guess = _guess(word, i + 1) if word and _can_be_verb(word) else None
    if auxiliary:
        inflected = word.endswith(("ing", "ed")) and not nouns.is_plural(word)
        if guess and inflected and word not in lexicon.COLORS:
            passive = be and guess.form == "past"
            return replace(guess, passive=passive, auxiliary=True, pace=pace)
        return VerbGroup(Verb("be", "still"), "s", i, auxiliary=True, pace=pace)
    if guess and (bare or guess.form == "ing"):
        return replace(guess, known=guess.form != "base", pace=pace)
    return None


def _read_auxiliaries(words: list[str], start: int, bare: bool) -> tuple[int, bool, bool, str]:
    """The position of the verb; whether "be", an auxiliary or "starts to" precede; the pace."""
    i, be, auxiliary, pace = start, False, False, ""
    while i < len(words):
        word = words[i]
        follows = word_at(words, i + 1 + (word_at(words, i + 1) == "to"))
        if word in lexicon.AUXILIARIES or (word == "'s" and bare):
            be, auxiliary = be or word in GRAMMAR["be"], True
        elif form_of(word) and VERBS[lemma_of(word)].kind == "phase":
            if form_of(follows) not in ("base", "ing"):
                break
            auxiliary = True  # "starts to run"
        elif lexicon.is_adverb(word) or word in lexicon.PACES:
            if not (auxiliary or _verb_like(words, i + 1, bare)):
                break
            pace = lexicon.PACES.get(word, pace)
        elif not (auxiliary and word in ("not", "n't", "to", "about")):
            break
        i += 1
    return i, be, auxiliary, pace


def is_side(words: list[str], i: int) -> bool:
    """ "left" that is a side and no verb."""
    follows = word_at(words, i + 1) in ("the", "on", "in", "under", "behind", "at")
    return words[i] == "left" and not follows


def _can_be_verb(word: str) -> bool:
    listed = word in lexicon.FUNCTION_WORDS | lexicon.ING_NOUNS | {"left", "right"}
    how = word.endswith(("ward", "wards")) or lexicon.is_adverb(word) or lexicon.is_adjective(word)
    return len(word) > 1 and not (listed or how or nouns.number(word) is not None)


def _guess(word: str, end: int) -> VerbGroup:
    """An unknown verb by its ending: what it does is not known."""
    if len(word) > 4 and word.endswith("ing"):
        return VerbGroup(Verb(word[:-3], ing=word), "ing", end)
    if len(word) > 3 and word.endswith("ed"):
        return VerbGroup(Verb(word[:-2], ing=word), "past", end)
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return VerbGroup(Verb(word[:-1]), "s", end)
    return VerbGroup(Verb(word), "base", end)


def _verb_like(words: list[str], i: int, bare: bool) -> bool:
    word = word_at(words, i)
    if form_of(word):
        return not is_side(words, i)
    if lexicon.is_adverb(word):
        return _verb_like(words, i + 1, bare)
    inflected = word.endswith(("ing", "ed")) or (bare and word.endswith("s"))
    return inflected and _can_be_verb(word)
