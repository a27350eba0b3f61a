"""Word classes that are closed, or whose common members matter to a layout (`lexicon.toml`).

Nouns in general are *not* listed: what stands where a noun stands is one. The lists only say which
nouns are scenery, parts, clothes and so on; anything else is an object that gets a box.
"""

import re

from flowzero_jax.planner.words.tables import by_value, load, word_set

_LISTS = load("lexicon")

(
    DETERMINERS, OPENERS, POSSESSIVES, PRONOUNS, CONJUNCTIONS, SUBORDINATORS, RELATIVES, THEN,
    PREPOSITIONS, AUXILIARIES, ADVERBS, SLOW, FAST, COLORS, ING_NOUNS, SCENERY, BUILDINGS,
    SCENERY_IN_PLURAL, SUBJECTS_IN_PLURAL, WEATHER, INTANGIBLE, PARTS, CLOTHES, PEOPLE,
    CONTAINERS, PICTURES, MEDIA, STYLE, PARTITIVES, RESTLESS, FRAME_NOUNS, TIMES, LEVEL_WAYS,
    LANDING_PLACES, _ABSTRACT, UNITS, _CONCRETE, IN_HAND, SIDES, _NOT_ADJECTIVES,
    _LY_NOT_ADVERBS,
) = (word_set(_LISTS[name]) for name in (
    "determiners openers possessives pronouns conjunctions subordinators relatives then "
    "prepositions auxiliaries adverbs slow fast colors ing_nouns scenery buildings "
    "scenery_in_plural subjects_in_plural weather intangible parts clothes people "
    "containers pictures media style partitives restless frame_nouns times level_ways "
    "landing_places abstract units concrete in_hand sides not_adjectives "
    "ly_not_adverbs"
).split())  # fmt: skip
PACES = dict.fromkeys(SLOW, "slow") | dict.fromkeys(FAST, "fast")
_ABSTRACT_ENDS = (*_LISTS["abstract_ends"].split(), "°c", "°f")
NOT_PARTICIPLES = tuple(_LISTS["not_participles"].split())
LIGHT_SOURCES = frozenset(_LISTS["light_sources"])
CLOTHES_ENDS = tuple(_LISTS["clothes_ends"].split())
SIZES = by_value(_LISTS["sizes"])
GROUPS = {word: int(count) for word, count in by_value(_LISTS["groups"]).items()}
VAGUE_COUNTS = {word: int(count) for word, count in by_value(_LISTS["vague_counts"]).items()}
VERTICAL_PLACES = {word: int(way) for word, way in by_value(_LISTS["vertical_places"]).items()}
UNNAMED_COUNT = 3  # "birds fly": how many?

#: Whatever can end a noun phrase, but for verbs and adverbs.
FUNCTION_WORDS = (
    DETERMINERS | PRONOUNS | CONJUNCTIONS | SUBORDINATORS | RELATIVES | THEN | PREPOSITIONS
    | AUXILIARIES | {",", "'s", "to", "not"}
)  # fmt: skip
#: Adjectives that are never nouns: a noun must still follow.
ADJECTIVES = (
    COLORS - word_set("orange gold silver violet rose lime lavender bronze copper ivory tan navy")
    | frozenset(SIZES) - word_set("baby mini giant")
    | word_set(_LISTS["other_adjectives"])
)
_ADJECTIVE_ENDINGS = re.compile(r".{2,}(ful|less|ous|ish|ive|able|ible|ic|ian|esque|like|-\w+ed)$")


def is_adjective(word: str) -> bool:
    """Whether a word can only describe a noun that follows."""
    if word in _NOT_ADJECTIVES or word.endswith("fish"):
        return False
    return word in ADJECTIVES or bool(_ADJECTIVE_ENDINGS.match(word))


def is_adverb(word: str) -> bool:
    """Whether a word tells how, where to or when, and belongs to no noun."""
    if word in ADVERBS:
        return True
    return len(word) > 3 and word.endswith("ly") and word not in _LY_NOT_ADVERBS


def is_ing_verb(word: str) -> bool:
    """Whether a word looks like a verb in -ing."""
    return len(word) > 4 and word.endswith("ing") and word not in ING_NOUNS


def is_abstract(noun: str) -> bool:
    """Whether a noun in the singular names an idea, an event or a measure, nothing to be drawn."""
    ends = noun.endswith(_ABSTRACT_ENDS) and noun not in _CONCRETE | SCENERY
    return noun in _ABSTRACT or ends
