"""What is told so far: the things and places named, what happens to them, how they stand."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from flowzero_jax.planner.english.changes import State
from flowzero_jax.planner.english.clauses import Attachment, Named, Object
from flowzero_jax.planner.english.noun_phrases import NounPhrase
from flowzero_jax.planner.intent import Direction, Label, RelationKind, Spot, label_of
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR
from flowzero_jax.planner.words.verbs import VERBS, Verb


@dataclass(eq=False)
class ThingDraft:
    """An object, or `count` of them; `vague`: the prompt gives no number.

    `number`: its place among the things of the story. `region`: where it stands.
    """

    number: int
    label: Label
    count: int = 1
    vague: bool = False
    region: Spot | None = None


@dataclass(eq=False)
class PlaceDraft:
    """Scenery as the prompt says it."""

    noun: str
    text: str
    preposition: str


@dataclass(eq=False)
class Nothing:
    """What has no body on screen: the wind, a sound, a part of a thing; the viewer (`views`)."""

    text: str = ""
    views: bool = False


Mention = ThingDraft | PlaceDraft | Nothing


@dataclass(eq=False)
class Event:
    """A verb with all that the prompt says about it.

    `order`: its step in a sequence ("then"). `stated`: there is a verb in the prompt. `span`: the
    part of the video that the prompt names, `only`: with that word. `away`: farther from the
    viewer. `free`: `direction` and the like are our choice.
    """

    verb: Verb
    subjects: list[Mention]
    order: int = 0
    stated: bool = True
    passive: bool = False
    obj: Mention | None = None
    direction: Direction | None = None
    origin: Spot | None = None
    goal: Spot | None = None
    around: ThingDraft | None = None
    manner: str = ""
    pace: str = ""
    crossing: bool = False
    away: bool = False
    span: tuple[float, float] | None = None
    only: bool = False
    start_state: State | None = None
    end_state: State | None = None
    free: bool = False

    @property
    def things(self) -> list[ThingDraft]:
        return [subject for subject in self.subjects if isinstance(subject, ThingDraft)]

    @property
    def of_camera(self) -> bool:
        return any(isinstance(subject, Nothing) and subject.views for subject in self.subjects[:1])

    @property
    def heads(self) -> bool:
        """Whether the prompt says where to or whence."""
        return bool(self.direction or self.origin or self.goal)

    @property
    def heading(self) -> Direction | None:
        """The direction on screen, as far as it is known: said, to a side, or the verb's own."""
        for spot, sign in ((self.goal, 1), (self.origin, -1)):
            if not self.direction and spot is not None and (spot.x or spot.y):
                return cast(Direction, (sign * (spot.x or 0), sign * (spot.y or 0)))
        return self.direction or self.verb.direction


@dataclass(eq=False)
class RelationDraft:
    """`subject` stands `kind` to `target`; said of `event`, if of any."""

    kind: RelationKind
    subject: ThingDraft
    target: ThingDraft
    words: str
    order: int
    together: bool = False
    event: Event | None = None


@dataclass(eq=False)
class Story:
    """All that has been told; `order`: the step of the sequence that is being told.

    `mentioned`: what was named, the last at the end. `restless`: something was named that moves by
    itself. `names`: words that are parts of proper names. `subjects`, `event`: of the last clause;
    `goes_on`: it is one more stage of the verb before. `last`: what was named last. `topics`: what
    "it" and "they" can mean.
    """

    names: frozenset[str] = frozenset()
    things: list[ThingDraft] = field(default_factory=list)
    places: list[PlaceDraft] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    relations: list[RelationDraft] = field(default_factory=list)
    mentioned: list[Mention] = field(default_factory=list)
    restless: bool = False
    order: int = 0
    subjects: list[Mention] = field(default_factory=list)
    event: Event | None = None
    last: Mention | None = None
    topics: list[Mention] = field(default_factory=list)
    goes_on: bool = False

    @property
    def named_things(self) -> list[ThingDraft]:
        """The things in the order in which they were named last."""
        return [mention for mention in self.mentioned if isinstance(mention, ThingDraft)]

    def add(self, label: Label, count: int = 1) -> ThingDraft:
        """A new thing, just mentioned."""
        thing = ThingDraft(len(self.things), label, count)
        self.things.append(thing)
        self.mentioned.append(thing)
        return thing

    def relate(
        self,
        kind: RelationKind,
        words: str,
        subjects: Sequence[Mention | None],
        target: ThingDraft,
        event: Event | None = None,
        together: bool = False,
    ) -> None:
        """Each of the subjects stands `kind` to `target`."""
        for subject in subjects:
            if isinstance(subject, ThingDraft) and subject is not target:
                self.relations.append(
                    RelationDraft(kind, subject, target, words, self.order, together, event)
                )

    def begin(self, verb: Verb, subjects: list[Mention], stated: bool = True) -> Event:
        """A new event, which "it" then refers to."""
        event = Event(verb, list(subjects), self.order, stated)
        self.events.append(event)
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

    def stand(
        self, kind: RelationKind, words: str, target: ThingDraft, together: bool = False
    ) -> None:
        """Relates the event's subjects, else the clause's, else the last thing, to `target`.

        Before the verb, "a cat on a mat and a dog with a bone" relates only what is still unplaced.
        """
        event, last = self.event, self.last
        subjects: list[Mention | None] = [*(event.subjects if event else self.subjects)] or [last]
        before = self.relations[-1] if self.relations else None
        if before and (before.kind, before.words, before.target) == (kind, words, last):
            subjects = [before.target]  # "a cup on a book on a table"
        if event is None and len(subjects) > 1:
            placed = [relation.subject for relation in self.relations]
            first = [s for s in subjects[:-1] if s not in placed and kind != "with"]
            subjects = [*first, subjects[-1]]
        known: list[Mention | None] = [s for s in subjects if s not in (None, target)] or [last]
        self.relate(kind, words, known, target, event, together)

    def target_of(self, part: Attachment | Object) -> Mention | None:
        """What an attachment or object names; a pronoun means another thing than the subjects."""
        if part.named.phrase is not None:
            return self.mention(part.named)
        event = self.event if self.event is not None and self.event.stated else None
        own: list[Mention | None] = [*event.subjects] if event is not None else [self.last]
        others = [thing for thing in self.named_things if thing not in own]
        if part.named.text == "another" and others:  # one more of what was named last
            return self.add(others[-1].label)
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
        things, topics = self.named_things, self.topics
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
        phrase, kind = named.phrase, named.kind
        self.restless |= not lexicon.RESTLESS.isdisjoint(phrase.written)
        found = self._find(phrase) if kind != "camera" else None
        if found is None and kind not in ("thing", "place"):
            return Nothing(named.text, views=kind == "camera")
        if found is None:
            found = _place(self, named) if kind == "place" else _thing(self, phrase)
        if found in self.mentioned:
            self.mentioned.remove(found)
        self.mentioned.append(found)
        return found

    def _find(self, phrase: NounPhrase) -> Mention | None:
        """An earlier mention: "the cat" after "a black cat", "the white one"."""
        same = (earlier for earlier in reversed(self.mentioned) if _matches(earlier, phrase))
        return next(same, None) if phrase.determiner in GRAMMAR["back_references"] else None


def _matches(earlier: Mention, phrase: NounPhrase) -> bool:
    if not isinstance(earlier, ThingDraft):
        return isinstance(earlier, PlaceDraft) and earlier.noun == phrase.noun
    new, old = set(phrase.words[:-1]), set(earlier.label.words[:-1])
    same = phrase.noun == earlier.label.noun and (new <= old or old <= new)
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
