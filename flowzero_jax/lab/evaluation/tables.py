"""Sums of many videos' measures, as plain numbers for JSON and as Markdown tables."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from flowzero_jax.lab.evaluation.measures import KINDS, Measures, Motion, Sticker

_CONFUSIONS = 10


def summarize(videos: Sequence[Measures]) -> dict[str, Any]:
    """All numbers about a group of videos; None where there is nothing to measure.

    Returns a dict that can be written as JSON: `stickers` (overall, by kind, by the number of
    objects in the frame, the most frequent confusions), `background` (planned against measured
    motion in pixels per frame along the planned direction, medians), `flicker`, `look_change`.
    """
    stickers = [sticker for video in videos for sticker in video.stickers]
    crowds = ("one object", "two objects", "more objects")
    return {
        "videos": len(videos),
        "stickers": {
            "all": _shares(stickers),
            "by_kind": {kind: _shares(s for s in stickers if s.kind == kind) for kind in KINDS},
            "by_objects": {
                crowd: _shares(s for s in stickers if min(s.neighbors, 2) == k)
                for k, crowd in enumerate(crowds)
            },
            "confusions": _confusions(stickers),
        },
        "background": _background([motion for video in videos for motion in video.motions]),
        "flicker": _mean(value for video in videos for value in video.flicker),
        "look_change": _mean(value for video in videos for value in video.look_changes),
    }


def _shares(stickers: Iterable[Sticker]) -> dict[str, Any]:
    stickers = list(stickers)
    return {
        "count": len(stickers),
        "right": _mean(sticker.strict.right for sticker in stickers),
        "correlation": _mean(sticker.strict.score for sticker in stickers),
        "right_whole": _mean(sticker.match.right for sticker in stickers),
        "correlation_whole": _mean(sticker.match.score for sticker in stickers),
        "overlap": _mean(sticker.place.overlap for sticker in stickers),
        "distance": _mean(sticker.place.distance for sticker in stickers),
        "looks_ahead": _mean(s.looks_ahead for s in stickers if s.looks_ahead is not None),
    }


def _confusions(stickers: Iterable[Sticker]) -> list[dict[str, Any]]:
    """The wrong answers that occur most often."""
    wrong = Counter(
        (sticker.strict.asked, sticker.strict.found)
        for sticker in stickers
        if not sticker.strict.right
    )
    return [
        {"asked": asked, "found": found, "count": count}
        for (asked, found), count in wrong.most_common(_CONFUSIONS)
    ]


def _background(motions: Sequence[Motion]) -> dict[str, Any]:
    seen = [
        (np.array(motion.planned), np.array(motion.measured))
        for motion in motions
        if motion.measured is not None
    ]
    along = [measured @ planned / np.linalg.norm(planned) for planned, measured in seen]
    ratios = [a / np.linalg.norm(planned) for a, (planned, _) in zip(along, seen, strict=True)]
    errors = [float(np.linalg.norm(measured - planned)) for planned, measured in seen]
    by_speed: dict[float, list[float]] = {}
    for moved, (planned, _) in zip(along, seen, strict=True):
        by_speed.setdefault(round(float(np.linalg.norm(planned)), 1), []).append(moved)
    return {
        "pairs": len(motions),
        "pairs_measured": len(seen),
        "planned": _median(float(np.linalg.norm(planned)) for planned, _ in seen),
        "measured": _median(along),
        "ratio": _median(ratios),
        "error": _median(errors),
        "by_speed": [
            {"planned": planned, "pairs": len(moves), "measured": _median(moves)}
            for planned, moves in sorted(by_speed.items())
        ],
    }


def _mean(values: Iterable[float]) -> float | None:
    values = list(values)
    return round(float(np.mean(values)), 4) if values else None


def _median(values: Iterable[float]) -> float | None:
    values = list(values)
    return round(float(np.median(values)), 3) if values else None


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table, the first column to the left and the others to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def identity_table(groups: Mapping[str, Mapping[str, Any]]) -> str:
    """Rows of `stickers` numbers: how many boxes, how many show the asked sticker, and where."""
    rows = [
        (
            name,
            shares["count"],
            percent(shares["right"]),
            number(shares["correlation"]),
            percent(shares["right_whole"]),
            number(shares["overlap"]),
            number(shares["distance"]),
            percent(shares["looks_ahead"]),
        )
        for name, shares in groups.items()
        if shares["count"]
    ]
    header = (
        *("boxes", "count", "right, opaque pixels alone", "correlation", "right, whole box"),
        *("box IoU", "centre distance", "looks where it goes"),
    )
    return markdown_table(header, rows)


def comparison_table(groups: Mapping[str, Mapping[str, Any]]) -> str:
    """One row of main numbers for each group of videos, in the shape of `summarize`."""
    header = (
        *("videos", "right sticker", "correlation", "background, planned", "measured"),
        *("flicker", "change of look"),
    )
    rows = []
    for name, numbers in groups.items():
        stickers, background = numbers["stickers"]["all"], numbers["background"]
        row = (
            f"{name} ({numbers['videos']})",
            percent(stickers["right"]),
            number(stickers["correlation"]),
            number(background["planned"]),
            number(background["measured"]),
            number(numbers["flicker"]),
            number(numbers["look_change"]),
        )
        rows.append(row)
    return markdown_table(header, rows)


def speed_table(background: Mapping[str, Any]) -> str:
    """One row for each planned speed, in pixels per frame."""
    rows = [
        (f"{row['planned']:g}", row["pairs"], number(row["measured"]))
        for row in background["by_speed"]
    ]
    return markdown_table(("planned", "pairs of frames", "measured"), rows)


def percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
