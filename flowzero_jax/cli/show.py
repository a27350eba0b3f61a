"""`flowzero-jax show`: a picture of a plan, before any model runs."""

import argparse
from pathlib import Path

from flowzero_jax.cli.report import Report, counted
from flowzero_jax.errors import InputError
from flowzero_jax.files import check_writable
from flowzero_jax.preview import write_preview
from flowzero_jax.scene import read_scene

ENDINGS = (".png", ".gif")


def run(args: argparse.Namespace, report: Report) -> int:
    """Draws the plan; returns the exit code."""
    out = Path(args.out)
    if out.suffix.lower() not in ENDINGS:
        raise InputError(f"{out}: unknown ending; use {' or '.join(ENDINGS)}")
    check_writable(out, [Path(args.plan)])
    scene = read_scene(args.plan)
    write_preview(scene, out)
    num_frames = len(scene.frames)
    report.result(f"{out}: {counted(num_frames, 'frame')}", preview=args.out, frames=num_frames)
    return 0
