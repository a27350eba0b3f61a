"""Writes Stable Diffusion 1.4 + GLIGEN with random weights, loads it and reports what that takes.

    python scripts/full_size.py --folder=/tmp/full_size --dtype=bfloat16

It needs 2 (float32: 4) bytes of disk for each of 1,275,337,547 parameters and about as much memory.
What it then computes, and how fast: scripts/benchmark.py --workload=step-64,decode-512.
"""

import sys
from pathlib import Path

from absl import app, flags

from flowzero_jax.errors import FlowZeroError
from flowzero_jax.lab.speed.full_size import measure_loading
from flowzero_jax.lab.speed.random_checkpoint import write_random_checkpoint
from flowzero_jax.settings import DTYPES

_FOLDER = flags.DEFINE_string("folder", None, "where to write; kept", required=True)
_STORED = flags.DEFINE_enum("stored", None, list(DTYPES), "dtype in the files (that of --dtype)")
_DTYPE = flags.DEFINE_enum("dtype", "float32", list(DTYPES), "dtype of parameters and computation")


def main(arguments: list[str]) -> None:
    if arguments[1:]:
        raise app.UsageError(f"unknown argument: {arguments[1]}")
    try:
        if not Path(_FOLDER.value).exists():
            write_random_checkpoint(_FOLDER.value, _STORED.value or _DTYPE.value)
        loading = measure_loading(_FOLDER.value, _DTYPE.value)
    except FlowZeroError as error:
        print(f"full_size: error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    for name, count in loading.num_parameters.items():
        print(f"{name}: {count:,} parameters")
    print(
        f"loaded in {loading.seconds:.1f} s; anonymous memory at most "
        f"{loading.peak_anonymous_bytes:,} bytes for {loading.parameter_bytes:,} bytes of "
        f"parameters: {loading.ratio:.3f}"
    )


if __name__ == "__main__":
    app.run(main)
