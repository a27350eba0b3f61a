"""The place in a story at which the next clause is told, and what its words refer to there."""

from dataclasses import dataclass, field, replace

from flowzero_jax.planner.english.clauses import Attachment, Named, Object
from flowzero_jax.planner.english.noun_phrases import NounPhrase
from flowzero_jax.planner.english.story import (
    Event,
    Mention,
    Nothing,
    PlaceDraft,
    Story,
    ThingDraft,
)
from flowzero_jax.planner.intent import RelationKind, label_of
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR
from flowzero_jax.planner.words.verbs import VERBS, Verb


@dataclass(eq=False)
class Teller:
    """Where a story is after some clauses.

    `subjects`, `event`: of the clause. `last`: what was named last. `topics`: what "it" and "they"
    can mean. `goes_on`: the clause is one more stage of the verb before.
    """

    story: Story
    subjects: list[Mention] = field(default_factory=list)
    event: Event | None = None
    last: Mention | None = None
    topics: list[Mention] = field(default_factory=list)
    goes_on: bool = False

    def begin(self, verb: Verb, subjects: list[Mention], stated: bool = True) -> Event:
        """A new event, which "it" then refers to."""
        event = Event(verb, list(subjects), self.story.order, stated)
        self.story.events.append(event)
        self.topics = list(event.things) or self.topics
        return event

    def next_stage(self, event: Event) -> Event:
        """Another stage of the same motion: "to the left, then to the right"."""
        self.event = self.begin(event.verb, event.subjects)
        self.event.pace, self.event.passive = event.pace, event.passive
        return self.event

    def implied_event(self, still: bool) -> Event | None:
        """The clause's event; a clause without a verb gets one."""
        subjects = self.subjects or ([self.last] if self.last is not None else [])
        if self.event is None and subjects:
            verb = Verb("be", "still") if still else Verb("move", "travel")
            self.event = self.begin(verb, subjects, stated=False)
        return self.event

    def relate(
        self, kind: RelationKind, words: str, target: ThingDraft, together: bool = False
    ) -> None:
        """Relates the event's subjects, else the clause's, else the last thing, to `target`.

        Before the verb, "a cat on a mat and a dog with a bone" relates only what is still unplaced.
        """
        story, event, last = self.story, self.event, self.last
        subjects: list[Mention | None] = [*(event.subjects if event else self.subjects)] or [last]
        before = story.relations[-1] if story.relations else None
        if before and (before.kind, before.words, before.target) == (kind, words, last):
            subjects = [before.target]  # "a cup on a book on a table"
        if event is None and len(subjects) > 1:
            placed = [relation.subject for relation in story.relations]
            first = [s for s in subjects[:-1] if s not in placed and kind != "with"]
            subjects = [*first, subjects[-1]]
        known: list[Mention | None] = [s for s in subjects if s not in (None, target)] or [last]
        story.relate(kind, words, known, target, event, together)

    def target_of(self, part: Attachment | Object) -> Mention | None:
        """What an attachment or object names; a pronoun means another thing than the subjects."""
        if part.named.phrase is not None:
            return self.mention(part.named)
        event = self.event if self.event is not None and self.event.stated else None
        own: list[Mention | None] = [*event.subjects] if event is not None else [self.last]
        others = [thing for thing in self.story.named_things if thing not in own]
        if part.named.text == "another" and others:  # one more of what was named last
            return self.story.add(others[-1].label)
        return next(iter(others if part.named.text == "its" else reversed(others)), None)

    def subjects_of(self, named: Named) -> list[Mention]:
        """Who is meant as the subject."""
        if named.phrase is None:
            return list(self._refer(named.text))
        found = self.mention(named)
        if named.phrase.doing and isinstance(found, ThingDraft):
            self.begin(VERBS[named.phrase.doing], [found], stated=False)
        return [found]

    def _refer(self, pronoun: str) -> list[Mention]:
        """What "it" or "they" means: the subject before, else what was named."""
        things, topics = self.story.named_things, self.topics
        if pronoun in GRAMMAR["plural_pronouns"]:
            several = [t for t in topics if isinstance(t, ThingDraft) and t.count > 1]
            group = things[-1:] if things and things[-1].count > 1 else things
            return topics if len(topics) > 1 or several else [*group]
        personal = pronoun in GRAMMAR["personal_pronouns"]
        people = lexicon.PEOPLE - GRAMMAR["animals"]
        fitting = [t for t in things if t.count == 1 and (t.label.noun in people) == personal]
        about_things = any(isinstance(topic, ThingDraft) for topic in topics)
        if about_things and fitting and not set(fitting) & set(topics):
            return [fitting[-1]]  # a person is no "it"
        return topics if len(topics) == 1 else [*things[:1]]

    def mention(self, named: Named) -> Mention:
        """What a noun phrase means, remembered: what was named before, or something new."""
        assert named.phrase is not None
        story, phrase, kind = self.story, named.phrase, named.kind
        story.restless |= not lexicon.RESTLESS.isdisjoint(phrase.written)
        found = self._find(phrase) if kind != "camera" else None
        if found is None and kind not in ("thing", "place"):
            return Nothing(named.text, views=kind == "camera")
        if found is None:
            found = _place(story, named) if kind == "place" else _thing(story, phrase)
        if found in story.mentioned:
            story.mentioned.remove(found)
        story.mentioned.append(found)
        return found

    def _find(self, phrase: NounPhrase) -> Mention | None:
        """An earlier mention: "the cat" after "a black cat", "the white one"."""
        if phrase.determiner not in GRAMMAR["back_references"]:
            return None
        for earlier in reversed(self.story.mentioned):
            if isinstance(earlier, PlaceDraft) and earlier.noun == phrase.noun:
                return earlier
            if isinstance(earlier, ThingDraft) and _matches(earlier, phrase):
                return earlier
        return None


def _matches(thing: ThingDraft, phrase: NounPhrase) -> bool:
    new, old = set(phrase.words[:-1]), set(thing.label.words[:-1])
    same = phrase.noun == thing.label.noun and (new <= old or old <= new)
    return same or (phrase.noun == "one" and new <= old)


def _thing(story: Story, phrase: NounPhrase) -> ThingDraft:
    determined = phrase.determiner not in ("", "some") or phrase.counted
    label = replace(label_of(phrase.words, phrase.written, determined), extra=phrase.tail)
    if story.names & set(phrase.words):
        bare = not determined or label.bare
        label = replace(label, bare=bare, unique=label.unique or phrase.determiner == "the")
    thing = story.add(label, phrase.count)
    thing.vague = phrase.plural and not phrase.counted
    return thing


def _place(story: Story, named: Named) -> PlaceDraft:
    assert named.phrase is not None
    noun, role = named.phrase.noun, named.role if named.role in lexicon.PREPOSITIONS else ""
    before = story.mentioned[-1] if story.mentioned and noun in lexicon.TIMES and role else None
    if isinstance(before, PlaceDraft) and before.noun not in lexicon.TIMES:
        before.text += f" {role} {named.text}"  # "a beach at sunrise"
        return before
    known = [place for place in story.places if place.noun == noun]
    if not known or noun in lexicon.TIMES:
        known = [PlaceDraft(noun, named.text.replace(" 's", "'s"), role)]
        story.places += known
    return known[0]
