"""The benchmark of a planner as a document: a table by skill, and every failure."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.files import reason, write_text
from flowzero_jax.lab.planners.benchmark import Outcome, Planner, run, summarize, tasks


@dataclass(frozen=True)
class PlannerSettings:
    """What to benchmark.

    Attributes:
      num_frames: Frames of a plan.
      skill: Takes only prompts of this skill; "" all.
    """

    num_frames: int = 8
    skill: str = ""


def evaluate_planner(
    planner: Planner,
    settings: PlannerSettings,
    out: Path,
    name: str,
    note: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Benchmarks a planner; `name` is its name in the report.

    Tells failures and the table through `note`; writes `planner.json` to the folder `out`.

    Returns what is in `planner.json`: the right plans by skill, and every failure.

    Raises:
      InputError: there is no such skill.
      OutputError: something cannot be written.
    """
    chosen = [task for task in tasks() if settings.skill in ("", task.skill)]
    if not chosen:
        skills = ", ".join(dict.fromkeys(task.skill for task in tasks()))
        raise InputError(f"skill: there is no {settings.skill!r}; there are {skills}")
    outcomes: list[Outcome] = []
    start = time.perf_counter()
    for outcome in run(planner, settings.num_frames, chosen):
        outcomes.append(outcome)
        if outcome.faults:
            note(f"{outcome.task.skill}: {outcome.task.prompt}: {'; '.join(outcome.faults)}")
    seconds = time.perf_counter() - start
    summary = {"planner": name, "num_frames": settings.num_frames, **summarize(outcomes)}
    note(table(summary))
    note(f"{1000 * seconds / len(outcomes):.0f} ms a plan")
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_text(out / "planner.json", json.dumps(summary, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {reason(error)}") from error
    return summary


def table(summary: dict[str, Any]) -> str:
    """The right plans by skill as a Markdown table."""
    rows = [(skill, row["prompts"], row["right"]) for skill, row in summary["skills"].items()]
    rows.append(("all", summary["prompts"], summary["right"]))
    lines = ["| skill | prompts | right |", "| --- | ---: | ---: |"]
    lines += [f"| {skill} | {total} | {_percent(right, total)} |" for skill, total, right in rows]
    return "\n".join(lines)


def _percent(right: int, total: int) -> str:
    return f"{100 * right / total:.1f} %"
