"""From the arguments to a job, and to its exit code. Commands are imported only when they run."""

import importlib
import sys
from collections.abc import Sequence

from flowzero_jax.cli.jobs import make_job
from flowzero_jax.cli.options import parse_arguments
from flowzero_jax.cli.report import Report
from flowzero_jax.cli.signals import terminable

COMMAND_MODULES = {
    "generate": "flowzero_jax.cli.video",
    "plan": "flowzero_jax.cli.plan",
    "show": "flowzero_jax.cli.show",
    "check": "flowzero_jax.cli.check",
    "render": "flowzero_jax.cli.video",
    "batch": "flowzero_jax.cli.batch",
    "compile": "flowzero_jax.cli.compile_model",
    "inspect": "flowzero_jax.cli.inspect_model",
    "doctor": "flowzero_jax.cli.doctor",
}
"""Each has `run(job, report) -> exit code`; plan, show and check never import JAX."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command line (without the program's name); returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    report = Report.for_arguments(arguments)
    with report.without_noise():
        try:
            with report.warnings_as_lines(), terminable(report.failure):
                args = parse_arguments(arguments)
                job = make_job(args)
                code = importlib.import_module(COMMAND_MODULES[args.command]).run(job, report)
                report.flush()
                return code
        except BaseException as error:
            return report.failure(error)
