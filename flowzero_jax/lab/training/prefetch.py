"""Batches made ahead by worker processes, in order, each a pure function of its step."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import Any


def prefetch(
    make_batch: Callable[[int], Any], start: int, stop: int, workers: int, ahead: int = 4
) -> Iterator[Any]:
    """Yields `make_batch(step)` for `start ≤ step < stop`.

    `make_batch` must be picklable and depend on nothing but the step, so that a resumed run sees
    the same batches. Worker processes are spawned and inherit no JAX state. With 0 workers the
    batches are made in this process.
    """
    if workers == 0:
        yield from map(make_batch, range(start, stop))
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        pending: deque[Future] = deque()
        upcoming = iter(range(start, stop))
        try:
            for _ in range(start, stop):
                for step in islice(upcoming, workers * ahead - len(pending)):
                    pending.append(pool.submit(make_batch, step))
                yield pending.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
