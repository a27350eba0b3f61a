"""Where a noun phrase ends: which word can still belong to it, and which must be the verb."""

from dataclasses import dataclass

from flowzero_jax.planner.words import lexicon, nouns, sizes
from flowzero_jax.planner.words.tables import word_set
from flowzero_jax.planner.words.verbs import FORMS, VERBS

SINGULAR = word_set("a an another each every this one")
_SEVERAL = word_set("these those both all")
_SIDES = word_set(
    "left right up down upward upwards downward downwards leftward leftwards rightward rightwards "
    "uphill downhill skyward skywards sideways"
)
#: Verbs that are as often nouns, and end compounds: "a ski jump", "a water slide".
_NOUNY = word_set(
    "slide lift ride jump walk show stand wheel swing drop race play paint cup drum tie shop "
    "dance dive float fly land line march pass place plant plow pool rest ring rock roll run ship "
    "ski skate snake stage step stop swim track trail train turn wave wind work watch water wing "
    "stick cook crack cut drift fall fight fish hike light cover cart kick look march mop nest "
    "nap pose row sail shake shine shot sink sled smile smoke snack splash spray spring stream "
    "surf sweep swirl tow tower touch twist bank bar board bounce bow"
)
_BEFORE_WELL = word_set("wishing water stone old oil deep brick wooden village")
_SEED_NOUNS = ("eed", "bed", "led", "shed", "wed", "moped", "biped", "hundred", "kindred")


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
        return self.determiner in SINGULAR

    @property
    def plural(self) -> bool:
        """Whether several things must follow."""
        return (self.count or 1) > 1 or self.determiner in _SEVERAL


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
    if word in ("and", ","):  # red and white ball
        previous = word_at(words, i - 1)
        return (
            lexicon.is_adjective(previous)
            and (lexicon.is_adjective(following) or following in lexicon.COLORS)
            and is_nounish(words, i + 2)
            and word_at(words, i + 2) not in lexicon.FUNCTION_WORDS
            and (word == "and" or word_at(words, i + 2) != ",")
        )
    if word == "one" and following in ("by", "after", "at"):
        return False  # "into the sky one by one"
    if word == "round" and not opens(following):
        return is_nounish(words, i + 1)
    if word in _SIDES:
        return word in ("left", "right") and following in lexicon.PARTS
    if word in lexicon.ADJECTIVES and lexicon.is_adverb(word):  # a fast car, a low wall
        return is_nounish(words, i + 1)
    if word == "well" and word_at(words, i - 1) in _BEFORE_WELL | lexicon.DETERMINERS:
        return True
    if word == "back" and following == "of":
        return True  # "on the back of an elephant"
    if lexicon.is_adverb(word):
        return (
            _is_participle(following) and is_nounish(words, i + 2) and word not in lexicon.ADVERBS
        )
    return word not in lexicon.FUNCTION_WORDS


def _is_participle(word: str) -> bool:
    form = FORMS.get(word, ("", ""))[1]
    return form in ("ing", "past", "participle") or (len(word) > 4 and word.endswith(("ing", "ed")))


def modifies(words: list[str], i: int, opening: Opening) -> bool:
    """Whether a participle stands before a noun: "a running dog", "a painted wall"."""
    word = words[i]
    if word in lexicon.ING_NOUNS or not _is_participle(word) or not is_nounish(words, i + 1):
        return False
    following = words[i + 1]
    if sizes.is_known(word) or word in ("left", "rose", "saw"):
        return False
    finite = FORMS.get(following, ("", ""))[1] == "s"
    return not (finite and opening.singular)  # "a painting falls"


