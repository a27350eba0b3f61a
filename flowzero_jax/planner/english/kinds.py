"""What a noun phrase can be by its words: a thing with a box, scenery, or nothing with a body."""

from typing import Literal

from flowzero_jax.planner.english.noun_phrases import NounPhrase
from flowzero_jax.planner.words import lexicon, nouns, sizes
from flowzero_jax.planner.words.tables import GRAMMAR

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
