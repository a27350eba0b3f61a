"""Finds noun phrases: where one starts and ends, its head, its count.

A phrase runs from its determiner to the first word that must be a verb or a function word. Number
agreement settles most doubts: "two race cars" needs a plural, "a duck ducks" takes no second noun.
"""

from dataclasses import dataclass, replace
from typing import Literal

from flowzero_jax.planner.english import boundaries
from flowzero_jax.planner.english.boundaries import Opening, is_nounish, word_at
from flowzero_jax.planner.words import lexicon, nouns, sizes
from flowzero_jax.planner.words.tables import GRAMMAR
from flowzero_jax.planner.words.verbs import VERBS, form_of, lemma_of

_LONGEST = 10  # words; what is longer is no noun phrase


@dataclass(frozen=True)
class NounPhrase:
    """A thing as the prompt names it.

    `words`: modifiers and head, singular, as written otherwise; movements ("running") are left out.
    `written`: the same with the head as written.
    `count`: how many; `counted`: whether the prompt says so.
    `determiner`: the first one, or "".
    `doing`: the verb of a movement that stands before the noun.
    `tail`: an of-phrase that belongs in captions only, "of water".
    """

    words: tuple[str, ...]
    written: tuple[str, ...]
    count: int = 1
    counted: bool = False
    determiner: str = ""
    doing: str = ""
    tail: str = ""

    @property
    def noun(self) -> str:
        return self.words[-1]

    @property
    def head(self) -> str:
        """The noun as written."""
        return self.written[-1]

    @property
    def plural(self) -> bool:
        return self.count != 1

    @property
    def bare(self) -> bool:
        """Whether nothing opens it."""
        return not self.determiner and not self.counted


def read(words: list[str], start: int, many: bool = False) -> tuple[NounPhrase, int] | None:
    """The noun phrase that starts at `start` and the position after it, or None.

    `many`: it closes a list ("a cat and a dog"), so that its verb is a plural.
    """
    found = _read_simple(words, start, many)
    if found is not None and word_at(words, found[1]) == "'s":
        found = _read_possessed(words, found[1], found[0], many) or found
    if found is not None and word_at(words, found[1]) == "of":
        return _read_of(words, found[1], found[0], many)
    return found


def _read_simple(
    words: list[str], start: int, many: bool, opened: bool = False
) -> tuple[NounPhrase, int] | None:
    """A phrase without possessor and of-phrase; `opened`: a possessive stands before it."""
    found = _read_opening(words, start, many, "the" if opened else "")
    if found is None:
        return None
    opening, i = found
    if opening.determiner in GRAMMAR["pronominal"] and not is_nounish(words, i + 1):
        following = word_at(words, i)
        acts = form_of(following) == "participle" or following.endswith("ed")
        if acts or lexicon.is_ing_verb(following):
            return None  # "both laughing"
    taken, doing, head_ok, i = _read_words(words, i, opening)
    alone = not head_ok and len(taken) == 1 and (opening.counted or not opening.determiner)
    if not taken or taken[-1] == "and" or alone:
        return None  # "two white and one black" name nothing
    return _build(taken, opening, doing, form_of(word_at(words, i))), i


def _read_words(words: list[str], i: int, opening: Opening) -> tuple[list[str], str, bool, int]:
    """The words up to the head, a movement before it, whether it is a head, and where it ends."""
    taken: list[str] = []
    doing, head_ok, stop = "", False, min(len(words), i + _LONGEST)
    while i < stop and is_nounish(words, i):
        word = words[i]
        if head_ok and (word == "first" or boundaries.starts_verb(words, i, opening, taken)):
            break  # "a cat first walks"
        modifier = not head_ok and boundaries.modifies(words, i, opening)
        if not (head_ok or modifier) and boundaries.is_bare_verb(words, i, opening, taken):
            break
        lemma = lemma_of(word)
        moves = modifier and form_of(word) == "ing" and VERBS[lemma].kind in GRAMMAR["moving"]
        if moves and word_at(words, i + 1) not in GRAMMAR["with_participle"]:
            doing = lemma  # "a running dog", but no "running shoe"
        elif taken or word not in lexicon.SLOW | lexicon.FAST:
            taken.append("and" if word == "," else word)
            noun = not modifier and not lexicon.is_adjective(word) and word not in ("and", ",")
            head_ok = head_ok or noun
        i += 1
    return taken, doing, head_ok, i


