"""The options of `batch` that no other command has."""

import argparse
import re

from flowzero_jax.cli import values
from flowzero_jax.video.formats import endings

DEFAULT_VIDEOS = 4
MAX_WORKERS = 4096
MAX_SHARDS = 100_000
FORMATS = [ending.removeprefix(".") for ending in endings()]
JOBS = (
    ".jsonl, .csv (fields: prompt or plan, id, seed or seeds, and the settings below, with "
    "underscores) or .txt (a prompt a line)"
)


def add_batch(parser: argparse.ArgumentParser) -> None:
    """Adds them."""
    path, choice, integer = values.non_empty, values.choice, values.integer
    add = parser.add_argument
    add("jobs", metavar="JOBS", nargs="?", type=path, help=JOBS)
    add("--out-dir", metavar="DIR", type=path, help="a folder, gs://… or s3://…")
    add("--manifest", metavar="DIR", type=path, help="only write DIR/manifest.jsonl and its page")
    help = "also put finished videos into WebDataset shards, DIR/pack/shard-….tar"
    add("--pack", action="store_true", help=help)
    help = f"of the videos: {', '.join(FORMATS)} (default mp4)"
    add("--format", metavar="ENDING", type=choice(*FORMATS), default="mp4", help=help)
    help = f"videos that are drawn together (default {DEFAULT_VIDEOS})"
    videos = integer(1, values.MAX_BATCH)
    add("--batch", metavar="N", type=videos, default=DEFAULT_VIDEOS, help=help)

    add = parser.add_argument_group("drawn already").add_argument
    add("--retry-failed", action="store_true", help="try jobs again that failed")
    add("--overwrite", action="store_true", help="draw all jobs anew")
    add("--verify", action="store_true", help="of done jobs, read the files, not only their sizes")
    help = "end after so many failed jobs (default: go on)"
    add("--max-failures", metavar="N", type=integer(1, 10**9), help=help)

    add = parser.add_argument_group("where").add_argument
    help = "local: this process (the default); ray: one renderer for each device of a cluster"
    add("--engine", metavar="NAME", type=choice("local", "ray"), default="local", help=help)
    help = "renderers of --engine ray (default: one for each device)"
    add("--workers", metavar="N", type=integer(1, MAX_WORKERS), help=help)
    help = "a running Ray cluster (default: one that is started here)"
    add("--ray-address", metavar="ADDRESS", type=path, help=help)
    help = "only part I (from 0) of N of the jobs; the others are drawn elsewhere"
    add("--shard", metavar="I/N", type=values.argument(shard), default=(0, 1), help=help)


def shard(text: str) -> tuple[int, int]:
    """A parser of I/N; raises ValueError."""
    match = re.fullmatch("([0-9]{1,6})/([0-9]{1,6})", text)
    if match and int(match[1]) < int(match[2]) <= MAX_SHARDS:
        return int(match[1]), int(match[2])
    raise ValueError(f"{text!r} is not I/N, as in 0/3, 1/3 and 2/3")
