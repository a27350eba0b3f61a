"""Jobs to batches: those of one compiled shape together, a fixed number of videos in each."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from typing import TypeVar

from flowzero_jax.batch.identity import Job

MAX_WAITING = 64
"""Batches' worth of jobs that wait for others of their shape, at most."""
T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Batch:
    """Jobs that are drawn together; the videos beyond them are copies of the last, and dropped."""

    jobs: tuple[Job, ...]
    videos: int

    @property
    def key(self) -> str:
        """A name for these jobs in this order."""
        ids = " ".join(job.id for job in self.jobs)
        return hashlib.sha256(f"{self.videos} {ids}".encode()).hexdigest()[:32]

    def padded(self, items: Sequence[T]) -> list[T]:
        """One item for each job → one for each video."""
        return [*items, *[items[-1]] * (self.videos - len(items))]


class Groups:
    """Collects jobs until there are enough of a shape; holds a bounded number of them."""

    def __init__(self, videos: int):
        self.videos = videos
        self.waiting = 0
        self._groups: dict[str, list[Job]] = {}

    def add(self, job: Job) -> list[Batch]:
        """The batches that are full with this job, or must not wait any longer."""
        # Everything but its texts and seed that `Pipeline.draw` takes once for a batch.
        shape = json.dumps(job.settings, sort_keys=True)
        group = self._groups.setdefault(shape, [])
        group.append(job)
        self.waiting += 1
        if len(group) == self.videos:
            return [self._take(shape)]
        if self.waiting > MAX_WAITING * self.videos:
            return [self._take(next(iter(self._groups)))]
        return []

    def flush(self) -> list[Batch]:
        """What is left."""
        return [self._take(shape) for shape in list(self._groups)]

    def _take(self, shape: str) -> Batch:
        jobs = self._groups.pop(shape)
        self.waiting -= len(jobs)
        return Batch(tuple(jobs), self.videos)
