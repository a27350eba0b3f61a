"""Several processes, each with some of the devices: joining them, failing together, sharing text.

Process 0, the first, talks to the world: it plans, writes files and prints. Whatever only one
process does, or may fail to do, stands in a block `together`, so that all of them end when one
fails. A process that is killed is noticed after `HEARTBEAT_TIMEOUT` seconds at the latest,
and JAX then ends the others.
"""

import functools
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils

from flowzero_jax.errors import DeviceError, FlowZeroError, InputError
from flowzero_jax.sampler import SamplerState
from flowzero_jax.snapshot import Snapshot

START_TIMEOUT = 300
"""Seconds that the processes have to find each other."""
HEARTBEAT_TIMEOUT = 60
"""Seconds after which a process that is not heard of counts as dead."""
SHUTDOWN_TIMEOUT = 60
"""Seconds that a process waits at its end for the others."""

# The rest of what JAX finds out by itself on Cloud TPU, Slurm and Kubernetes.
ADDRESS, COUNT, INDEX = "JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID"
MESSAGE_BYTES = 500


class SharedError(FlowZeroError):
    """A failure of one process that all of them know of; there the cause is what it failed of."""

    def __init__(self, message: str, process: int, exit_code: int):
        super().__init__(message)
        self.process, self.exit_code = process, exit_code


def initialize(timeout: int = START_TIMEOUT) -> None:
    """Makes this process one of several; before JAX is used for anything else.

    On Cloud TPU, Slurm and Kubernetes JAX finds the others by itself. Elsewhere process 0's
    JAX_COORDINATOR_ADDRESS=HOST:PORT, JAX_NUM_PROCESSES and JAX_PROCESS_ID (from 0) tell.

    Raises:
      InputError: only some of the variables are set, or not to numbers.
      DeviceError: the others are not found in `timeout` seconds. This process cannot go on then.
    """
    arguments = _from_environment()
    # JAX would catch SIGTERM for itself, and the process live on.
    jax.config.update("jax_enable_preemption_service", False)
    # The processes speak with each other (by gRPC), never through a proxy to the world outside.
    os.environ["grpc_proxy"] = ""  # noqa: SIM112 (so it is spelt)
    jax.config.update("jax_check_proxy_envs", False)
    # At the end of its own time JAX aborts the process, and until then signals would wait.
    started: Future[None] = Future()
    joining = functools.partial(
        jax.distributed.initialize,
        **arguments,
        initialization_timeout=2 * timeout + HEARTBEAT_TIMEOUT,
        heartbeat_timeout_seconds=HEARTBEAT_TIMEOUT,
        shutdown_timeout_seconds=SHUTDOWN_TIMEOUT,
    )
    threading.Thread(target=_run, args=(joining, started), daemon=True).start()
    hint = (
        f"outside of Cloud TPU, Slurm and Kubernetes set {ADDRESS}=HOST:PORT, {COUNT} and {INDEX} "
        "for every process"
    )
    try:
        started.result(timeout)
    except TimeoutError:
        where = arguments.get("coordinator_address", "the address that the cluster gives")
        raise DeviceError(
            f"distributed: not all processes have met at {where} within {timeout} s; {hint}"
        ) from None
    except (ValueError, RuntimeError) as error:  # nothing found, or the port is taken
        said = str(error).strip().split("\n", 1)[0]
        raise DeviceError(f"distributed: {said}; {hint}") from error


def _run(work: Callable[[], None], ended: Future[None]) -> None:
    """Runs `work`, and tells who waits how it ended."""
    try:
        work()
        ended.set_result(None)
    except BaseException as error:
        ended.set_exception(error)


def _from_environment() -> dict:
    values: dict[str, Any] = {name: os.environ.get(name) for name in (ADDRESS, COUNT, INDEX)}
    if values[COUNT] is None and values[INDEX] is None:
        return {}
    for name, value in values.items():
        if not value or (name != ADDRESS and not value.isdecimal()):
            raise InputError(
                f"{name}: is {value!r}; set {ADDRESS}=HOST:PORT, {COUNT}=N and {INDEX}=0 … N-1"
            )
    return {
        "coordinator_address": values[ADDRESS],
        "num_processes": int(values[COUNT]),
        "process_id": int(values[INDEX]),
        "cluster_detection_method": "deactivate",
    }


def is_first() -> bool:
    """Whether this is process 0, or the only one."""
    return jax.process_index() == 0


@contextmanager
def together() -> Iterator[None]:
    """All processes run the block; if it fails in one, it fails in all.

    Raises: SharedError if it failed anywhere; a single process raises what the block does.
    """
    if jax.process_count() == 1:
        yield
        return
    failure = None
    try:
        yield
    except Exception as error:
        failure = error
    codes, messages = _gather_failures(failure)
    if codes.any():
        process = int(np.flatnonzero(codes)[0]) if failure is None else jax.process_index()
        raise SharedError(messages[process], process, int(codes[process])) from failure


def _gather_failures(failure: Exception | None) -> tuple[np.ndarray, list[str]]:
    """The exit code (0: no failure) and the message of every process."""
    code = 0 if failure is None else getattr(failure, "exit_code", 1)
    text = b"" if failure is None else str(failure).encode(errors="replace")[:MESSAGE_BYTES]
    row = np.frombuffer(bytes([code]) + text.ljust(MESSAGE_BYTES, b"\0"), np.uint8)
    rows = multihost_utils.process_allgather(row)
    messages = [bytes(r[1:]).rstrip(b"\0").decode(errors="ignore") for r in rows]
    return rows[:, 0], messages


def share_text(text: str) -> str:
    """The text of process 0, in all of them."""
    if jax.process_count() == 1:
        return text
    data = np.frombuffer(text.encode(), np.uint8)
    size = int(multihost_utils.broadcast_one_to_all(np.int32(data.size)))
    if not is_first():
        data = np.zeros(size, np.uint8)
    return bytes(multihost_utils.broadcast_one_to_all(data)).decode()


def check_same(what: str, text: str) -> None:
    """Raises SharedError unless `text` is the same in all processes; `what` names it."""
    if jax.process_count() == 1:
        return
    own = np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint8)
    digests = multihost_utils.process_allgather(own)
    with together():
        if (digests[0] != own).any():
            raise InputError(f"{what}: other than process 0's; start all processes alike")


class SharedSnapshot:
    """A `Snapshot` in process 0's file, of a video that all processes draw together."""

    def __init__(self, snapshot: Snapshot):
        self.snapshot = snapshot

    def read(self, like: SamplerState) -> tuple[int, SamplerState] | None:
        """As `Snapshot.read`, in every process; raises SharedError."""
        with together():
            found = self.snapshot.read(like) if is_first() else None
        nothing = (0, SamplerState._make(np.zeros(x.shape, x.dtype) for x in like))
        done, state = multihost_utils.broadcast_one_to_all(found or nothing)
        return (int(done), state) if done else None

    def write(self, done: int, state: SamplerState) -> None:
        """As `Snapshot.write`; raises SharedError."""
        with together():
            if is_first():
                self.snapshot.write(done, state)

    def remove(self) -> None:
        """As `Snapshot.remove`; raises SharedError."""
        with together():
            if is_first():
                self.snapshot.remove()
