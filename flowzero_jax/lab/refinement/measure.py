"""What refinement makes of a weak model's plans: right plans before it and after each round."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flowzero_jax.errors import FlowZeroError
from flowzero_jax.lab.planners.benchmark import tasks
from flowzero_jax.lab.planners.tasks import Task
from flowzero_jax.lab.refinement.weak_model import Rates, WeakModel
from flowzero_jax.planner import plan
from flowzero_jax.planner.llm import LlmPlan, LlmSettings, plan_with_llm
from flowzero_jax.planner.llm.refinement import rank
from flowzero_jax.planner.llm.replies import read_reply
from flowzero_jax.planner.llm.reply_text import ReplyFault

STAGES = ("first reply", "asked again")


@dataclass(frozen=True)
class Course:
    """How one prompt went.

    Attributes:
      task: The prompt and what its plan must show.
      right: Whether the plan is right as the model first wrote it, after it was asked again, and
        after each round of refinement.
      truth: Whether the plan that the model spoils is right itself.
      ended: Why the refinement ended; "no plan" if there was none.
      calls: How often the model was asked.
    """

    task: Task
    right: tuple[bool, ...]
    truth: bool
    ended: str
    calls: int


def follow(
    task: Task,
    seed: int,
    settings: LlmSettings,
    rates: Rates | None = None,
    num_frames: int = 8,
) -> Course:
    """Has a weak model plan a prompt of the benchmark and refines that."""
    truth = plan(task.prompt, num_frames)
    model = WeakModel(partial(plan, task.prompt), seed, rates)
    rounds = settings.max_rounds
    try:
        result = plan_with_llm(task.prompt, num_frames, settings, model=model)
    except FlowZeroError:
        failed = (False,) * (len(STAGES) + rounds)
        return Course(task, failed, not task.faults(truth), "no plan", 3)
    right = [_first_is_right(task, model, num_frames)]
    right += [not task.faults(_best(result, number)) for number in range(rounds + 1)]
    calls = sum(entry.calls for entry in result.history.rounds)
    return Course(task, tuple(right), not task.faults(truth), result.history.ended, calls)


def evaluate(
    seeds: Sequence[int],
    settings: LlmSettings,
    rates: Rates | None = None,
    chosen: Sequence[Task] | None = None,
) -> list[Course]:
    """Follows all tasks of the benchmark (or the chosen ones) with every seed."""
    chosen = tasks() if chosen is None else chosen
    return [follow(task, seed, settings, rates) for seed in seeds for task in chosen]


def summarize(courses: Sequence[Course]) -> dict[str, Any]:
    """Parts of right plans by stage, in all and by skill, as plain data for JSON."""
    skills = list(dict.fromkeys(course.task.skill for course in courses))
    stages = [*STAGES, *(f"round {n}" for n in range(1, len(courses[0].right) - 1))]

    def parts(some: list[Course]) -> dict[str, float]:
        found = {s: sum(c.right[k] for c in some) / len(some) for k, s in enumerate(stages)}
        return {**found, "unspoiled": sum(c.truth for c in some) / len(some)}

    ends = [course.ended for course in courses]
    return {
        "stages": stages,
        "plans": len(courses),
        "all": parts(list(courses)),
        "skills": {s: parts([c for c in courses if c.task.skill == s]) for s in skills},
        "ended": {why: ends.count(why) for why in dict.fromkeys(ends)},
        "calls": sum(course.calls for course in courses) / len(courses),
    }


def _first_is_right(task: Task, model: WeakModel, num_frames: int) -> bool:
    """Whether the model's first reply can be used, and is right, without asking again."""
    assert model.first is not None
    try:
        reply = read_reply(model.first, task.prompt, num_frames)
    except ReplyFault:
        return False
    return not task.faults(reply.scene)


def _best(result: LlmPlan, number: int):
    """The plan that is kept if the refinement ends after round `number`."""
    some = [entry for entry in result.history.rounds[: number + 1] if entry.scene is not None]
    return min(some, key=rank).scene
