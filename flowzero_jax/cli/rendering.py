"""From a plan to a video and its record: what `generate` and `render` share."""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from flowzero_jax import files
from flowzero_jax.cli.advice import warn_of_truncated_texts, warn_of_unknown_nouns
from flowzero_jax.cli.config import config_file, fields_of, rendering_values
from flowzero_jax.cli.progress import step_progress
from flowzero_jax.cli.report import Report, counted
from flowzero_jax.cli.snapshots import check_snapshot, resumable
from flowzero_jax.errors import OutputError
from flowzero_jax.metadata import RenderMetadata, package_versions, write_metadata
from flowzero_jax.scene import SceneSyntax
from flowzero_jax.settings import VideoSettings
from flowzero_jax.video import check_output_path, write_video
from flowzero_jax.video.paths import FOLDER, check_size, sidecar_path
from flowzero_jax.weights.source import Source

if TYPE_CHECKING:
    from flowzero_jax.cli.loading import Loaded

T = TypeVar("T")


@dataclass
class Job:
    """One rendering: what was asked for, and how long its stages took.

    Attributes:
      command: "generate" or "render".
      args: the parsed arguments.
      options: the rendering options that the user set.
      kind: the output format, an ending or "folder".
      seconds: wall time by stage.
    """

    command: str
    args: argparse.Namespace
    options: dict[str, Any]
    kind: str
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def out(self) -> Path:
        return Path(self.args.out)

    @property
    def video(self) -> VideoSettings:
        return VideoSettings(**fields_of(VideoSettings, self.options))

    @property
    def snapshot(self) -> Path | None:
        return None if self.args.snapshot is None else Path(self.args.snapshot)

    def together(self, work: Callable[[], T]) -> T:
        """Runs `work`; with --distributed a failure of it is one of all processes."""
        if not self.args.distributed:
            return work()
        from flowzero_jax.devices.processes import together

        return together(work)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Records how long the block takes."""
        started = time.perf_counter()
        yield
        self.seconds[stage] = round(time.perf_counter() - started, 3)


def prepare(args: argparse.Namespace, plan_file: Path | None) -> Job:
    """Reads the options and checks the outputs, before anything is planned or compiled.

    Args:
      args: the parsed arguments.
      plan_file: the plan that is read, None if one will be written.

    Raises:
      InputError, OutputError: options or outputs that cannot be used.
    """
    options = rendering_values(args)
    inputs = [] if plan_file is None else [plan_file]
    inputs += [config_file(args.config)] if args.config else []
    inputs += Source(**fields_of(Source, options)).paths
    kind = check_output_path(args.out, inputs)
    written = ["meta"] if plan_file else ["meta", "plan"]
    written += ["history"] if getattr(args, "planner", None) == "llm" else []
    sidecars = [sidecar_path(args.out, name) for name in written]
    for sidecar in sidecars:
        if sidecar.parent.exists():  # a folder that will be made is not there yet
            files.check_writable(sidecar, inputs)
    job = Job(args.command, args, options, kind)
    if job.snapshot is not None:
        check_snapshot(job.snapshot, inputs, [job.out, *sidecars])
    return job


class Drawn(NamedTuple):
    """The frames `[f H W 3]` and what they were drawn with."""

    frames: np.ndarray
    fps: float
    seed: int
    negative_prompt: str
    settings: dict[str, Any]
    model: dict[str, str]
    device: dict[str, str]


def render(job: Job, scene: SceneSyntax, plan_file: Path, report: Report) -> None:
    """Renders a plan, writes the video and its record, and reports them."""
    with resumable(job.snapshot):
        drawn = _draw(job, scene, report)
    job.together(lambda: _finish(job, scene, plan_file, drawn, report))


def _finish(job: Job, scene: SceneSyntax, plan_file: Path, drawn: Drawn, report: Report) -> None:
    """Writes the video and its record, and reports them."""
    with job.timed("write"):
        _write_frames(job, drawn.frames, drawn.fps)
    num_frames, height, width, _ = drawn.frames.shape
    size = {"frames": num_frames, "height": height, "width": width}
    digest = {} if job.kind == FOLDER else {"sha256": files.sha256(job.out)}
    meta_file = sidecar_path(job.out, "meta")
    write_metadata(
        meta_file,
        RenderMetadata(
            command=job.command,
            prompt=scene.prompt,
            planner=getattr(job.args, "planner", None),
            plan={"file": str(plan_file), "sha256": files.sha256(plan_file)},
            video={"file": job.args.out, "format": job.kind.removeprefix("."), **size, **digest},
            versions=package_versions(),
            seconds=job.seconds,
            **{name: value for name, value in drawn._asdict().items() if name != "frames"},
        ),
    )
    report.result(
        f"{job.out}: {counted(num_frames, 'frame')}, {width}x{height}, {drawn.fps:g} fps, "
        f"seed {drawn.seed}",
        video=job.args.out,
        plan=str(plan_file),
        meta=str(meta_file),
        **size,
        fps=drawn.fps,
        seed=drawn.seed,
        seconds=job.seconds,
    )


def _draw(job: Job, scene: SceneSyntax, report: Report) -> Drawn:
    """Loads the model, warns of what it does not understand, and runs it."""
    loaded = load_model(job)
    pipeline, settings = loaded.pipeline, loaded.settings
    if pipeline.info.nouns:
        warn_of_unknown_nouns(scene, pipeline.info.nouns)
    warn_of_truncated_texts(scene, job.video.negative_prompt, pipeline.tokenizer.truncated)
    with (
        job.timed("generate"),
        step_progress(report, settings.num_steps, job.snapshot) as progress,
    ):
        frames = draw_frames(job, loaded, scene, progress)
    return Drawn(
        frames,
        float(job.video.fps or pipeline.info.fps),
        job.video.seed,
        job.video.negative_prompt,
        settings=loaded.recorded_settings | {"steps_per_call": job.args.steps_per_call},
        model=loaded.model,
        device=loaded.device,
    )


def load_model(job: Job) -> "Loaded":
    """What `loading.load` gives; of several processes all load the same, or all fail."""
    # Imports JAX: bad options and plans are reported without waiting for it.
    from flowzero_jax.cli.loading import load

    def load_and_check() -> "Loaded":
        loaded = load(job.args, job.options)
        check_size(job.kind, loaded.settings.height, loaded.settings.width)
        return loaded

    with job.timed("load"):
        loaded = job.together(load_and_check)
    if job.args.distributed:
        from flowzero_jax.devices.processes import check_same

        decisive = {
            **loaded.recorded_settings,
            **{
                "seed": job.video.seed,
                "negative_prompt": job.video.negative_prompt,
                "device": loaded.device,
            },
            **{"steps_per_call": job.args.steps_per_call, "model": loaded.model["sha256"]},
            **{"versions": package_versions() | {"ffmpeg": "any"}},
        }
        check_same("options, model or versions", json.dumps(decisive, sort_keys=True))
    return loaded


def draw_frames(job: Job, loaded: "Loaded", scene: SceneSyntax, progress=None) -> np.ndarray:
    """The frames `[f H W 3]` of a scene."""
    from flowzero_jax.cli.device import device_errors

    with device_errors():
        return loaded.pipeline(
            scene,
            seed=job.video.seed,
            settings=loaded.settings,
            negative_prompt=job.video.negative_prompt,
            progress=progress,
            steps_per_call=job.args.steps_per_call,
            snapshot=job.snapshot,
        )


def _write_frames(job: Job, frames: np.ndarray, fps: float) -> None:
    """Writes the video; if ffmpeg fails, the frames, which cost so much more, go to a folder."""
    try:
        write_video(job.out, frames, fps)
    except OutputError as error:
        rescue = job.out.with_name(f"{job.out.stem}_frames")
        if job.kind != ".mp4" or rescue.exists():
            raise
        try:
            write_video(rescue, frames)
        except OutputError:
            raise error from None
        raise OutputError(f"{error}; the frames are in {rescue}") from error
