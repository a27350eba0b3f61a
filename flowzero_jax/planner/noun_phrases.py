"""Finds noun phrases: where one starts and ends, its head, its count.

No list of nouns is needed: a phrase runs from its determiner to the first word that must be a verb,
a preposition or another function word. Number agreement settles most doubts ("two race cars" needs
a plural, "a duck ducks" can take no second noun in -s).
"""

from dataclasses import dataclass, replace

from flowzero_jax.planner import lexicon, nouns, sizes
from flowzero_jax.planner.verbs import FORMS, VERBS

_SINGULAR = lexicon.words("a an another each every this one")
_MANY = lexicon.words("these those both all")
_SIDES = lexicon.words(
    "left right up down upward upwards downward downwards leftward leftwards rightward rightwards "
    "uphill downhill skyward skywards sideways"
)
_WITH_PARTICIPLE = lexicon.words(
    "saucer shoe shoes chair horse pin stick pool star top carpet fish squirrel van boat ship rope "
    "machine board trail lot pan cart wheel jack suit track post glass pole pad"
)
_NOUNY = lexicon.words(
    "slide lift ride jump walk show stand wheel swing drop race play paint cup drum tie shop "
    "dance dive float fly land line march pass place plant plow pool rest ring rock roll run ship "
    "ski skate snake stage step stop swim track trail train turn wave wind work watch water wing "
    "cook crack cut drift fall fight fish hike light cover cart kick look march mop nest nap pose "
    "row sail shake shine shot sink sled smile smoke snack splash spray spring stream surf sweep "
    "swirl tow tower touch twist bank bar board bounce bow"
)
_LONGEST = 10  # words; what is longer is no noun phrase
_POSITIONS = lexicon.words("edge end front back top bottom side corner middle center foot surface")
_SEED_NOUNS = ("eed", "bed", "led", "shed", "wed", "moped", "biped", "hundred", "kindred")


@dataclass(frozen=True)
class NounPhrase:
    """A thing as the prompt names it.

    `words`: modifiers and head, singular, as written otherwise; movements ("running") are left out.
    `written`: the same with the head as written.
    `count`: how many; `counted`: whether the prompt says so.
    `determiner`: the first one, or "".
    `doing`: the verb of a movement that stands before the noun.
    `part`: the part meant, in "a bird's wings".
    `tail`: an of-phrase that belongs in captions only, "of water".
    """

    words: tuple[str, ...]
    written: tuple[str, ...]
    count: int = 1
    counted: bool = False
    determiner: str = ""
    doing: str = ""
    part: str = ""
    tail: str = ""

    @property
    def noun(self) -> str:
        return self.words[-1]

    @property
    def plural(self) -> bool:
        return self.count != 1


def read(words: list[str], start: int, many: bool = False) -> tuple[NounPhrase, int] | None:
    """The noun phrase that starts at `start` and the position after it, or None.

    `many`: it closes a list ("a cat and a dog"), so that its verb is a plural.
    """
    found = _read_simple(words, start, many)
    if found is None:
        return None
    phrase, i = found
    if _at(words, i) == "'s":
        found = _read_possessed(words, i, phrase, many)
        if found is not None:
            return found
    if _at(words, i) == "of":
        return _read_of(words, i, phrase, many)
    return phrase, i


def _read_simple(
    words: list[str], start: int, many: bool, opened: bool = False
) -> tuple[NounPhrase, int] | None:
    """A phrase without possessor and of-phrase; `opened`: a possessive stands before it."""
    i, determiner, count, counted = start, "the" if opened else "", None, False
    while _at(words, i) in ("only", "just", "exactly", "even") and _opens(_at(words, i + 1)):
        i += 1
    while i < len(words):
        word, value = words[i], nouns.number(words[i])
        if word == "her" and not _nounish(words, i + 1):
            return None
        if word == "that" and not _nounish(words, i + 1):
            return None
        if value is not None and not counted:
            count, counted = value, True
        elif word in lexicon.VAGUE_COUNTS and (count is None or word != "other"):
            if _at(words, i + 1) == "of" and word not in ("all", "both", "some", "many"):
                break  # "a few of"
            count = lexicon.VAGUE_COUNTS[word] if word != "other" else None
        elif word not in lexicon.DETERMINERS and word != "one":
            break
        determiner = determiner or word
        i += 1
    taken: list[str] = []
    doing, head_ok = "", False
    plural_expected = (count or 1) > 1 or determiner in _MANY
    while i < len(words) and len(taken) < _LONGEST and _nounish(words, i):
        word = words[i]
        modifies = _modifies(words, i, determiner) if not head_ok else False
        if not modifies and _is_verb(words, i, taken, head_ok, determiner, plural_expected, many):
            break
        if modifies and word.endswith("ing"):
            lemma = FORMS.get(word, ("", ""))[0]
            if lemma and VERBS[lemma].kind in ("travel", "jiggle"):
                if _at(words, i + 1) not in _WITH_PARTICIPLE:
                    doing = lemma
                    i += 1
                    continue
        if word in ("and", ","):  # only inside "red and white ball"
            taken.append("and")
            i += 1
            continue
        if lexicon.is_adverb(word) and word in lexicon.SLOW | lexicon.FAST and not taken:
            i += 1
            continue
        taken.append(word)
        head_ok = head_ok or (not modifies and not lexicon.is_adjective(word))
        i += 1
    if not taken or taken[-1] == "and":
        return None
    herd = nouns.is_unchanged(taken[-1]) and determiner not in _SINGULAR
    if herd and count is None and FORMS.get(_at(words, i), ("", ""))[1] == "base":
        count = lexicon.UNNAMED_COUNT  # deer run
    if not head_ok and len(taken) == 1 and not determiner and not counted:
        return None  # a lone adjective
    return _build(taken, determiner, count, counted, doing), i


