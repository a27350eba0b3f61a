"""What the reader collects while it walks through a prompt: things, places, events, relations."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flowzero_jax.planner.intent import Direction, Label, RelationKind
from flowzero_jax.planner.words.verbs import Verb


@dataclass(eq=False)
class ThingDraft:
    """An object, or `count` of them; `vague`: the prompt gives no number.

    `part`: the part that is meant, in "a bird's wings". `region`: where it stands, a Spot's x, y.
    """

    label: Label
    count: int
    vague: bool = False
    part: str = ""
    region: tuple[int | None, int | None] | None = None


@dataclass(eq=False)
class PlaceDraft:
    """Scenery as the prompt says it; `told`: captions mention it; `order`: step of a sequence."""

    noun: str
    text: str
    preposition: str
    told: bool = True
    order: int = 0


@dataclass(eq=False)
class Nothing:
    """What has no body of its own on screen: the wind, a sound, a part of a thing."""

    text: str = ""


@dataclass(eq=False)
class Camera:
    """The viewer."""


Mention = ThingDraft | PlaceDraft | Nothing | Camera


@dataclass(eq=False)
class SpotDraft:
    """A region of the frame, or a place relative to a thing.

    `of_it`: "to its left". `implied`: a ball that is thrown starts at the thrower.
    """

    x: float | None = None
    y: float | None = None
    relation: RelationKind | None = None
    target: ThingDraft | None = None
    of_it: bool = False
    implied: bool = False


@dataclass(eq=False)
class StateDraft:
    """One side of a change: a new noun phrase, or attributes such as "bright red"."""

    label: Label | None = None
    attribute: tuple[str, ...] = ()
    text: str = ""


@dataclass(eq=False)
class Event:
    """A verb with all that the prompt says about it.

    `order`: its step in a sequence ("then"). `span`: the part of the video that the prompt names,
    `only`: with that word. `implied`: a participle after a comma, or before a noun.
    `mutual`: `toward`, `apart` or `past` each other. `away`: farther from the viewer.
    `zoom`: of a camera, 1 inwards, -1 outwards. `participle`: "parked", if it tells how a thing is.
    `returns`: back to where the motion before began. `between`: what it goes to and fro between.
    `stated`: there is a verb in the prompt. `free`: `direction` and the like are our choice.
    """

    verb: Verb
    subjects: list[Mention | None]
    order: int = 0
    stated: bool = True
    implied: bool = False
    passive: bool = False
    participle: str = ""
    obj: Mention | None = None
    obj_text: str = ""
    direction: Direction | None = None
    origin: SpotDraft | None = None
    goal: SpotDraft | None = None
    around: ThingDraft | None = None
    manner: str = ""
    pace: str = ""
    crossing: bool = False
    away: bool = False
    mutual: str = ""
    zoom: int = 0
    span: tuple[float, float] | None = None
    only: bool = False
    start_state: StateDraft | None = None
    end_state: StateDraft | None = None
    free: bool = False
    returns: bool = False
    between: list[ThingDraft] = field(default_factory=list)

    @property
    def things(self) -> list[ThingDraft]:
        return [subject for subject in self.subjects if isinstance(subject, ThingDraft)]


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
class Draft:
    """All that has been read so far, and where the reader is.

    `restless`: something was named that moves by itself. `following`: it is a tracking shot.
    `names`: words that are parts of proper names.
    `words`, `i`: the sentence and the position in it. `subjects`, `event`: of the clause.
    `last`: what was named last, `role`: as what (`subject`, `object` or a preposition).
    `joined`: the comma or conjunction just passed, or "". `fresh`: a noun phrase has just ended, so
    that a verb may follow. `described`: the clause is complete ("the ball is red").
    `topics`: what "it" and "they" can mean.
    """

    things: list[ThingDraft] = field(default_factory=list)
    places: list[PlaceDraft] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    relations: list[RelationDraft] = field(default_factory=list)
    mentioned: list[Mention] = field(default_factory=list)
    style: list[str] = field(default_factory=list)
    restless: bool = False
    following: bool = False
    names: frozenset[str] = frozenset()

    words: list[str] = field(default_factory=list)
    i: int = 0
    order: int = 0
    subjects: list[Mention | None] = field(default_factory=list)
    event: Event | None = None
    last: Mention | None = None
    role: str = "subject"
    joined: str = ""
    fresh: bool = False
    described: bool = False
    topics: list[Mention] = field(default_factory=list)
    group: ThingDraft | None = None  # that "one ... the other" divides
    pending_span: tuple[tuple[float, float], bool] | None = None
    pending_region: tuple[int | None, int | None] | None = None  # "on the left a ball"
    pending_verb: Verb | None = None  # "on the left flies a bird"
    pending_relation: tuple[RelationKind, str, ThingDraft] | None = None  # "above it flies a bird"

    def word(self, ahead: int = 0) -> str:
        """The word at the position, or `ahead` of it; "" past the end."""
        i = self.i + ahead
        return self.words[i] if 0 <= i < len(self.words) else ""

    def at(self, *words: str, ahead: int = 0) -> bool:
        """Whether these words stand at the position."""
        i = self.i + ahead
        return self.words[i : i + len(words)] == list(words)

    def begin(self, verb: Verb, subjects: Sequence[Mention | None], stated: bool = True) -> Event:
        """A new event, the current one of no clause yet."""
        event = Event(verb, list(subjects), self.order, stated)
        if self.pending_span:
            event.span, event.only = self.pending_span
            self.pending_span = None
        self.events.append(event)
        self.topics = list(event.things) or self.topics
        return event

    def relate(
        self,
        kind: RelationKind,
        words: str,
        target: ThingDraft,
        event: Event | None,
        together: bool = False,
    ) -> None:
        """Relates the event's subjects, else the clause's, else the last thing, to `target`.

        Before the verb, "a cat on a mat and a dog with a bone" relates only what is still unplaced.
        """
        subjects = event.subjects if event is not None else self.subjects or [self.last]
        before = self.relations[-1] if self.relations else None
        if before and (before.kind, before.words, before.target) == (kind, words, self.last):
            subjects = [self.last]  # "a cup on a book on a table"
        if event is None and len(subjects) > 1:
            placed = [relation.subject for relation in self.relations]
            first = [s for s in subjects[:-1] if s not in placed and kind != "with"]
            subjects = [*first, subjects[-1]]
        for subject in subjects:
            if isinstance(subject, ThingDraft) and subject is not target:
                self.relations.append(
                    RelationDraft(kind, subject, target, words, self.order, together, event)
                )

    def take_one(self, group: ThingDraft) -> ThingDraft:
        """Splits one thing off a group."""
        return self.take(group, 1)

    def take(self, group: ThingDraft, number: int) -> ThingDraft:
        """Splits some things off a larger group."""
        group.count -= number
        part = ThingDraft(group.label, number, region=group.region)
        self.things.insert(self.things.index(group), part)
        self.mentioned.append(part)
        return part
