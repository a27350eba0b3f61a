"""Runs a planner on all prompts and tells, skill by skill, how many plans are right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flowzero_jax.errors import FlowZeroError
from flowzero_jax.lab.planners import motion_skills, object_skills, scene_skills
from flowzero_jax.lab.planners.tasks import Task
from flowzero_jax.scene import SceneSyntax

#: A prompt and a number of frames to a scene.
Planner = Callable[[str, int], SceneSyntax]


@dataclass(frozen=True)
class Outcome:
    """A task and why its plan fails; no faults: it is right."""

    task: Task
    faults: tuple[str, ...]


def tasks() -> tuple[Task, ...]:
    """All prompts of the benchmark with their expectations, always the same, skill by skill."""
    makers = (
        object_skills.numeracy, object_skills.attribution, object_skills.visibility,
        motion_skills.spatial_dynamics, motion_skills.sequential_motion,
        motion_skills.moving_background, scene_skills.spatial_relations, scene_skills.transitions,
    )  # fmt: skip
    return tuple(task for maker in makers for task in maker())


def run(planner: Planner, num_frames: int = 8, chosen: Sequence[Task] | None = None):
    """Plans every task and checks it; a planner that gives up fails that task.

    Yields one `Outcome` after the other.
    """
    for task in tasks() if chosen is None else chosen:
        try:
            faults = task.faults(planner(task.prompt, num_frames))
        except FlowZeroError as error:
            faults = [f"no plan: {error}"]
        yield Outcome(task, tuple(faults))


def summarize(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The numbers of right plans by skill, and the prompts that failed, as plain data for JSON."""
    skills = list(dict.fromkeys(outcome.task.skill for outcome in outcomes))
    rows = {}
    for skill in skills:
        mine = [outcome for outcome in outcomes if outcome.task.skill == skill]
        rows[skill] = {"prompts": len(mine), "right": sum(not o.faults for o in mine)}
    failures = [
        {"skill": o.task.skill, "prompt": o.task.prompt, "faults": list(o.faults)}
        for o in outcomes
        if o.faults
    ]
    return {
        "skills": rows,
        "prompts": len(outcomes),
        "right": len(outcomes) - len(failures),
        "failures": failures,
    }
