"""Things as bodies to be placed: their sizes, formations, and where one stands beside another."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from flowzero_jax.planner.boxes.paths import SHORTEST_CROSSING, Body, Point, stage_frames
from flowzero_jax.planner.intent import Intent, Move, Spot, Thing
from flowzero_jax.planner.words import lexicon, sizes

GAP = 0.03
SMALLEST_SIDE = 0.07
_LARGEST_SIDE = 0.62
_FILLED = 0.36  # of the frame, by all boxes together, at most
_ROOM_TO_MOVE = 0.34
_HELD = 0.5  # of the holder's size, at most
#: Side length of the largest thing, by the number of units.
_SIDES = {0: 0.4, 1: 0.4, 2: 0.33, 3: 0.3, 4: 0.27}
#: Small things grow where nothing large stands beside them: by this power of the largest scale.
_RELATIVE = 0.7


@dataclass(eq=False)
class Unit:
    """A thing with all its instances in formation.

    `width`, `height`: of one instance; `offsets`: the instances' centres relative to the unit's;
    `body` bounds them all. `held_by`: the unit it hangs onto, at `hold` from that one's centre, for
    a relation `hold_kind`. `points`: where its stages of motion begin and end, `track`: its centre
    in every frame, both once it is placed.
    """

    index: int
    thing: Thing
    moves: tuple[Move, ...]
    width: float
    height: float
    offsets: list[Point]
    body: Body
    frames: list[tuple[int, int]]
    held_by: "Unit | None" = None
    hold: Point = (0.0, 0.0)
    hold_kind: str = ""
    points: list[Point] = field(default_factory=list)
    track: list[Point] = field(default_factory=list)

    @property
    def root(self) -> "Unit":
        """The unit at the end of the chain that holds this one."""
        return self if self.held_by is None else self.held_by.root

    @property
    def total_hold(self) -> Point:
        """The distance from the root's centre."""
        if self.held_by is None:
            return 0.0, 0.0
        x, y = self.held_by.total_hold
        return x + self.hold[0], y + self.hold[1]

    @property
    def home(self) -> str:
        """Where it belongs: `ground`, `sky`, `top`, `water`."""
        home = sizes.build_of(self.thing.labels[0].words).home
        thrown = any(move.manner == "arc" for move in self.moves)
        return "sky" if self.thing.airborne and home != "top" and not thrown else home


def make_units(
    intent: Intent, num_frames: int, visible: Sequence[tuple[int, int]], scale: float
) -> list[Unit]:
    """A unit for every thing, at its natural size times `scale`; nothing is placed yet."""
    builds = _builds(intent)
    largest = max((build.scale for build in builds), default=1.0) ** _RELATIVE
    area = sum(
        thing.count * (build.scale / largest) ** 2
        for thing, build in zip(intent.things, builds, strict=True)
    )
    count = len(intent.things)
    side = _SIDES.get(count, max(0.54 / math.sqrt(count or 1), 0.12))
    side = scale * min(side, math.sqrt(_FILLED / max(area, 1e-9)))
    lanes = max(sum(any(_goes(m, 0) for m in thing.moves) for thing in intent.things), 1)
    units = []
    for index, (thing, build) in enumerate(zip(intent.things, builds, strict=True)):
        moves = _moves(intent, index)
        own = max(side * build.scale / largest, SMALLEST_SIDE)
        frames = stage_frames(moves, num_frames, visible[index])
        units.append(_unit(index, thing, moves, own, build.aspect, frames, lanes))
    return units


def _builds(intent: Intent) -> list[sizes.Build]:
    """Every thing's build; what is held, eaten or worn is at most half as large as who does it."""
    builds = [sizes.build_of(thing.labels[0].words) for thing in intent.things]
    for relation in intent.relations:
        if relation.kind == "with" and relation.words in lexicon.IN_HAND:
            holder, held = builds[relation.subject], builds[relation.target]
            builds[relation.target] = replace(held, scale=min(held.scale, _HELD * holder.scale))
    return builds


def _unit(
    index: int,
    thing: Thing,
    moves: tuple[Move, ...],
    side: float,
    aspect: float,
    frames: list[tuple[int, int]],
    lanes: int,
) -> Unit:
    aspect = min(max(aspect, 0.6), 1.6)
    peak = math.sqrt(max(thing.growth, 1.0))
    columns, rows, side = _formation(thing.count, moves, side, aspect, peak, lanes)
    side = max(side, SMALLEST_SIDE)
    width = min(side * math.sqrt(aspect), _LARGEST_SIDE)
    height = min(side / math.sqrt(aspect), _LARGEST_SIDE)
    cell_x, cell_y = width * peak + GAP, height * peak + GAP
    offsets = []
    for k in range(thing.count):
        row, column = divmod(k, columns)
        in_row = min(columns, thing.count - row * columns)
        offsets.append(((column - (in_row - 1) / 2) * cell_x, (row - (rows - 1) / 2) * cell_y))
    body = Body(columns * cell_x - GAP, rows * cell_y - GAP, thing.region)
    return Unit(index, thing, moves, width, height, offsets, body, frames)


