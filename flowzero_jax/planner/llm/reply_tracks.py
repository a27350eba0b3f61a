"""Tracks of a reply that are not yet a plan's: missing parts, other units, other conventions."""

from typing import Any

from pydantic import ValidationError

from flowzero_jax.planner.llm.reply_text import ReplyFault, dicts_of, keep_known
from flowzero_jax.planner.tracks import Background, Caption, Thing, Tracks, frames_of, names_of
from flowzero_jax.scene import first_fault

_PARTS: dict[str, Any] = {"captions": Caption, "background": Background, "things": Thing}


def draw(tree: dict[str, Any], num_frames: int, prompt: str) -> tuple[list[Any], list[str]]:
    """The frames of a reply's tracks, as plain data, and what was changed in them.

    Without captions the frames are called as the prompt says.

    Raises: ReplyFault.
    """
    changes = keep_known(tree, [*_PARTS], "the plan")
    for name, kind in _PARTS.items():
        parts = [] if tree.get(name) is None else tree[name]
        if isinstance(parts, str) and kind is Caption:
            parts = [{"at": 0, "text": parts}]
        tree[name] = [parts] if isinstance(parts, dict) else parts
        for number, part in enumerate(dicts_of(tree[name])):
            changes += keep_known(part, [*kind.model_fields], f"{name}[{number}]")
            if kind is Thing:
                part.setdefault("move", "even")
    _round(tree)
    _check_convention(tree)
    if not tree["captions"]:
        tree["captions"] = [{"at": 0, "text": prompt}]
    try:
        tracks = Tracks.model_validate(tree)
    except ValidationError as error:
        raise ReplyFault(first_fault(error)) from None
    frames = frames_of(tracks, num_frames)
    seen = {obj["id"] for frame in frames for obj in frame["objects"]}
    changes += [
        f"things[{number}]: left out, it is never inside of the frame"
        for number, name in enumerate(names_of(tracks.things))
        if name not in seen
    ]
    return frames, changes


def _round(tree: dict[str, Any]) -> None:
    """Makes whole numbers of those that are not; fractions of the frame are a ReplyFault."""
    paths = _paths(tree)
    sides = [value for _, waypoint in paths for value in waypoint[1:]]
    if sides and max(map(abs, sides)) <= 1:
        raise ReplyFault("the boxes seem to be fractions; write whole percent of the frame")
    for _, waypoint in paths:
        waypoint[:] = [round(value) for value in waypoint]
    for part in dicts_of(tree["captions"]) + dicts_of(tree["background"]):
        for key in ("at", "speed"):
            if type(part.get(key)) is float:
                part[key] = round(part[key])


def _check_convention(tree: dict[str, Any]) -> None:
    """Raises ReplyFault if boxes are pixels, or seem to be corners."""
    paths = _paths(tree)
    large = [f"{place} = {point}" for place, point in paths if max(map(abs, point[1:])) > 100]
    if len(large) * 2 > len(paths):
        raise ReplyFault(f"the boxes seem to be pixels ({large[0]}); write whole percent")
    out = [f"{place} = {point}" for place, point in paths if _reaches_out(point)]
    if out and all(x < right and y < bottom for _, (_, x, y, right, bottom) in paths):
        raise ReplyFault(
            f"the boxes seem to be corners ({out[0]}); write way-points as "
            "[time, left, top, width, height]"
        )


def _reaches_out(waypoint: list[int]) -> bool:
    _, left, top, width, height = waypoint
    return min(left, top) >= 0 and (left + width > 105 or top + height > 105)


def _paths(tree: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    """All way-points of five numbers, and where they stand."""
    return [
        (f"things[{number}].path[{index}]", waypoint)
        for number, thing in enumerate(dicts_of(tree["things"]))
        if isinstance(thing.get("path"), list)
        for index, waypoint in enumerate(thing["path"])
        if isinstance(waypoint, list)
        and len(waypoint) == 5
        and {*map(type, waypoint)} <= {int, float}
    ]
