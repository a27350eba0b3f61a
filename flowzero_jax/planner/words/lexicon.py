"""Word classes that are closed, or whose common members matter to a layout (`lexicon.toml`).

Nouns in general are *not* listed: what stands where a noun stands is one. The lists only say which
nouns are scenery, parts, clothes and so on; anything else is an object that gets a box.
"""

import re

from flowzero_jax.planner.words.tables import by_value, load, word_set

_LISTS = load("lexicon")

DETERMINERS = word_set(_LISTS["determiners"])
OPENERS = word_set(_LISTS["openers"])
POSSESSIVES = word_set(_LISTS["possessives"])
PRONOUNS = word_set(_LISTS["pronouns"])
CONJUNCTIONS = word_set(_LISTS["conjunctions"])
SUBORDINATORS = word_set(_LISTS["subordinators"])
RELATIVES = word_set(_LISTS["relatives"])
THEN = word_set(_LISTS["then"])
PREPOSITIONS = word_set(_LISTS["prepositions"])
AUXILIARIES = word_set(_LISTS["auxiliaries"])
ADVERBS = word_set(_LISTS["adverbs"])
SLOW = word_set(_LISTS["slow"])
FAST = word_set(_LISTS["fast"])
PACES = dict.fromkeys(SLOW, "slow") | dict.fromkeys(FAST, "fast")
COLORS = word_set(_LISTS["colors"])
ING_NOUNS = word_set(_LISTS["ing_nouns"])
SCENERY = word_set(_LISTS["scenery"])
BUILDINGS = word_set(_LISTS["buildings"])
SCENERY_IN_PLURAL = word_set(_LISTS["scenery_in_plural"])
SUBJECTS_IN_PLURAL = word_set(_LISTS["subjects_in_plural"])
WEATHER = word_set(_LISTS["weather"])
INTANGIBLE = word_set(_LISTS["intangible"])
PARTS = word_set(_LISTS["parts"])
CLOTHES = word_set(_LISTS["clothes"])
PEOPLE = word_set(_LISTS["people"])
CONTAINERS = word_set(_LISTS["containers"])
PICTURES = word_set(_LISTS["pictures"])
MEDIA = word_set(_LISTS["media"])
STYLE = word_set(_LISTS["style"])
PARTITIVES = word_set(_LISTS["partitives"])
RESTLESS = word_set(_LISTS["restless"])
FRAME_NOUNS = word_set(_LISTS["frame_nouns"])
TIMES = word_set(_LISTS["times"])
LEVEL_WAYS = word_set(_LISTS["level_ways"])
LANDING_PLACES = word_set(_LISTS["landing_places"])
FLAT_PLACES = word_set(_LISTS["flat_places"])
_ABSTRACT = word_set(_LISTS["abstract"])
UNITS = word_set(_LISTS["units"])
_ABSTRACT_ENDS = (*_LISTS["abstract_ends"].split(), "°c", "°f")
_CONCRETE = word_set(_LISTS["concrete"])
NOUNY = word_set(_LISTS["nouny"])
IN_HAND = word_set(_LISTS["in_hand"])
WELLS = word_set(_LISTS["wells"])
SINGULARS = word_set(_LISTS["singulars"])
PLURALS = word_set(_LISTS["plurals"])
PRONOMINAL = word_set(_LISTS["pronominal"])
WITH_PARTICIPLE = word_set(_LISTS["with_participle"])
POSITIONS = word_set(_LISTS["positions"])
SIDES = word_set(_LISTS["sides"])
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
_NOT_ADJECTIVES = word_set(_LISTS["not_adjectives"])
_LY_NOT_ADVERBS = word_set(_LISTS["ly_not_adverbs"])


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


def is_scenery(word: str, counted: bool) -> bool:
    """Whether a noun, as written, names scenery rather than a thing.

    `counted`: a number stands before it; "three stars" are things, "stars" are scenery.
    """
    return word in SCENERY and not (counted and word in SCENERY_IN_PLURAL)


def is_abstract(noun: str) -> bool:
    """Whether a noun in the singular names an idea, an event or a measure, nothing to be drawn."""
    ends = noun.endswith(_ABSTRACT_ENDS) and noun not in _CONCRETE | SCENERY
    return noun in _ABSTRACT or ends
