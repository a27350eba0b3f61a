"""Room for everything, so that unrelated things do not overlap.

Units that stand in a relation hang together as families; these are placed one after the other, each
at the best of a grid of anchors. What does not fit is tried again a little smaller.
"""

import math
from collections.abc import Sequence

from flowzero_jax.planner.boxes.families import centred, family_body, inside, member_tracks
from flowzero_jax.planner.boxes.paths import FREE_CIRCLE, Body, Point, waypoints
from flowzero_jax.planner.boxes.travel import is_in_place, lack_of_travel, meets, moves_vertically
from flowzero_jax.planner.boxes.units import (
    Unit,
    fit_inside,
    goes_sideways,
    make_units,
    relative_centre,
    surround,
)
from flowzero_jax.planner.intent import Intent, Move, Relation, Spot

_SHRINK, _ATTEMPTS, _SAMPLES = 0.9, 11, 9
_MANY = 10  # things, from which on fewer attempts are made
_ROUNDING = 1e-3  # what is not yet a worse cost
_FITS = 0.02  # a cost that is nothing to worry about
_SMALLNESS = 0.45  # what a scale of 0 would cost
_HOME_HEIGHT = {"ground": 0.62, "sky": 0.34, "top": 0.24, "water": 0.6}
_COARSE = [(x / 12, y / 10) for x in range(1, 12) for y in range(1, 10)]
_FINE = [(x / 12, y / 20) for x in range(1, 12) for y in range(2, 19)]
#: Related things that nevertheless do not cover each other, unless one hangs onto the other.
_APART = frozenset({"with", "next_to", "left_of", "right_of", "above", "below"})
_EITHER_SIDE = frozenset({"with", "next_to"})
_ALONG = frozenset({"on", "above", "below", "behind", "in_front_of"})
_INVERSE = {
    "left_of": "right_of", "right_of": "left_of", "above": "below", "below": "above",
    "next_to": "next_to", "in_front_of": "behind", "behind": "in_front_of", "with": "with",
    "on": "under", "in": "holding", "around": "next_to",
}  # fmt: skip
#: Where a target leaves room for what is related to it: the shift of its centre.
_ROOM = {
    "left_of": (0.2, 0.0), "right_of": (-0.2, 0.0), "above": (0.0, 0.17), "on": (0.0, 0.12),
    "below": (0.0, -0.17), "next_to": (0.16, 0.0), "with": (0.1, 0.0),
}  # fmt: skip