def _moves(intent: Intent, index: int) -> tuple[Move, ...]:
    """The thing's moves; where a relation holds only at the start, it is the first origin."""
    moves = intent.things[index].moves
    if moves and moves[0].origin is None:
        for relation in intent.relations:
            if relation.subject == index and relation.when == "start":
                spot = Spot(relation=relation.kind, target=relation.target)
                return (replace(moves[0], origin=spot), *moves[1:])
    return moves


def _formation(
    count: int, moves: Sequence[Move], side: float, aspect: float, peak: float, lanes: int
) -> tuple[int, int, float]:
    """Columns, rows and side of one instance: the largest instances, in lanes if they move.

    `peak`: how much an instance will have grown. `lanes`: how many things share the height, if they
    move sideways.
    """
    if count == 1:
        return 1, 1, side
    across, along = (any(_goes(move, axis) for move in moves) for axis in (0, 1))
    way = SHORTEST_CROSSING if any(move.crossing for move in moves) else _ROOM_TO_MOVE
    room_x, room_y = 0.94 - way * across, 0.9 - way * along
    room_y = room_y / lanes if across else room_y
    options = []
    for columns in range(1, count + 1):
        rows = math.ceil(count / columns)
        width = (room_x / columns - GAP) / peak
        height = (room_y / rows - GAP) / peak
        best = min(width / math.sqrt(aspect), height * math.sqrt(aspect), side)
        shape = columns * aspect / rows
        wanted = rows if across else -abs(math.log(shape / 1.5)) if count > 3 else columns
        options.append((round(best, 3), wanted, count - columns * rows, columns, rows))
    best, _, _, columns, rows = max(options)
    return columns, rows, best


def _goes(move: Move, axis: int) -> bool:
    ends = [(spot.x, spot.y)[axis] for spot in move.spots]
    return bool(move.direction and move.direction[axis]) or any(ends)


def goes_sideways(unit: Unit) -> bool:
    """Whether the unit does not keep its place from left to right."""
    return any(m.origin or m.goal or (m.direction and m.direction[0]) for m in unit.moves)


def fit_inside(unit: Unit, target: Unit) -> None:
    """Shrinks a unit that stands in another, down to half its size."""
    factor = max(min(1.0, 0.7 * target.body.width / unit.body.width), 0.5)
    unit.width, unit.height = unit.width * factor, unit.height * factor
    unit.offsets = [(x * factor, y * factor) for x, y in unit.offsets]
    body = unit.body
    unit.body = replace(body, width=body.width * factor, height=body.height * factor)


def surround(unit: Unit, target: Unit) -> None:
    """Stands the instances of a unit on both sides of another."""
    height = unit.height + GAP
    rows = max(1, min(math.ceil(unit.thing.count / 2), 3))
    beside = target.body.width / 2 + unit.width / 2 + GAP
    unit.offsets = []
    for k in range(unit.thing.count):
        side, row, column = (-1, 1)[k % 2], (k // 2) % rows, (k // 2) // rows
        x = side * (beside + column * (unit.width + GAP))
        unit.offsets.append((x, (row - (rows - 1) / 2) * height))
    reach = max(abs(x) for x, _ in unit.offsets) + unit.width / 2
    unit.body = replace(unit.body, width=2 * reach, height=rows * height - GAP)


def relative_centre(kind: str, body: Body, target: Body, together: bool, taken: int) -> Point:
    """Where a body's centre lies, relative to its target's, for a relation.

    Besides the relation kinds of an intent: `under` and `holding`, the inverses of `on` and `in`.
    `together`: they move as one, a rider sits deeper. `taken`: how many stand there already.
    """
    step = taken * (body.width + GAP)
    beside = (body.width + target.width) / 2 + GAP
    level = (target.height - body.height) / 2  # both stand on the same ground
    over = (body.height + target.height) / 2
    return {
        "left_of": (-beside - step, level),
        "right_of": (beside + step, level),
        "next_to": (beside + step, level) if taken % 2 == 0 else (-beside, level),
        "with": (beside - GAP - 0.15 * body.width, level / 2),
        "above": (step, -over - GAP),
        "below": (step, over + GAP),
        "on": (step, -over + (0.35 if together else 0.1) * target.height),
        "under": (0.0, over - 0.1 * body.height),
        "in": (step, -0.25 * target.height),
        "holding": (0.0, 0.25 * body.height),
        "around": (0.0, max(level, -0.08)),
        "in_front_of": (0.3 * target.width, level + 0.25 * body.height),
        "behind": (0.35 * target.width, level - 0.3 * body.height),
    }[kind]
