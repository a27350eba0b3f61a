"""From a plan to a video and its record: what `generate` and `render` share."""

import argparse
import dataclasses
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from flowzero_jax import files
from flowzero_jax.cli.advice import warn_of_truncated_texts, warn_of_unknown_nouns
from flowzero_jax.cli.config import config_file, rendering_values
from flowzero_jax.cli.options import DEFAULT_MODEL
from flowzero_jax.cli.progress import step_progress
from flowzero_jax.cli.report import Report
from flowzero_jax.errors import OutputError
from flowzero_jax.metadata import RenderMetadata, package_versions, write_metadata
from flowzero_jax.scene import SceneSyntax
from flowzero_jax.video import check_output_path, write_video
from flowzero_jax.video.paths import FOLDER, check_size, sidecar_path

DEFAULT_FPS = 4.0


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
    inputs += [Path(options["model"])] if "model" in options else []
    kind = check_output_path(args.out, inputs)
    written = ["meta"] if plan_file else ["meta", "plan"]
    for name in written:
        sidecar = sidecar_path(args.out, name)
        if sidecar.parent.exists():  # a folder that will be made is not there yet
            files.check_writable(sidecar, inputs)
    return Job(args.command, args, options, kind)


def render(job: Job, scene: SceneSyntax, plan_file: Path, report: Report) -> None:
    """Renders a plan, writes the video and its record, and reports them."""
    # The first import of JAX: the commands that only plan, draw or explain stay without it.
    import jax

    from flowzero_jax.compilation_cache import disable_compilation_cache, enable_compilation_cache
    from flowzero_jax.pipeline import load_pipeline

    if job.args.no_cache:
        disable_compilation_cache()
    else:
        enable_compilation_cache(job.args.cache_dir)

    options = dict(job.options)
    seed = options.pop("seed", 0)
    negative_prompt = options.pop("negative_prompt", "")
    dtype = {"dtype": options.pop("dtype")} if "dtype" in options else {}
    options.pop("frames", None)
    with job.timed("load"):
        pipeline = load_pipeline(options.pop("model", DEFAULT_MODEL), **dtype)
    fps = options.pop("fps", pipeline.info.fps or DEFAULT_FPS)
    settings = dataclasses.replace(pipeline.settings, **options)
    check_size(job.kind, settings.height, settings.width)
    warn_of_unknown_nouns(scene, pipeline.info.nouns)
    warn_of_truncated_texts(scene, negative_prompt, pipeline.tokenizer.truncated)
    with job.timed("generate"), step_progress(report) as progress:
        frames = pipeline(
            scene,
            seed=seed,
            settings=settings,
            negative_prompt=negative_prompt,
            progress=progress,
        )
    with job.timed("write"):
        _write_frames(job, frames, fps)
    device = jax.devices()[0]
    num_frames, height, width, _ = frames.shape
    video = {"frames": num_frames, "height": height, "width": width}
    meta_file = sidecar_path(job.out, "meta")
    write_metadata(
        meta_file,
        RenderMetadata(
            command=job.command,
            prompt=scene.prompt,
            negative_prompt=negative_prompt,
            seed=seed,
            settings=dataclasses.asdict(settings),
            fps=fps,
            planner=getattr(job.args, "planner", None),
            plan={"file": str(plan_file), "sha256": files.sha256(plan_file)},
            model={"name": pipeline.info.name, "sha256": pipeline.info.sha256},
            video={"file": job.args.out, "format": job.kind.removeprefix("."), **video},
            device={"platform": device.platform, "kind": device.device_kind},
            versions=package_versions(),
            seconds=job.seconds,
        ),
    )
    report.result(
        f"{job.out}: {num_frames} frames, {width}x{height}, {fps:g} fps, seed {seed}",
        video=job.args.out,
        plan=str(plan_file),
        meta=str(meta_file),
        **video,
        fps=fps,
        seed=seed,
        seconds=job.seconds,
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
