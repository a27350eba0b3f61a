"""The place in a story at which the next clause is told: who acts, what was named last."""

from dataclasses import dataclass, field, replace

from flowzero_jax.planner.english.clauses import Attachment, Named
from flowzero_jax.planner.english.mentions import another_like, mention, other_than, refer
from flowzero_jax.planner.english.story import Event, Mention, Story, ThingDraft
from flowzero_jax.planner.intent import RelationKind
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.verbs import VERBS, Verb


@dataclass(eq=False)
class Teller:
    """Where a story is after some clauses.

    `subjects`, `event`: of the clause. `last`: what was named last. `topics`: what "it" and "they"
    can mean. `group`: what "one ... the other" divides. `goes_on`: the clause is one more stage of
    the verb before.
    """

    story: Story
    subjects: list[Mention] = field(default_factory=list)
    event: Event | None = None
    last: Mention | None = None
    topics: list[Mention] = field(default_factory=list)
    group: ThingDraft | None = None
    goes_on: bool = False

    def begin(self, verb: Verb, subjects: list[Mention], stated: bool = True) -> Event:
        """A new event, which "it" then refers to."""
        event = self.story.begin(verb, subjects, stated)
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

    def target_of(self, part: Attachment) -> Mention | None:
        """What an attachment names."""
        named = part.named
        other = other_than(self.story, self.subjects)
        if named.phrase is None:
            return another_like(self.story, other) if named.text == "another" else other
        phrase = named.phrase
        owned = phrase.head in lexicon.PARTS and phrase.determiner in lexicon.POSSESSIVES
        if owned and named.role in ("onto", "into") and other is not None:
            return other  # "falls onto its cover"
        return mention(self.story, named, self.event)

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
            subjects = [last]  # "a cup on a book on a table"
        if event is None and len(subjects) > 1:
            placed = [relation.subject for relation in story.relations]
            first = [s for s in subjects[:-1] if s not in placed and kind != "with"]
            subjects = [*first, subjects[-1]]
        known = [subject for subject in subjects if subject is not None]
        story.relate(kind, words, known, target, event, together)

    def subjects_of(self, named: Named) -> list[Mention]:
        """Who is meant as the subject."""
        story = self.story
        if named.many:
            return self._share_of(named)
        if named.phrase is not None:
            found = mention(story, named)
            if named.phrase.doing and isinstance(found, ThingDraft):
                self.begin(VERBS[named.phrase.doing], [found], stated=False)
            return [found]
        if named.text in lexicon.PRONOUNS:
            return list(refer(story, named.text, self.topics))
        group = self.group or next((t for t in reversed(story.things) if t.count > 1), None)
        if group is None:
            return []
        self.group = group
        rest = named.text in ("the others", "the rest") or group.count == 1
        return [group if rest else story.take(group)]

    def _share_of(self, named: Named) -> list[Mention]:
        """ "three white": as many of the group before look so."""
        group = next((t for t in reversed(self.story.things) if t.count >= named.many), None)
        if group is None or named.look in group.label.words:
            return []
        part = group if group.count == named.many else self.story.take(group, named.many)
        part.label = replace(
            group.label,
            words=(named.look, *group.label.words),
            written=(named.look, *group.label.written),
        )
        return [part]
