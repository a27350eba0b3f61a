"""The record of a job, written last: with it the job is done, or has failed.

The record of a done job holds no times, hosts or counters: whoever draws it writes the same bytes.
"""

import dataclasses
import hashlib
import json
from typing import Any, Literal

from flowzero_jax.batch.store import PICTURES, PLANS, RECORDS, VIDEOS, Store
from flowzero_jax.errors import OutputError

BUG_EXIT_CODE = 1


@dataclasses.dataclass(frozen=True)
class Failure:
    """Why a job has no video: the error's class, what it says, and the exit code that it means."""

    type: str
    message: str
    exit_code: int

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """An error as a record tells it; one that nobody expected is an internal one."""
        message = " ".join(str(error).split())
        code = getattr(error, "exit_code", BUG_EXIT_CODE)
        if code == BUG_EXIT_CODE:
            message = f"internal error: {message}"
        return cls(type(error).__name__, message, code)


@dataclasses.dataclass(frozen=True)
class Record:
    """What records/<id>.json says. File names are relative to the batch's folder.

    Attributes:
      id, label, prompt, seed, settings, fps: those of the job.
      status: whether there is a video.
      plan: "file", "sha256"; empty if nothing could be planned.
      video: "file", "bytes", "sha256", "frames", "height", "width"; empty if it failed.
      pictures: "poster" and "plan"; empty if it failed.
      model, device: those of `renderer.Facts`; empty if it failed before it came to them.
      versions: of what decides the video's bytes.
      shape: what was compiled for it, in words.
      error: a `Failure` as a dict; None if it is done.
    """

    id: str
    label: str | None
    status: Literal["done", "failed"]
    prompt: str
    seed: int
    settings: dict[str, Any]
    fps: float
    plan: dict[str, str]
    video: dict[str, Any]
    pictures: dict[str, str]
    model: dict[str, str]
    device: dict[str, str]
    versions: dict[str, str]
    shape: str
    error: dict[str, Any] | None = None


def plan_name(id: str) -> str:
    return f"{PLANS}/{id}.json"


def video_name(id: str, format: str) -> str:
    return f"{VIDEOS}/{id}.{format}"


def poster_name(id: str) -> str:
    return f"{PICTURES}/{id}.jpg"


def plan_picture_name(id: str) -> str:
    return f"{PICTURES}/{id}.plan.png"


def record_name(id: str) -> str:
    return f"{RECORDS}/{id}.json"


def write_record(store: Store, record: Record) -> None:
    """Makes a job done, or failed: its other files are there."""
    tree = dataclasses.asdict(record)
    if record.error is None:
        del tree["error"]
    text = json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False)
    store.put_bytes(record_name(record.id), text.encode() + b"\n")


def read_record(store: Store, id: str) -> Record | None:
    """A job's record; None if there is none, or nothing that a batch has written."""
    data = store.find(record_name(id))
    if data is None:
        return None
    try:
        record = Record(**json.loads(data))
    except (ValueError, TypeError):
        return None
    return record if record.id == id and record.status in ("done", "failed") else None


def is_done(store: Store, record: Record, verify: bool = False) -> bool:
    """Whether the files of a record are there with their sizes, to `verify` with their bytes."""
    if record.status != "done":
        return False
    try:
        if store.size(record.video["file"]) != record.video["bytes"]:
            return False
        if not verify:
            return store.size(record.plan["file"]) is not None
        files = (record.video, record.plan)
        return all(digest(store.find(file["file"]) or b"") == file["sha256"] for file in files)
    except (KeyError, OutputError):
        return False


def digest(data: bytes) -> str:
    """SHA-256 as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
