"""A batch on a local Ray cluster around the stand-in: python ray_driver.py JOBS OUT PIDS WORKERS.

Every renderer leaves its process id in PIDS; what came of the batch is printed as JSON.
"""

import json
import os
import sys
from functools import partial
from pathlib import Path

from stand_in import StandIn, batch

from flowzero_jax.batch.planning import open_planner
from flowzero_jax.batch.ray_engine import RayEngine, cluster
from flowzero_jax.planner.choice import PlannerChoice


def make(pids, platform):
    assert platform == "cpu"
    Path(pids, str(os.getpid())).touch()
    return StandIn(seconds=0.2)


def main(jobs, out, pids, workers):
    with cluster(None):
        planner = partial(open_planner, PlannerChoice())
        engine = RayEngine(out, partial(make, pids), planner, 2, int(workers))
        done = batch(Path(jobs), out, engine=engine)
    counts = {"done": done.tally.done, "failed": done.tally.failed}
    print(json.dumps(counts | {"before": done.remaining.done, "slots": engine.slots}))


if __name__ == "__main__":
    main(*sys.argv[1:])