def _read_opening(
    words: list[str], i: int, many: bool, determiner: str
) -> tuple[Opening, int] | None:
    """Determiners and number words, and the position after them."""
    count, counted, start = None, False, i
    while i < min(len(words), start + _LONGEST):
        word, value = words[i], nouns.number(words[i])
        if value is not None and nouns.singular(word_at(words, i + 1)) in lexicon.UNITS:
            break  # "the 25 km mark"
        if value is not None and not counted:
            count, counted = value, True
            i += word_at(words, i + 1) == "more"  # "two more ducks"
        elif word in lexicon.VAGUE_COUNTS and (count is None or word != "other"):
            count = lexicon.VAGUE_COUNTS[word] if word != "other" else None
        elif word not in lexicon.DETERMINERS and word != "one":
            break
        determiner = determiner or word
        i += 1
    return Opening(determiner, count, counted, many), i


def _build(taken: list[str], opening: Opening, doing: str, following: str) -> NounPhrase:
    """The phrase of the words in `taken`; `following`: the form of the verb after them, if any."""
    head, count = taken[-1], opening.count
    pair = head in nouns.PAIR_NOUNS and (count or 1) == 1
    if count is None:
        several = nouns.is_plural(head) and not opening.singular and not pair
        if nouns.is_unchanged(head):
            several = several and (opening.plural or following == "base")  # deer run
        count = lexicon.UNNAMED_COUNT if several else 1
        count = 0 if opening.determiner == "no" else count
    base = head if pair else nouns.singular(head)
    vague = opening.determiner in lexicon.VAGUE_COUNTS or opening.singular
    return NounPhrase(
        words=(*taken[:-1], base),
        written=tuple(taken),
        count=count,
        counted=opening.counted or (count > 1 and vague),
        determiner=opening.determiner,
        doing=doing,
    )


def _read_possessed(
    words: list[str], i: int, owner: NounPhrase, many: bool
) -> tuple[NounPhrase, int] | None:
    """After "a bird 's": either its part, or a thing of its own ("a child's toy")."""
    found = _read_simple(words, i + 1, many, opened=True)
    if found is None:
        return None
    thing, end = found
    if thing.head in lexicon.PARTS | lexicon.INTANGIBLE:
        return owner, end
    return replace(thing, determiner=owner.determiner or "the"), end


def _read_of(words: list[str], i: int, phrase: NounPhrase, many: bool) -> tuple[NounPhrase, int]:
    """After "a flock of", "a piece of", "a cup of"."""
    inner = read(words, i + 1, many or phrase.plural)
    if inner is None or phrase.head in lexicon.MEDIA:
        return phrase, i
    thing, end = inner
    head, group = phrase.head, nouns.singular(phrase.head)
    if lexicon.is_abstract(phrase.noun) and group not in lexicon.GROUPS:
        return replace(thing, determiner=thing.determiner or "some"), end  # "the fall of a candle"
    if head in lexicon.PARTS | lexicon.CLOTHES | GRAMMAR["positions"]:
        return thing, end  # "the hands of a farmer"
    grouped = head in lexicon.GROUPS or group in lexicon.GROUPS
    if grouped and (thing.plural or nouns.is_unchanged(thing.noun)):
        size = lexicon.GROUPS.get(head) or lexicon.GROUPS[group]
        times = phrase.count if head != group and phrase.counted else 1
        count = thing.count if thing.counted else size * times
        return replace(thing, count=count, counted=True, determiner="some"), end
    if head in lexicon.PARTITIVES and not thing.plural:
        counted = phrase.counted and phrase.count > 1
        return replace(thing, count=phrase.count, counted=counted), end
    if grouped and thing.bare:
        return thing, end  # "a lot of mist"
    return replace(phrase, tail=" ".join(words[i:end])), end


