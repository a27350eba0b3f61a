"""What a batch costs besides drawing: very many jobs, and renderers that draw nothing.

Jobs are read, planned and recorded as ever; videos and the pictures of plans are small stand-ins
unless they are to be encoded, too. Every worker is a process of the local engine with its own
`--shard` of one folder, so that no driver stands between them; or a renderer of a Ray cluster on
this machine, whose driver is watched.
"""

import contextlib
import dataclasses
import json
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from flowzero_jax.batch import stages
from flowzero_jax.batch.identity import resolve_all
from flowzero_jax.batch.jobs import check_jobs, read_jobs
from flowzero_jax.batch.local import LocalEngine
from flowzero_jax.batch.manifest import Remaining, write_jobs, write_manifest
from flowzero_jax.batch.page import write_page
from flowzero_jax.batch.planning import OncePerPrompt
from flowzero_jax.batch.renderer import Facts
from flowzero_jax.batch.run import Engine, Run
from flowzero_jax.batch.stages import Tally
from flowzero_jax.batch.store import Store, open_store
from flowzero_jax.planner import plan
from flowzero_jax.scene import SceneSyntax
from flowzero_jax.settings import GenerationSettings

STATUS = Path("/proc/self/status")
PROMPTS = tuple(
    f"a {colour} {thing} runs to the left in a park"
    for colour in ("red", "blue", "green", "yellow", "black", "white", "grey", "pink")
    for thing in ("dog", "cat", "car", "bird", "ball", "horse", "cow", "fox", "rabbit")
)
PLANNERS = 2
MILLION = 1_000_000


@dataclasses.dataclass(frozen=True)
class Simulation:
    """What is simulated.

    Attributes:
      folder: where it happens; a new one.
      jobs: so many, of 72 prompts with as many seeds as it takes.
      workers: processes, or Ray's renderers.
      engine: "local" or "ray".
      seconds: a video takes on a device.
      encode: whether videos and pictures are encoded.
      frames, side, format: of the videos.
      videos: drawn together.
    """

    folder: str
    jobs: int = 100_000
    workers: int = 8
    engine: str = "local"
    seconds: float = 0.0
    encode: bool = False
    frames: int = 1
    side: int = 16
    format: str = "gif"
    videos: int = 4


@dataclasses.dataclass(frozen=True)
class Work:
    """What one worker did, or Ray's driver.

    Attributes:
      drawn: videos.
      start_seconds: from the process's beginning to its first videos.
      wall_seconds: from its first videos to its end.
      cpu_seconds: of it and its encoders meanwhile.
      memory: bytes that it held at each tenth of its way; empty where the system does not tell.
    """

    drawn: int
    start_seconds: float
    wall_seconds: float
    cpu_seconds: float
    memory: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Costs:
    """What a simulation has shown.

    Attributes:
      plan_seconds: processor time of one prompt.
      list_seconds: the file of jobs is checked and resolved to jobs.jsonl.
      workers: what each did.
      scan_seconds: one process finds that every job is done.
      manifest_seconds, page_seconds: to write them.
    """

    simulation: Simulation
    plan_seconds: float
    list_seconds: float
    workers: tuple[Work, ...]
    scan_seconds: float
    manifest_seconds: float
    page_seconds: float

    @property
    def cpu_seconds_per_job(self) -> float:
        return sum(work.cpu_seconds for work in self.workers) / self.simulation.jobs


class IdleRenderer:
    """A `batch.renderer.Renderer` that takes its time and returns black frames."""

    compile_seconds = 0.0

    def __init__(self, simulation: Simulation):
        side = simulation.side
        self._seconds = simulation.seconds
        self.facts = Facts(
            settings=GenerationSettings(height=side, width=side, num_steps=1),
            fps=4.0,
            factor=1,
            model={"source": "none", "name": "none", "sha256": ""},
            device={"platform": "none", "kind": "none"},
            compute={},
        )

    def draw(
        self,
        scenes: Sequence[SceneSyntax],
        seeds: Sequence[int],
        settings: GenerationSettings,
        negative_prompt: str,
        snapshot: Path,
        stop: Callable[[], bool],
    ) -> np.ndarray:
        time.sleep(self._seconds * len(scenes))
        shape = (len(scenes), len(scenes[0].frames), settings.height, settings.width, 3)
        return np.zeros(shape, np.uint8)


