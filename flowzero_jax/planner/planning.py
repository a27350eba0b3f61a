"""The doors of the planner without a language model: `plan`, `verify` and `repair`.

Here alone reading, boxes and checks meet, with an `Intent` between them: a prompt is read once, and
what it asks for is laid out as a scene, or compared with one.
"""

from flowzero_jax.errors import InputError
from flowzero_jax.planner.boxes.layout import lay_out
from flowzero_jax.planner.checks.faults import find_faults
from flowzero_jax.planner.checks.findings import Finding
from flowzero_jax.planner.checks.repair import repair_boxes
from flowzero_jax.planner.english.assemble import read_intent
from flowzero_jax.planner.intent import Intent
from flowzero_jax.scene import SceneSyntax, check_num_frames


def plan(prompt: str, num_frames: int = 8) -> SceneSyntax:
    """Plans a video of `num_frames` (1 to 512) frames from an English prompt, by rules.

    Raises: InputError if the prompt is empty, too long or holds control characters, if it asks for
    more things than a frame has room for, or if `num_frames` is out of range.
    """
    check_num_frames(num_frames)
    return lay_out(read_intent(prompt), num_frames)


def verify(scene: SceneSyntax) -> tuple[Finding, ...]:
    """All that is wrong with a scene, hard findings first; empty if there is nothing to say.

    The scene may come from any planner and name its objects as it likes. Without a prompt that can
    be read only the boxes themselves are checked.
    """
    return find_faults(scene, _intent_of(scene))


def repair(scene: SceneSyntax) -> tuple[SceneSyntax, tuple[str, ...]]:
    """Mends a scene's boxes; a second repair finds nothing more to do.

    Returns the scene and one sentence for every change, none if it is as good as it was.
    """
    return repair_boxes(scene, _intent_of(scene))


def _intent_of(scene: SceneSyntax) -> Intent:
    """What a scene's prompt asks for, as far as it can be read."""
    try:
        return read_intent(scene.prompt)
    except InputError:
        return Intent(scene.prompt)
