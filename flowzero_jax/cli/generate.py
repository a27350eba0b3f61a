"""`flowzero-jax generate`: a prompt to a video, its plan and its record."""

import argparse
from pathlib import Path

from flowzero_jax.cli.planners import choose_planner
from flowzero_jax.cli.processes import run_planned
from flowzero_jax.cli.rendering import Job, prepare
from flowzero_jax.cli.report import Report
from flowzero_jax.planner import plan
from flowzero_jax.planner.llm.history import write_history
from flowzero_jax.scene import SceneSyntax, write_scene
from flowzero_jax.settings import DEFAULT_FRAMES
from flowzero_jax.video.paths import FOLDER, sidecar_path


def run(args: argparse.Namespace, report: Report) -> int:
    """Plans and renders; returns the exit code. The plan stays if the rendering fails."""
    return run_planned(args, report, _plan)


def _plan(args: argparse.Namespace) -> tuple[Job, SceneSyntax, Path]:
    """Plans and writes the plan to a file."""
    job = prepare(args, None)
    planner = choose_planner(args, plan)
    with job.timed("plan"):
        planned = planner(args.prompt, job.video.frames or DEFAULT_FRAMES)
    args.planner = planned.planner  # the record tells who planned
    plan_file = sidecar_path(job.out, "plan")
    if job.kind == FOLDER:
        job.out.mkdir(exist_ok=True)
    write_scene(plan_file, planned.scene)
    if planned.history is not None:
        write_history(sidecar_path(job.out, "history"), planned.history)
    return job, planned.scene, plan_file
