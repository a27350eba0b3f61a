"""A run: jobs go to an engine, as many as are wanted ahead of the device, and outcomes come back.

Which processes draw is the engine's affair. At any time a bounded number of jobs is in memory.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Protocol

from flowzero_jax.batch.groups import Batch, Groups
from flowzero_jax.batch.identity import Job
from flowzero_jax.batch.renderer import Facts, Stopped
from flowzero_jax.batch.stages import Tally as Tally

TICK = 0.5
"""Seconds between two looks for signals and at the clock, at most."""
Handle = Any


class Engine(Protocol):
    """Runs the stages somewhere. A handle stands for a call that was begun; it can be hashed.

    Attributes:
      facts: of its renderers, which are all alike.
      workers: how many renderers there are.
      slots: batches that may be under way together.
      planners: jobs that may be planned together.
    """

    facts: Facts
    workers: int
    slots: int
    planners: int

    def plan(self, job: Job) -> Handle:
        """Begins `Stages.plan`."""

    def draw(self, batch: Batch) -> Handle:
        """Begins `Stages.draw`."""

    def wait(self, handles: Sequence[Handle], seconds: float) -> Collection[Handle]:
        """Those that have ended, as soon as there is one, or after so many seconds."""

    def result(self, handle: Handle) -> Tally:
        """Of a call that has ended; raises what it raised."""

    def stop(self) -> None:
        """Tells the renderers to end soon: `draw` raises Stopped, with a snapshot left."""


class Run:
    """The jobs of one run on their way through an engine."""

    def __init__(
        self,
        engine: Engine,
        videos: int,
        max_failures: int | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ):
        """`videos` are drawn together; after `max_failures`, or once `stopping`, it ends early."""
        self.engine = engine
        self.tally = Tally()
        self._max_failures = max_failures
        self._stopping = stopping
        self._groups = Groups(videos)
        self._ready: deque[Batch] = deque()
        # Jobs in their order, until they are planned: batches are the same in every run.
        self._order: deque[tuple[Handle, Job]] = deque()
        self._planned: dict[Handle, Tally] = {}
        self._planning: set[Handle] = set()
        self._drawing: set[Handle] = set()
        self._fatal: Exception | None = None
        # Enough that every renderer finds a batch planned when it is free.
        self._ahead = engine.planners + videos * engine.slots

    def __call__(self, jobs: Iterator[Job], progress: Callable[[Tally], None]) -> Tally:
        """Takes all jobs through; what is under way when it ends early is brought to an end.

        Raises: what ends a run: DeviceError, ModelError, OutputError.
        """
        told = False
        while True:
            if not self.ends_early:
                self._begin(jobs)
            if self.ends_early and not told:
                self.engine.stop()
                told = True
            waiting = [*self._drawing] if told else [*self._planning, *self._drawing]
            if not waiting:
                break
            for handle in self.engine.wait(waiting, TICK):
                self._end(handle)
            progress(self.tally)
        if self._fatal is not None:
            raise self._fatal
        return self.tally

    @property
    def ends_early(self) -> bool:
        """Whether jobs may be left that were not even tried."""
        many = self._max_failures is not None and self.tally.failed >= self._max_failures
        return many or self._fatal is not None or self._stopping()

    def _begin(self, jobs: Iterator[Job]) -> None:
        """Keeps planners and renderers busy; if there is nothing left to do, it begins nothing."""
        while len(self._planning) < self.engine.planners and self._has_room():
            try:
                job = next(jobs, None)
            except Exception as error:
                self._fatal = error
                return
            if job is None:
                break
            handle = self.engine.plan(job)
            self._planning.add(handle)
            self._order.append((handle, job))
        if not self._order and self._has_room():
            self._ready += self._groups.flush()
        while self._ready and len(self._drawing) < self.engine.slots:
            self._drawing.add(self.engine.draw(self._ready.popleft()))

    def _has_room(self) -> bool:
        planned = sum(len(batch.jobs) for batch in self._ready)
        return planned + len(self._order) < self._ahead

    def _end(self, handle: Handle) -> None:
        planned = handle in self._planning
        self._planning.discard(handle)
        self._drawing.discard(handle)
        try:
            tally = self.engine.result(handle)
        except Stopped:
            return
        except Exception as error:
            self._fatal = self._fatal or error
            return
        self.tally.add(tally)
        if planned:
            self._planned[handle] = tally
        while self._order and self._order[0][0] in self._planned:
            first, job = self._order.popleft()
            if not self._planned.pop(first).failed:
                self._ready += self._groups.add(job)
