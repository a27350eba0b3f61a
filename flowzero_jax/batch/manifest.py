"""jobs.jsonl, the list of a batch's jobs, and manifest.jsonl, what has become of each of them."""

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flowzero_jax.batch.identity import Job
from flowzero_jax.batch.records import is_done, read_record
from flowzero_jax.batch.store import RECORDS, Store
from flowzero_jax.errors import OutputError

JOBS, MANIFEST = "jobs.jsonl", "manifest.jsonl"
CHUNK = 1000


def write_jobs(store: Store, jobs: Iterable[Job]) -> int:
    """Writes jobs.jsonl, an identical job once; returns how many there are.

    Raises: as what `jobs` comes from; OutputError.
    """
    count = 0

    def write(path: Path) -> None:
        nonlocal count
        seen: set[bytes] = set()
        with path.open("w", encoding="utf-8") as file:
            for job in jobs:
                if (key := bytes.fromhex(job.id)) not in seen:
                    seen.add(key)
                    file.write(job.json() + "\n")
        count = len(seen)

    store.put(JOBS, write)
    return count


def stored_jobs(store: Store) -> Iterator[Job]:
    """The jobs of jobs.jsonl; raises OutputError."""
    with store.open(JOBS) as file:
        for line in file:
            yield Job.from_json(line)


def write_manifest(store: Store) -> dict[str, int]:
    """Writes manifest.jsonl from the records, in the order of the jobs; returns counts by status.

    Raises: OutputError.
    """
    counts = {"done": 0, "failed": 0, "missing": 0}

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8") as file:
            for row in _rows(store):
                counts[row["status"]] += 1
                file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")

    store.put(MANIFEST, write)
    return counts


def read_manifest(store: Store) -> Iterator[dict[str, Any]]:
    """The lines of manifest.jsonl: of each job its record, or what stands for a missing one.

    Raises: OutputError if it is not there, or damaged.
    """
    with store.open(MANIFEST) as file:
        for number, line in enumerate(file, 1):
            try:
                yield json.loads(line)
            except ValueError as error:
                said = f"{store.address}/{MANIFEST}: line {number} is damaged"
                raise OutputError(f"{said}; make it anew with --manifest") from error


def _rows(store: Store) -> Iterator[dict[str, Any]]:
    def row(job: Job) -> dict[str, Any]:
        record = read_record(store, job.id)
        if record is None:
            text = {"prompt": job.text}
            return {"id": job.id, "label": job.label, "status": "missing", **text}
        tree = asdict(record) | {"label": job.label}
        if record.error is None:
            del tree["error"]
        return tree

    jobs = stored_jobs(store)
    while chunk := list(itertools.islice(jobs, CHUNK)):
        yield from store.each(row, chunk)


def count_records(store: Store) -> int:
    """How many jobs have a record, be it damaged. Raises OutputError."""
    return sum(1 for _ in store.names(RECORDS))


def recorded_ids(store: Store) -> set[bytes]:
    """The ids of all jobs that have a record, be it damaged."""
    found = set()
    for name in store.names(RECORDS):
        id, _, ending = name.partition(".")
        if ending == "json" and len(id) == 32:
            try:
                found.add(bytes.fromhex(id))
            except ValueError:
                continue
    return found


class Remaining:
    """The jobs that are to be drawn: those of a part of all that are not done.

    Attributes:
      done, failed: jobs that were so before, and are passed over.
    """

    def __init__(
        self,
        store: Store,
        shard: tuple[int, int] = (0, 1),
        retry_failed: bool = False,
        overwrite: bool = False,
        verify: bool = False,
    ):
        self.done = self.failed = 0
        self._store = store
        self._shard = shard
        self._retry_failed = retry_failed
        self._overwrite = overwrite
        self._verify = verify

    def __iter__(self) -> Iterator[Job]:
        """Raises: OutputError."""
        recorded = set() if self._overwrite else recorded_ids(self._store)
        jobs = self.of_shard()
        while chunk := list(itertools.islice(jobs, CHUNK)):
            known = [job for job in chunk if bytes.fromhex(job.id) in recorded]
            states = dict(
                zip((job.id for job in known), self._store.each(self._state, known), strict=True)
            )
            for job in chunk:
                state = states.get(job.id, "missing")
                if state == "done":
                    self.done += 1
                elif state == "failed" and not self._retry_failed:
                    self.failed += 1
                else:
                    yield job

    @property
    def passed(self) -> int:
        """Jobs that were passed over so far."""
        return self.done + self.failed

    def of_shard(self) -> Iterator[Job]:
        """All jobs of the part, done ones too. Raises: OutputError."""
        return (job for job in stored_jobs(self._store) if job.is_in(*self._shard))

    def _state(self, job: Job) -> str:
        record = read_record(self._store, job.id)
        if record is None:
            return "missing"
        if record.status == "failed":
            return "failed"
        return "done" if is_done(self._store, record, self._verify) else "missing"
