"""`flowzero-jax render`: a plan to a video, without a planner."""

import argparse
from pathlib import Path

from flowzero_jax.cli.processes import run_planned
from flowzero_jax.cli.rendering import Job, prepare
from flowzero_jax.cli.report import Report
from flowzero_jax.errors import InputError
from flowzero_jax.scene import SceneSyntax, read_scene


def run(args: argparse.Namespace, report: Report) -> int:
    """Renders the plan; returns the exit code."""
    return run_planned(args, report, _read)


def _read(args: argparse.Namespace) -> tuple[Job, SceneSyntax, Path]:
    """Reads the plan."""
    plan_file = Path(args.plan)
    job = prepare(args, plan_file)
    scene = read_scene(plan_file)
    num_frames = job.video.frames
    if num_frames not in (None, len(scene.frames)):
        raise InputError(
            f"--frames {num_frames}: the frames of {plan_file} are {len(scene.frames)}; "
            "leave --frames out or plan anew"
        )
    return job, scene, plan_file
