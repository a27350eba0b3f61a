"""Finds room for everything: sizes, lanes and places, so that unrelated things do not overlap.

Every kind of thing is one unit ("three dogs" a formation of three). Units that stand in a relation
hang together; the rest is placed one after the other, each at the best of a grid of anchors. What
does not fit is tried again a little smaller.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from flowzero_jax.planner import sizes
from flowzero_jax.planner.intent import Intent, Move, Relation, Spot, Thing
from flowzero_jax.planner.paths import (
    MARGIN,
    SHORTEST_CROSSING,
    SHORTEST_TRAVEL,
    Body,
    Point,
    centres,
    stage_frames,
    waypoints,
)

#: Side length of a thing of scale 1, by the number of units.
_SIDES = {1: 0.4, 2: 0.33, 3: 0.3, 4: 0.27}
_SMALLEST_SIDE = 0.07
_GAP = 0.03
_SHRINK = 0.9
_ATTEMPTS = 14
_SMALLNESS = 0.5  # what a scale of 0 would cost
_SAMPLES = 9
_HOME_HEIGHT = {"ground": 0.62, "sky": 0.34, "top": 0.24, "water": 0.6}
_INVERSE = {
    "left_of": "right_of", "right_of": "left_of", "above": "below", "below": "above",
    "next_to": "next_to", "in_front_of": "behind", "behind": "in_front_of", "with": "with",
    "on": "under", "in": "holding", "around": "next_to",
}  # fmt: skip
#: Where a target should leave room for what is related to it: preferred shift of its centre.
_ROOM = {
    "left_of": (0.2, 0.0), "right_of": (-0.2, 0.0), "above": (0.0, 0.17), "on": (0.0, 0.12),
    "below": (0.0, -0.17), "next_to": (0.16, 0.0), "with": (0.1, 0.0),
}  # fmt: skip


@dataclass
class Unit:
    """A thing with all its instances, in formation.

    `offsets`: the instances' centres relative to the unit's; `width`, `height` of one instance;
    `body` bounds them all. `track`: the unit's centre in every frame, once placed.
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
    track: list[Point] = field(default_factory=list)

    def box(self, frame: int) -> tuple[float, float, float, float]:
        x, y = self.track[frame]
        return (
            x - self.body.width / 2, y - self.body.height / 2,
            x + self.body.width / 2, y + self.body.height / 2,
        )  # fmt: skip


def place(intent: Intent, num_frames: int, visible: Sequence[tuple[int, int]]) -> list[Unit]:
    """A placed unit for every thing of the intent, in the same order.

    `visible`: for every thing the first frame that shows it and the one after its last.
    """
    best: tuple[float, list[Unit]] | None = None
    scale = 1.0
    for _ in range(_ATTEMPTS):
        layout = _Layout(intent, num_frames, visible, scale)
        cost = layout.run()
        if best is None or cost + _SMALLNESS * (1 - scale) < best[0]:
            best = cost + _SMALLNESS * (1 - scale), layout.units
        if cost < 0.02:
            break
        scale *= _SHRINK
    return best[1] if best else []


