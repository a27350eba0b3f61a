"""`flowzero-jax batch`: a file of jobs to a folder of videos, records, a manifest and a page.

One way: the file is checked, the folder prepared, the engine started, the jobs resolved, and those
that are not done drawn.
"""

import contextlib
import math
import os
import sys
import time
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from flowzero_jax.batch.identity import resolve_all
from flowzero_jax.batch.jobs import JobsError, check_jobs, read_jobs
from flowzero_jax.batch.local import LocalEngine
from flowzero_jax.batch.manifest import (
    JOBS,
    MANIFEST,
    Remaining,
    count_records,
    stored_jobs,
    write_jobs,
    write_manifest,
)
from flowzero_jax.batch.pack import INDEX, pack
from flowzero_jax.batch.page import write_page
from flowzero_jax.batch.planning import open_planner
from flowzero_jax.batch.renderer import make_renderer
from flowzero_jax.batch.run import Engine, Run
from flowzero_jax.batch.store import Folder, Store, open_store
from flowzero_jax.batch.summary import Summary, busy_share, write_summary
from flowzero_jax.cli.jobs import BatchJob
from flowzero_jax.cli.progress import video_progress
from flowzero_jax.cli.report import Report, counted
from flowzero_jax.cli.signals import Patience, patient
from flowzero_jax.errors import InputError
from flowzero_jax.files import refuse_inputs
from flowzero_jax.video.formats import FORMATS

PARTIAL_EXIT_CODE = 7
RULES_PLANNERS, LLM_PLANNERS = 2, 16
"""Jobs that are planned at a time: rules compute, a language model is waited for."""
BYTES_PER_PIXEL, BESIDE_A_VIDEO = {"mp4": 0.1, "gif": 0.5}, 50_000
"""About, of a video of detailed pictures, and of its plan, pictures and record."""


def run(job: BatchJob, report: Report) -> int:
    """Draws what is not drawn yet; returns the exit code: 7 if some of the jobs failed."""
    store = open_store(job.out_dir)
    if job.jobs is None:
        return _write_manifest(job, store, report)
    with patient() as patience:
        code = _run(job, job.jobs, store, report, patience)
        if not patience.ends():
            return code
        code = report.failure(patience.error("ended early; the same command goes on"))
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        # At a regular end Python would wait for plans that a language model is still at.
        os._exit(code)


def _run(job: BatchJob, path: Path, store: Store, report: Report, patience: Patience) -> int:
    try:
        asked = check_jobs(path, job.defaults)
        FORMATS[f".{job.format}"].require(Path(job.out_dir))
        if isinstance(store, Folder):
            refuse_inputs(store.root / JOBS, [path])
        store.prepare()
        planner = job.planner.decisive
        with _engine(job, store) as engine:
            lines = read_jobs(path, job.defaults)
            jobs = resolve_all(path, lines, engine.facts, job.format, planner)
            number = write_jobs(store, jobs)
            if asked > number:
                report.note(f"{counted(asked - number, 'repeated job')} will be drawn once")
            _warn_of_room(job, store, number)
            summary = _draw(job, store, engine, number, report, patience)
    except JobsError as error:
        for line in error.lines:
            report.note(line)
        raise
    return _conclude(job, store, summary, report, patience)


def _warn_of_room(job: BatchJob, store: Store, number: int) -> None:
    """Warns if what is not drawn yet will hardly find room: it is told before hours of drawing."""
    free = store.free_bytes()
    if free is None or not number:
        return
    sides = ("frames", "height", "width")
    pixels = sum(math.prod(each.settings[side] for side in sides) for each in stored_jobs(store))
    each = BYTES_PER_PIXEL.get(job.format, 1.0) * pixels / number + BESIDE_A_VIDEO
    needed = int(each * (number if job.overwrite else max(number - count_records(store), 0)))
    if needed > free:
        warnings.warn(
            f"{job.out_dir}: {free / 1e9:.2g} GB are free, about {needed / 1e9:.2g} GB are needed; "
            "what finds no room ends the run, and the same command goes on",
            stacklevel=2,
        )


