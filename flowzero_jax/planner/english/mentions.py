"""What a noun phrase or pronoun means here: a new thing, or one that was named before."""

from dataclasses import replace

from flowzero_jax.planner.english.clauses import Named
from flowzero_jax.planner.english.kinds import kind_of
from flowzero_jax.planner.english.noun_phrases import NounPhrase
from flowzero_jax.planner.english.story import (
    Camera,
    Event,
    Mention,
    Nothing,
    PlaceDraft,
    Story,
    ThingDraft,
)
from flowzero_jax.planner.intent import label_of
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR
from flowzero_jax.planner.words.verbs import OBJECT_MOVES


def mention(story: Story, named: Named, event: Event | None = None) -> Mention:
    """What a noun phrase means, remembered; `event`: whose object it is, if one's."""
    assert named.phrase is not None
    phrase, text = named.phrase, named.text.replace(" 's", "'s")
    story.restless |= not lexicon.RESTLESS.isdisjoint(phrase.written)
    thrown = named.role == "object" and event and event.verb.lemma in OBJECT_MOVES
    kind = named.kind
    if kind == "place" and thrown and kind_of(phrase, "subject") == "thing":
        kind = "thing"  # "throws leaves"
    if kind == "camera":
        return Camera()
    if kind == "adornment":
        _adorn(story, f"{named.role} {text}")
        return Nothing(text)
    found = _find(story, phrase)
    if found is None and kind == "nothing":
        return Nothing(text)
    if found is None and kind == "place":
        found = _place(story, phrase, text, named.role)
    found = found or _new_thing(story, phrase)
    if found in story.mentioned:
        story.mentioned.remove(found)
    story.mentioned.append(found)
    return found


def _new_thing(story: Story, phrase: NounPhrase) -> ThingDraft:
    determined = phrase.determiner not in ("", "some") or phrase.counted
    label = replace(label_of(phrase.words, phrase.written, determined), extra=phrase.tail)
    if story.names & set(phrase.words):
        bare = not determined or label.bare
        label = replace(label, bare=bare, unique=label.unique or phrase.determiner == "the")
    vague = phrase.plural and not phrase.counted
    region = (phrase.side, None) if phrase.side else None
    story.things.append(ThingDraft(label, phrase.count, vague, phrase.part, region))
    return story.things[-1]


def refer(story: Story, pronoun: str, topics: list[Mention]) -> list[Mention]:
    """What "it" or "they" means: the subject before (`topics`), else what was named."""
    things = story.named_things
    if pronoun in GRAMMAR["plural_pronouns"]:
        several = any(isinstance(t, ThingDraft) and t.count > 1 for t in topics)
        if len(topics) > 1 or several:
            return topics
        return [*(things[-1:] if things and things[-1].count > 1 else things)]
    personal = pronoun in GRAMMAR["personal_pronouns"]
    fitting = [t for t in reversed(things) if t.count == 1 and _is_person(t) == personal]
    about_things = any(isinstance(topic, ThingDraft) for topic in topics)
    if about_things and fitting and not set(fitting) & set(topics):
        return [fitting[0]]  # a person is no "it"
    return topics if len(topics) == 1 else [*things[:1]]


def _is_person(thing: ThingDraft) -> bool:
    return thing.label.noun in lexicon.PEOPLE - GRAMMAR["animals"]


def other_than(story: Story, subjects: list[Mention]) -> ThingDraft | None:
    """The thing named last that is none of the subjects: "around it"."""
    others = [thing for thing in story.named_things if thing not in subjects]
    return others[-1] if others else None


def another_like(story: Story, before: ThingDraft | None) -> ThingDraft | None:
    """ "from one stone to another": one more of what was named last."""
    if before is None:
        return None
    story.things.append(ThingDraft(before.label))
    story.mentioned.append(story.things[-1])
    return story.things[-1]


def _adorn(story: Story, text: str) -> None:
    """Adds words to the captions of the thing named last."""
    for thing in story.named_things[-1:]:
        thing.label = replace(thing.label, extra=f"{thing.label.extra} {text}".strip())


def _find(story: Story, phrase: NounPhrase) -> Mention | None:
    """An earlier mention: "the cat" after "a black cat", "the white one"."""
    if phrase.determiner not in GRAMMAR["back_references"]:
        return None
    wanted = set(phrase.words[:-1])
    if phrase.noun == "one":
        fitting = [t for t in story.named_things if wanted <= set(t.label.words)]
        return fitting[0] if fitting else None
    for earlier in reversed(story.mentioned):
        if isinstance(earlier, PlaceDraft) and earlier.noun == phrase.noun:
            return earlier
        if isinstance(earlier, ThingDraft) and _matches(story, earlier, phrase):
            return earlier
    return None


def _matches(story: Story, thing: ThingDraft, phrase: NounPhrase) -> bool:
    new, old = set(phrase.words[:-1]), set(thing.label.words[:-1])
    became = [e.end_state.label for e in story.events if thing in e.subjects and e.end_state]
    known = {thing.label.noun, *(label.noun for label in became if label)}
    generic = phrase.noun in GRAMMAR["generic"] and not new and len(story.things) == 1
    if phrase.side and (thing.region or (0, 0))[0] != phrase.side:
        return False
    return (phrase.noun in known and (new <= old or old <= new)) or generic


def _place(story: Story, phrase: NounPhrase, text: str, role: str) -> PlaceDraft:
    for place in story.places:
        if place.noun == phrase.noun and phrase.noun not in lexicon.TIMES:
            return place
    preposition = role if role in lexicon.PREPOSITIONS else ""
    told = role not in GRAMMAR["towards"] or lexicon.VERTICAL_PLACES.get(phrase.noun) != 1
    place = PlaceDraft(phrase.noun, text, preposition, told, story.order)
    story.places.append(place)
    return place
