"""What a noun phrase names: a new thing, one named before, scenery, or nothing with a body."""

from dataclasses import replace

from flowzero_jax.planner.english.drafts import (
    Camera,
    Draft,
    Event,
    Mention,
    Nothing,
    PlaceDraft,
    ThingDraft,
)
from flowzero_jax.planner.english.noun_phrases import NounPhrase
from flowzero_jax.planner.intent import label_of
from flowzero_jax.planner.words import lexicon, nouns, sizes
from flowzero_jax.planner.words.verbs import OBJECT_MOVES, Verb

_BACK_REFERENCES = frozenset({"the", "this", "that", "these", "those", "both"})
_GENERIC = frozenset({"animal", "creature", "vehicle", "object", "thing", "insect", "character"})
_PLURAL_PRONOUNS = frozenset({"they", "them", "themselves"})
_ANIMALS = frozenset({"bear", "robot", "monkey"})  # that act like people
_PERSONAL_PRONOUNS = frozenset({"he", "she", "him", "himself", "herself"})
#: What stands in or at something unknown stands in a place, not in a thing.
_PLACE_ROLES = frozenset({"in", "at", "across", "through", "throughout", "along", "amid", "during",
                          "inside", "within"})  # fmt: skip
_BESIDE = frozenset({"near", "beside", "behind", "above", "over", "under", "below", "by"})
_UNDER_THE_SUN = frozenset({"by", "under", "in", "on", "below", "from", "across", "over", "to"})
_TOWARDS = frozenset({"to", "toward", "towards", "from", "off", "into", "onto"})
_WAYS = frozenset({"across", "along", "down", "up", "through"})
#: How a still caption says where a way leads: "through the forest" is "in the forest".
_STILL = {
    "across": "in", "through": "in", "along": "in", "down": "in", "up": "in", "into": "in",
    "onto": "on", "throughout": "in", "past": "by", "toward": "near", "towards": "near",
    "to": "near", "from": "in", "of": "on", "off": "on", "out of": "in", "around": "in",
}  # fmt: skip


def mention(draft: Draft, phrase: NounPhrase, start: int, end: int, role: str) -> Mention:
    """What the noun phrase at `words[start:end]` names, remembered.

    `role`: `subject`, `object`, `list`, or the preposition before it.
    """
    text = " ".join(draft.words[start:end]).replace(" 's", "'s")
    found = _find_or_make(draft, phrase, text, role)
    if not isinstance(found, Nothing | Camera):
        if found in draft.mentioned:
            draft.mentioned.remove(found)
        draft.mentioned.append(found)
    return found


def refer(draft: Draft, pronoun: str) -> list[Mention]:
    """What "it" or "they" means: the subject before, else what was named."""
    plural = pronoun in _PLURAL_PRONOUNS
    other = None if plural else _meant(draft, pronoun)
    if other is not None:
        return [other]
    lone = len(draft.topics) == 1
    if draft.topics and (_are_several(draft.topics) if plural else lone):
        return draft.topics
    things = [m for m in draft.mentioned if isinstance(m, ThingDraft)]
    if plural:
        return [*(things[-1:] if things and things[-1].count > 1 else things)]
    return [*things[:1]]


def _meant(draft: Draft, pronoun: str) -> ThingDraft | None:
    """What a pronoun means that cannot mean the subject before: a person is no "it"."""
    if not any(isinstance(topic, ThingDraft) for topic in draft.topics):
        return None
    personal = pronoun in _PERSONAL_PRONOUNS
    fitting = [
        m for m in reversed(draft.mentioned)
        if isinstance(m, ThingDraft) and m.count == 1 and _is_person(m) == personal
    ]  # fmt: skip
    return fitting[0] if fitting and not set(fitting) & set(draft.topics) else None


def _are_several(topics: list[Mention]) -> bool:
    return len(topics) > 1 or any(isinstance(t, ThingDraft) and t.count > 1 for t in topics)


def _is_person(thing: ThingDraft) -> bool:
    return thing.label.noun in lexicon.PEOPLE - _ANIMALS