class _Layout:
    """One attempt at one scale."""

    def __init__(
        self, intent: Intent, num_frames: int, visible: Sequence[tuple[int, int]], scale: float
    ) -> None:
        self.intent, self.num_frames, self.visible = intent, num_frames, visible
        count = max(len(intent.things), 1)
        self.side = _SIDES.get(count, max(0.72 / math.sqrt(count) * 0.75, 0.12)) * scale
        self.largest = max(
            (sizes.build_of(t.labels[0].words).scale for t in intent.things), default=1.0
        )
        self.units = [self._unit(i) for i in range(len(intent.things))]
        self.samples = sorted(
            {round(k * (num_frames - 1) / (_SAMPLES - 1)) for k in range(_SAMPLES)}
        )
        self.placed: list[Unit] = []
        self.squeezed = 0.0  # how far relations had to give way to stay inside the frame

    def run(self) -> float:
        """Places all units; the cost is 0 if all fit well."""
        self._hold_together()
        leaders = [u for u in self.units if u.held_by is None]
        targets = {r.target for r in self.intent.relations}
        leaders.sort(key=lambda u: (u.index not in targets, bool(u.moves), u.index))
        total = 0.0
        for number, unit in enumerate(leaders):
            total += self._place_leader(unit, number, len(leaders))
        return total

    # Units

    def _unit(self, index: int) -> Unit:
        thing = self.intent.things[index]
        build = sizes.build_of(thing.labels[0].words)
        scale = build.scale / self.largest**0.7
        side = max(self.side * scale, _SMALLEST_SIDE)
        aspect = min(max(build.aspect, 0.6), 1.6)
        peak = max(thing.growth, 1.0) ** 0.5
        moves = self._moves(index)
        cols, rows, side = _formation(thing.count, moves, side, aspect, peak)
        side = max(side, _SMALLEST_SIDE)
        width, height = side * math.sqrt(aspect), side / math.sqrt(aspect)
        width, height = min(width, 0.62), min(height, 0.62)
        cell_x, cell_y = width * peak + _GAP, height * peak + _GAP
        offsets = []
        for k in range(thing.count):
            row, col = divmod(k, cols)
            in_row = min(cols, thing.count - row * cols)
            offsets.append(((col - (in_row - 1) / 2) * cell_x, (row - (rows - 1) / 2) * cell_y))
        body = Body(
            cols * cell_x - _GAP,
            rows * cell_y - _GAP,
            thing.region,
        )
        frames = stage_frames(moves, self.num_frames, self.visible[index])
        return Unit(index, thing, moves, width, height, offsets, body, frames)

    def _moves(self, index: int) -> tuple[Move, ...]:
        """The thing's moves; where a relation holds only at the start, it is the first origin."""
        moves = self.intent.things[index].moves
        if moves and moves[0].origin is None:
            for relation in self.intent.relations:
                if relation.subject == index and relation.when == "start":
                    spot = Spot(relation=relation.kind, target=relation.target)
                    return (replace(moves[0], origin=spot), *moves[1:])
        return moves

    # Relations

    def _hold_together(self) -> None:
        """Hangs units onto those that they stand to, where no motion of their own forbids it."""
        for relation in self.intent.relations:
            subject, target = self.units[relation.subject], self.units[relation.target]
            if relation.when == "end" or (relation.when == "start" and subject.moves):
                continue
            free = not subject.moves or relation.together
            if free and subject.held_by is None and not self._depends(target, subject):
                if subject.thing.region is None or relation.together:
                    self._hang(subject, target, relation.kind, relation.together)
            elif (
                not target.moves and target.held_by is None and not self._depends(subject, target)
                and target.thing.region is None and (not subject.moves or relation.kind == "with")
            ):  # fmt: skip
                self._hang(target, subject, _INVERSE[relation.kind], False)

    def _depends(self, unit: Unit | None, on: Unit) -> bool:
        while unit is not None:
            if unit is on:
                return True
            unit = unit.held_by
        return False

    def _hang(self, unit: Unit, target: Unit, kind: str, together: bool) -> None:
        if kind == "in":
            self._fit_inside(unit, target)
        if kind == "around" and unit.thing.count > 1:
            _surround(unit, target)
        taken = sum(u.held_by is target and u.hold_kind == kind for u in self.units)
        unit.held_by, unit.hold_kind = target, kind
        unit.hold = relative_centre(kind, unit.body, target.body, together, taken)

    hold_kind = ""

    def _fit_inside(self, unit: Unit, target: Unit) -> None:
        factor = min(1.0, 0.7 * target.body.width / unit.body.width)
        factor = max(factor, 0.5)
        unit.width, unit.height = unit.width * factor, unit.height * factor
        unit.offsets = [(x * factor, y * factor) for x, y in unit.offsets]
        unit.body = replace(
            unit.body, width=unit.body.width * factor, height=unit.body.height * factor
        )

    def _resolve(self, spot: Spot, body: Body, move: Move | None) -> Point:
        """The centre of a body at a spot relative to a placed unit."""
        target = self.units[spot.target]
        if not target.track:
            return 0.5, 0.5
        at_end = move is not None and spot is move.goal
        frame = self.num_frames - 1 if at_end else 0
        x, y = target.track[frame]
        kind = spot.relation or "next_to"
        if kind == "next_to" and at_end:
            kind = "left_of" if x > 0.5 else "right_of"
        dx, dy = relative_centre(kind, body, target.body, False, 0)
        inside = body.clamp((x + dx, y + dy))
        self.squeezed += math.dist(inside, (x + dx, y + dy))
        return inside

    # Search

    def _place_leader(self, unit: Unit, number: int, leaders: int) -> float:
        family = [u for u in self.units if self._root(u) is unit]
        wish = self._centred(unit, family, self._wish(unit, number, leaders))
        best: tuple[float, float, Point] | None = None
        for anchor in self._anchors(unit, wish):
            hard = self._try(unit, family, anchor)
            soft = math.dist(anchor, wish)
            key = (round(hard, 4), soft, anchor)
            if best is None or key < best:
                best = key
        hard, _, anchor = best
        self._track(unit, family, anchor, range(self.num_frames))
        self.placed += family
        return hard

    def _root(self, unit: Unit) -> Unit:
        while unit.held_by is not None:
            unit = unit.held_by
        return unit

    def _wish(self, unit: Unit, number: int, leaders: int) -> Point:
        """Where a unit would stand if it were alone."""
        home = sizes.build_of(unit.thing.labels[0].words).home
        y = _HOME_HEIGHT["sky" if unit.thing.airborne and home != "top" else home]
        if leaders == 1 and home != "top":
            y = 0.5 + (y - 0.5) * 0.5
        if unit.moves and any(m.direction and m.direction[1] for m in unit.moves):
            y = 0.5
        x = 0.5
        still = [u for u in self.units if u.held_by is None and not _sideways(u)]
        if unit in still and len(still) > 1:
            x = (still.index(unit) + 1) / (len(still) + 1)
        shifts = [_ROOM.get(kind, (0.0, 0.0)) for kind in self._asked_of(unit)]
        for other in self.units:
            for move in other.moves:
                if move.goal and move.goal.target == unit.index and move.direction:
                    shifts.append((0.2 * move.direction[0], 0.2 * move.direction[1]))
        x += max(min(sum(s[0] for s in shifts), 0.25), -0.25)
        y += max(min(sum(s[1] for s in shifts), 0.2), -0.2)
        x = min(max(x, 0.2), 0.8)
        return x, min(max(y, 0.15), 0.85)

    def _centred(self, unit: Unit, family: list[Unit], wish: Point) -> Point:
        """Where the unit must stand for its whole family to be centred on the wish."""
        if len(family) == 1:
            return wish
        holds = [(*_total_hold(u, unit), u.body) for u in family]
        x0 = min(x - body.width / 2 for x, _, body in holds)
        x1 = max(x + body.width / 2 for x, _, body in holds)
        y0 = min(y - body.height / 2 for _, y, body in holds)
        y1 = max(y + body.height / 2 for _, y, body in holds)
        return wish[0] - (x0 + x1) / 2, wish[1] - (y0 + y1) / 2

    def _asked_of(self, unit: Unit) -> list[str]:
        family = {u.index for u in self.units if self._root(u) is unit}
        return sorted(
            {
                r.kind
                for r in self.intent.relations
                if r.target in family and r.subject not in family
            }
        )

    def _anchors(self, unit: Unit, wish: Point) -> list[Point]:
        steps_x = [k / 24 for k in range(2, 23)]
        steps_y = [k / 20 for k in range(2, 19)]
        anchors = [(x, y) for x in steps_x[::2] for y in steps_y[::2]]
        return [wish, *anchors]

    def _track(
        self, unit: Unit, family: list[Unit], anchor: Point, frames: Sequence[int]
    ) -> dict[int, list[Point]]:
        points = waypoints(unit.moves, unit.body, anchor, self._resolve)
        points = [self._on_line(unit, point) for point in points]
        track = centres(unit.moves, points, unit.body, unit.frames, frames, self._hub(unit))
        tracks = {unit.index: track}
        for member in family:
            if member is not unit:
                dx, dy = _total_hold(member, unit)
                tracks[member.index] = [(x + dx, y + dy) for x, y in track]
        if len(frames) == self.num_frames:
            for member in family:
                member.track = tracks[member.index]
        unit.points = points
        return tracks

    def _on_line(self, unit: Unit, point: Point) -> Point:
        """Keeps a mover on top of, above or below what it moves along."""
        for relation in self.intent.relations:
            target = self.units[relation.target]
            if relation.subject != unit.index or relation.when != "always" or not target.track:
                continue
            if not unit.moves or relation.kind not in (
                "on",
                "above",
                "below",
                "behind",
                "in_front_of",
            ):
                continue
            if any(m.direction and m.direction[1] for m in unit.moves):
                return target.track[0][0], point[1]
            _, dy = relative_centre(relation.kind, unit.body, target.body, False, 0)
            return point[0], unit.body.clamp((0.5, target.track[0][1] + dy))[1]
        return point

    def _hub(self, unit: Unit):
        def hub(frame: int) -> tuple[Point, float, float] | None:
            index = next((m.around for m in unit.moves if m.around is not None), None)
            if index is None or not self.units[index].track:
                return None
            target = self.units[index]
            return target.track[frame], target.body.width / 2, target.body.height / 2

        return hub

    def _try(self, unit: Unit, family: list[Unit], anchor: Point) -> float:
        """How badly an anchor fits: outside the frame, over others, or hardly moving."""
        self.squeezed = 0.0
        tracks = self._track(unit, family, anchor, self.samples)
        cost = _lack_of_travel(unit) + 3 * self.squeezed
        leaves = any(s is not None and s.outside for m in unit.moves for s in (m.origin, m.goal))
        for member in family:
            half_w, half_h = member.body.width / 2, member.body.height / 2
            for k, (x, y) in enumerate(tracks[member.index]):
                if not leaves:
                    over = max(half_w - x, 0, x + half_w - 1) + max(half_h - y, 0, y + half_h - 1)
                    cost += 3 * over / len(self.samples)
                for other in self.placed:
                    if not self._related(member, other):
                        cost += self._overlap(member, x, y, other, self.samples[k])
        return cost

    def _overlap(self, member: Unit, x: float, y: float, other: Unit, frame: int) -> float:
        if not (
            _seen(self.visible[member.index], frame) and _seen(self.visible[other.index], frame)
        ):
            return 0.0
        ox, oy = other.track[frame]
        wide = (member.body.width + other.body.width) / 2 - abs(x - ox)
        high = (member.body.height + other.body.height) / 2 - abs(y - oy)
        if wide <= 0 or high <= 0:
            return 0.0
        smaller = min(member.body.width * member.body.height, other.body.width * other.body.height)
        return wide * high / smaller / len(self.samples) * 2

    def _related(self, a: Unit, b: Unit) -> bool:
        return any({r.subject, r.target} == {a.index, b.index} for r in self.intent.relations)


