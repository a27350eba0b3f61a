"""A batch as it lies in a folder when it has ended, made without any model."""

import hashlib
import json
from pathlib import Path

from flowzero_jax.batch.store import Store, open_store

SETTINGS = {"height": 64, "width": 64, "num_steps": 2, "guidance_scale": 7.5, "negative_prompt": ""}
PICTURES = {"poster": "jpg", "plan": "plan.png"}


def job_id(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


def done(number: int, **changed) -> dict:
    """The record of a finished job, as if its files were those that `write_files` writes."""
    name = job_id(number)
    video, plan = f"videos/{name}.mp4", f"plans/{name}.json"
    record = {
        "id": name,
        "label": None,
        "status": "done",
        "prompt": f"a cat number {number}",
        "seed": number,
        "settings": SETTINGS,
        "fps": 4.0,
        "plan": {"file": plan, "sha256": hashlib.sha256(content(plan)).hexdigest()},
        "video": {
            "file": video,
            "bytes": len(content(video)),
            "sha256": hashlib.sha256(content(video)).hexdigest(),
            "frames": 4,
            "height": 64,
            "width": 64,
        },
        "pictures": {kind: f"pictures/{name}.{ending}" for kind, ending in PICTURES.items()},
    }
    return record | changed


def failed(number: int, message: str = "prompt: nothing to draw; name a thing") -> dict:
    record = {name: done(number)[name] for name in ("id", "label", "prompt", "seed", "settings")}
    error = {"type": "PlannerError", "message": message, "exit_code": 3}
    nothing = {"plan": {}, "video": {}, "pictures": {}}
    return record | nothing | {"status": "failed", "fps": 4.0, "error": error}


def missing(number: int) -> dict:
    record = {name: done(number)[name] for name in ("id", "label", "prompt")}
    return record | {"status": "missing"}


def content(name: str) -> bytes:
    """What stands in for the bytes of a file."""
    return json.dumps({"file": name}).encode() * 50


def write_manifest(folder: Path, records) -> None:
    lines = (json.dumps(record) + "\n" for record in records)
    (folder / "manifest.jsonl").write_text("".join(lines))


def write_files(folder: Path, records) -> None:
    for record in records:
        for kind in ("plan", "video") if record["status"] == "done" else ():
            path = folder / record[kind]["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content(record[kind]["file"]))


def store_of(folder: Path) -> Store:
    """The store of a folder, ready to be written to."""
    store = open_store(str(folder))
    store.prepare()
    return store
