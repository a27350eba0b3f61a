"""The engine of a Ray cluster: a renderer for each device in an actor of its own, plans as tasks.

Between the processes travel jobs, the store's address and what came of them; frames and parameters
stay where they are. A renderer that dies is started again and its batches are drawn anew.
"""

import contextlib
import logging
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any

import ray

from flowzero_jax.batch.groups import Batch
from flowzero_jax.batch.identity import Job
from flowzero_jax.batch.local import SLOTS
from flowzero_jax.batch.renderer import Facts, Renderer, Stopped
from flowzero_jax.batch.stages import PlanScene, Stages, Tally
from flowzero_jax.batch.store import open_store
from flowzero_jax.errors import DeviceError, FlowZeroError

RETRIES = 5
"""How often a batch is tried again whose renderer died meanwhile."""
OBJECT_STORE_BYTES = 100 << 20
JAX_PLATFORMS = "JAX_PLATFORMS"

# (the platform that it must run on) -> a renderer
MakeRenderer = Callable[[str], Renderer]
MakePlanner = Callable[[], PlanScene]


class RayEngine:
    """See `run.Engine`."""

    def __init__(
        self,
        address: str,
        make_renderer: MakeRenderer,
        make_planner: MakePlanner,
        planners: int,
        workers: int | None = None,
    ):
        """Starts the renderers on the cluster that is connected (`cluster`).

        Args:
          address: of the store.
          make_renderer, make_planner: run in the processes of the cluster.
          planners: plans that are made at a time, for each renderer.
          workers: how many renderers; None for one for each device.

        Raises: what making a renderer raises; DeviceError if there is no room for so many.
        """
        platform, devices, needs = _devices()
        self.workers = workers or devices
        if platform != "cpu" and self.workers > devices:
            raise DeviceError(f"--workers {self.workers}: the cluster has {devices} for {platform}")
        self.slots = SLOTS * self.workers
        self.planners = planners * self.workers
        environment = {name: os.environ[name] for name in (JAX_PLATFORMS,) if name in os.environ}
        actor = ray.remote(_Worker).options(
            num_cpus=0,
            max_restarts=-1,
            max_task_retries=RETRIES,
            max_concurrency=SLOTS + 2,
            scheduling_strategy="SPREAD",
            runtime_env={"env_vars": environment} if environment else None,
            **needs,
        )
        self._workers = [
            actor.remote(address, make_renderer, platform) for _ in range(self.workers)
        ]
        self._plan = ray.remote(_plan).options(max_retries=RETRIES)
        self._make_planner = make_planner
        self._address = address
        # Which renderer has a batch that is under way, and which batch that is.
        self._batches: dict[Any, tuple[int, Batch]] = {}
        facts = [_get(worker.facts.remote()) for worker in self._workers]
        self.facts: Facts = facts[0]
        if any(other != self.facts for other in facts):
            raise DeviceError("the renderers differ in model, settings or device; start them alike")

    def plan(self, job: Job) -> Any:
        return self._plan.remote(self._address, self._make_planner, job)

    def draw(self, batch: Batch) -> Any:
        load = Counter(worker for worker, _ in self._batches.values())
        worker = min(range(self.workers), key=lambda worker: load[worker])
        handle = self._workers[worker].draw.remote(batch)
        self._batches[handle] = (worker, batch)
        return handle

    def wait(self, handles: Sequence[Any], seconds: float) -> Collection[Any]:
        if not ray.wait(handles, timeout=seconds)[0]:
            return ()
        ended: list[Any] = ray.wait(handles, num_returns=len(handles), timeout=0)[0]
        return ended

    def result(self, handle: Any) -> Tally:
        _, batch = self._batches.pop(handle, (None, None))
        try:
            tally: Tally = _get(handle)
            return tally
        except ray.exceptions.RayError as error:
            if batch is None:
                raise DeviceError(f"a process of the cluster died: {_first_line(error)}") from error
            said = f"the process that drew it died {RETRIES + 1} times: {_first_line(error)}"
            return Stages(open_store(self._address)).fail(batch.jobs, DeviceError(said))

    def stop(self) -> None:
        for worker in self._workers:
            worker.stop.remote()


class _Worker:
    """A process with one renderer, which is made when it is first needed."""

    def __init__(self, address: str, make_renderer: MakeRenderer, platform: str):
        self._make = partial(make_renderer, platform)
        self._address = address
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._stages: Stages | None = None

    def facts(self) -> Facts:
        renderer = self._made().renderer
        assert renderer is not None
        return renderer.facts

    def draw(self, batch: Batch) -> Tally:
        return self._made().draw(batch)

    def stop(self) -> None:
        self._stopping.set()

    def _made(self) -> Stages:
        with self._lock:
            if self._stages is None:
                store = open_store(self._address)
                self._stages = Stages(store, self._make(), stop=self._stopping.is_set)
            return self._stages


def _plan(address: str, make_planner: MakePlanner, job: Job) -> Tally:
    return Stages(open_store(address), plan_scene=make_planner()).plan(job)


def _get(handle: Any) -> Any:
    """A result, or what was raised for it as it was raised."""
    try:
        return ray.get(handle)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, FlowZeroError | Stopped):
            raise error.cause from None
        raise


def _devices() -> tuple[str, int, dict[str, Any]]:
    """The platform to draw on, for how many renderers there is room, and what one of them needs."""
    asked = os.environ.get(JAX_PLATFORMS, "").partition(",")[0]
    asked = {"cuda": "gpu", "rocm": "gpu"}.get(asked, asked)
    resources = ray.cluster_resources()
    hosts = [node["Resources"].get("TPU", 0) for node in ray.nodes() if node["Alive"]]
    hosts = [chips for chips in hosts if chips]
    if asked == "tpu" or (not asked and hosts):
        return "tpu", len(hosts), {"resources": {"TPU": min(hosts, default=1)}}
    gpus = int(resources.get("GPU", 0))
    if asked == "gpu" or (not asked and gpus):
        return "gpu", gpus, {"num_gpus": 1}
    return "cpu", 1, {}


@contextlib.contextmanager
def cluster(address: str | None) -> Iterator[None]:
    """Within the block there is a connection to a cluster: one at an address, or one made here.

    Raises: DeviceError.
    """
    # Ray would end this process at a signal.
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    logging.getLogger("ray").setLevel(logging.ERROR)
    try:
        ray.init(
            address or "local",
            include_dashboard=None if address else False,
            object_store_memory=None if address else OBJECT_STORE_BYTES,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, RuntimeError, OSError, ValueError) as error:
        where = address or "started here"
        raise DeviceError(f"no Ray cluster {where}: {_first_line(error)}") from error
    if threading.current_thread() is threading.main_thread():
        for number, handler in handlers.items():
            signal.signal(number, handler)
    # Ray tells there that a process has died, and who reads stdout waits for a result.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            yield
        finally:
            ray.shutdown()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
