"""A stand-in for the model: frames of noise that scene and seed decide, after a sleep."""

import hashlib
import json
import time
from types import SimpleNamespace

import numpy as np

from flowzero_jax.batch.identity import resolve_all
from flowzero_jax.batch.jobs import check_jobs, read_jobs
from flowzero_jax.batch.local import LocalEngine
from flowzero_jax.batch.manifest import Remaining, write_jobs
from flowzero_jax.batch.planning import OncePerPrompt
from flowzero_jax.batch.renderer import Facts, Stopped
from flowzero_jax.batch.run import Run
from flowzero_jax.batch.store import open_store
from flowzero_jax.planner import plan
from flowzero_jax.scene import scene_json
from flowzero_jax.settings import GenerationSettings

SETTINGS = GenerationSettings(height=16, width=24, num_steps=3)
PLANNER = {"planner": "rules"}


class StandIn:
    """`draw` gives what it is asked for, unless a description says otherwise."""

    compile_seconds = 0.0

    def __init__(self, seconds=0.0, sha256="ab" * 32):
        self.seconds = seconds
        self.calls = []
        self.facts = Facts(
            settings=SETTINGS,
            fps=4,
            factor=2,
            model={"source": "stand-in", "name": "stand-in", "sha256": sha256},
            device={"platform": "cpu", "kind": "cpu"},
            compute={"dtype": "float32", "attention": "auto", "steps_per_call": 10},
        )

    def draw(self, scenes, seeds, settings, negative_prompt, snapshot, stop):
        self.calls.append((list(scenes), list(seeds)))
        for _ in range(settings.num_steps):
            time.sleep(self.seconds / settings.num_steps)
            if stop():
                raise Stopped
        return np.stack([self.video(*pair, settings) for pair in zip(scenes, seeds, strict=True)])

    def video(self, scene, seed, settings):
        if "explodes" in scene.prompt:
            raise ZeroDivisionError("a bomb")
        text = f"{scene_json(scene)} {seed}"
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        shape = (len(scene.frames), settings.height, settings.width, 3)
        return np.random.default_rng(number).integers(0, 256, shape, np.uint8)


def batch(
    path,
    address,
    renderer=None,
    *,
    videos=4,
    planner=plan,
    format="webp",
    stopping=lambda: False,
    max_failures=None,
    store=None,
    engine=None,
    frames=2,
    **again,
):
    """Runs the jobs of a file as the command does; what came of it."""
    renderer = renderer or StandIn()
    store = store or open_store(str(address))
    defaults = {"frames": frames}
    check_jobs(path, defaults)
    store.prepare()
    engine = engine or LocalEngine(store, renderer, OncePerPrompt(planner), 2)
    lines = read_jobs(path, defaults)
    number = write_jobs(store, resolve_all(path, lines, engine.facts, format, PLANNER))
    remaining = Remaining(store, **again)
    run = Run(engine, videos, max_failures, stopping)
    tally = run(iter(remaining), lambda tally: None)
    return SimpleNamespace(
        store=store, renderer=renderer, number=number, remaining=remaining, tally=tally, run=run
    )


def prompts(path, count, first=0):
    """A .jsonl file of that many different jobs."""
    lines = [
        {"prompt": "a red ball rolls to the right on a beach", "seed": first + k, "id": f"ball {k}"}
        for k in range(count)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def files(folder, *without):
    """Bytes by relative path of all that a run leaves, but its summary, and the page, whose title
    is the folder's name."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name not in ("summary.json", "index.html")
        and path.parent.name not in without
    }
