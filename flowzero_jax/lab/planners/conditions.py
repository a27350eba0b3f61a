"""What a benchmark prompt expects of a plan, as data that can be checked against any scene.

Every condition has `fault(scene)`: why the scene fails it, or "" if it holds.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from flowzero_jax.lab.planners.tracks import centre, find, likeness, overlap, tracks_of, words_of
from flowzero_jax.scene import SceneSyntax

_SMALLEST = 0.03
_LONGEST_STEP = 0.5  # of the frame, from one frame to the next


class Condition(Protocol):
    """Anything that can find fault with a scene."""

    def fault(self, scene: SceneSyntax) -> str: ...


@dataclass(frozen=True)
class Count:
    """So many of a noun, in most frames and never more."""

    noun: str
    number: int
    attribute: str = ""

    def fault(self, scene: SceneSyntax) -> str:
        tracks = find(scene, self.noun, self.attribute)
        numbers = [sum(f in boxes for boxes in tracks.values()) for f in range(len(scene.frames))]
        usual = Counter(numbers).most_common(1)[0][0]
        if usual == self.number == max(numbers):
            return ""
        return f"{usual} instead of {self.number} of {self.noun!r}"


@dataclass(frozen=True)
class Seen:
    """A noun is seen in these parts of the video and in no others; the middle may be off by one."""

    noun: str
    first_half: bool
    second_half: bool

    def fault(self, scene: SceneSyntax) -> str:
        n = len(scene.frames)
        tracks = find(scene, self.noun).values()
        seen = [any(f in boxes for boxes in tracks) for f in range(n)]
        halves = (seen[: n // 2 - 1], seen[n // 2 + 1 :])
        for half, wanted, name in zip(
            halves, (self.first_half, self.second_half), ("first", "second"), strict=True
        ):
            if wanted and not all(half):
                return f"{self.noun!r} is not seen in the {name} half"
            if not wanted and any(half):
                return f"{self.noun!r} is seen in the {name} half"
        return ""


@dataclass(frozen=True)
class Comes:
    """A noun appears (or goes) at some time: absent in the first (or last) frame, then there."""

    noun: str
    appears: bool

    def fault(self, scene: SceneSyntax) -> str:
        tracks = find(scene, self.noun).values()
        seen = [any(f in boxes for boxes in tracks) for f in (0, len(scene.frames) - 1)]
        wanted = [not self.appears, self.appears]
        return "" if seen == wanted else f"{self.noun!r} is seen at {seen}, not at {wanted}"


@dataclass(frozen=True)
class Becomes:
    """One track shows one thing first and another thing last, in phrases and descriptions.

    `first`, `last`: words of the state, the noun last; with `only_words` the noun is left out.
    """

    first: str
    last: str

    def fault(self, scene: SceneSyntax) -> str:
        start, end = set(words_of(self.first)), set(words_of(self.last))
        for obj in scene.frames[0].objects:
            if start <= set(words_of(obj.phrase)):
                later = [o for o in scene.frames[-1].objects if o.id == obj.id]
                if not later or not end <= set(words_of(later[0].phrase)):
                    return f"{obj.id!r} does not become {self.last!r}"
                return Tells(self.first, self.last).fault(scene)
        return f"no object is {self.first!r} in frame 0"


@dataclass(frozen=True)
class Tells:
    """The first description tells of one state, the last of the other, neither of both."""

    first: str
    last: str

    def fault(self, scene: SceneSyntax) -> str:
        start, end = set(words_of(self.first)), set(words_of(self.last))
        for position, wanted, other in ((0, start, end - start), (-1, end, start - end)):
            have = set(words_of(scene.frames[position].description))
            if not wanted <= have:
                return f"description {position} lacks {sorted(wanted - have)}"
            if other & have:
                return f"description {position} tells of {sorted(other & have)}, too"
        return ""


@dataclass(frozen=True)
class Background:
    """The background moves in a direction in most frames ("": stands still)."""

    direction: str

    def fault(self, scene: SceneSyntax) -> str:
        motions = [frame.background_motion for frame in scene.frames[1:]]
        names = [m.direction if m.speed > 0.02 else "" for m in motions]
        usual = Counter(names).most_common(1)[0][0]
        return "" if usual == self.direction else f"the background moves {usual or 'nowhere'!r}"


@dataclass(frozen=True)
class Sound:
    """No box is tiny, no two things cover each other, but the pairs named, and none wholly.

    `related`: pairs of nouns that may touch.
    """

    related: tuple[tuple[str, str], ...] = ()

    def fault(self, scene: SceneSyntax) -> str:
        for number, frame in enumerate(scene.frames):
            for k, obj in enumerate(frame.objects):
                if min(obj.box[2] - obj.box[0], obj.box[3] - obj.box[1]) < _SMALLEST:
                    return f"frame {number}: the box of {obj.id!r} is tiny"
                for other in frame.objects[:k]:
                    covers = overlap(obj.box, other.box) > 0.5 and not self._may_touch(obj, other)
                    if covers or likeness(obj.box, other.box) > 0.8:
                        return f"frame {number}: {obj.id!r} covers {other.id!r}"
        return ""

    def _may_touch(self, a, b) -> bool:
        phrases = [words_of(obj.phrase) for obj in (a, b)]
        return any(
            (x in phrases[0] and y in phrases[1]) or (y in phrases[0] and x in phrases[1])
            for x, y in self.related
        )


@dataclass(frozen=True)
class Steady:
    """Every id shows the same thing in all its frames, without gaps, jumps or bursts of size."""

    def fault(self, scene: SceneSyntax) -> str:
        for name, objects in tracks_of(scene).items():
            looks = {obj.phrase for obj in objects.values()}
            if len(looks) > 1:
                return f"{name!r} shows {' and '.join(sorted(looks))}"
            frames = sorted(objects)
            if frames != list(range(frames[0], frames[-1] + 1)):
                return f"{name!r} is missing in between"
            for a, b in pairwise(frames):
                boxes = objects[a].box, objects[b].box
                step = max(abs(p - q) for p, q in zip(*map(centre, boxes), strict=True))
                if step > _LONGEST_STEP and len(scene.frames) > 4:
                    return f"{name!r} jumps by {step:.2f} in frame {b}"
        return ""
