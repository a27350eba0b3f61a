"""Units that hang together: the room they take, and where each goes when the leader moves."""

from collections.abc import Sequence

from flowzero_jax.planner.boxes.paths import Body, Hub, Point, Resolver, centres, waypoints
from flowzero_jax.planner.boxes.units import Unit
from flowzero_jax.planner.intent import Move

_CARRIED = frozenset({"on", "in", "with"})


def family_body(unit: Unit, family: list[Unit]) -> tuple[Body, Point]:
    """What must stay inside the frame when a leader moves with its family, and its centre.

    The centre is relative to the leader's. A way from or to another thing is the leader's alone.
    """
    spots = [spot for move in unit.moves for spot in move.spots]
    if len(family) == 1 or not unit.moves or any(spot.target is not None for spot in spots):
        return unit.body, (0.0, 0.0)
    edges = [(member.total_hold, member.body) for member in family]
    x0 = min(x - body.width / 2 for (x, _), body in edges)
    x1 = max(x + body.width / 2 for (x, _), body in edges)
    y0 = min(y - body.height / 2 for (_, y), body in edges)
    y1 = max(y + body.height / 2 for (_, y), body in edges)
    return Body(x1 - x0, y1 - y0, unit.body.start), ((x0 + x1) / 2, (y0 + y1) / 2)


def centred(family: list[Unit], wish: Point) -> Point:
    """Where the leader must stand for its whole family to be centred on the wish."""
    edges = [(unit.total_hold, unit.body) for unit in family]
    x = min(x - b.width / 2 for (x, _), b in edges) + max(x + b.width / 2 for (x, _), b in edges)
    y = min(y - b.height / 2 for (_, y), b in edges) + max(y + b.height / 2 for (_, y), b in edges)
    return wish[0] - x / 2, wish[1] - y / 2


def inside(body: Body, centre: Point) -> Point:
    """The nearest centre at which a body is inside the frame, up to its edge."""
    half_x, half_y = min(body.width / 2, 0.5), min(body.height / 2, 0.5)
    return min(max(centre[0], half_x), 1 - half_x), min(max(centre[1], half_y), 1 - half_y)


def member_tracks(
    leader: Unit, family: list[Unit], frames: Sequence[int], resolve: Resolver, hub: Hub
) -> list[list[Point]]:
    """The centres of a family's members in `frames`; the leader's `points` are known.

    Most members keep their distance from the leader. One with another course of its own, such as a
    hunter whose prey goes on alone, moves along only while both move.
    """
    track = centres(leader.moves, leader.points, leader.body, leader.frames, frames, hub)
    result = []
    for member in family:
        dx, dy = member.total_hold
        if member is leader or not member.moves or _go_together(leader, member):
            result.append([(x + dx, y + dy) for x, y in track])
        else:
            result.append(_own_track(leader, member, frames, resolve, hub))
    return result


def _go_together(leader: Unit, member: Unit) -> bool:
    """Whether a member moves just when its leader does."""
    if len(leader.moves) != len(member.moves):
        return False
    return all(_alike(a, b) for a, b in zip(leader.moves, member.moves, strict=True))


def _alike(a: Move, b: Move) -> bool:
    differ = a.direction and b.direction and a.direction != b.direction
    return (a.start, a.end) == (b.start, b.end) and not differ


def _own_track(
    leader: Unit, member: Unit, frames: Sequence[int], resolve: Resolver, hub: Hub
) -> list[Point]:
    """A member's centres: with the leader in common stages, by itself in its own ones.

    Who rides or is carried also moves along in stages of the leader alone, before its own.
    """

    stages = _stages(leader, member)
    dx, dy = member.total_hold
    result = []
    for frame in frames:
        x, y = leader.points[0][0] + dx, leader.points[0][1] + dy
        for (first, last), move in stages:
            if frame < first:
                break
            until = min(frame, last)
            if move is None:
                (x0, y0), (x1, y1) = centres(
                    leader.moves, leader.points, leader.body, leader.frames, [first, until], hub
                )
                x, y = x + x1 - x0, y + y1 - y0
                continue
            way = waypoints([move], member.body, (x, y), resolve)
            if move.origin is None:  # a lone directed move would start before its anchor
                way = [(x, y), member.body.clamp((x + way[1][0] - way[0][0],
                                                  y + way[1][1] - way[0][1]))]  # fmt: skip
            x, y = centres([move], way, member.body, [(first, last)], [until], hub)[0]
        result.append((x, y))
    return result


def _stages(leader: Unit, member: Unit) -> list[tuple[tuple[int, int], Move | None]]:
    """First and last frame of all stages of a member's track; its own move, None with the leader.

    In order of time, of those at the same time the member's own first.
    """
    stages: list[tuple[tuple[int, int], Move | None]] = []
    for move, span in zip(leader.moves, leader.frames, strict=True):
        if member.hold_kind in _CARRIED or any(_alike(move, own) for own in member.moves):
            stages.append((span, None))
    for move, span in zip(member.moves, member.frames, strict=True):
        if not any(_alike(move, other) for other in leader.moves):
            stages.append((span, move))
    return sorted(stages, key=lambda stage: (stage[0], stage[1] is None))
