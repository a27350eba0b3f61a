"""What is told so far: the things and places named, what happens to them, how they stand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from flowzero_jax.planner.english.changes import State
from flowzero_jax.planner.intent import Direction, Label, RelationKind, Spot
from flowzero_jax.planner.words.verbs import Verb


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
    itself. `names`: words that are parts of proper names.
    """

    names: frozenset[str] = frozenset()
    things: list[ThingDraft] = field(default_factory=list)
    places: list[PlaceDraft] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    relations: list[RelationDraft] = field(default_factory=list)
    mentioned: list[Mention] = field(default_factory=list)
    restless: bool = False
    order: int = 0

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
