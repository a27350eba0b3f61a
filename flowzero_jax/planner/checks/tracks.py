"""A scene's objects as tracks: what one id shows, and where, frame by frame."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from flowzero_jax.planner.words import lexicon, nouns
from flowzero_jax.scene import Box, SceneObject, SceneSyntax

_SKIPPED = lexicon.DETERMINERS | {"of", "and", "one"}
_LOOKED_AT = 48  # frames of a long video
_SLACK = 0.02  # of the frame


@dataclass(frozen=True)
class Track:
    """All frames of one id; `objects` by frame, in order."""

    id: str
    objects: dict[int, SceneObject]

    @cached_property
    def frames(self) -> list[int]:
        return list(self.objects)

    @property
    def first(self) -> int:
        return self.frames[0]

    @property
    def last(self) -> int:
        return self.frames[-1]

    def box(self, frame: int) -> Box:
        return self.objects[frame].box

    def centre(self, frame: int) -> tuple[float, float]:
        return centre(self.box(frame))

    def size(self, frame: int) -> tuple[float, float]:
        x0, y0, x1, y1 = self.box(frame)
        return x1 - x0, y1 - y0

    def phrase(self, frame: int) -> str:
        return self.objects[frame].phrase

    def shared(self, other: "Track") -> list[int]:
        """The frames that show both."""
        return [frame for frame in self.frames if frame in other.objects]

    def side(self, frame: int) -> float:
        """The side of a square as large as the box."""
        return math.sqrt(area(self.box(frame)))

    @cached_property
    def phrases(self) -> list[str]:
        """The different phrases, in order."""
        return list(dict.fromkeys(obj.phrase for obj in self.objects.values()))

    @cached_property
    def reach(self) -> tuple[float, float]:
        """How far the centres spread, in x and in y."""
        xs, ys = zip(*(self.centre(frame) for frame in self.frames), strict=True)
        return max(xs) - min(xs), max(ys) - min(ys)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of all phrases, in the singular."""
        return frozenset(word for phrase in self.phrases for word in words_of(phrase))


def tracks_of(scene: SceneSyntax) -> tuple[Track, ...]:
    """The tracks of a scene in order of first appearance."""
    found: dict[str, dict[int, SceneObject]] = {}
    for number, frame in enumerate(scene.frames):
        for obj in frame.objects:
            found.setdefault(obj.id, {})[number] = obj
    return tuple(Track(name, objects) for name, objects in found.items())


def words_of(text: str) -> list[str]:
    """The words of a phrase or description in the singular, without articles."""
    plain = "".join(c if c.isalnum() or c in "'-" else " " for c in text.lower())
    plain = plain.replace("'s ", " ").replace("grey", "gray")
    return [nouns.singular(w) for w in plain.split() if w not in _SKIPPED]


def head_of(phrase: str) -> str:
    """The noun of a phrase: its last word before any preposition, "bowl" in "a bowl of soup"."""
    words = words_of(phrase)
    for position, word in enumerate(words):
        if position and word in lexicon.PREPOSITIONS | {"wearing", "holding"}:
            return words[position - 1]
    return words[-1] if words else ""


def some(frames: Sequence[int]) -> Sequence[int]:
    """A few of many frames, spread evenly."""
    return frames[:: math.ceil(len(frames) / _LOOKED_AT) or 1]


def numbered(frames: Collection[int], most: int, rest: str = "") -> str:
    """Frames as messages name them; `rest` stands for those beyond so many."""
    shown = ", ".join(map(str, sorted(frames)[:most]))
    return f"frame{'s' * (len(frames) > 1)} {shown}" + rest * (len(frames) > most)


def aside(value: float, wanted: float | None) -> float:
    """How far x or y is from the half (-1, 1) or the middle (0) of the frame; 0 if it is there."""
    if wanted == 0:
        return float(abs(value - 0.5) > 0.25)
    away = (wanted or 0) * (0.5 - value)
    return away if away > _SLACK else 0.0


def centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def common_area(a: Box, b: Box) -> float:
    """The area that two boxes share."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def covered(a: Box, b: Box) -> float:
    """The common area as a part of the smaller box."""
    return common_area(a, b) / min(area(a), area(b))


def gap(a: Box, b: Box) -> float:
    """The distance between two boxes' edges, 0 if they touch."""
    wide = max(a[0], b[0]) - min(a[2], b[2])
    high = max(a[1], b[1]) - min(a[3], b[3])
    return math.hypot(max(wide, 0.0), max(high, 0.0))


def touches_edge(box: Box, margin: float = 0.02) -> bool:
    """Whether a box reaches the edge of the frame."""
    return min(box[0], box[1], 1 - box[2], 1 - box[3]) <= margin