@contextlib.contextmanager
def _engine(job: BatchJob, store: Store) -> Iterator[Engine]:
    planners = RULES_PLANNERS if job.planner.llm is None else LLM_PLANNERS
    plan_scene = open_planner(job.planner)
    if job.engine == "local":
        yield LocalEngine(store, make_renderer(job.model), plan_scene, planners)
        return
    try:
        from flowzero_jax.batch.ray_engine import RayEngine, cluster
    except ImportError as error:
        hint = 'pip install "flowzero_jax[ray]"'
        raise InputError(f"--engine ray: Ray cannot be imported ({error}); {hint}") from error
    address = store.address if "://" in store.address else str(Path(store.address).resolve())
    with cluster(job.ray_address):
        makers = partial(make_renderer, job.model), partial(open_planner, job.planner)
        yield RayEngine(address, *makers, planners, job.workers)


def _draw(
    job: BatchJob, store: Store, engine: Engine, number: int, report: Report, patience: Patience
) -> Summary:
    """Draws the jobs that are not done."""
    again = (job.retry_failed, job.overwrite, job.verify)
    remaining = Remaining(store, job.shard, *again)
    run = Run(engine, job.videos, job.max_failures, patience.ends)
    shard, shards = job.shard
    device = engine.facts.device["kind"]
    report.note(f"{counted(number, 'job')} in {job.out_dir}, {job.videos} at a time on {device}")
    total = number if shards == 1 else sum(1 for _ in remaining.of_shard())
    started = time.monotonic()
    with video_progress(report, total) as update:
        tally = run(
            iter(remaining), lambda tally: update(remaining.passed, tally.tried, tally.failed)
        )
    seconds = {"total": time.monotonic() - started, **tally.seconds}
    return Summary(
        jobs=number,
        shard=f"{shard}/{shards}",
        drawn=tally.done,
        failed=tally.failed,
        done_before=remaining.done,
        failed_before=remaining.failed,
        ended_early=run.ends_early,
        engine=job.engine,
        workers=engine.workers,
        videos_per_batch=job.videos,
        seconds={name: round(value, 3) for name, value in seconds.items()},
        videos_per_hour=round(tally.done / seconds["total"] * 3600, 1),
        busy=busy_share(tally, engine.workers),
        model=engine.facts.model,
        device=engine.facts.device,
    )


def _conclude(
    job: BatchJob, store: Store, summary: Summary, report: Report, patience: Patience
) -> int:
    """Writes and tells what came of it; returns the exit code."""
    # What a run without work would say is not worth the last one's.
    name = write_summary(store, summary) if summary.drawn + summary.failed else None
    if patience.ends():
        return 0
    # Of several shards the last one to end writes the manifest.
    if job.shard[1] == 1 or count_records(store) >= summary.jobs:
        _overview(job, store, report)
    _report(job, summary, name, report)
    failed = summary.failed + summary.failed_before
    return PARTIAL_EXIT_CODE if failed or summary.ended_early else 0


def _report(job: BatchJob, summary: Summary, name: str | None, report: Report) -> None:
    before = summary.done_before + summary.failed_before
    parts = [
        f"{job.out_dir}: {counted(summary.drawn, 'video')} drawn",
        f"{summary.failed} failed" if summary.failed else "",
        f"{before} before" if before else "",
        f"{summary.failed_before} of them failed (--retry-failed)" if summary.failed_before else "",
        f"{summary.videos_per_hour:.0f} an hour" if summary.drawn else "",
        f"device busy {summary.busy:.0%}" if summary.busy is not None else "",
        f"ended after {job.max_failures} failures" if summary.ended_early else "",
    ]
    report.result(", ".join(filter(None, parts)), summary=name, **vars(summary))


def _write_manifest(job: BatchJob, store: Store, report: Report) -> int:
    counts = _overview(job, store, report)
    said = ", ".join(f"{count} {status}" for status, count in counts.items())
    report.result(f"{store.address}/{MANIFEST}: {said}", **counts)
    return PARTIAL_EXIT_CODE if counts["failed"] or counts["missing"] else 0


def _overview(job: BatchJob, store: Store, report: Report) -> dict[str, int]:
    """Writes what is made from the records: manifest, page, shards; returns jobs by status."""
    counts = write_manifest(store)
    write_page(store)
    if job.pack:
        report.note(f"{store.address}/{INDEX}: {counted(len(pack(store)), 'shard')}")
    return counts