def _build(
    taken: list[str], determiner: str, count: int | None, counted: bool, doing: str
) -> NounPhrase:
    head = taken[-1]
    pair = head in nouns.PAIR_NOUNS and (count or 1) == 1
    single_determiner = determiner in _SINGULAR
    if count is None:
        is_many = nouns.is_plural(head) and not single_determiner and not pair
        is_many = is_many and not (nouns.is_unchanged(head) and determiner not in _MANY)
        count = lexicon.UNNAMED_COUNT if is_many else 1
        if determiner == "no":
            count = 0
    base = head if pair else nouns.singular(head)
    if count > 1 and head in nouns.PAIR_NOUNS and head.endswith("es"):
        base = head[:-2]  # two glasses
    return NounPhrase(
        words=(*taken[:-1], base),
        written=tuple(taken),
        count=count,
        counted=counted or count > 1 and determiner in lexicon.VAGUE_COUNTS.keys() | _SINGULAR,
        determiner=determiner,
        doing=doing,
    )


def _read_possessed(words, i, owner: NounPhrase, many: bool) -> tuple[NounPhrase, int] | None:
    """After "a bird 's": either its part, or a thing of its own ("a child's toy")."""
    if _at(words, i + 1) in lexicon.DETERMINERS:
        return None
    found = _read_simple(words, i + 1, many, opened=True)
    if found is None:
        return None
    thing, end = found
    if thing.written[-1] in lexicon.PARTS | lexicon.INTANGIBLE:
        return replace(owner, part=" ".join(thing.written)), end
    return replace(thing, determiner=owner.determiner or "the"), end


def _read_of(words, i, phrase: NounPhrase, many: bool) -> tuple[NounPhrase, int]:
    """After "a flock of", "a piece of", "a cup of"."""
    inner = read(words, i + 1, many or phrase.plural)
    if inner is None:
        return phrase, i
    thing, end = inner
    head = phrase.written[-1]
    if head in lexicon.MEDIA:
        return phrase, i
    if head in lexicon.PARTS | _POSITIONS:
        return replace(thing, part=" ".join(phrase.written)), end  # "the hands of a farmer"
    if head in lexicon.GROUPS or nouns.singular(head) in lexicon.GROUPS:
        if thing.noun in nouns.PAIR_NOUNS and phrase.noun == "pair":
            thing = replace(thing, words=(*thing.words[:-1], thing.written[-1]))
            return replace(thing, count=phrase.count, counted=True), end
        size = lexicon.GROUPS.get(head) or lexicon.GROUPS[nouns.singular(head)]
        times = phrase.count if head != nouns.singular(head) and phrase.counted else 1
        if thing.plural or nouns.is_unchanged(thing.noun):
            count = thing.count if thing.counted else size * times
            return replace(thing, count=count, counted=True, determiner="some"), end
    if head in lexicon.PARTITIVES and not thing.plural:
        counted = phrase.counted and phrase.count > 1
        return replace(thing, count=phrase.count, counted=counted), end
    return replace(phrase, tail=" ".join(words[i:end])), end


def _at(words: list[str], i: int) -> str:
    return words[i] if 0 <= i < len(words) else ""


def _opens(word: str) -> bool:
    return word in lexicon.DETERMINERS or nouns.number(word) is not None


def _nounish(words: list[str], i: int) -> bool:
    """Whether the word at `i` can stand inside a noun phrase, after its determiner."""
    word, following = _at(words, i), _at(words, i + 1)
    if not word or word in ("'s", "to"):
        return False
    if word in ("and", ","):  # red and white ball
        previous = _at(words, i - 1)
        return (
            lexicon.is_adjective(previous)
            and (lexicon.is_adjective(following) or following in lexicon.COLORS)
            and _nounish(words, i + 2)
            and not _is_function(_at(words, i + 2))
            and (word == "and" or _at(words, i + 2) != ",")
        )
    if word == "round" and not _opens(following):
        return _nounish(words, i + 1)
    if word in _SIDES:
        return word in ("left", "right") and following in lexicon.PARTS
    if word in lexicon.ADJECTIVES and lexicon.is_adverb(word):  # a fast car, a low wall
        return _nounish(words, i + 1)
    if lexicon.is_adverb(word):
        return _is_participle(following) and _nounish(words, i + 2) and word not in lexicon.ADVERBS
    return not _is_function(word)


