"""One of the two processes of `test_processes.py`, with two simulated devices each.

    python one_of_two_processes.py SCENARIO FOLDER

runs one of the functions below and writes what it returns to FOLDER/INDEX.json.
"""

import dataclasses
import json
import sys
from pathlib import Path

import clips
import jax
import numpy as np
from paths import PIPELINE

from flowzero_jax.devices import processes
from flowzero_jax.devices.mesh import make_video_mesh
from flowzero_jax.devices.processes import SharedError, SharedSnapshot
from flowzero_jax.errors import InputError, PlannerError
from flowzero_jax.pipeline import load_pipeline
from flowzero_jax.sampler import SamplerState
from flowzero_jax.snapshot import Snapshot

SETTINGS = dataclasses.replace(
    clips.SETTINGS, num_steps=2, grounding_fraction=1.0, cross_frame="first_prev"
)
CLIP = clips.scene("a cat", frames=5)


def fail(error):
    raise error


def together(work):
    with processes.together():
        result = work()
    return result


def failure(function, *arguments):
    try:
        function(*arguments)
    except SharedError as error:
        cause = type(error.__cause__).__name__ if error.__cause__ else None
        return {
            "message": str(error),
            "process": error.process,
            "exit_code": error.exit_code,
            "cause": cause,
        }
    return None


def share(folder, index):
    """Texts, failures and a snapshot."""
    text = processes.share_text(f"ä plan of process {index} 🙂" * 1000)
    state = SamplerState(*np.arange(12, dtype=np.float32).reshape(2, 1, 2, 3) * (index + 1))
    snapshot = SharedSnapshot(Snapshot(folder / f"snapshot{index}", "this one"))
    other = SharedSnapshot(Snapshot(folder / f"snapshot{index}", "another"))
    before = snapshot.read(state)
    snapshot.write(3, state)
    done, found = snapshot.read(state)
    result = {
        "text": [text[:30], len(text), text[-1]],
        "planning": failure(together, lambda: None if index else fail(PlannerError("no plan"))),
        "loading": failure(together, lambda: fail(InputError("only here")) if index else None),
        "bug": failure(together, lambda: {}["é" * 2000]),
        "alike": failure(processes.check_same, "options", "the same"),
        "unlike": failure(processes.check_same, "options", f"of process {index}"),
        "together": together(lambda: index),
        "snapshot": [before, done, np.asarray(found).ravel().tolist()],
        "snapshots": sorted(path.name for path in folder.glob("snapshot*")),
        "other snapshot": failure(other.read, state),
    }
    snapshot.remove()
    return result | {"removed": not (folder / "snapshot0").exists()}


def draw(folder, index):
    """A clip over the frames of four devices, and two clips over two by two, one interrupted."""
    for shape in ((1, 4), (2, 2)):
        pipeline = load_pipeline(PIPELINE, mesh=make_video_mesh(*shape))
        frames = pipeline([CLIP, CLIP], seeds=[3, 4], settings=SETTINGS)
        np.save(folder / f"{shape[0]}x{shape[1]} {index}.npy", frames)
    settings = dataclasses.replace(SETTINGS, grounding_fraction=0.5)
    snapshot = folder / f"clip{index}.snapshot"
    try:
        stop = clips.stop_after(1)
        pipeline(CLIP, seed=3, settings=settings, snapshot=snapshot, progress=stop)
    except clips.Interrupted:
        pass
    kept = sorted(path.name for path in folder.glob("*.snapshot"))
    steps = []
    frames = pipeline(
        CLIP,
        seed=3,
        settings=settings,
        snapshot=snapshot,
        progress=lambda done, total: steps.append(done),
    )
    np.save(folder / f"resumed {index}.npy", frames)
    return {"devices": jax.device_count(), "kept": kept, "steps": steps}


if __name__ == "__main__":
    processes.initialize()
    scenario, folder = sys.argv[1], Path(sys.argv[2])
    index = jax.process_index()
    result = {"share": share, "draw": draw}[scenario](folder, index)
    with open(folder / f"{index}.json", "w", encoding="utf-8") as file:
        json.dump(result, file)
