"""The engine of one process: planning, drawing and writing in threads, one batch on the device."""

import threading
from collections.abc import Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from flowzero_jax.batch.groups import Batch
from flowzero_jax.batch.identity import Job
from flowzero_jax.batch.renderer import Renderer
from flowzero_jax.batch.stages import PlanScene, Stages, Tally
from flowzero_jax.batch.store import Store

SLOTS = 4
"""Batches under way: one is drawn, others read their plans or write their files."""


class LocalEngine:
    """See `run.Engine`."""

    def __init__(self, store: Store, renderer: Renderer, plan_scene: PlanScene, planners: int):
        self._stopping = threading.Event()
        self._stages = Stages(store, renderer, plan_scene, self._stopping.is_set)
        self.facts = renderer.facts
        self.workers = 1
        self.slots = SLOTS
        self.planners = planners
        self._planning = ThreadPoolExecutor(planners, "plan")
        self._drawing = ThreadPoolExecutor(SLOTS, "draw")

    def plan(self, job: Job) -> Future[Tally]:
        return self._planning.submit(self._stages.plan, job)

    def draw(self, batch: Batch) -> Future[Tally]:
        return self._drawing.submit(self._stages.draw, batch)

    def wait(self, handles: Sequence[Future[Tally]], seconds: float) -> Collection[Future[Tally]]:
        return wait(handles, seconds, FIRST_COMPLETED).done

    def result(self, handle: Future[Tally]) -> Tally:
        return handle.result()

    def stop(self) -> None:
        self._stopping.set()
        self._planning.shutdown(wait=False, cancel_futures=True)
