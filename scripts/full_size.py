"""Writes Stable Diffusion 1.4 + GLIGEN with random weights, loads it and reports what that takes.

    python scripts/full_size.py --folder=/tmp/full_size --dtype=bfloat16 --run

It needs 2 (float32: 4) bytes of disk for each of 1,275,337,547 parameters and about as much memory;
with --run also one grounded step at 64x64 latents with guidance and one decoded 512x512 image.
"""

import sys
from pathlib import Path

from absl import app, flags

from flowzero_jax.errors import FlowZeroError
from flowzero_jax.evaluation.full_size import measure_loading, time_decode, time_step
from flowzero_jax.weights.random_checkpoint import write_random_checkpoint

_FOLDER = flags.DEFINE_string("folder", None, "where to write; kept", required=True)
_STORED = flags.DEFINE_enum(
    "stored", None, ["float32", "bfloat16", "float16"], "dtype in the files (that of --dtype)"
)
_DTYPE = flags.DEFINE_enum(
    "dtype", "float32", ["float32", "bfloat16", "float16"], "dtype of parameters and computation"
)
_SIDE = flags.DEFINE_integer("side", 64, "side of the latents, with --run")
_RUN = flags.DEFINE_bool("run", False, "also run a step and decode an image")


def main(arguments: list[str]) -> None:
    if arguments[1:]:
        raise app.UsageError(f"unknown argument: {arguments[1]}")
    try:
        if not Path(_FOLDER.value).exists():
            write_random_checkpoint(_FOLDER.value, _STORED.value or _DTYPE.value)
        pipeline, loading = measure_loading(_FOLDER.value, _DTYPE.value)
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
    if _RUN.value:
        side = _SIDE.value
        print(f"one grounded step with guidance, {side}x{side}: {time_step(pipeline, side):.2f} s")
        pixels = side * pipeline.models.autoencoder.config.factor
        print(f"one decoded image, {pixels}x{pixels}: {time_decode(pipeline, side):.2f} s")


if __name__ == "__main__":
    app.run(main)
