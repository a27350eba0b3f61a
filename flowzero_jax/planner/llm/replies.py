"""From an answer to a checked scene, strictly: what is not clear is a fault to be asked about.

A plan is written as tracks, or frame by frame. Only what has a single meaning is changed, and said:
text around the plan, control characters, unknown keys, swapped corners. With `last`, when there is
no try left to ask again, boxes are cut off at the edge of the canvas and missing frames
interpolated.
"""

import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Any

from flowzero_jax.errors import InputError
from flowzero_jax.planner.llm import reply_boxes, reply_tracks
from flowzero_jax.planner.llm.exchange import Answer
from flowzero_jax.planner.llm.reply_text import (
    THOUGHTS,
    CutReply,
    NoReply,
    ReplyFault,
    dicts_of,
    name_list,
    read_object,
)
from flowzero_jax.planner.tracks import frames_of, tracks_of
from flowzero_jax.scene import MAX_OBJECTS, SceneSyntax, parse_scene

MAX_LISTED = 300
"""Objects in one frame of a reply; more are no plan at all."""
_BIDI = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
_ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?)")  # of a terminal
_CONTROLS = ("Cc", "Cs", "Zl", "Zp")


@dataclass(frozen=True)
class Reply:
    """A model's plan."""

    scene: SceneSyntax  # checked; its prompt is the user's
    confidence: float | None  # of a refinement, 0 to 1; None if none was given
    critique: str  # what the model says about its plan
    notes: tuple[str, ...]  # what stood around the plan
    changes: tuple[str, ...]  # in it


def read_reply(
    answer: Answer, prompt: str, num_frames: int, *, refined: bool = False, last: bool = False
) -> Reply:
    """Reads a plan of `num_frames` frames for `prompt`; `refined`: a confidence belongs to it.

    Raises: CutReply, NoReply (empty, refused or filtered), ReplyFault.
    """
    _check_finish(answer)
    tree, notes = read_object(answer.text)
    tree, confidence, critique = _unpack(tree)
    if refined and confidence is None:
        raise ReplyFault('confidence: is missing; write {"scene": ..., "confidence": 0 to 100}')
    if any(_clean_strings(tree)):
        notes.append("control characters")
    if tree.pop("prompt", prompt) != prompt:
        notes.append("another prompt")
    version = tree.pop("version", 1)
    if "things" in tree:
        frames, changes = reply_tracks.draw(tree, num_frames, prompt)
    else:
        changes = reply_boxes.tidy(tree)
        reply_boxes.check_convention(tree)
        frames = tree["frames"]
    scene_tree = {"version": version, "prompt": prompt, "frames": frames}
    changes += _limit_objects(scene_tree) + reply_boxes.correct(scene_tree, clip=last)
    scene = _scene(scene_tree)
    if (found := len(scene.frames)) != num_frames:
        if not (last and found > 1):
            raise ReplyFault(f"frames: there are {found}, there must be {num_frames}")
        scene = _scene({**scene_tree, "frames": frames_of(tracks_of(scene), num_frames)})
        changes.append(f"interpolated to {num_frames} frames")
    taken = tuple(f"{what} around the plan, taken off" for what in notes)
    return Reply(scene, confidence, critique, taken, tuple(changes))


def _scene(tree: dict[str, Any]) -> SceneSyntax:
    try:
        return parse_scene(json.dumps(tree), where="")
    except InputError as error:
        raise ReplyFault(str(error).removeprefix(": ")) from None


def _check_finish(answer: Answer) -> None:
    if answer.finish == "oversize":
        raise ReplyFault("the reply was far too long")
    if answer.finish == "loop":
        raise ReplyFault("the reply repeats itself without end")
    if answer.refusal:
        raise NoReply(f"the model refuses: {_clean(answer.refusal)[:200]!r}")
    if answer.finish == "content_filter":
        raise NoReply("the server's content filter stopped the reply")
    if answer.finish == "length":
        thoughts = " within its thoughts" if answer.thought or THOUGHTS.match(answer.text) else ""
        raise CutReply(f"the reply ran out of tokens{thoughts}")
    if not answer.text.strip("\ufeff \t\r\n"):
        raise NoReply("the reply is empty")


def _unpack(tree: dict[str, Any]) -> tuple[dict[str, Any], float | None, str]:
    """The plan, its confidence and its critique: they stand around it or beside its parts."""
    confidence, critique = tree.pop("confidence", None), tree.pop("critique", None)
    if type(confidence) is int and 1 < confidence <= 100:
        confidence /= 100  # percent, like all numbers of a plan
    if confidence is not None and (
        type(confidence) not in (int, float) or not 0 <= confidence <= 1
    ):
        raise ReplyFault("confidence: should be a number from 0 to 100")
    if "things" not in tree and "frames" not in tree:
        scene = name_list(tree["scene"]) or tree["scene"]
        if not isinstance(scene, dict) or {"things", "frames"}.isdisjoint(scene):
            raise ReplyFault("scene: should be an object with things")
        tree = scene
    critique = _clean(critique) if isinstance(critique, str) else ""
    return tree, None if confidence is None else float(confidence), critique[:2000]


def _clean_strings(tree: Any) -> list[bool]:
    """Cleans all texts in place; says of each whether it changed."""
    changed = []
    for key, value in list(tree.items() if isinstance(tree, dict) else enumerate(tree)):
        if isinstance(value, str):
            tree[key] = _clean(value)
            changed.append(tree[key] != value)
        elif isinstance(value, dict | list):
            changed += _clean_strings(value)
    return changed


def _clean(text: str) -> str:
    """The text without what a terminal or a font could obey."""
    text = re.sub("[\t\r\n\u2028\u2029]", " ", _ESCAPE.sub("", text))
    return "".join(c for c in text if unicodedata.category(c) not in _CONTROLS and c not in _BIDI)


def _limit_objects(tree: dict[str, Any]) -> list[str]:
    """Keeps the most lasting tracks of frames with more objects than can be drawn."""
    frames = dicts_of(tree["frames"])
    lists = [frame["objects"] for frame in frames if isinstance(frame.get("objects"), list)]
    most = max(map(len, lists), default=0)
    if most > MAX_LISTED:
        raise ReplyFault(f"a frame has {most} objects; list at most {MAX_OBJECTS}")
    if most <= MAX_OBJECTS:
        return []
    lasting = Counter(_id_of(obj) for objects in lists for obj in objects)
    kept = {track for track, _ in lasting.most_common(MAX_OBJECTS)}
    for objects in lists:
        if len(objects) > MAX_OBJECTS:
            objects[:] = [obj for obj in objects if _id_of(obj) in kept][:MAX_OBJECTS]
    return [f"of up to {most} objects in a frame the {MAX_OBJECTS} most lasting were kept"]


def _id_of(obj: Any) -> str:
    track = obj.get("id") if isinstance(obj, dict) else None
    return track if isinstance(track, str) else ""
