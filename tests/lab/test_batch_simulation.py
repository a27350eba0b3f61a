"""The simulation of a batch: everything but drawing happens, and is counted."""

import dataclasses
from pathlib import Path

import pytest

from flowzero_jax.batch.manifest import read_manifest
from flowzero_jax.batch.store import open_store
from flowzero_jax.lab.speed.batch_simulation import PROMPTS, Simulation, million, report, simulate

JOBS = len(PROMPTS) + 8


@pytest.fixture(scope="module")
def costs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulation") / "batch"
    return simulate(Simulation(str(folder), jobs=JOBS, workers=2))


def test_all_jobs_are_done_once_among_the_workers(costs):
    assert sum(work.drawn for work in costs.workers) == JOBS
    assert min(work.drawn for work in costs.workers) > 0
    records = list(read_manifest(open_store(costs.simulation.folder)))
    assert len({record["id"] for record in records}) == JOBS
    assert {record["status"] for record in records} == {"done"}


def test_only_what_is_to_be_encoded_is(costs, tmp_path):
    encoded = simulate(Simulation(str(tmp_path / "batch"), jobs=2, workers=1, encode=True))
    for simulated, beginning in ((costs, b"video"), (encoded, b"GIF89a")):
        videos = (Path(simulated.simulation.folder) / "videos").iterdir()
        assert {path.read_bytes()[: len(beginning)] for path in videos} == {beginning}


def test_what_is_counted_is_told(costs):
    lines = list(report(costs))
    assert lines[0].startswith(f"{JOBS} jobs, local engine, 2 workers, ")
    assert lines[1].startswith(f"drawn: {JOBS} in ")
    assert costs.cpu_seconds_per_job > 0


def test_a_million_videos_take_their_seconds_divided_among_the_devices(costs):
    # 0.5 s of a processor for each job: half a core beside a device that takes 1 s.
    work = dataclasses.replace(costs.workers[0], cpu_seconds=JOBS * 0.5)
    known = dataclasses.replace(costs, workers=(work,), plan_seconds=0.0)
    *_, one, ten = million(known, [100, 1000], [1, 10])
    assert one == "| 1 | 2.8 h | 0.3 h | 0.50 |"
    assert ten == "| 10 | 27.8 h | 2.8 h | 0.05 |"
