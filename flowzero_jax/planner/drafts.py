"""What the reader collects while it walks through a prompt: things, scenery and events."""

from dataclasses import dataclass

from flowzero_jax.planner.intent import Label, RelationKind
from flowzero_jax.planner.verbs import Verb


@dataclass(eq=False)
class ThingDraft:
    """An object (or `count` of them) that the prompt names."""

    label: Label
    count: int
    vague: bool
    part: str = ""
    region: tuple[int | None, int | None] | None = None
    attached: bool = False  # it was named only as a place beside something else


@dataclass(eq=False)
class PlaceDraft:
    """Scenery; `texts` are its states, each with its own preposition inside."""

    noun: str
    text: str
    preposition: str
    told: bool = True


@dataclass(eq=False)
class Nothing:
    """What has no body on screen: the wind, a sound, a part of a thing."""

    text: str = ""


@dataclass(eq=False)
class Camera:
    """The viewer."""


Mention = ThingDraft | PlaceDraft | Nothing | Camera


@dataclass(eq=False)
class SpotDraft:
    """A region of the frame, or a place relative to a mention."""

    x: int | None = None
    y: int | None = None
    relation: RelationKind | None = None
    target: Mention | None = None
    of_it: bool = False


@dataclass(eq=False)
class StateDraft:
    """One side of a change: a new noun phrase, or attributes such as "bright red"."""

    label: Label | None = None
    count: int = 1
    attribute: tuple[str, ...] = ()
    text: str = ""


@dataclass(eq=False)
class Event:
    """A verb with all that the prompt says about it."""

    verb: Verb
    subjects: list[Mention]
    order: int
    sentence: int
    passive: bool = False
    obj: Mention | None = None
    obj_text: str = ""
    direction: tuple[int, int] | None = None
    origin: SpotDraft | None = None
    goal: SpotDraft | None = None
    manner: str = ""
    pace: str = ""
    crossing: bool = False
    span: tuple[float, float] | None = None
    only: bool = False
    away: bool = False
    outwards: bool = False
    inwards: bool = False
    mutual: str = ""  # "toward" or "apart": of each other
    around: Mention | None = None
    start_state: StateDraft | None = None
    end_state: StateDraft | None = None
    implied: bool = False  # read off an adjective: "a running dog"


@dataclass(eq=False)
class RelationDraft:
    """`subject` stands `kind` to `target`, from the `order`-th event on."""

    kind: RelationKind
    subject: ThingDraft
    target: ThingDraft
    words: str
    order: int
    together: bool = False
    event: Event | None = None
