"""Runs a batch whose renderers draw nothing, and tells what it costs besides drawing.

    python scripts/simulate_batch.py --folder=/tmp/simulated --jobs=100000 --workers=8

A job leaves five small files. The table of a million videos takes the seconds of a video from
--seconds_per_video: they are assumed, not measured.
"""

import dataclasses
import json
import sys
from pathlib import Path

from absl import app, flags

from flowzero_jax.errors import FlowZeroError
from flowzero_jax.lab.speed.batch_simulation import Simulation, million, report, simulate

flags.DEFINE_string("folder", None, "where to write; a new one, kept", required=True)
flags.DEFINE_integer("jobs", 100_000, "so many", lower_bound=1)
flags.DEFINE_integer("workers", 8, "processes, or Ray's renderers", lower_bound=1)
flags.DEFINE_enum("engine", "local", ["local", "ray"], "local with shards, or one driver of Ray")
flags.DEFINE_float("seconds", 0.0, "that a renderer waits for each video", lower_bound=0)
flags.DEFINE_bool("encode", False, "encode videos and pictures instead of stand-ins")
flags.DEFINE_integer("frames", 1, "of a video", lower_bound=1)
flags.DEFINE_integer("side", 16, "of a frame, in pixels", lower_bound=16)
flags.DEFINE_string("format", "gif", "ending of the videos")
flags.DEFINE_list("devices", ["8", "64", "512"], "of the table: their numbers")
flags.DEFINE_list("seconds_per_video", ["1", "3", "10"], "of the table: on one device")
flags.DEFINE_string("json", None, "file for what was measured")


def main(arguments: list[str]) -> None:
    if arguments[1:]:
        raise app.UsageError(f"unknown argument: {arguments[1]}")
    given = flags.FLAGS.flag_values_dict()
    names = {field.name for field in dataclasses.fields(Simulation)} & given.keys()
    try:
        costs = simulate(Simulation(**{name: given[name] for name in names}))
    except FlowZeroError as error:
        print(f"simulate_batch: error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    print("\n".join(report(costs)))
    if given["engine"] == "local":  # A driver's time says nothing of what its workers need.
        devices, seconds = map(int, given["devices"]), map(float, given["seconds_per_video"])
        print("\n".join(["", *million(costs, list(devices), list(seconds))]))
    if given["json"]:
        Path(given["json"]).write_text(json.dumps(dataclasses.asdict(costs), indent=2) + "\n")


if __name__ == "__main__":
    app.run(main)
