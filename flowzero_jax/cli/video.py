"""`flowzero-jax generate` and `render`: from a prompt or a plan to a video and its record.

One way: outputs are checked, the plan is made or read, the model loaded, frames drawn, files
written. Of several processes (--distributed) all load and draw, and the first does the rest.
"""

import dataclasses
import hashlib
import json
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from flowzero_jax.cli.advice import warn_of_truncated_texts, warn_of_unknown_nouns
from flowzero_jax.cli.jobs import VideoJob
from flowzero_jax.cli.outputs import Outputs, check_outputs, staged_outputs
from flowzero_jax.cli.processes import leads, one_of_several, shared_scene, together
from flowzero_jax.cli.progress import step_progress
from flowzero_jax.cli.report import Report, counted
from flowzero_jax.cli.snapshots import resumable
from flowzero_jax.errors import InputError
from flowzero_jax.files import sha256, write_texts
from flowzero_jax.metadata import (
    RenderMetadata,
    metadata_json,
    package_versions,
    rounding_variables,
)
from flowzero_jax.planner import plan
from flowzero_jax.planner.choice import Planned, choose_planner
from flowzero_jax.planner.llm.history import history_json
from flowzero_jax.scene import SceneSyntax, read_scene, scene_file
from flowzero_jax.settings import DEFAULT_FRAMES
from flowzero_jax.video.formats import FOLDER
from flowzero_jax.video.paths import check_size

if TYPE_CHECKING:
    from flowzero_jax.loading.load import Loaded

# Stage -> wall time.
Seconds = dict[str, float]


def run(job: VideoJob, report: Report) -> int:
    """Draws the video; returns the exit code. Nothing is written before all else has succeeded."""
    with one_of_several(report) if job.distributed else nullcontext():
        _run(job, report if leads(job.distributed) else None)
    return 0


def _run(job: VideoJob, report: Report | None) -> None:
    """The report is None in a process that only helps to draw."""
    outputs = planned = None
    with together(job.distributed):
        if report is not None:
            outputs = check_outputs(job)
            planned = _plan(job) if job.plan is None else _read_plan(job)
    scene = shared_scene(None if planned is None else planned.scene, job.distributed)
    with resumable(job.snapshot):
        loaded, loading = _load(job, outputs)
        frames, drawing = _draw(job, loaded, scene, report)
    with together(job.distributed):
        if report is not None:
            assert outputs is not None and planned is not None
            before = planned.seconds | loading | drawing
            _write(job, outputs, planned, loaded, frames, before, report)


def _plan(job: VideoJob) -> Planned:
    assert job.planner is not None and job.prompt is not None
    planner = choose_planner(job.planner, plan)
    started = time.perf_counter()
    planned = planner(job.prompt, job.video.frames or DEFAULT_FRAMES)
    return dataclasses.replace(planned, seconds={"plan": _since(started)})


def _read_plan(job: VideoJob) -> Planned:
    assert job.plan is not None
    scene = read_scene(job.plan)
    if job.video.frames not in (None, len(scene.frames)):
        raise InputError(
            f"--frames {job.video.frames}: the frames of {job.plan} are {len(scene.frames)}; leave "
            "--frames out or plan anew"
        )
    return Planned(scene)


def _load(job: VideoJob, outputs: Outputs | None) -> tuple["Loaded", Seconds]:
    """Loads the model; of several processes all load the same, or all fail."""
    # Imports JAX: bad options and plans are reported without waiting for it.
    from flowzero_jax.loading.load import load

    started = time.perf_counter()
    with together(job.distributed):
        loaded = load(job.model)
        if outputs is not None:
            check_size(outputs.kind, loaded.settings.height, loaded.settings.width)
    if job.distributed:
        from flowzero_jax.devices.processes import check_same

        decisive = loaded.recorded_settings | {
            "seed": job.video.seed,
            "negative_prompt": job.video.negative_prompt,
            "device": loaded.device,
            "model": loaded.model["sha256"],
            "versions": package_versions() | {"ffmpeg": "any"},
        }
        check_same("options, model or versions", json.dumps(decisive, sort_keys=True))
    return loaded, {"load": _since(started)}


def _draw(
    job: VideoJob, loaded: "Loaded", scene: SceneSyntax, report: Report | None
) -> tuple[np.ndarray, Seconds]:
    """The frames `[f H W 3]`, after warnings of what the model does not understand."""
    from flowzero_jax.loading.device import device_errors

    pipeline, settings = loaded.pipeline, loaded.settings
    progress: AbstractContextManager[Any] = nullcontext()
    if report is not None:
        if pipeline.info.nouns:
            warn_of_unknown_nouns(scene, pipeline.info.nouns)
        warn_of_truncated_texts(scene, job.video.negative_prompt, pipeline.tokenizer.truncated)
        progress = step_progress(report, settings.num_steps, job.snapshot)
    started = time.perf_counter()
    with progress as update, device_errors():
        frames = pipeline(
            scene,
            seed=job.video.seed,
            settings=settings,
            negative_prompt=job.video.negative_prompt,
            progress=update,
            steps_per_call=loaded.steps_per_call,
            snapshot=job.snapshot,
        )
    return frames, {"generate": _since(started)}


def _write(
    job: VideoJob,
    outputs: Outputs,
    planned: Planned,
    loaded: "Loaded",
    frames: np.ndarray,
    seconds: Seconds,
    report: Report,
) -> None:
    """Writes the video, its plan and its record, and reports them."""
    video, fps = job.video, float(job.video.fps or loaded.pipeline.info.fps)
    num_frames, height, width, _ = frames.shape
    size: dict[str, Any] = {"frames": num_frames, "height": height, "width": width}
    started = time.perf_counter()
    with staged_outputs(outputs, frames, fps) as staged:
        texts = {}
        if job.plan is None:
            texts[outputs.plan] = scene_file(outputs.plan, planned.scene)
        if planned.history is not None:
            texts[outputs.history] = history_json(planned.history)
        if (plan := texts.get(outputs.plan)) is None:
            plan_sha256 = sha256(outputs.plan)
        else:
            plan_sha256 = hashlib.sha256(plan.encode()).hexdigest()
        digest = {} if outputs.kind == FOLDER else {"sha256": sha256(staged)}
        seconds = seconds | {"write": _since(started)}
        record = RenderMetadata(
            command=job.command,
            prompt=planned.scene.prompt,
            negative_prompt=video.negative_prompt,
            seed=video.seed,
            settings=loaded.recorded_settings,
            fps=fps,
            planner=planned.planner,
            plan={"file": str(outputs.plan), "sha256": plan_sha256},
            model=loaded.model,
            video={"file": job.out, "format": outputs.kind.removeprefix("."), **size, **digest},
            device=loaded.device,
            versions=package_versions(),
            environment=rounding_variables(),
            seconds=seconds,
        )
        texts[outputs.meta] = metadata_json(record)
        # What belongs to a folder lies in it, and comes along.
        in_folder = outputs.kind == FOLDER
        write_texts({staged / path.name if in_folder else path: t for path, t in texts.items()})
    report.result(
        f"{outputs.video}: {counted(num_frames, 'frame')}, {width}x{height}, {fps:g} fps, "
        f"seed {video.seed}",
        video=job.out,
        plan=str(outputs.plan),
        meta=str(outputs.meta),
        **size,
        fps=fps,
        seed=video.seed,
        seconds=seconds,
    )


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 3)