Kind = Literal["thing", "place", "nothing", "camera"]


def kind_of(phrase: NounPhrase, role: str) -> Kind:
    """What the phrase names as `role`: a `subject`, an `object`, or after a preposition."""
    head = phrase.head
    dressed = head in lexicon.CLOTHES or head.endswith(lexicon.CLOTHES_ENDS)
    worn = role == "wearing" or (dressed and role == "in")  # "in a red suit", "with curly hair"
    if phrase.noun in ("camera", "cameraman", "viewer"):
        return "camera"
    if not phrase.count or worn or (head in lexicon.PARTS and role == "with"):
        return "nothing"
    if _is_scenery(phrase, role):
        return "place"
    return "nothing" if _is_nothing(phrase, role) else "thing"


def is_known_thing(phrase: NounPhrase) -> bool:
    """Whether the noun is one of those with a known size, and no part of another thing."""
    known = sizes.is_known(phrase.noun) or phrase.noun in lexicon.PEOPLE
    return known and phrase.head not in lexicon.PARTS


def _is_scenery(phrase: NounPhrase, role: str) -> bool:
    head, noun = phrase.head, phrase.noun
    if head in lexicon.MEDIA:  # a beach scene
        return any(word in lexicon.SCENERY for word in phrase.written[:-1])
    if noun in ("sun", "moon") and role in GRAMMAR["under_the_sun"]:
        return True
    owned = head in lexicon.PARTS and phrase.determiner in lexicon.POSSESSIVES
    beside = head in lexicon.BUILDINGS and role in GRAMMAR["beside"]
    splashed = role == "object" and phrase.bare and not phrase.plural  # "splash water"
    acts = role == "subject" and head in lexicon.SUBJECTS_IN_PLURAL
    if owned or beside or splashed or acts:
        return False
    counted = phrase.counted and head in lexicon.SCENERY_IN_PLURAL  # "three stars"
    scenery = (head in lexicon.SCENERY and not counted) or noun in lexicon.SCENERY
    if head in lexicon.TIMES or scenery:
        return not (role == "object" and head in lexicon.INTANGIBLE)
    if head in lexicon.INTANGIBLE:
        return role in GRAMMAR["place_roles"] and head in lexicon.WEATHER
    unknown = not sizes.is_known(noun) and head not in lexicon.CONTAINERS
    return role in GRAMMAR["place_roles"] and unknown


def _is_nothing(phrase: NounPhrase, role: str) -> bool:
    head, owned = phrase.head, phrase.determiner in lexicon.POSSESSIVES
    if head in (lexicon.INTANGIBLE | lexicon.MEDIA | lexicon.STYLE) - lexicon.PICTURES:
        lamp = " ".join(phrase.words[-2:]) in lexicon.LIGHT_SOURCES
        colored = not lexicon.COLORS.isdisjoint(phrase.words[:-1])
        lamp = lamp or (role == "subject" and colored and phrase.noun == "light")
        return not lamp and not (phrase.counted and phrase.plural)
    held = phrase.counted or head in lexicon.CONTAINERS - lexicon.PARTS
    if (owned and not held and not is_known_thing(phrase)) or role in ("for", "like"):
        return True
    measure = phrase.noun in lexicon.UNITS and any(map(nouns.number, phrase.words[:-1]))
    abstract = measure or lexicon.is_abstract(phrase.noun)
    if phrase.noun == "time" or (abstract and not sizes.is_known(phrase.noun)):
        return True
    if role != "subject" and head in lexicon.FRAME_NOUNS and len(phrase.words) == 1:
        return True
    if head in lexicon.PARTS | lexicon.CLOTHES:
        return owned or (phrase.bare and role != "subject") or (phrase.counted and role == "on")
    stuff = phrase.bare and phrase.noun in nouns.MASS_NOUNS and role in lexicon.PREPOSITIONS
    listed = phrase.bare and not phrase.plural and not sizes.is_known(phrase.noun)
    return role != "subject" and (stuff or (listed and role in ("with", "object")))
