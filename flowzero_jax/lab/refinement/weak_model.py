"""A language model that plans badly, simulated: it spoils right plans and mends what it is told of.

It stands for small models, whose faults are known from the literature on layouts by language
models. Everything is drawn from a seed, so a run can be repeated.
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flowzero_jax.planner.llm.conversation import UNCHANGED
from flowzero_jax.planner.llm.exchange import Answer, Budget, Question
from flowzero_jax.planner.tracks import Tracks, frames_of, names_of, tracks_of
from flowzero_jax.scene import SceneSyntax

Box = tuple[float, float, float, float]
#: Boxes by track and frame.
Boxes = dict[str, dict[int, Box]]
_PIXELS = 512


@dataclass(frozen=True)
class Rates:
    """How often the model errs.

    Attributes:
      outside, overlap, still: Parts of its tracks that get out of the canvas, that lie on another
        one, that do not move.
      corner_size, pixels, cut: Parts of its replies with [x, y, width, height], with pixels, and
        that end in the middle.
      mends: How often it corrects what it is told of.
      spoils: How often it then spoils something else.
    """

    outside: float = 0.21
    overlap: float = 0.19
    still: float = 0.12
    corner_size: float = 0.06
    pixels: float = 0.06
    cut: float = 0.06
    mends: float = 0.7
    spoils: float = 0.1


class WeakModel:
    """Plans one prompt: a right plan, spoiled. A `Model` of `flowzero_jax.planner.llm`.

    `right` gives the right plan for a number of frames.
    """

    def __init__(
        self, right: Callable[[int], SceneSyntax], seed: int, rates: Rates | None = None
    ) -> None:
        self._plan = right
        self._rates = rates or Rates()
        self._random = random.Random(f"{seed}: {right(1).prompt}")
        self._meant: Boxes = {}
        self._form = ""
        self.first: Answer | None = None

    def ask(self, question: Question, budget: Budget) -> Answer:
        budget.begin_call()
        answer = self._answer(question)
        budget.count(answer)
        self.first = self.first or answer
        return answer

    def forget(self, question: Question) -> None:
        """It remembers nothing."""

    def _answer(self, question: Question) -> Answer:
        last = question.messages[-1].content
        if len(question.messages) > 1 and last.startswith("That reply cannot be used"):
            if UNCHANGED in last:
                self._refine(question.messages[-3].content)
            else:
                self._correct(last)
        else:
            self._form = self._draw_form()
            if question.name == "plan":
                count = re.match(r"Plan a video of (\d+) frame", last)
                assert count
                self._truth = self._plan(int(count[1]))
                self._right = self._read(tracks_of(self._truth))
                self._meant = {track: dict(boxes) for track, boxes in self._right.items()}
                for track in self._right:
                    for kind in ("still", "overlap", "outside"):
                        if self._happens(getattr(self._rates, kind)):
                            self._spoil(kind, track)
            else:
                self._refine(last)
        tree = self._tree()
        if question.name != "plan":
            confidence = round(self._random.uniform(0.6, 1.0), 2)
            tree = {"critique": "", "scene": tree, "confidence": confidence}
        text = json.dumps(tree)
        asked = sum(len(message.content) for message in question.messages) // 4
        if self._happens(self._rates.cut):
            half = self._random.randrange(len(text) // 4, len(text))
            return Answer(text[:half], "length", question_tokens=asked, reply_tokens=half // 4)
        return Answer(text, question_tokens=asked, reply_tokens=len(text) // 4)

    def _happens(self, rate: float) -> bool:
        return self._random.random() < rate

    def _draw_form(self) -> str:
        drawn = self._random.random()
        if drawn < self._rates.corner_size:
            return "corner and size"
        return "pixels" if drawn < self._rates.corner_size + self._rates.pixels else ""

    def _correct(self, fault: str) -> None:
        """Mends, now and then, what made the last reply unusable."""
        if "seem to be" in fault or "are inverted" in fault:
            if self._happens(self._rates.mends):
                self._form = ""
            return
        frames = self._tree()["frames"]
        named = re.findall(r"frames\[(\d+)\]\.objects\[(\d+)\]", fault)
        self._mend({frames[int(f)]["objects"][int(k)]["id"] for f, k in named})

    def _refine(self, request: str) -> None:
        """Mends, now and then, what a check found in its plan."""
        _, plan, rest = request.split("\n\n", 2)
        tracks = Tracks.model_validate_json(plan.split("\n", 1)[1])
        self._meant = self._read(tracks)
        names = names_of(tracks.things)
        found = rest.split("\n\n")[0].split("\n")[1:]
        told = set()
        for line in found:
            match = re.search(r", things\[(\d+)\]", line)
            told.add(names[int(match[1])] if match else "")
        self._mend(told)

    def _mend(self, told: set[str]) -> None:
        """Restores tracks that it is told of; "" stands for a remark about no track."""
        for name in sorted(told):
            wrong = sorted(self._wrong())
            track = name if name in wrong else self._random.choice(wrong) if wrong else ""
            if track and self._happens(self._rates.mends):
                self._meant.pop(track, None)
                if track in self._right:
                    self._meant[track] = dict(self._right[track])
            if self._happens(self._rates.spoils):
                kind = self._random.choice(["outside", "overlap", "still"])
                self._spoil(kind, self._random.choice(sorted(self._meant)))

    def _wrong(self) -> Iterator[str]:
        for track in {**self._meant, **self._right}:
            if not _alike(self._meant.get(track, {}), self._right.get(track, {})):
                yield track

    def _spoil(self, kind: str, track: str) -> None:
        boxes = self._meant[track]
        if kind == "still":
            first = boxes[min(boxes)]
            boxes.update(dict.fromkeys(boxes, first))
        elif kind == "outside":
            self._push_out(boxes)
        else:
            self._cover(track)

    def _push_out(self, boxes: dict[int, Box]) -> None:
        """A run of frames in which the object is partly or wholly out of the canvas."""
        frames = sorted(boxes)
        start = self._random.randrange(len(frames))
        side, part = self._random.choice([-1, 1]), self._random.uniform(0.3, 1.2)
        for frame in frames[start:]:
            x0, y0, x1, y1 = boxes[frame]
            width = x1 - x0
            left = 1 - width * (1 - part) if side > 0 else -width * part
            boxes[frame] = _rounded(left, y0, left + width, y1)

    def _cover(self, track: str) -> None:
        """Puts an object onto another one; a lone object gets a double."""
        others = sorted(t for t in self._meant if t != track)
        if not others:
            self._meant[f"{track} 2"] = {
                frame: _rounded(*_shifted(box, 0.02)) for frame, box in self._meant[track].items()
            }
            return
        below = self._meant[self._random.choice(others)]
        boxes = self._meant[track]
        for frame in boxes.keys() & below.keys():
            x0, y0, x1, y1 = boxes[frame]
            u0, v0, u1, v1 = below[frame]
            dx, dy = (u0 + u1 - x0 - x1) / 2, (v0 + v1 - y0 - y1) / 2
            left = min(max(x0 + dx, 0.0), 1 - (x1 - x0))
            top = min(max(y0 + dy, 0.0), 1 - (y1 - y0))
            boxes[frame] = _rounded(left, top, left + x1 - x0, top + y1 - y0)

    def _tree(self) -> dict[str, Any]:
        """The plan as it is written, in the convention of the moment."""
        drawn = frames_of(tracks_of(self._truth), len(self._truth.frames))
        phrases = {o["id"]: o["phrase"] for frame in drawn for o in frame["objects"]}
        frames = []
        for number, frame in enumerate(self._truth.frames):
            shown = drawn[number]["objects"]
            now = phrases | {obj["id"]: obj["phrase"] for obj in shown}
            order = {obj["id"]: k for k, obj in enumerate(shown)}
            seen = [track for track in self._meant if number in self._meant[track]]
            seen.sort(key=lambda track: order.get(track, len(order)))
            objects = [
                {
                    "id": track,
                    "phrase": now.get(track, now.get(track.removesuffix(" 2"), track)),
                    "box": self._written(self._meant[track][number]),
                }
                for track in seen
            ]
            motion = frame.background_motion.model_dump(mode="json")
            frames.append(
                {
                    "description": frame.description,
                    "objects": objects,
                    "background_motion": motion,
                }
            )
        return {"frames": frames}

    def _read(self, tracks: Tracks) -> Boxes:
        """The boxes of a plan as it is shown to the model."""
        boxes: Boxes = {}
        for number, frame in enumerate(frames_of(tracks, len(self._truth.frames))):
            for obj in frame["objects"]:
                boxes.setdefault(obj["id"], {})[number] = _rounded(*obj["box"])
        return boxes

    def _written(self, box: Box) -> list[float]:
        x0, y0, x1, y1 = box
        if self._form == "pixels":
            return [round(value * _PIXELS) for value in box]
        if self._form == "corner and size":
            return [x0, y0, round(x1 - x0, 4), round(y1 - y0, 4)]
        return [x0, y0, x1, y1]


def _alike(one: dict[int, Box], other: dict[int, Box]) -> bool:
    """Whether boxes are the same but for the rounding of tracks."""
    return one.keys() == other.keys() and all(
        abs(a - b) < 0.02 for k, box in one.items() for a, b in zip(box, other[k], strict=True)
    )


def _shifted(box: Box, by: float) -> Box:
    """The box moved aside by as much, inside the canvas."""
    dx = by if box[2] + by <= 1 else -by if box[0] >= by else 0.0
    return box[0] + dx, box[1], box[2] + dx, box[3]


def _rounded(x0: float, y0: float, x1: float, y1: float) -> Box:
    return round(x0, 4), round(y0, 4), round(x1, 4), round(y1, 4)
