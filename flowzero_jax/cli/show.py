"""`flowzero-jax show`: a picture of a plan, before any model runs, or of how it came about."""

from pathlib import Path

from flowzero_jax.cli.jobs import ShowJob
from flowzero_jax.cli.report import Report, counted
from flowzero_jax.errors import InputError
from flowzero_jax.files import check_writable
from flowzero_jax.planner.choice import history_path
from flowzero_jax.preview.plan import write_preview
from flowzero_jax.scene import read_scene

ENDINGS = (".png", ".gif")


def run(job: ShowJob, report: Report) -> int:
    """Draws the plan, or the rounds of its history; returns the exit code."""
    source, out = Path(job.plan), Path(job.out)
    of_history = job.history or source.name.endswith(".history.json")
    if job.history and not source.name.endswith(".history.json"):
        source = history_path(source)
    endings = ENDINGS[:1] if of_history else ENDINGS
    if out.suffix.lower() not in endings:
        raise InputError(f"{out}: unknown ending; use {' or '.join(endings)}")
    check_writable(out, [source])
    if of_history:
        from flowzero_jax.planner.llm.history import read_history
        from flowzero_jax.preview.rounds import write_rounds

        history = read_history(source)
        write_rounds(history, out)
        fields = {"rounds": len(history.rounds), "kept": history.kept}
        shown = f"{counted(fields['rounds'], 'round')}, the plan of round {history.kept} was kept"
    else:
        scene = read_scene(job.plan)
        write_preview(scene, out)
        fields = {"frames": len(scene.frames)}
        shown = counted(fields["frames"], "frame")
    report.result(f"{out}: {shown}", preview=job.out, **fields)
    return 0
