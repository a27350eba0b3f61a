"""Plans as a model writes them."""

from typing import Any

PROMPT = "a red ball rolls to the right on a beach"


def plan(frames: int = 4, **changes: Any) -> dict[str, Any]:
    """A good plan for `PROMPT`; `changes` replace keys of every object."""
    step = 0.6 / max(frames - 1, 1)
    return {
        "frames": [
            {
                "description": "a red ball on a beach",
                "objects": [
                    {"id": "ball", "phrase": "a red ball",
                     "box": [round(0.1 + step * k, 3), 0.6, round(0.3 + step * k, 3), 0.8]}
                    | changes
                ],
                "background_motion": {"direction": "left", "speed": 0},
            }
            for k in range(frames)
        ]
    }  # fmt: skip


def with_boxes(*boxes: list[Any]) -> dict[str, Any]:
    """A plan with these boxes, one a frame."""
    tree = plan(len(boxes))
    for frame, box in zip(tree["frames"], boxes, strict=True):
        frame["objects"][0]["box"] = box
    return tree


def tracks(**changes: Any) -> dict[str, Any]:
    """A good plan for `PROMPT` as tracks; `changes` replace keys of its thing."""
    path = [[0, 10, 60, 20, 20], [100, 70, 60, 20, 20]]
    return {
        "captions": [{"at": 0, "text": "a red ball on a beach"}],
        "background": [],
        "things": [{"phrase": "a red ball", "path": path, "move": "even"} | changes],
    }