def _seen(span: tuple[int, int], frame: int) -> bool:
    return span[0] <= frame < span[1]


def _sideways(unit: Unit) -> bool:
    return any((m.direction and m.direction[0]) or m.origin or m.goal for m in unit.moves)


def _surround(unit: Unit, target: Unit) -> None:
    """Stands the instances of a unit on both sides of another."""
    height = unit.height + _GAP
    rows = max(1, math.ceil(unit.thing.count / 4))
    beside = target.body.width / 2 + unit.width / 2 + _GAP
    offsets = []
    for k in range(unit.thing.count):
        side, row, column = (-1, 1)[k % 2], (k // 2) % rows, (k // 2) // rows
        x = side * (beside + column * (unit.width + _GAP))
        offsets.append((x, (row - (rows - 1) / 2) * height))
    unit.offsets = offsets
    reach = max(abs(x) for x, _ in offsets) + unit.width / 2
    unit.body = replace(unit.body, width=2 * reach, height=rows * height - _GAP)


def _total_hold(unit: Unit, root: Unit) -> Point:
    x = y = 0.0
    while unit is not root:
        x, y = x + unit.hold[0], y + unit.hold[1]
        unit = unit.held_by
    return x, y


def _lack_of_travel(unit: Unit) -> float:
    cost = 0.0
    for number, move in enumerate(unit.moves):
        if move.manner not in ("straight", "fall", "hop", "zigzag"):
            continue
        if move.direction is None and move.goal is None:
            continue
        start, end = unit.points[number], unit.points[number + 1]
        least = SHORTEST_CROSSING if move.crossing else SHORTEST_TRAVEL
        if move.direction:
            dx, dy = move.direction
            for sign, moved in ((dx, end[0] - start[0]), (dy, end[1] - start[1])):
                if sign:
                    cost += max(least - sign * moved, 0.0)
        else:
            cost += max(least - math.dist(start, end), 0.0)
    return cost


def _formation(
    count: int, moves: Sequence[Move], side: float, aspect: float, peak: float
) -> tuple[int, int, float]:
    """Columns, rows and the side of one instance: the arrangement with the largest instances."""
    if count == 1:
        return 1, 1, side
    across = any(
        (m.direction and m.direction[0]) or (m.origin and m.origin.x) or (m.goal and m.goal.x)
        for m in moves
    )
    upwards = any(
        (m.direction and m.direction[1]) or (m.origin and m.origin.y) or (m.goal and m.goal.y)
        for m in moves
    )
    crossing = any(m.crossing for m in moves)
    travel = SHORTEST_CROSSING if crossing else 0.34
    room_x = 0.94 - (travel if across else 0.0)
    room_y = 0.9 - (travel if upwards else 0.0)
    options = []
    for cols in range(1, count + 1):
        rows = math.ceil(count / cols)
        if (rows - 1) * cols >= count:
            continue
        width = (room_x / cols - _GAP) / peak
        height = (room_y / rows - _GAP) / peak
        best = min(width / math.sqrt(aspect), height * math.sqrt(aspect), side)
        empty = cols * rows - count
        shape = cols * math.sqrt(aspect) / (rows / math.sqrt(aspect))
        wanted = rows if across else -abs(math.log(shape / 1.5)) if count > 3 else cols
        options.append((round(min(best, side), 3), wanted, -empty, cols, rows))
    best, _, _, cols, rows = max(options)
    return cols, rows, best


def relative_centre(kind: str, body: Body, target: Body, together: bool, taken: int) -> Point:
    """Where a body's centre lies, relative to its target's, for a relation.

    `taken`: how many others already stand to the target in the same way.
    """
    beside = (body.width + target.width) / 2 + _GAP + taken * (body.width + _GAP)
    level = (target.height - body.height) / 2  # both stand on the same ground
    over = (body.height + target.height) / 2
    aside = taken * (body.width + _GAP)
    if kind == "next_to":
        return (beside if taken % 2 == 0 else -beside + taken * (body.width + _GAP)), level
    if kind == "with":
        return beside - _GAP - 0.15 * body.width, level * 0.5
    if kind in ("left_of", "right_of"):
        return (-beside if kind == "left_of" else beside), level
    if kind == "above":
        return aside, -over - _GAP
    if kind in ("below",):
        return aside, over + _GAP
    if kind == "on":
        return aside, -over + (0.35 if together else 0.1) * target.height
    if kind == "under":
        return 0.0, over - 0.1 * body.height
    if kind == "in":
        return aside, -0.25 * target.height
    if kind == "around":
        return 0.0, level
    if kind == "holding":
        return 0.0, 0.12 * body.height
    if kind == "in_front_of":
        return 0.3 * target.width, level + 0.25 * body.height
    if kind == "behind":
        return 0.35 * target.width, level - 0.3 * body.height
    return beside, level
