"""--distributed: one command in several processes, of which the first alone speaks.

It plans, writes and prints as ever. The others wait for its plan, draw their part of the video, and
say nothing. What fails in one of them ends all.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from flowzero_jax.cli.config import rendering_values
from flowzero_jax.cli.rendering import Job, draw_frames, load_model, render
from flowzero_jax.cli.report import Report
from flowzero_jax.errors import DeviceError, FlowZeroError
from flowzero_jax.scene import SceneSyntax, parse_scene, scene_json

# Of the arguments; what is rendered, and the file that the plan is in.
Plan = Callable[[argparse.Namespace], tuple[Job, SceneSyntax, Path]]


def run_planned(args: argparse.Namespace, report: Report, plan: Plan) -> int:
    """Plans and renders, with --distributed in several processes; returns the exit code."""
    if not args.distributed:
        render(*plan(args), report)
        return 0

    from flowzero_jax.cli.device import first_device
    from flowzero_jax.devices import processes

    _silence_libraries()
    processes.initialize()
    try:
        first_device()
        if processes.is_first():
            _lead(args, report, plan)
        else:
            _follow(args)
    except processes.SharedError as error:
        if error.__cause__ is not None:  # it failed here
            raise error.__cause__ from None
        if processes.is_first():
            error.args = (f"process {error.process}: {error}",)
            raise
        return error.exit_code
    except BaseException as error:
        # The others know nothing of it: at a regular end this process would wait for them.
        code = report.failure(_lost(error) or error)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)
    return 0


def _lead(args: argparse.Namespace, report: Report, plan: Plan) -> None:
    from flowzero_jax.devices.processes import from_first

    planned = []

    def plan_as_text() -> str:
        planned.extend(plan(args))
        return scene_json(planned[1])

    from_first(plan_as_text)
    render(*planned, report)


def _follow(args: argparse.Namespace) -> None:
    from flowzero_jax.devices.processes import from_first

    scene = parse_scene(from_first(str))
    # What is written, and how, is the first process's business.
    job = Job(args.command, args, rendering_values(args), kind="")
    draw_frames(job, load_model(job), scene)
    job.together(lambda: None)


def _silence_libraries() -> None:
    """From here on Python alone writes to stdout: Gloo, which connects CPUs, prints there, too."""
    if sys.stdout is None:
        return
    sys.stdout.flush()
    kept = os.dup(1)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    sys.stdout = open(kept, "w", encoding=sys.stdout.encoding)  # noqa: SIM115  (till the end)


def _lost(error: BaseException) -> FlowZeroError | None:
    """The error to report if another process's end is what this one failed of."""
    said = str(error).strip().split("\n", 1)[0]
    if isinstance(error, KeyboardInterrupt) or "gloo" not in said.lower():
        return None
    return DeviceError(f"another process has ended ({said}); see what it said")
