"""`flowzero-jax generate`: a prompt to a video, its plan and its record."""

import argparse

from flowzero_jax.cli.options import DEFAULT_FRAMES
from flowzero_jax.cli.rendering import prepare, render
from flowzero_jax.cli.report import Report
from flowzero_jax.planner import plan
from flowzero_jax.scene import write_scene
from flowzero_jax.video.paths import FOLDER, sidecar_path


def run(args: argparse.Namespace, report: Report) -> int:
    """Plans and renders; returns the exit code. The plan stays if the rendering fails."""
    job = prepare(args, None)
    with job.timed("plan"):
        scene = plan(args.prompt, num_frames=job.options.get("frames", DEFAULT_FRAMES))
    plan_file = sidecar_path(job.out, "plan")
    if job.kind == FOLDER:
        job.out.mkdir(exist_ok=True)
    write_scene(plan_file, scene)
    render(job, scene, plan_file, report)
    return 0
