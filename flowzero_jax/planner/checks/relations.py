"""How things stand to each other and in the frame."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from flowzero_jax.planner.checks.findings import Finding, severity_of
from flowzero_jax.planner.checks.matching import Case
from flowzero_jax.planner.checks.tracks import Track, aside, centre, gap
from flowzero_jax.planner.intent import RELATION_WORDS, Relation
from flowzero_jax.scene import Box

_SLACK = 0.01
_NEAR, _FAR = 0.25, 0.45  # between edges, in fractions of the frame


def check_relations(case: Case) -> Iterator[Finding]:
    """Left of, above, on, in, next to …, throughout or where a motion begins or ends."""
    for relation in case.intent.relations:
        if relation.when != "always" and case.num_frames < 2:
            continue
        tracks = case.matched[relation.subject]
        found: list[Finding] = []
        for track in tracks:
            targets = [t for t in case.matched[relation.target] if t is not track]
            if targets:
                found += _relation(case, relation, track, targets)
        hard = sum(finding.severity == "hard" for finding in found)
        # A crowd need not keep these one by one: some apples beside the basket.
        if relation.kind in ("on", "in") and 1 < len(tracks) != hard:
            found = [replace(finding, severity="soft") for finding in found]
        yield from found


def _relation(
    case: Case, relation: Relation, track: Track, targets: list[Track]
) -> Iterator[Finding]:
    shared = [f for f in track.frames if any(f in target.objects for target in targets)]
    frames = {"always": shared, "start": shared[:1], "end": shared[-1:]}[relation.when]
    judge = _JUDGES[relation.kind]
    others = {f: [target.box(f) for target in targets if f in target.objects] for f in frames}
    faults = {f: min(judge(track.box(f), box) for box in others[f]) for f in frames}
    wrong = [frame for frame, fault in faults.items() if fault > 0]
    if not wrong:
        return
    worst = max(wrong, key=faults.__getitem__)
    bad = [frame for frame in wrong if faults[frame] >= 1]
    hard = len(bad) * 2 > len(frames) and not _is_loose(case, relation)
    nearest = min(others[worst], key=partial(gap, track.box(worst)))
    target = case.name(relation.target)
    when = {"always": "", "start": " at the start", "end": " in the end"}[relation.when]
    message = (
        f"frame {worst}: {track.id!r} should be {RELATION_WORDS[relation.kind]} {target!r}"
        f"{when}; its box is {_place(track.box(worst))}, the other is {_place(nearest)}"
    )
    yield Finding("wrong-relation", severity_of(hard), message, worst, track.id, len(wrong))


def _is_loose(case: Case, relation: Relation) -> bool:
    """Relations that pictures show in many ways, or that hold only while something passes."""
    subject, target = (case.intent.things[i] for i in (relation.subject, relation.target))
    if relation.kind in ("on", "in"):
        moves = relation.when == "always" and bool(subject.moves) != bool(target.moves)
        return target.count > 1 or moves
    return relation.kind in ("with", "around", "next_to", "in_front_of", "behind")


def _place(box: Box) -> str:
    return "[" + ", ".join(f"{value:.2f}" for value in box) + "]"


# Each judge of (subject, target) gives 0 if all is well, below 1 if it is doubtful, else 1.


def _before(axis: int, a: Box, b: Box) -> float:
    return float(centre(a)[axis] >= centre(b)[axis] - _SLACK)


def _on(a: Box, b: Box) -> float:
    """Its foot on the other's upper part, or within it (a boat on a lake, a bird on a tree)."""
    y = centre(a)[1]
    beside = min(a[2], b[2]) - max(a[0], b[0]) <= 0
    hovers = b[1] - a[3] > 0.12
    if y > b[3] or beside:
        return 1.0
    return 1.0 if y > centre(b)[1] + 0.12 else 0.5 * hovers


def _inside(a: Box, b: Box) -> float:
    if gap(a, b) > 0.03:
        return 1.0
    (x, y), margin = centre(a), 0.05
    within = b[0] - margin <= x <= b[2] + margin and b[1] - 2 * margin <= y <= b[3] + margin
    return 0.0 if within else 0.5


def _near(a: Box, b: Box) -> float:
    distance = gap(a, b)
    return 1.0 if distance > _FAR else 0.5 * (distance > _NEAR)


_JUDGES: dict[str, Callable[[Box, Box], float]] = {
    "left_of": partial(_before, 0), "right_of": lambda a, b: _before(0, b, a),
    "above": partial(_before, 1), "below": lambda a, b: _before(1, b, a), "on": _on,
    "in": _inside, "next_to": _near, "in_front_of": _near, "behind": _near, "with": _near,
    "around": _near,
}  # fmt: skip


def check_regions(case: Case) -> Iterator[Finding]:
    """Things that the prompt puts into a part of the frame: "on the left"."""
    for thing, track in case.shown:
        if thing.region is None or thing.moves:
            continue
        x, y = track.centre(track.first)
        for axis, value, wanted in (("x", x, thing.region.x), ("y", y, thing.region.y)):
            if wanted is not None and (far := aside(value, wanted)):
                place = f"has its centre at {axis} {value:.2f}"
                told = f"the prompt puts it {_region(axis, wanted)}"
                message = f"frame {track.first}: {track.id!r} {place}; {told}"
                yield Finding("wrong-region", "hard", message, track.first, track.id, far)


def _region(axis: str, wanted: float) -> str:
    names = {("x", -1): "on the left", ("x", 1): "on the right", ("y", -1): "at the top",
             ("y", 1): "at the bottom"}  # fmt: skip
    return names.get((axis, (wanted > 0) - (wanted < 0)), "in the middle")
