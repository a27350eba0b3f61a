"""Objects on top of each other without a reason, and the same object twice."""

from collections.abc import Iterator
from itertools import combinations

from flowzero_jax.planner.checks.findings import Finding, severity_of
from flowzero_jax.planner.checks.matching import Case
from flowzero_jax.planner.checks.tracks import Track, area, common_area, covered, some

_MUCH, _TOO_MUCH = 0.45, 0.7  # of the smaller box
_OFTEN = 0.5  # of the frames in which both are seen
_DEPTHS = frozenset({"behind", "in_front_of"})
_IDENTICAL = 0.85  # common area over united area


def check_overlaps(case: Case) -> Iterator[Finding]:
    """Pairs of tracks that cover each other."""
    for a, b in combinations(case.tracks, 2):
        shared = some(a.shared(b))
        if not shared:
            continue
        same = [f for f in shared if _likeness(a, b, f) > _IDENTICAL]
        if len(same) > len(shared) / 2:
            message = (
                f"{a.id!r} and {b.id!r} have the same boxes in {len(same)} frames; place them "
                "apart, or leave one out"
            )
            yield Finding("duplicate-track", "hard", message, same[0], b.id, len(same))
            continue
        if _have_reason(case, a, b):
            continue
        amounts = {f: covered(a.box(f), b.box(f)) for f in shared}
        worst = max(amounts, key=amounts.__getitem__)
        often = sum(amount > _MUCH for amount in amounts.values()) / len(shared)
        if amounts[worst] <= _MUCH:
            continue
        hard = often > _OFTEN and sum(amounts.values()) / len(shared) > _TOO_MUCH * 0.75
        message = (
            f"frame {worst}: {a.id!r} and {b.id!r} cover each other by {amounts[worst]:.0%} of "
            "the smaller box; move them apart"
        )
        yield Finding("overlap", severity_of(hard), message, worst, b.id, amounts[worst])


def _likeness(a: Track, b: Track, frame: int) -> float:
    common = common_area(a.box(frame), b.box(frame))
    return common / (area(a.box(frame)) + area(b.box(frame)) - common)


def _share_depth(case: Case, a: int, b: int) -> bool:
    """Whether one stands before or behind what the other belongs to, so that it may cover both."""
    near = [
        {(r.target, r.kind in _DEPTHS) for r in case.intent.relations if r.subject == i}
        for i in (a, b)
    ]
    return any(x == y and (deep or also) for x, deep in near[0] for y, also in near[1])


def _have_reason(case: Case, a: Track, b: Track) -> bool:
    """Whether the prompt relates the two, or may do so unread: it names only one of them."""
    one, other = case.thing_of(a), case.thing_of(b)
    if one is None or other is None:
        return True
    if one == other:
        return False
    pairs: list[set[int | None]] = [{r.subject, r.target} for r in case.intent.relations]
    for i, thing in enumerate(case.intent.things):
        pairs += [{i, spot.target} for move in thing.moves for spot in move.spots]
    return {one, other} in pairs or _share_depth(case, one, other)
