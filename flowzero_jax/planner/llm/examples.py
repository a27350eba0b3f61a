"""Plans that show a model what is wanted: one with motion, one with a change, one with a count.

Written out by few numbers, so that every frame follows the rules that the system prompt states.
"""

from typing import Any

from flowzero_jax.scene import SceneSyntax


def examples() -> tuple[SceneSyntax, ...]:
    """Plans of four frames each."""
    return (_ball(), _caterpillar(), _ducks())


def _ball() -> SceneSyntax:
    """From one side to the other; nothing else moves."""
    boxes = [(round(0.04 + 0.24 * k, 2), 0.6, round(0.24 + 0.24 * k, 2), 0.8) for k in range(4)]
    frames = [
        _frame("a red ball on a beach", [("ball", "a red ball", box)], "left", 0.0) for box in boxes
    ]
    return _scene("A red ball rolls from left to right on a beach.", frames)


def _caterpillar() -> SceneSyntax:
    """One track whose phrase changes; the texts of the first half tell only the start."""
    box = (0.3, 0.35, 0.7, 0.75)
    names = ["a caterpillar", "a caterpillar", "a butterfly", "a butterfly"]
    frames = [
        _frame(f"{name} in a meadow", [("creature", name, box)], "left", 0.0) for name in names
    ]
    return _scene("A caterpillar in a meadow turns into a butterfly.", frames)


def _ducks() -> SceneSyntax:
    """One track for each of several things; the camera pans, so the background moves."""
    frames = []
    for k in range(4):
        objects = []
        for number, x in enumerate((0.62, 0.78)):
            left = round(x - 0.2 * k, 2)
            box = (left, 0.5, round(left + 0.14, 2), 0.68)
            objects.append((f"duck{number + 1}", "a yellow duck", box))
        frames.append(_frame("two yellow ducks on a lake", objects, "right", 0.3))
    return _scene("Two yellow ducks swim to the left on a lake, the camera pans left.", frames)


def _frame(description: str, objects: list[Any], direction: str, speed: float) -> dict[str, Any]:
    return {
        "description": description,
        "objects": tuple({"id": i, "phrase": phrase, "box": box} for i, phrase, box in objects),
        "background_motion": {"direction": direction, "speed": speed},
    }


def _scene(prompt: str, frames: list[dict[str, Any]]) -> SceneSyntax:
    tree = {"version": 1, "prompt": prompt, "frames": tuple(frames)}
    return SceneSyntax.model_validate(tree)