def _is_function(word: str) -> bool:
    return (
        word in lexicon.PREPOSITIONS
        or word in lexicon.CONJUNCTIONS
        or word in lexicon.SUBORDINATORS
        or word in lexicon.RELATIVES
        or word in lexicon.AUXILIARIES
        or word in lexicon.PRONOUNS
        or word in lexicon.DETERMINERS
        or word in lexicon.THEN
        or word in (",", "'s", "to", "not")
    )


def _is_participle(word: str) -> bool:
    form = FORMS.get(word, ("", ""))[1]
    return form in ("ing", "past", "participle") or (len(word) > 4 and word.endswith(("ing", "ed")))


def _modifies(words: list[str], i: int, determiner: str) -> bool:
    """Whether a participle stands before a noun: "a running dog", "a painted wall"."""
    word = words[i]
    if word in lexicon.ING_NOUNS or not _is_participle(word) or not _nounish(words, i + 1):
        return False
    following = words[i + 1]
    if sizes.is_known(word) or word in ("left", "rose", "saw"):
        return False
    if FORMS.get(following, ("", ""))[1] == "s" and determiner in _SINGULAR:
        return False  # "a painting falls"
    return True


def _is_verb(
    words: list[str],
    i: int,
    taken: list[str],
    head_ok: bool,
    determiner: str,
    plural_expected: bool,
    many: bool,
) -> bool:
    """Whether the word at `i` starts the verb after the noun in `taken`."""
    word, following = words[i], _at(words, i + 1)
    lemma, form = FORMS.get(word, ("", ""))
    if not head_ok:
        noun = word in _NOUNY | lexicon.PARTS or sizes.is_known(nouns.singular(word))
        if taken and form == "s" and not noun and not _is_participle(taken[-1]):
            return True  # "the liquid turns red": the adjective was the noun
        bare = not taken and not determiner
        if bare and not form and lexicon.is_ing_verb(word) and not _nounish(words, i + 1):
            return True  # "snowing"
        return bare and form in ("s", "ing", "past", "base") and not _can_be_noun(words, i)
    last = taken[-1]
    if word in lexicon.MEDIA and following in ("of", ",", ""):
        return False  # "a drone shot of"
    if word in lexicon.ING_NOUNS:
        return following in lexicon.DETERMINERS or form == "ing" and last in lexicon.PEOPLE
    last_plural = nouns.is_plural(last) and (plural_expected or not nouns.is_unchanged(last))
    last_plural = last_plural or last in nouns.PAIR_NOUNS
    last_plural = last_plural or (nouns.is_unchanged(last) and form == "base" and not determiner)
    last_plural = last_plural and determiner not in _SINGULAR
    if last_plural and not (nouns.is_unchanged(last) and sizes.is_known(word)):
        return True  # after a plural no second noun follows
    if plural_expected:
        return False
    before_noun = _nounish(words, i + 1)
    if form == "s" or (not form and nouns.is_plural(word) and word.endswith("s")):
        return _is_verb_in_s(words, i, bool(form), determiner)
    if form == "base":
        if many:
            return True
        if word in _NOUNY:
            moves = VERBS[lemma].kind in ("travel", "jiggle")
            return moves and (following in _SIDES or words[i + 1 : i + 3] == ["to", "the"])
        if before_noun or sizes.is_known(word):
            return False
        return following in lexicon.PREPOSITIONS or lexicon.is_adverb(following)
    if form == "ing" or (not form and word.endswith("ing") and len(word) > 5):
        return not (before_noun and last in lexicon.COLORS)
    if form in ("past", "participle"):
        changes = VERBS[lemma].kind in ("change", "appear", "disappear") or lemma == "turn"
        return not before_noun or changes or word[-2:] != "ed"
    if word.endswith("ed") and not word.endswith(_SEED_NOUNS):
        return not before_noun
    return False


def _is_verb_in_s(words: list[str], i: int, known: bool, determiner: str) -> bool:
    """Whether a word in -s after a singular noun is its verb, and not the true, plural head."""
    word, following = words[i], _at(words, i + 1)
    if determiner in _SINGULAR or following in _SIDES:
        return True
    if FORMS.get(following, ("", ""))[1] in ("base", "s") and following not in _NOUNY:
        return False  # the race cars speed
    if following in lexicon.AUXILIARIES or _is_participle(following):
        return False
    if known:
        return not (sizes.is_known(nouns.singular(word)) and not following)
    if sizes.is_known(nouns.singular(word)):
        return False
    return (
        following in _SIDES or following in ("to", "into", "onto") or lexicon.is_adverb(following)
    )


def _can_be_noun(words: list[str], i: int) -> bool:
    """Whether a verb form that opens a phrase without determiner is a noun: "waves crash"."""
    word, following = words[i], _at(words, i + 1)
    if lexicon.is_adjective(word) and _nounish(words, i + 1):
        return True
    if word in lexicon.SCENERY or word in lexicon.ING_NOUNS or sizes.is_known(nouns.singular(word)):
        return True
    form = FORMS[word][1]
    if form in ("ing", "past"):
        return _nounish(words, i + 1)
    next_form = FORMS.get(following, ("", ""))[1]
    return word in _NOUNY and (next_form in ("s", "ing", "base") or not following)