def other_than_subject(draft: Draft) -> ThingDraft | None:
    """The thing named last that is no subject of the clause: "around it"."""
    others = [m for m in draft.mentioned if isinstance(m, ThingDraft) and m not in draft.subjects]
    return others[-1] if others else None


def another_one(draft: Draft) -> ThingDraft | None:
    """ "from one stone to another": one more of what was named last."""
    before = other_than_subject(draft)
    if before is None:
        return None
    draft.things.append(ThingDraft(before.label, 1))
    draft.mentioned.append(draft.things[-1])
    return draft.things[-1]


def is_known_thing(phrase: NounPhrase) -> bool:
    """Whether the noun is one of those with a known size, and no part of another thing."""
    known = sizes.is_known(phrase.noun) or phrase.noun in lexicon.PEOPLE
    return known and phrase.written[-1] not in lexicon.PARTS


def _find_or_make(draft: Draft, phrase: NounPhrase, text: str, role: str) -> Mention:
    draft.restless |= any(word in lexicon.RESTLESS for word in phrase.written)
    if phrase.noun in ("camera", "cameraman", "viewer"):
        return Camera()
    if phrase.count == 0:
        return Nothing(text)
    if _is_adornment(phrase, role):
        _attach(draft, f"{role} {text}")
        return Nothing(text)
    before = _find(draft, phrase)
    if before is not None:
        return before
    thrown = role == "object" and draft.event is not None and draft.event.verb.lemma in OBJECT_MOVES
    if _is_scenery(phrase, "subject" if thrown else role):
        return _place(draft, phrase, text, role)
    if _is_nothing(phrase, role):
        return Nothing(text)
    determined = bool(phrase.determiner) or phrase.counted
    label = replace(label_of(phrase.words, phrase.written, determined), extra=phrase.tail)
    if draft.names & set(phrase.words):
        bare = not determined or label.bare
        label = replace(label, bare=bare, unique=label.unique or phrase.determiner == "the")
    vague = phrase.plural and not phrase.counted
    region = (phrase.side, None) if phrase.side else None
    thing = ThingDraft(label, phrase.count, vague, phrase.part, region)
    draft.things.append(thing)
    return thing


def _is_adornment(phrase: NounPhrase, role: str) -> bool:
    """Clothes and parts that describe: "in a red suit", "with curly hair"."""
    written = phrase.written[-1]
    dressed = written in lexicon.CLOTHES or written.endswith(lexicon.CLOTHES_ENDS)
    return (dressed and role == "in") or (written in lexicon.PARTS and role == "with")


def _attach(draft: Draft, text: str) -> None:
    """Adds words to the captions of the thing named last."""
    thing = next((m for m in reversed(draft.mentioned) if isinstance(m, ThingDraft)), None)
    if thing is not None:
        thing.label = replace(thing.label, extra=f"{thing.label.extra} {text}".strip())


def weather(draft: Draft, noun: str) -> None:
    """ "it is snowing", "it rains"."""
    draft.places.append(PlaceDraft(noun, f"the {noun}", "in", order=draft.order))
    draft.restless = True


def adorn(draft: Draft, event: Event, text: str) -> None:
    """ "wearing a red hat": told in captions, not boxed."""
    event.verb = Verb("be", "still")
    for thing in event.things:
        thing.label = replace(thing.label, extra=f"{thing.label.extra} wearing {text}".strip())
    draft.last = event.subjects[-1]


def _find(draft: Draft, phrase: NounPhrase) -> Mention | None:
    """An earlier mention: "the cat" after "a black cat"."""
    if phrase.determiner not in _BACK_REFERENCES:
        return None
    if phrase.noun == "one":
        return _one_of(draft, phrase)
    for earlier in reversed(draft.mentioned):
        if isinstance(earlier, PlaceDraft) and earlier.noun == phrase.noun:
            return earlier
        if isinstance(earlier, ThingDraft) and _matches(draft, earlier, phrase):
            return earlier
    return None


def _one_of(draft: Draft, phrase: NounPhrase) -> ThingDraft | None:
    """ "the white one" after "a white rabbit and a black rabbit"."""
    wanted = set(phrase.words[:-1])
    for thing in (m for m in draft.mentioned if isinstance(m, ThingDraft)):
        if wanted <= set(thing.label.words):
            return thing
    return None