def place(intent: Intent, num_frames: int, visible: Sequence[tuple[int, int]]) -> list[Unit]:
    """A placed unit for every thing of the intent, in the same order.

    `visible`: for every thing the first frame that shows it and the one after its last.
    """
    best: tuple[float, list[Unit]] = (math.inf, [])
    scale = 1.0
    for attempt in range(_ATTEMPTS if len(intent.things) <= _MANY else _ATTEMPTS // 3):
        layout = _Layout(intent, num_frames, visible, scale)
        layout.spread = min(0.12 + 0.03 * attempt, 0.3)
        cost = layout.run()
        if cost + _SMALLNESS * (1 - scale) < best[0]:
            best = cost + _SMALLNESS * (1 - scale), layout.units
        if cost < _FITS:
            break
        scale *= _SHRINK
    return best[1]


class _Layout:
    """One attempt at one scale."""

    def __init__(
        self, intent: Intent, num_frames: int, visible: Sequence[tuple[int, int]], scale: float
    ) -> None:
        self.intent, self.num_frames, self.visible = intent, num_frames, visible
        self.units = make_units(intent, num_frames, visible, scale)
        steps = {round(k * (num_frames - 1) / (_SAMPLES - 1)) for k in range(_SAMPLES)}
        self.samples = sorted(steps)
        self.placed: list[Unit] = []
        self.spread = 0.12  # how far the ends of a way between two things are moved apart
        self.squeezed = 0.0  # how far relations had to give way to stay inside the frame

    def run(self) -> float:
        """Places all units; the cost is about 0 if all fit well."""
        for relation in self.intent.relations:
            self._hang(relation)
        self._walk_abreast()
        targets: set[int | None] = {relation.target for relation in self.intent.relations}
        targets |= {spot.target for u in self.units for move in u.moves for spot in move.spots}
        leaders = [unit for unit in self.units if unit.held_by is None]
        leaders.sort(key=lambda unit: (unit.index not in targets, bool(unit.moves), unit.index))
        return sum(self._place(unit, len(leaders)) for unit in leaders)

    def _hang(self, relation: Relation) -> None:
        """Hangs one of two units onto the other, where no motion of its own forbids it."""
        subject, target = self.units[relation.subject], self.units[relation.target]
        if relation.when == "end" or (relation.when == "start" and subject.moves):
            return
        together, carries = relation.together, relation.kind == "with"
        if carries and target.moves and not together:
            return  # who watches a bird does not fly along
        free = together or not (subject.moves or subject.thing.region)
        stays = not (target.moves or target.held_by or target.thing.region)
        if free and subject.held_by is None and target.root is not subject:
            self._hang_onto(subject, target, relation.kind, together)
        elif stays and subject.root is not target and (carries or not subject.moves):
            self._hang_onto(target, subject, _INVERSE[relation.kind], False)

    def _walk_abreast(self) -> None:
        """Things on the ground that go the same way go side by side, not one above the other."""
        leaders: list[Unit] = []
        for unit in self.units:
            free = unit.held_by is None and unit.home == "ground" and not unit.thing.region
            ways = [move for move in unit.moves if move.direction and not move.spots]
            level = all(move.direction and not move.direction[1] for move in unit.moves)
            if not (free and ways and level and len(ways) == len(unit.moves)):
                continue
            alike = [other for other in leaders if other.moves == unit.moves]
            if alike:
                self._hang_onto(unit, alike[0], "next_to", True)
            else:
                leaders.append(unit)

    def _hang_onto(self, unit: Unit, target: Unit, kind: str, together: bool) -> None:
        if kind == "in":
            fit_inside(unit, target)
        elif kind == "around" and unit.thing.count > 1:
            surround(unit, target)
        taken = sum(u.held_by is target and u.hold_kind == kind for u in self.units)
        unit.held_by, unit.hold_kind = target, kind
        unit.hold = relative_centre(kind, unit.body, target.body, together, taken)
        if self._is_crowded(unit):  # is there room on the other side?
            turned = unit if kind in _EITHER_SIDE else target
            if turned is unit or target.hold_kind in _EITHER_SIDE:
                turned.hold = -turned.hold[0], turned.hold[1]

    def _is_crowded(self, unit: Unit) -> bool:
        """Whether a unit stands where another one of its family already does."""
        x, y = unit.total_hold
        for other in self.units:
            if other is unit or other is unit.held_by or other.root is not unit.root:
                continue
            there = other.total_hold
            wide = (unit.body.width + other.body.width) / 2 - abs(x - there[0])
            high = (unit.body.height + other.body.height) / 2 - abs(y - there[1])
            if wide > 0.05 and high > 0.05:
                return True
        return False

    def _place(self, unit: Unit, num_leaders: int) -> float:
        """Places a leader with its family; returns the cost."""
        family = [u for u in self.units if u.root is unit]
        wish = centred(family, self._wish(unit, family, num_leaders))
        best = (math.inf, math.inf, wish)
        for anchor in [wish, *(_FINE if num_leaders < _MANY else _COARSE)]:
            cost = 0.0
            if not moves_vertically(unit):
                cost = 0.3 * max(abs(anchor[1] - wish[1]) - 0.2, 0.0)
            elif not any(move.direction or move.origin for move in unit.moves):
                cost = 0.05 * abs(anchor[1] - wish[1])  # to something on the same ground
            cost += self._cost(unit, family, anchor, best[0] - cost + _ROUNDING)
            best = min(best, (round(cost, 4), math.dist(anchor, wish), anchor))
        cost, _, anchor = best
        frames = range(self.num_frames)
        for member, track in zip(family, self._tracks(unit, family, anchor, frames), strict=True):
            member.track = track
        self.placed += family
        return cost

    def _wish(self, unit: Unit, family: list[Unit], num_leaders: int) -> Point:
        """Where a unit would best stand if it were alone."""
        x, y = 0.5, _HOME_HEIGHT[unit.home]
        if num_leaders == 1 and unit.home != "top":
            y = 0.5 + (y - 0.5) / 2
        if any(move.direction and move.direction[1] for move in unit.moves):
            y = 0.5
        elif unit.home == "ground" and num_leaders > 1:  # all on one line
            tallest = max(u.body.height for u in self.units if u.home == "ground")
            y += (tallest - unit.body.height) / 2
        still = [u for u in self.units if u.held_by is None and not goes_sideways(u)]
        for move in [move for other in self.units for move in other.moves]:
            if move.origin is None or move.goal is None or move.origin.relation == "left_of":
                continue
            ends = [u for u in still if u.index in (move.origin.target, move.goal.target)]
            if len(ends) == 2 and ends[0].index == move.goal.target:  # from left to right
                a, b = map(still.index, ends)
                still[a], still[b] = still[b], still[a]
        if unit in still:
            x = (still.index(unit) + 1) / (len(still) + 1)
        shifts = self._shifts(unit, family)
        x += min(max(sum(shift[0] for shift in shifts), -0.3), 0.3)
        y += min(max(sum(shift[1] for shift in shifts), -0.2), 0.2)
        return min(max(x, 0.2), 0.8), min(max(y, 0.15), 0.85)

    def _shifts(self, unit: Unit, family: list[Unit]) -> list[Point]:
        """What makes room for units that will be placed beside this one, or come and go."""
        own = {member.index for member in family}
        asking = [r for r in self.intent.relations if r.target in own and r.subject not in own]
        kinds = {r.kind for r in asking if r.kind != "next_to" or not self.units[r.subject].moves}
        shifts = [_ROOM.get(kind, (0.0, 0.0)) for kind in sorted(kinds)]
        firsts = [other.moves[0] for other in self.units if len(other.moves) == 1]
        comes = [m for m in firsts if not m.origin and m.goal and m.goal.target == unit.index]
        for move in [move for other in self.units for move in other.moves]:
            begins = move.origin is not None and move.origin.target == unit.index
            ends = move.goal is not None and move.goal.target == unit.index
            if move.direction and begins != ends:
                sign = 1 if ends else -1
                shifts.append((sign * 0.2 * move.direction[0], sign * 0.2 * move.direction[1]))
            elif move in comes and not unit.moves:
                shifts.append((0.25, 0.0))  # it comes from the left
            elif ends and move.origin and move.origin.x:
                shifts.append((-0.2 * move.origin.x, 0.0))
            elif move.origin and move.goal and None not in (move.origin.target, move.goal.target):
                shifts.append((self.spread * (ends - begins), 0.0))
        return shifts

    def _tracks(
        self, unit: Unit, family: list[Unit], anchor: Point, frames: Sequence[int]
    ) -> list[list[Point]]:
        """The centres of a family's members in `frames`, the leader standing at `anchor`."""
        body, (cx, cy) = family_body(unit, family)
        points = waypoints(unit.moves, body, (anchor[0] + cx, anchor[1] + cy), self._resolve)
        unit.points = [self._on_line(unit, (x - cx, y - cy)) for x, y in points]
        return member_tracks(unit, family, frames, self._resolve, self._hub)

    def _resolve(self, spot: Spot, body: Body, move: Move | None = None) -> Point:
        """The centre of a body at a spot relative to a placed unit."""
        assert spot.target is not None and spot.relation is not None
        target = self.units[spot.target]
        if not target.track:
            return 0.5, 0.5
        at_end = move is not None and spot is move.goal
        x, y = target.track[-1 if at_end else 0]
        kind = spot.relation
        if kind == "next_to" and at_end:
            kind = "left_of" if x > 0.5 else "right_of"
        dx, dy = relative_centre(kind, body, target.body, False, 0)
        inside = body.clamp((x + dx, y + dy))
        self.squeezed += math.dist(inside, (x + dx, y + dy))
        return inside

    def _on_line(self, unit: Unit, point: Point) -> Point:
        """Keeps a mover on top of, above or below what it moves along."""
        if not unit.moves:
            return point
        for relation in self.intent.relations:
            target = self.units[relation.target]
            in_place = all(is_in_place(move) for move in unit.moves)
            along = relation.when == "always" and (relation.kind in _ALONG or in_place)
            if relation.subject != unit.index or not along or not target.track:
                continue
            if in_place:
                x, y = self._resolve(Spot(relation=relation.kind, target=target.index), unit.body)
                above = relation.kind == "above" and unit.moves[0].manner == "circle"
                return x, y - FREE_CIRCLE * above
            x, y = target.track[0]
            ways = [move.direction for move in unit.moves if move.direction]
            if any(way[1] for way in ways):  # up a tree, but down a slope aslant
                return point if any(way[0] for way in ways) else (x, point[1])
            _, dy = relative_centre(relation.kind, unit.body, target.body, False, 0)
            return point[0], unit.body.clamp((0.5, y + dy))[1]
        return point

    def _hub(self, move: Move, frame: int) -> tuple[Point, Body] | None:
        """What a move goes around: its centre and body in a frame."""
        target = self.units[move.around] if move.around is not None else None
        return (target.track[frame], target.body) if target and target.track else None

    def _cost(self, unit: Unit, family: list[Unit], anchor: Point, limit: float) -> float:
        """How badly an anchor fits: outside the frame, over others, or hardly moving.

        What costs more than `limit` is not looked at to the end.
        """
        self.squeezed = 0.0
        tracks = self._tracks(unit, family, anchor, self.samples)
        cost = 2 * lack_of_travel(unit) + 3 * self.squeezed
        leaves = any(move.crosses_edge for move in unit.moves)
        for member, track in zip(family, tracks, strict=True):
            if not leaves:
                outside = sum(math.dist(c, inside(member.body, c)) for c in track)
                cost += 3 * outside / len(track)
            for other in self.placed:
                if cost > limit:
                    return cost
                if meets(member) and meets(other):
                    cost += abs(track[0][1] - other.track[0][1])
                if not self._related(member, other):
                    cost += self._overlap(member, track, other)
                elif self._comes_to(member, other):
                    half = len(track) // 2
                    cost += self._overlap(member, track[:half], other)
        return cost

    def _overlap(self, member: Unit, track: list[Point], other: Unit) -> float:
        """How much two units cover each other where both are seen: 2 if always and wholly."""
        spans = self.visible[member.index], self.visible[other.index]
        first, end = max(span[0] for span in spans), min(span[1] for span in spans)
        wide = (member.body.width + other.body.width) / 2
        high = (member.body.height + other.body.height) / 2
        area = 0.0
        for frame, (x, y) in zip(self.samples, track, strict=False):
            if first <= frame < end:
                there = other.track[frame]
                dx, dy = wide - abs(x - there[0]), high - abs(y - there[1])
                area += dx * dy if dx > 0 and dy > 0 else 0.0
        smaller = min(body.width * body.height for body in (member.body, other.body))
        return 2 * area / smaller / len(self.samples)

    def _comes_to(self, a: Unit, b: Unit) -> bool:
        """Whether two units are related only where the way of one ends."""
        both = {a.index, b.index}
        own = [r for r in self.intent.relations if {r.subject, r.target} == both]
        return bool(own) and all(r.when == "end" for r in own)

    def _related(self, a: Unit, b: Unit) -> bool:
        stops = [move.goal.target for move in a.moves[:-1] if move.goal is not None]
        return b.index in stops or any(
            {r.subject, r.target} == {a.index, b.index}
            and (r.kind not in _APART or r.when != "always" or a.root is b.root)
            for r in self.intent.relations
        )