def starts_verb(
    words: list[str], i: int, opening: Opening, taken: list[str], head_ok: bool
) -> bool:
    """Whether the word at `i` starts the verb after the words in `taken`.

    `head_ok`: the last of them can be the head noun.
    """
    word, following = words[i], word_at(words, i + 1)
    form = FORMS.get(word, ("", ""))[1]
    if not head_ok:
        return _is_verb_without_noun(words, i, opening, taken)
    last = taken[-1]
    if word in lexicon.MEDIA and following in ("of", ",", ""):
        return False  # "a drone shot of"
    if word in lexicon.ING_NOUNS:
        acts = last in lexicon.PEOPLE or (
            sizes.is_known(last) and following in lexicon.PREPOSITIONS - {"of"}
        )
        return following in lexicon.DETERMINERS or (form == "ing" and acts)
    if not opening.singular and _ends_in_plural(last, word, opening):
        return True  # after a plural no second noun follows
    if opening.plural:
        return False
    if form == "s" or (not form and nouns.is_plural(word) and word.endswith("s")):
        return _is_verb_in_s(words, i, opening)
    if form == "base":
        return opening.many or _is_bare_verb(words, i)
    before_noun = is_nounish(words, i + 1)
    if form == "ing" or (not form and word.endswith("ing") and len(word) > 5):
        return not (before_noun and last in lexicon.COLORS)
    if form in ("past", "participle"):
        lemma = FORMS[word][0]
        changes = VERBS[lemma].kind in ("change", "appear", "disappear") or lemma == "turn"
        return not before_noun or changes or not word.endswith("ed")
    if opening.many and not form and sizes.is_known(last) and last not in lexicon.COLORS:
        return not before_noun and not sizes.is_known(word)  # "a cat and a dog gorp"
    return word.endswith("ed") and not word.endswith(_SEED_NOUNS) and not before_noun


def _is_verb_without_noun(words: list[str], i: int, opening: Opening, taken: list[str]) -> bool:
    """Whether a verb stands where only adjectives, or nothing, came before."""
    word, form = words[i], FORMS.get(words[i], ("", ""))[1]
    noun = word in _NOUNY | lexicon.PARTS or sizes.is_known(nouns.singular(word))
    if taken:  # "the liquid turns red": the adjective was the noun
        return form == "s" and not noun and not _is_participle(taken[-1])
    if opening.determiner:
        return False
    if not form:  # "snowing", "focused"
        participle = lexicon.is_ing_verb(word) or (
            word.endswith("ed") and not word.endswith(_SEED_NOUNS)
        )
        return participle and not is_nounish(words, i + 1)
    return form != "participle" and not _can_be_noun(words, i)


def _ends_in_plural(last: str, word: str, opening: Opening) -> bool:
    """Whether `last` is surely the plural head, so that `word` cannot belong to the phrase."""
    if not nouns.is_unchanged(last):
        return nouns.is_plural(last) or last in nouns.PAIR_NOUNS
    if sizes.is_known(nouns.singular(word)):
        return False  # three sheep dogs
    bare = not opening.determiner and FORMS.get(word, ("", ""))[1] == "base"  # deer run
    return opening.plural or bare


def _is_bare_verb(words: list[str], i: int) -> bool:
    """Whether a base form after a singular is a verb all the same: "a cat run to the left"."""
    word, following = words[i], word_at(words, i + 1)
    if word in _NOUNY:
        moves = VERBS[FORMS[word][0]].kind in ("travel", "jiggle")
        return moves and (following in _SIDES or words[i + 1 : i + 3] == ["to", "the"])
    if is_nounish(words, i + 1) or sizes.is_known(word):
        return False
    return following in lexicon.PREPOSITIONS or lexicon.is_adverb(following)


def _is_verb_in_s(words: list[str], i: int, opening: Opening) -> bool:
    """Whether a word in -s after a singular noun is its verb, and not the true, plural head."""
    word, following = words[i], word_at(words, i + 1)
    if opening.singular or following in _SIDES:
        return True
    verb = FORMS.get(following, ("", ""))[1] in ("base", "s") and following not in _NOUNY
    if verb and not sizes.is_known(nouns.singular(following)):
        return False  # the race cars speed
    if following in lexicon.AUXILIARIES or _is_participle(following):
        return False
    noun = sizes.is_known(nouns.singular(word))
    if word in FORMS:
        return bool(following) or not noun
    return not noun and (following in ("to", "into", "onto") or lexicon.is_adverb(following))


def _can_be_noun(words: list[str], i: int) -> bool:
    """Whether a verb form that opens a phrase without determiner is a noun: "waves crash"."""
    word, following = words[i], word_at(words, i + 1)
    if lexicon.is_adjective(word) and is_nounish(words, i + 1):
        return True
    if word in lexicon.SCENERY or word in lexicon.ING_NOUNS or sizes.is_known(nouns.singular(word)):
        return True
    form = FORMS[word][1]
    if form in ("ing", "past"):
        return is_nounish(words, i + 1)
    next_form = FORMS.get(following, ("", ""))[1]
    return word in _NOUNY and (next_form in ("s", "ing", "base") or not following)