def _matches(draft: Draft, thing: ThingDraft, phrase: NounPhrase) -> bool:
    new, old = set(phrase.words[:-1]), set(thing.label.words[:-1])
    became = [e.end_state.label for e in draft.events if thing in e.subjects and e.end_state]
    known = {thing.label.noun, *(label.noun for label in became if label)}
    generic = phrase.noun in _GENERIC and not new and len(draft.things) == 1
    if phrase.side and (thing.region or (0, 0))[0] != phrase.side:
        return False
    return (phrase.noun in known and (new <= old or old <= new)) or generic


def _is_bare(phrase: NounPhrase) -> bool:
    return not phrase.determiner and not phrase.counted


def _is_scenery(phrase: NounPhrase, role: str) -> bool:
    written, noun = phrase.written[-1], phrase.noun
    if written in lexicon.MEDIA:  # a beach scene
        return any(word in lexicon.SCENERY for word in phrase.written[:-1])
    if noun in ("sun", "moon") and role in _UNDER_THE_SUN:
        return True
    if written in lexicon.PARTS and phrase.determiner in lexicon.POSSESSIVES:
        return False
    if written in lexicon.BUILDINGS and role in _BESIDE:
        return False
    if role == "object" and _is_bare(phrase) and not phrase.plural:
        return False  # "splash water"
    if role == "subject" and written in lexicon.SUBJECTS_IN_PLURAL:
        return False
    scenery = lexicon.is_scenery(written, phrase.counted) or noun in lexicon.SCENERY
    if written in lexicon.TIMES or scenery:
        return not (role == "object" and written in lexicon.INTANGIBLE)
    if written in lexicon.INTANGIBLE:
        return role in _PLACE_ROLES and written in lexicon.WEATHER
    if role in _PLACE_ROLES:
        return not sizes.is_known(noun) and written not in lexicon.CONTAINERS
    return False


def _is_nothing(phrase: NounPhrase, role: str) -> bool:
    written = phrase.written[-1]
    owned = phrase.determiner in lexicon.POSSESSIVES
    if written in (lexicon.INTANGIBLE | lexicon.MEDIA | lexicon.STYLE) - lexicon.PICTURES:
        lamp = " ".join(phrase.words[-2:]) in lexicon.LIGHT_SOURCES
        colored = not lexicon.COLORS.isdisjoint(phrase.words[:-1])
        lamp = lamp or (role == "subject" and colored and phrase.noun == "light")
        return not lamp and not (phrase.counted and phrase.plural)
    held = written in lexicon.CONTAINERS - lexicon.PARTS
    if owned and not is_known_thing(phrase) and not phrase.counted and not held:
        return True
    if role in ("for", "like") or phrase.noun == "time":
        return True
    if written in lexicon.FRAME_NOUNS and len(phrase.words) == 1 and role != "subject":
        return True
    if written in lexicon.PARTS | lexicon.CLOTHES:
        return owned or (_is_bare(phrase) and role != "subject")
    if phrase.determiner in ("each", "every") and role not in ("subject", "list"):
        return True
    if role in lexicon.PREPOSITIONS and _is_bare(phrase) and phrase.noun in nouns.MASS_NOUNS:
        return True
    if role in ("with", "object"):
        return _is_bare(phrase) and not phrase.plural and not sizes.is_known(phrase.noun)
    return False


def _place(draft: Draft, phrase: NounPhrase, text: str, role: str) -> PlaceDraft:
    for place in draft.places:
        if place.noun == phrase.noun and phrase.noun not in lexicon.TIMES:
            return place
    preposition = role if role in lexicon.PREPOSITIONS else ""
    hangs = role == "from" and draft.event is not None and draft.event.verb.kind == "still"
    if role in _STILL and not hangs:
        flat = phrase.noun in lexicon.FLAT_PLACES or phrase.noun not in lexicon.SCENERY
        preposition = "on" if flat and role in _WAYS | {"from", "off"} else _STILL[role]
    told = role not in _TOWARDS or lexicon.VERTICAL_PLACES.get(phrase.noun) != 1
    place = PlaceDraft(phrase.noun, text, preposition, told, draft.order)
    draft.places.append(place)
    return place
