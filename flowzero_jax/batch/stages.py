"""The two stages of a job that every engine runs: its plan is put down, then a batch is drawn.

What is wrong with a job becomes its failed record. What is wrong with everything (the device, the
store) is raised, and ends the run.
"""

import functools
import io
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from flowzero_jax.batch.groups import Batch
from flowzero_jax.batch.identity import Job
from flowzero_jax.batch.records import (
    Failure,
    Record,
    digest,
    plan_name,
    plan_picture_name,
    poster_name,
    video_name,
    write_record,
)
from flowzero_jax.batch.renderer import Facts, Renderer, Stopped
from flowzero_jax.batch.store import SNAPSHOTS, Store
from flowzero_jax.errors import DeviceError, InputError, OutputError
from flowzero_jax.metadata import package_versions
from flowzero_jax.preview import draw_scene
from flowzero_jax.scene import SceneSyntax, parse_scene, scene_json
from flowzero_jax.video import write_video

# (prompt, frames) -> scene
PlanScene = Callable[[str, int], SceneSyntax]
PICTURE_WIDTH = 256
PLAN_TILE = 96
JPEG_QUALITY = 85
STAGES = ("plan", "draw", "compile", "write")

versions = functools.cache(package_versions)


class StandingPlan(NamedTuple):
    """A plan as it stands in the store."""

    scene: SceneSyntax
    sha256: str


@dataclass
class Tally:
    """What has become of jobs.

    Attributes:
      done, failed: how many have a video, or none, and a record that says so.
      seconds: wall time of the stages, added up; "compile" is a part of "draw".
      first, last: when drawing began and ended, by `time.time`; None if nothing was drawn.
    """

    done: int = 0
    failed: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    first: float | None = None
    last: float | None = None

    @property
    def tried(self) -> int:
        return self.done + self.failed

    def add(self, other: "Tally") -> None:
        self.done += other.done
        self.failed += other.failed
        for stage, seconds in other.seconds.items():
            self.seconds[stage] += seconds
        if other.first is not None and other.last is not None:
            self.first = min(self.first or other.first, other.first)
            self.last = max(self.last or other.last, other.last)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - started


class Stages:
    """The stages in one process. `plan` and `draw` may be called by several threads at once."""

    def __init__(
        self,
        store: Store,
        renderer: Renderer | None = None,
        plan_scene: PlanScene | None = None,
        stop: Callable[[], bool] = lambda: False,
    ):
        """A process that only plans needs no renderer, one that only draws nobody who plans."""
        self.store = store
        self.renderer = renderer
        self.plan_scene = plan_scene
        self.stop = stop
        self._device = threading.Lock()

    def plan(self, job: Job) -> Tally:
        """Puts the plan of a job into the store, unless one stands there."""
        tally = Tally()
        with tally.timed("plan"):
            try:
                if self.store.size(plan_name(job.id)) is None:
                    data = scene_json(self._scene(job)).encode()
                    self.store.put_if_absent(plan_name(job.id), data)
            except OutputError:
                raise
            except Exception as error:
                tally.add(self.fail([job], error))
        return tally

    def draw(self, batch: Batch) -> Tally:
        """Draws the jobs of a batch from the plans that stand in the store, and writes their files.

        Of several calls one at a time draws, while others read plans and write files.

        Raises: Stopped; DeviceError, OutputError if it would go so with every job.
        """
        tally = Tally()
        jobs: list[Job] = []
        plans: list[StandingPlan] = []
        for job in batch.jobs:
            try:
                plans.append(self._standing_plan(job))
                jobs.append(job)
            except InputError as error:
                tally.add(self.fail([job], error))
        if not jobs:
            return tally
        try:
            scenes = [plan.scene for plan in plans]
            frames = self._frames(Batch(tuple(jobs), batch.videos), scenes, tally)
        except (Stopped, DeviceError, OutputError):
            raise
        except Exception as error:
            # One of several may have spoilt it: each alone.
            rest = [Batch((job,), batch.videos) for job in jobs]
            for other in [self.fail(jobs, error)] if len(jobs) == 1 else map(self.draw, rest):
                tally.add(other)
            return tally
        with tally.timed("write"):
            for job, plan, video in zip(jobs, plans, frames, strict=False):
                tally.add(self._finish(job, plan, video))
        return tally

    def fail(self, jobs: Iterable[Job], error: Exception) -> Tally:
        """Writes the records of jobs that have no video."""
        tally = Tally()
        for job in jobs:
            files: dict[str, dict[str, Any]] = {"plan": {}, "video": {}, "pictures": {}}
            write_record(self.store, _record(job, None, files, Failure.of(error)))
            tally.failed += 1
        return tally

    def _scene(self, job: Job) -> SceneSyntax:
        if job.plan is not None:
            return parse_scene(json.dumps(job.plan), "plan")
        assert job.prompt is not None and self.plan_scene is not None
        return self.plan_scene(job.prompt, job.settings["frames"])

    def _standing_plan(self, job: Job) -> StandingPlan:
        name = plan_name(job.id)
        data = self.store.read(name)
        scene = parse_scene(data, name)
        if len(scene.frames) != job.settings["frames"]:
            raise InputError(
                f"{name}: has {len(scene.frames)} frames instead of {job.settings['frames']}; "
                "delete it, and it is planned anew"
            )
        return StandingPlan(scene, digest(data))

    def _frames(self, batch: Batch, scenes: list[SceneSyntax], tally: Tally) -> np.ndarray:
        assert self.renderer is not None
        seeds = [job.seed for job in batch.jobs]
        first = batch.jobs[0]
        with (
            self.store.scratch(f"{SNAPSHOTS}/{batch.key}.npz") as snapshot,
            self._device,
            tally.timed("draw"),
        ):
            if self.stop():
                raise Stopped
            begun, compiled = time.time(), self.renderer.compile_seconds
            frames = self.renderer.draw(
                batch.padded(scenes),
                batch.padded(seeds),
                first.generation,
                first.settings["negative_prompt"],
                snapshot,
                self.stop,
            )
            tally.first, tally.last = begun, time.time()
            tally.seconds["compile"] += self.renderer.compile_seconds - compiled
        return frames

    def _finish(self, job: Job, plan: StandingPlan, frames: np.ndarray) -> Tally:
        """Writes a job's files and its record."""
        try:
            files = _write_files(self.store, job, plan, frames)
        except OutputError as error:
            # An encoder's failure may be the job's own, that of the store is everybody's.
            if _is_of_the_system(error) or not self.store.is_usable():
                raise
            return self.fail([job], error)
        except Exception as error:
            return self.fail([job], error)
        assert self.renderer is not None
        write_record(self.store, _record(job, self.renderer.facts, files))
        return Tally(done=1)


