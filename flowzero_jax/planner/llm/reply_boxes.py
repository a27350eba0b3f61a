"""Boxes of a reply that are not yet a scene's: other conventions, edges, empty and inverted ones.

Works on the parsed JSON of a scene, before it is checked as one, and changes it in place. What is
no list of four numbers is passed over: the check of the scene names it.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from flowzero_jax.planner.llm.reply_text import ReplyFault, dicts_of, keep_known
from flowzero_jax.planner.tracks import MIN_SIDE
from flowzero_jax.scene import Frame, SceneObject

_TOLERANCE = 1e-3  # rounding, not a mistake
_NAMED = 20  # places in one message


class _Spot(NamedTuple):
    """An object with four numbers for a box, and where it stands."""

    place: str
    objects: list[Any]
    obj: dict[str, Any]
    box: list[float]


def tidy(scene: dict[str, Any]) -> list[str]:
    """Takes unknown keys out of frames; without a motion their background is still."""
    changes = keep_known(scene, ["frames"], "the plan")
    for number, frame in enumerate(dicts_of(scene["frames"])):
        place = f"frames[{number}]"
        changes += keep_known(frame, [*Frame.model_fields], place)
        if frame.get("background_motion") is None:
            frame["background_motion"] = {"direction": "left", "speed": 0}
        for index, obj in enumerate(dicts_of(frame.get("objects"))):
            changes += keep_known(obj, [*SceneObject.model_fields], f"{place}.objects[{index}]")
    return changes


def check_convention(scene: dict[str, Any]) -> None:
    """Raises ReplyFault if boxes are pixels, or may be x, y, width and height."""
    spots = list(_spots(scene))
    large = [spot for spot in spots if max(map(abs, spot.box)) > 2]
    if len(large) * 2 > len(spots):
        raise ReplyFault(
            f"the boxes seem to be pixels or percent ({_show(large[:1])}); write fractions of "
            "width and height from 0 to 1, as [x0, y0, x1, y1]"
        )
    odd = [s for s in spots if _is_inverted(s.box) and _may_be_width_and_height(s.box)]
    if odd:
        alike = all(_may_be_width_and_height(spot.box) for spot in spots)
        what = "the boxes seem to be [x, y, width, height]" if alike else "boxes are inverted"
        raise ReplyFault(
            f"{what} ({_show(odd)}); write the corners [x0, y0, x1, y1] with x0 < x1 and y0 < y1"
        )


def correct(scene: dict[str, Any], clip: bool) -> list[str]:
    """Corrects what has one meaning only; returns one sentence for each change.

    Inverted corners are swapped (`check_convention` has let only those pass that cannot be width
    and height), empty boxes leave, tiny ones grow to `MIN_SIDE`. Boxes that reach out of the canvas
    are a ReplyFault, or, with `clip`, are cut at its edge; those wholly outside leave that frame.
    """
    changes = []
    outside = [spot for spot in _spots(scene) if _reach(spot.box) > _TOLERANCE]
    if outside and not clip:
        raise ReplyFault(
            f"{_show(outside)}: outside of the canvas; keep 0 <= x0 < x1 <= 1 and "
            "0 <= y0 < y1 <= 1, and leave out objects that are not visible"
        )
    for spot in list(_spots(scene)):
        box = spot.box
        if _is_inverted(box):
            box = [*map(min, box[:2], box[2:]), *map(max, box[:2], box[2:])]
            changes.append(f"{spot.place}: swapped its corners")
        if box[0] == box[2] or box[1] == box[3]:
            changes.append(f"{spot.place}: left out, its box is empty")
            spot.objects.remove(spot.obj)
            continue
        inside = [min(max(value, 0.0), 1.0) for value in box]
        if _reach(box) > _TOLERANCE:
            if inside[0] >= inside[2] or inside[1] >= inside[3]:
                changes.append(f"{spot.place}: left out, it is outside of the canvas")
                spot.objects.remove(spot.obj)
                continue
            changes.append(f"{spot.place}: cut off at the edge of the canvas")
        grown = _at_least(inside)
        if grown != inside:
            changes.append(f"{spot.place}: made larger, it was less than {MIN_SIDE:.3f} wide")
        spot.obj["box"] = grown
    return changes


def _spots(scene: dict[str, Any]) -> Iterator[_Spot]:
    for number, frame in enumerate(dicts_of(scene["frames"])):
        for index, obj in enumerate(dicts_of(frame.get("objects"))):
            box = obj.get("box")
            if isinstance(box, list) and len(box) == 4 and {*map(type, box)} <= {int, float}:
                yield _Spot(f"frames[{number}].objects[{index}]", frame["objects"], obj, box)


def _is_inverted(box: list[float]) -> bool:
    return box[0] > box[2] or box[1] > box[3]


def _may_be_width_and_height(box: list[float]) -> bool:
    x, y, width, height = box
    return min(box) >= 0 and max(x + width, y + height) <= 1.02  # rounded


def _reach(box: list[float]) -> float:
    """How far a box reaches out of the canvas."""
    return max(-min(box), max(box) - 1, 0.0)


def _at_least(box: list[float]) -> list[float]:
    """The box with sides of at least `MIN_SIDE`, inside the canvas."""
    result = list(box)
    for low in (0, 1):
        if box[low + 2] - box[low] < MIN_SIDE:
            start = min(max((box[low] + box[low + 2] - MIN_SIDE) / 2, 0.0), 1 - MIN_SIDE)
            result[low], result[low + 2] = start, start + MIN_SIDE
    return result


def _show(spots: list[_Spot]) -> str:
    shown = [
        f"{spot.place}.box = [{', '.join(f'{value:g}' for value in spot.box)}]"
        for spot in spots[:_NAMED]
    ]
    more = len(spots) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
