"""Reads a verb with its auxiliaries and adverbs: "is slowly being pushed", "starts to run"."""

from dataclasses import dataclass

from flowzero_jax.planner.words import lexicon, nouns
from flowzero_jax.planner.words.tables import word_set
from flowzero_jax.planner.words.verbs import FORMS, VERBS, Verb

_BE = word_set("is are was were be been being am 's gets getting got")

#: Base forms that are participles, too: "is hit".
_ALSO_PARTICIPLES = word_set("hit put cut set burst shed spread run come become")


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
    participle: str = ""


def read_verb(words: list[str], start: int, bare: bool) -> VerbGroup | None:
    """The verb group at `start`, or None.

    `bare`: a noun phrase has just ended here, so that any word that is no function word is a verb.
    """
    i, be, auxiliary, pace, phase = start, False, False, "", False
    while i < len(words):
        word = words[i]
        lemma, form = FORMS.get(word, ("", ""))
        if word in lexicon.AUXILIARIES or (word == "'s" and bare):
            be, auxiliary = be or word in _BE, True
        elif word in ("not", "n't") or (word == "to" and (auxiliary or phase)):
            pass
        elif lemma and VERBS[lemma].kind == "phase" and _verb_follows(words, i + 1):
            phase = True
        elif word == "about" and be and words[i + 1 : i + 2] == ["to"]:
            pass
        elif lexicon.is_adverb(word) or word in lexicon.SLOW | lexicon.FAST:
            if not (auxiliary or phase or _verb_like(words, i + 1, bare)):
                break
            pace = "slow" if word in lexicon.SLOW else "fast" if word in lexicon.FAST else pace
        else:
            break
        i += 1
    word = words[i] if i < len(words) else ""
    lemma, form = FORMS.get(word, ("", ""))
    bare_form = form == "base" and word not in _ALSO_PARTICIPLES
    described = be and (bare_form or word in lexicon.COLORS)  # "is dry", "is yellow"
    if auxiliary and word in lexicon.SCENERY:
        described = True
    if word == "back" and not auxiliary:
        return None  # "hits it back"
    if lemma and not described and not _is_place_word(words, i):
        if form == "base" and not (bare or auxiliary or phase or i == start):
            return None
        past = form in ("past", "participle")
        verb = Verb("leave", "still") if word == "left" else VERBS[lemma]
        passive = past and (be or words[i + 1 : i + 2] == ["by"])
        return VerbGroup(
            verb, form, i + 1, passive, auxiliary or phase, True, pace, word if past else ""
        )
    if auxiliary:
        inflected = word.endswith(("ing", "ed")) and not nouns.is_plural(word)
        inflected = inflected and not lexicon.is_adjective(word) and word not in lexicon.COLORS
        guess = _guess(word) if inflected else None
        if guess:
            passive = be and guess[1] == "past"
            return VerbGroup(guess[0], guess[1], i + 1, passive, True, True, pace)
        return VerbGroup(Verb("be", "still"), "s", i, False, True, True, pace)
    guess = _guess(word) if word and _can_be_verb(word) else None
    if guess and (bare or guess[1] == "ing"):
        return VerbGroup(guess[0], guess[1], i + 1, False, False, guess[1] != "base", pace)
    return None


def _is_place_word(words: list[str], i: int) -> bool:
    """ "left" that is a side and no verb."""
    if words[i] != "left":
        return False
    return words[i + 1 : i + 2] not in (["the"], ["on"], ["in"], ["under"], ["behind"], ["at"])


def _can_be_verb(word: str) -> bool:
    return not (
        word in lexicon.FUNCTION_WORDS
        or word in ("left", "right")
        or word.endswith(("ward", "wards"))
        or lexicon.is_adverb(word)
        or lexicon.is_adjective(word)
        or word in lexicon.ING_NOUNS
        or nouns.number(word) is not None
    )


def _guess(word: str) -> tuple[Verb, str] | None:
    """An unknown verb by its ending: what it does is not known."""
    if len(word) > 4 and word.endswith("ing"):
        return Verb(word[:-3], "other", ing=word), "ing"
    if len(word) > 3 and word.endswith("ed"):
        return Verb(word[:-2], "other", ing=word), "past"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return Verb(word[:-1], "other"), "s"
    return Verb(word, "other"), "base"


def _verb_like(words: list[str], i: int, bare: bool) -> bool:
    if i >= len(words):
        return False
    word = words[i]
    if word in FORMS:
        return not _is_place_word(words, i)
    if lexicon.is_adverb(word):
        return _verb_like(words, i + 1, bare)
    return _can_be_verb(word) and (word.endswith(("ing", "ed")) or (bare and word.endswith("s")))


def _verb_follows(words: list[str], i: int) -> bool:
    while i < len(words) and (words[i] == "to" or lexicon.is_adverb(words[i])):
        i += 1
    return i < len(words) and words[i] in FORMS and FORMS[words[i]][1] in ("base", "ing")