def _record(
    job: Job, facts: Facts | None, files: dict[str, dict[str, Any]], failure: Failure | None = None
) -> Record:
    return Record(
        id=job.id,
        label=job.label,
        status="done" if failure is None else "failed",
        prompt=job.text,
        seed=job.seed,
        settings=job.settings,
        fps=job.fps,
        **files,
        model={} if facts is None else facts.model,
        device={} if facts is None else facts.device,
        versions=versions(),
        shape=job.shape,
        error=None if failure is None else asdict(failure),
    )


def _write_files(
    store: Store, job: Job, plan: StandingPlan, frames: np.ndarray
) -> dict[str, dict[str, Any]]:
    """Writes video and pictures; returns what the record says of all files.

    Raises: OutputError, InputError.
    """
    name = video_name(job.id, job.format)
    pictures = {"poster": poster_name(job.id), "plan": plan_picture_name(job.id)}
    video: dict[str, Any] = {"file": name}

    def write(path: Path) -> None:
        try:
            write_video(path, frames, job.fps)
            data = path.read_bytes()
        except (OutputError, OSError) as error:
            raise OutputError(str(error).replace(str(path), name)) from error
        video.update(bytes=len(data), sha256=digest(data))

    store.put(name, write)
    poster = Image.fromarray(frames[len(frames) // 2])
    store.put_bytes(pictures["poster"], _encoded(poster, "JPEG"))
    store.put_bytes(pictures["plan"], _encoded(draw_scene(plan.scene, PLAN_TILE), "PNG"))
    num_frames, height, width, _ = frames.shape
    return {
        "plan": {"file": plan_name(job.id), "sha256": plan.sha256},
        "video": video | {"frames": num_frames, "height": height, "width": width},
        "pictures": pictures,
    }


def _is_of_the_system(error: BaseException | None) -> bool:
    """Whether an error came of one of the operating system's."""
    while error is not None and not isinstance(error, OSError):
        error = error.__cause__
    return error is not None


def _encoded(image: Image.Image, format: str) -> bytes:
    """A picture's file, at most `PICTURE_WIDTH` pixels wide."""
    width = min(image.width, PICTURE_WIDTH)
    height = max(round(image.height * width / image.width), 1)
    buffer = io.BytesIO()
    options = {"quality": JPEG_QUALITY} if format == "JPEG" else {"optimize": True}
    image.resize((width, height), Image.Resampling.LANCZOS).save(buffer, format, **options)
    return buffer.getvalue()
