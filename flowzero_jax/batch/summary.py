"""summary.json: what one run has done, how fast, and how busy it kept the devices."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from flowzero_jax.batch.stages import Tally
from flowzero_jax.batch.store import Store


@dataclass(frozen=True)
class Summary:
    """What summary.json says, of one run (a shard's is summary.I-of-N.json).

    Attributes:
      jobs: all of jobs.jsonl.
      shard: "I/N".
      drawn, failed: in this run.
      done_before, failed_before: passed over, for they have a record.
      ended_early: whether jobs were left that were not tried.
      engine, workers: "local" or "ray", and how many renderers.
      videos_per_batch: drawn together.
      seconds: "total" of the run without loading; "plan", "draw" and "write" of all renderers
        together; "compile", which is a part of "draw".
      videos_per_hour: of this run.
      busy: the part of the time between the first and the last batch, compiling left out, in which
        the devices worked; None if nothing was drawn.
      model, device: as in the records.
    """

    jobs: int
    shard: str
    drawn: int
    failed: int
    done_before: int
    failed_before: int
    ended_early: bool
    engine: str
    workers: int
    videos_per_batch: int
    seconds: dict[str, float]
    videos_per_hour: float
    busy: float | None
    model: dict[str, str]
    device: dict[str, str]


def busy_share(tally: Tally, workers: int) -> float | None:
    """See `Summary.busy`."""
    if tally.first is None or tally.last is None:
        return None
    compiling = tally.seconds["compile"]
    span = (tally.last - tally.first) * workers - compiling
    return min((tally.seconds["draw"] - compiling) / span, 1.0) if span > 0 else None


def write_summary(store: Store, summary: Summary) -> str:
    """Writes it; returns the file's name. Raises OutputError."""
    shard, shards = summary.shard.split("/")
    name = "summary.json" if shards == "1" else f"summary.{shard}-of-{shards}.json"
    tree: dict[str, Any] = asdict(summary)
    store.put_bytes(name, json.dumps(tree, indent=2, allow_nan=False).encode() + b"\n")
    return name