def simulate(simulation: Simulation) -> Costs:
    """Runs a batch from its beginning to its page. Raises: OutputError."""
    folder = Path(simulation.folder)
    file = folder.with_suffix(".jsonl")
    _write_jobs_file(file, simulation)
    spent = time.process_time()
    for prompt in PROMPTS:
        plan(prompt, num_frames=simulation.frames)
    plan_seconds = (time.process_time() - spent) / len(PROMPTS)
    list_seconds = _timed(partial(_list, file, simulation))
    shards = simulation.workers if simulation.engine == "local" else 1
    with ProcessPoolExecutor(
        shards, multiprocessing.get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        work = partial(_work, simulation, time.time(), shards)
        workers = tuple(pool.map(work, range(shards)))
    store = open_store(simulation.folder)
    scan_seconds = _timed(lambda: sum(1 for _ in Remaining(store)))
    return Costs(
        simulation=simulation,
        plan_seconds=plan_seconds,
        list_seconds=list_seconds,
        workers=workers,
        scan_seconds=scan_seconds,
        manifest_seconds=_timed(lambda: write_manifest(store)),
        page_seconds=_timed(lambda: write_page(store)),
    )


def _write_jobs_file(path: Path, simulation: Simulation) -> None:
    lines = []
    for number, prompt in enumerate(PROMPTS):
        if count := len(range(number, simulation.jobs, len(PROMPTS))):
            seeds = f"0-{count - 1}"
            job = {"prompt": prompt, "seeds": seeds, "frames": simulation.frames}
            lines.append(json.dumps(job) + "\n")
    path.write_text("".join(lines))


def _list(file: Path, simulation: Simulation) -> None:
    store = open_store(simulation.folder)
    store.prepare()
    check_jobs(file, {})
    facts = IdleRenderer(simulation).facts
    write_jobs(store, resolve_all(file, read_jobs(file, {}), facts, simulation.format, {}))


def _work(simulation: Simulation, begun: float, shards: int, shard: int) -> Work:
    """One worker or driver, in a process of its own; `begun` by `time.time`."""
    first: list[tuple[float, float]] = []  # when its first videos came, and the processor time then
    memory: list[int] = []

    def progress(tally: Tally) -> None:
        if tally.done and not first:
            first.append((time.time(), _cpu_seconds()))
        if tally.done * 10 >= (len(memory) + 1) * expected and STATUS.exists():
            memory.append(_memory())

    store = open_store(simulation.folder)
    remaining = Remaining(store, (shard, shards))
    expected = sum(1 for _ in remaining.of_shard())
    with _engine(simulation, store) as engine:
        tally = Run(engine, simulation.videos)(iter(remaining), progress)
        ended = time.time(), _cpu_seconds()
    return Work(
        drawn=tally.done,
        start_seconds=first[0][0] - begun,
        wall_seconds=ended[0] - first[0][0],
        cpu_seconds=ended[1] - first[0][1],
        memory=tuple(memory),
    )


@contextlib.contextmanager
def _engine(simulation: Simulation, store: Store) -> Iterator[Engine]:
    if simulation.engine == "local":
        yield LocalEngine(store, _renderer(simulation), _planner(), PLANNERS)
        return
    from flowzero_jax.batch.ray_engine import RayEngine, cluster

    with cluster(None):
        renderer = partial(_renderer, simulation)
        yield RayEngine(simulation.folder, renderer, _planner, PLANNERS, simulation.workers)


def _renderer(simulation: Simulation, platform: str = "cpu") -> IdleRenderer:
    if not simulation.encode:
        _stand_in_for_files()
    return IdleRenderer(simulation)


def _planner() -> OncePerPrompt:
    return OncePerPrompt(lambda prompt, frames: plan(prompt, num_frames=frames))


def _stand_in_for_files() -> None:
    """From here on this process, which does nothing else, encodes neither videos nor plans."""

    def write_video(path: Path, frames: np.ndarray, fps: float) -> None:
        path.write_bytes(b"video")

    def draw_scene(scene: SceneSyntax, size: int) -> Image.Image:
        return Image.new("RGB", (1, 1))

    vars(stages).update(write_video=write_video, draw_scene=draw_scene)


def _timed(function: Callable[[], Any]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def _cpu_seconds() -> float:
    """Of this process and the encoders that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _memory() -> int:
    """Bytes that the process holds now and no file backs."""
    lines = STATUS.read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def report(costs: Costs) -> Iterator[str]:
    """The costs in lines, and what they mean for a million videos."""
    simulation, workers = costs.simulation, costs.workers
    size = f"{simulation.frames} x {simulation.side} x {simulation.side}"
    files = f"{size}, .{simulation.format}" if simulation.encode else "files are stand-ins"
    yield (
        f"{simulation.jobs:,} jobs, {simulation.engine} engine, {simulation.workers} workers, "
        f"{simulation.seconds:g} s a video on a device; {files}"
    )
    drawn = sum(work.drawn for work in workers)
    wall = max(work.wall_seconds for work in workers)
    yield f"drawn: {drawn:,} in {wall:.0f} s"
    whose = "" if simulation.engine == "local" else " of the driver"
    yield f"processor time a job{whose}: {1e3 * costs.cpu_seconds_per_job:.1f} ms"
    yield f"  planning another prompt: {1e3 * costs.plan_seconds:.1f} ms"
    yield f"jobs listed: {costs.list_seconds:.1f} s"
    yield f"first videos, after so much: {min(work.start_seconds for work in workers):.1f} s"
    yield f"scan of all records: {costs.scan_seconds:.1f} s"
    yield f"manifest: {costs.manifest_seconds:.1f} s, page: {costs.page_seconds:.1f} s"
    for tenth in (0, -1):
        held = [work.memory[tenth] / 2**20 for work in workers if work.memory]
        if held:
            at = "after a tenth" if tenth == 0 else "at the end"
            yield f"memory of a process {at}: {min(held):.0f} to {max(held):.0f} MiB"


def million(costs: Costs, devices: Sequence[int], seconds: Sequence[float]) -> Iterator[str]:
    """A table for people: hours that a million videos take, were `seconds` a video's time.

    The last column has the processor cores for each device that plan, encode and write beside it.
    """
    yield (
        "| s a video on a device | " + " | ".join(f"{d:,} devices" for d in devices) + " | cores |"
    )
    yield "| ---: |" + " ---: |" * (len(devices) + 1)
    cpu = costs.cpu_seconds_per_job + costs.plan_seconds
    for each in seconds:
        hours = [f"{MILLION * each / count / 3600:,.1f} h" for count in devices]
        yield f"| {each:g} | " + " | ".join(hours) + f" | {cpu / each:.2f} |"
