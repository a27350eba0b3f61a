"""What a prompt asks for, before any box is drawn.

An `Intent` says which things there are, how many, what they look like at the start and in the end,
when they are visible, how they move and how they stand to each other; what the scenery is and how
it moves. It holds no coordinates: planners turn it into boxes, a verifier compares a scene with it.

Times are fractions of the video: frame `i` of `n` lies at `i / (n - 1)` for motion, and the frames
from `floor(start * n)` up to, not including, `floor(end * n)` show what is visible from `start` to
`end`; so the first half is the frames 0 to n/2 - 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from flowzero_jax.planner.words import nouns

RelationKind = Literal[
    "left_of", "right_of", "above", "below", "on", "in", "next_to", "in_front_of", "behind",
    "with", "around",
]  # fmt: skip
RELATION_WORDS: dict[RelationKind, str] = {
    "left_of": "to the left of", "right_of": "to the right of", "above": "above", "below": "below",
    "on": "on", "in": "in", "next_to": "next to", "in_front_of": "in front of", "behind": "behind",
    "with": "with", "around": "around",
}  # fmt: skip
#: Screen direction (dx, dy), each -1, 0 or 1; y downwards.
Direction = tuple[int, int]
Pace = Literal["slow", "normal", "fast"]
When = Literal["always", "start", "end"]


@dataclass(frozen=True)
class Label:
    """A thing's words: modifiers, then the noun, singular in `words` and as written in `written`.

    `extra` belongs to captions only: "in a red suit", "of coffee".
    """

    words: tuple[str, ...]
    written: tuple[str, ...]
    extra: str = ""
    unique: bool = False  # the sun, the moon
    bare: bool = False  # without article: bread, sunglasses

    @property
    def noun(self) -> str:
        return self.words[-1]

    @property
    def phrase(self) -> str:
        """`a red ball`: what one box shows."""
        text = " ".join(self.words)
        if self.unique:
            return f"the {text}"
        return text if self.bare else f"{nouns.article(text)} {text}"

    def caption(self, count: int, vague: bool = False) -> str:
        """`a red ball`, `two red balls`, with what belongs to captions only.

        `vague`: the prompt gives no number, so none is told.
        """
        if count == 1:
            text = self.phrase
        else:
            text = " ".join(self.written)
            text = text if vague else f"{nouns.number_word(count)} {text}"
        return f"{text} {self.extra}" if self.extra else text


@dataclass(frozen=True)
class Spot:
    """A place on screen: a region, or a place relative to another thing.

    `x`: -1 left, 0 centre, 1 right, None anywhere; `y`: -1 top, 1 bottom; or between.
    `relation`, `target`: relative to `Intent.things[target]`.
    `outside`: just off the frame, on that side. `implied`: the prompt does not say so itself.
    """

    x: float | None = None
    y: float | None = None
    relation: RelationKind | None = None
    target: int | None = None
    outside: bool = False
    implied: bool = False


@dataclass(frozen=True)
class Move:
    """One stage of a thing's motion, from `start` to `end` of the video.

    `manner`: `straight`, `fall` (faster and faster), `arc` (thrown: up, then down), `hop` (in many
    arcs), `bounce` (up and down in place), `zigzag`, `circle`, `swing` (side to side), `sway` (the
    same, little), `still`.
    `origin`, `goal`: where it begins and ends, if said; `direction` otherwise.
    `crossing`: from one side of the frame to the other.
    `around`: the thing that a circle goes around.
    `free`: the prompt does not say where to, so that any direction is as good.
    `stated`: a verb of the prompt tells it, not an adjective ("a walking dog").
    """

    start: float = 0.0
    end: float = 1.0
    manner: str = "straight"
    pace: Pace = "normal"
    direction: Direction | None = None
    origin: Spot | None = None
    goal: Spot | None = None
    crossing: bool = False
    around: int | None = None
    free: bool = False
    stated: bool = True

    @property
    def spots(self) -> tuple[Spot, ...]:
        """Where it begins and where it ends, as far as that is said."""
        return tuple(spot for spot in (self.origin, self.goal) if spot is not None)

    @property
    def crosses_edge(self) -> bool:
        """Whether it comes into the frame or leaves it."""
        return any(spot.outside for spot in self.spots)


@dataclass(frozen=True)
class Thing:
    """A kind of object with its own track (or `count` tracks), e.g. "three dogs".

    `labels`: its states in order, usually one; a change happens between two of them.
    `visible`: the part of the video in which it is seen; `timed`: the prompt names that part.
    `growth`: the size at the end over the size at the start.
    `region`: where it stands, if the prompt says so.
    `airborne`: it flies or floats.
    """

    labels: tuple[Label, ...]
    count: int = 1
    vague: bool = False
    visible: tuple[float, float] = (0.0, 1.0)
    timed: bool = False
    moves: tuple[Move, ...] = ()
    growth: float = 1.0
    region: Spot | None = None
    airborne: bool = False

    @property
    def noun(self) -> str:
        return self.labels[0].noun


@dataclass(frozen=True)
class Relation:
    """`things[subject]` stands `kind` to `things[target]`: `when` is `always`, `start` or `end`.

    `words`: how the prompt says it, "next to". `together`: they move as one (a rider, a load).
    """

    kind: RelationKind
    subject: int
    target: int
    when: When = "always"
    words: str = ""
    together: bool = False


@dataclass(frozen=True)
class Scenery:
    """A place or weather, told in captions only: `texts` are its states in order ("at dawn").

    `preposition` stands before each text, "" for scenery that the prompt names by itself.
    """

    noun: str
    texts: tuple[str, ...]
    preposition: str = ""


@dataclass(frozen=True)
class Background:
    """Where the background moves on screen (`direction` None: nowhere in particular) and how fast.

    `camera`: the motion comes from the camera, so that still things move along.
    `zoom`: how much larger (or smaller) everything is in the end.
    `free`: the prompt does not say where to, so that any direction is as good.
    """

    direction: Direction | None = None
    speed: float = 0.0
    camera: bool = False
    zoom: float = 1.0
    free: bool = False


@dataclass(frozen=True)
class Intent:
    """Everything that the prompt asks for.

    `style`: words about the picture as a whole. `told`: the prompt in its own words, but for what
    boxes and background show; a text for each step where one act follows the other. `passed`: its
    words that were not understood.
    """

    prompt: str
    things: tuple[Thing, ...] = ()
    relations: tuple[Relation, ...] = ()
    scenery: tuple[Scenery, ...] = ()
    background: Background = field(default_factory=Background)
    style: str = ""
    told: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()

    def only(self, kept: Sequence[int]) -> "Intent":
        """The same with some of the things; what refers to others goes."""
        new = {old: number for number, old in enumerate(kept)}
        things = tuple(
            replace(thing, moves=tuple(m for move in thing.moves if (m := _renumbered(move, new))))
            for thing in (self.things[index] for index in kept)
        )
        relations = tuple(
            replace(relation, subject=new[relation.subject], target=new[relation.target])
            for relation in self.relations
            if {relation.subject, relation.target} <= new.keys()
        )
        return replace(self, things=things, relations=relations)


def _renumbered(move: Move, new: Mapping[int, int]) -> Move | None:
    """The move with other numbers of things; None if it refers to one that has none."""
    targets = [spot.target for spot in move.spots if spot.target is not None]
    if not {*targets, *([] if move.around is None else [move.around])} <= new.keys():
        return None
    origin, goal = (
        spot if spot is None or spot.target is None else replace(spot, target=new[spot.target])
        for spot in (move.origin, move.goal)
    )
    around = None if move.around is None else new[move.around]
    return replace(move, origin=origin, goal=goal, around=around)


def label_of(words: tuple[str, ...], written: tuple[str, ...], determined: bool) -> Label:
    """The label of a noun phrase; `determined`: an article or number stands before it."""
    noun = words[-1]
    return Label(
        words=words,
        written=written,
        unique=noun in ("sun", "moon", "earth") and len(words) == 1,
        bare=noun in nouns.PAIR_NOUNS
        or (not determined and noun in nouns.MASS_NOUNS)
        or not noun.isascii(),
    )
