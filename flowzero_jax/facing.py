"""Which way a thing looks, from its own track: a picture of a side view must not walk backwards.

The plan keeps the prompt's words; only the phrase that goes to the text encoder is given a side
("a left-facing dog"), for models that were trained on such phrases or know the word.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from flowzero_jax.scene import DIRECTIONS, Frame, SceneSyntax

Side = Literal["left", "right", ""]

#: A move that is shorter, in widths of the frame, turns nobody round: swaying, trembling, growing.
LEAST_MOVE = 0.04
_ARTICLES = ("a", "an", "the")


def facings(scene: SceneSyntax, speed_unit: float) -> list[dict[str, Side]]:
    """For each frame the side that each object looks to, by id; "" where nothing is known.

    A thing looks where its box goes, and from the start where it will go first; while it stands it
    keeps its side. A box that stays in its place looks against the background that passes behind.

    Args:
      speed_unit: how far the background moves in a frame at speed 1, in widths of the frame.
    """
    result: list[dict[str, Side]] = [{} for _ in scene.frames]
    passed = _background_positions(scene.frames, speed_unit)
    tracks: dict[str, dict[int, float]] = {}
    for f, frame in enumerate(scene.frames):
        for item in frame.objects:
            tracks.setdefault(item.id, {})[f] = (item.box[0] + item.box[2]) / 2
    for name, places in tracks.items():
        if max(places.values()) - min(places.values()) <= LEAST_MOVE:
            places = {f: x - passed[f] for f, x in places.items()}
        for f, side in zip(places, sides(list(places.values())), strict=True):
            result[f][name] = side
    return result


def sides(places: Sequence[float]) -> list[Side]:
    """The side to which something looks that is at these places, one after the other.

    It turns where it turned, although that shows only when it has gone `LEAST_MOVE` from there.
    """
    turns: list[tuple[int, Side]] = []
    side: Side = ""
    low = high = 0  # where it was farthest left and right since it turned
    for now, place in enumerate(places):
        low = now if place <= places[low] else low
        high = now if place >= places[high] else high
        if side != "right" and place - places[low] > LEAST_MOVE:
            turns.append((low, "right"))
            side, high = "right", now
        elif side != "left" and places[high] - place > LEAST_MOVE:
            turns.append((high, "left"))
            side, low = "left", now
    result: list[Side] = [turns[0][1] if turns else ""] * len(places)
    for start, side in turns:
        result[start:] = [side] * (len(places) - start)
    return result


def faced(phrase: str, side: Side) -> str:
    """ "a small dog" → "a left-facing small dog"."""
    if not side:
        return phrase
    first, _, rest = phrase.partition(" ")
    if rest and first.lower() in _ARTICLES:
        article = "a" if first == "an" else "A" if first == "An" else first
        return f"{article} {side}-facing {rest}"
    return f"{side}-facing {phrase}"


def _background_positions(frames: Sequence[Frame], speed_unit: float) -> list[float]:
    """Where the background is in each frame since the first one."""
    position = 0.0
    positions = [0.0]
    for frame in frames[1:]:
        motion = frame.background_motion
        position += DIRECTIONS[motion.direction][0] * motion.speed * speed_unit
        positions.append(position)
    return positions


def phrases(scene: SceneSyntax, speed_unit: float) -> list[Mapping[str, str]]:
    """For each frame the phrase of each object with its side, by id."""
    return [
        {item.id: faced(item.phrase, side[item.id]) for item in frame.objects}
        for frame, side in zip(scene.frames, facings(scene, speed_unit), strict=True)
    ]
