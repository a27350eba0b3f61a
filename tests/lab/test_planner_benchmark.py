"""The benchmark of planners: its prompts, its conditions, the rules' result, the report."""

import json
from collections import Counter
from pathlib import Path

import pytest

from flowzero_jax.errors import InputError, PlannerError
from flowzero_jax.lab.planners import conditions, motion_conditions
from flowzero_jax.lab.planners.benchmark import run, summarize, tasks
from flowzero_jax.lab.planners.page import PlannerSettings, evaluate_planner
from flowzero_jax.planner import plan
from flowzero_jax.scene import BackgroundMotion, Frame, SceneObject, SceneSyntax


def test_there_are_enough_prompts_of_every_skill():
    skills = Counter(task.skill for task in tasks())
    assert len(skills) == 8
    assert min(skills.values()) >= 40
    assert len({task.prompt for task in tasks()}) == len(tasks())
    assert tasks() == tasks()


def test_the_rules_pass_at_least_95_percent_of_every_skill():
    summary = summarize(list(run(plan)))
    assert summary["prompts"] == len(tasks())
    for row in summary["skills"].values():
        assert row["right"] >= 0.95 * row["prompts"]


def test_the_checks_read_no_prompt():
    """Nothing in the benchmark imports the planner, whose marks it gives."""
    folder = Path(conditions.__file__).parent
    assert not any("flowzero_jax.planner" in path.read_text() for path in folder.glob("*.py"))


def test_a_planner_that_gives_up_fails():
    def give_up(prompt, num_frames):
        raise PlannerError("no plan")

    (outcome,) = run(give_up, chosen=tasks()[:1])
    assert outcome.faults == ("no plan: no plan",)


def test_a_scene_of_another_prompt_fails():
    others = tasks()[60:] + tasks()[:60]
    wrong = sum(
        bool(task.faults(plan(other.prompt)))
        for task, other in list(zip(tasks(), others, strict=True))[::9]
    )
    assert wrong >= 0.9 * len(tasks()[::9])


def scene_of(*boxes, phrase="a cat", speed=0.0, direction="left", descriptions=None):
    frames = [
        Frame(
            description=descriptions[k] if descriptions else "a cat",
            objects=() if box is None else (SceneObject(id="cat", phrase=phrase, box=box),),
            background_motion=BackgroundMotion(direction=direction, speed=speed),
        )
        for k, box in enumerate(boxes)
    ]
    return SceneSyntax(version=1, prompt="a cat", frames=tuple(frames))


LEFT, MIDDLE, RIGHT = (0.0, 0.4, 0.2, 0.6), (0.4, 0.4, 0.6, 0.6), (0.8, 0.4, 1.0, 0.6)
BIG = (0.2, 0.2, 0.8, 0.8)


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        (conditions.Count("cat", 1), scene_of(LEFT), scene_of(None, None)),
        (conditions.Count("cat", 1, "red"), scene_of(LEFT, phrase="a red cat"), scene_of(LEFT)),
        (
            conditions.Seen("cat", True, False),
            scene_of(LEFT, LEFT, None, None),
            scene_of(LEFT, LEFT, LEFT, LEFT),
        ),
        (conditions.Comes("cat", True), scene_of(None, LEFT), scene_of(LEFT, LEFT)),
        (
            conditions.Background("left"),
            scene_of(LEFT, LEFT, speed=0.5),
            scene_of(LEFT, LEFT, speed=0.5, direction="up"),
        ),
        (conditions.Background(""), scene_of(LEFT, LEFT), scene_of(LEFT, LEFT, speed=0.5)),
        (
            conditions.Tells("day", "night"),
            scene_of(LEFT, LEFT, descriptions=["by day", "at night"]),
            scene_of(LEFT, LEFT, descriptions=["by day", "day and night"]),
        ),
        (conditions.Steady(), scene_of(LEFT, LEFT), scene_of(LEFT, None, LEFT)),
        (conditions.Sound(), scene_of(LEFT), scene_of((0.0, 0.0, 0.01, 0.5))),
        (motion_conditions.Moves("cat", 1), scene_of(LEFT, RIGHT), scene_of(RIGHT, LEFT)),
        (motion_conditions.At("cat", 1, 1), scene_of(LEFT, RIGHT), scene_of(RIGHT, LEFT)),
        (motion_conditions.Stays("cat"), scene_of(LEFT, LEFT), scene_of(LEFT, RIGHT)),
        (
            motion_conditions.Turns("cat", "x"),
            scene_of(LEFT, RIGHT, LEFT),
            scene_of(LEFT, MIDDLE, RIGHT),
        ),
        (motion_conditions.Grows("cat"), scene_of(MIDDLE, BIG), scene_of(BIG, MIDDLE)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_conditions_hold_and_fail(condition, good, bad):
    assert condition.fault(good) == ""
    assert condition.fault(bad)


def test_the_report_is_written(tmp_path):
    said = []
    settings = PlannerSettings(skill="numeracy")
    summary = evaluate_planner(plan, settings, tmp_path / "out", "rules", said.append)
    assert json.loads((tmp_path / "out/planner.json").read_text()) == summary
    assert "| numeracy | 42 | 100.0 % |" in said[-2]
    assert "| all | 42 |" in said[-2]
    with pytest.raises(InputError, match="skill: there is no 'juggling'; there are numeracy"):
        evaluate_planner(plan, PlannerSettings(skill="juggling"), tmp_path, "rules", said.append)
