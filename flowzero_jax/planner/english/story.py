"""What is told so far: the things and places named, what happens to them, how they stand."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flowzero_jax.planner.english.changes import State
from flowzero_jax.planner.intent import Direction, Label, RelationKind
from flowzero_jax.planner.words.verbs import Verb


@dataclass(eq=False)
class ThingDraft:
    """An object, or `count` of them; `vague`: the prompt gives no number.

    `part`: the part that is meant, in "a bird's wings". `region`: where it stands, a Spot's x, y.
    """

    label: Label
    count: int = 1
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


@dataclass(frozen=True)
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
class Event:
    """A verb with all that the prompt says about it.

    `order`: its step in a sequence ("then"). `span`: the part of the video that the prompt names,
    `only`: with that word. `implied`: a participle after a comma, or before a noun.
    `mutual`: `toward`, `apart` or `past` each other. `away`: farther from the viewer.
    `zoom`: of a camera, 1 inwards, -1 outwards.
    `returns`: back to where the motion before began. `between`: what it goes to and fro between.
    `stated`: there is a verb in the prompt. `free`: `direction` and the like are our choice.
    """

    verb: Verb
    subjects: list[Mention]
    order: int = 0
    stated: bool = True
    implied: bool = False
    passive: bool = False
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
    start_state: State | None = None
    end_state: State | None = None
    free: bool = False
    returns: bool = False
    between: list[ThingDraft] = field(default_factory=list)

    @property
    def things(self) -> list[ThingDraft]:
        return [subject for subject in self.subjects if isinstance(subject, ThingDraft)]

    @property
    def of_camera(self) -> bool:
        return bool(self.subjects) and isinstance(self.subjects[0], Camera)


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
    itself. `following`: it is a tracking shot. `names`: words that are parts of proper names.
    """

    names: frozenset[str] = frozenset()
    things: list[ThingDraft] = field(default_factory=list)
    places: list[PlaceDraft] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    relations: list[RelationDraft] = field(default_factory=list)
    mentioned: list[Mention] = field(default_factory=list)
    style: list[str] = field(default_factory=list)
    restless: bool = False
    following: bool = False
    order: int = 0

    @property
    def named_things(self) -> list[ThingDraft]:
        """The things in the order in which they were named last."""
        return [mention for mention in self.mentioned if isinstance(mention, ThingDraft)]

    def begin(self, verb: Verb, subjects: Sequence[Mention], stated: bool = True) -> Event:
        """A new event."""
        event = Event(verb, list(subjects), self.order, stated)
        self.events.append(event)
        return event

    def relate(
        self,
        kind: RelationKind,
        words: str,
        subjects: Sequence[Mention],
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

    def unrelate(self, event: Event, target: Mention) -> None:
        """Takes back what the event said about its subjects and `target`."""
        self.relations = [
            r for r in self.relations if r.event is not event or r.target is not target
        ]

    def take(self, group: ThingDraft, number: int = 1) -> ThingDraft:
        """Splits some things off a larger group."""
        group.count -= number
        part = ThingDraft(group.label, number, region=group.region)
        self.things.insert(self.things.index(group), part)
        self.mentioned.append(part)
        return part
