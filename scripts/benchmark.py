"""Measures speed and memory of named workloads, and compares them with other ways to compute them.

    python scripts/benchmark.py --workload=step-64 --compare=naive,torch --torch_python=PYTHON

Weights are random unless --model is given. PYTHON has torch and diffusers; leave the rest idle.
"""

import dataclasses
import sys
from pathlib import Path
from typing import get_args

from absl import app, flags

from flowzero_jax.devices.cache import disable_compilation_cache
from flowzero_jax.errors import FlowZeroError, InputError
from flowzero_jax.lab.speed.options import Options
from flowzero_jax.lab.speed.run import run_benchmark
from flowzero_jax.lab.speed.workloads import WORKLOADS, select
from flowzero_jax.settings import DTYPES, AttentionMethod

flags.DEFINE_multi_string("workload", [], f"some of {', '.join(WORKLOADS)}")
flags.DEFINE_enum("dtype", "float32", list(DTYPES), "of all networks")
flags.DEFINE_enum("attention", "auto", list(get_args(AttentionMethod)), "its method")
flags.DEFINE_integer("rounds", 3, "how often everything is timed")
flags.DEFINE_bool("composed", False, "time single steps and frames, and add up")
flags.DEFINE_string("model", None, "a checkpoint instead of random weights")
flags.DEFINE_list("compare", [], "naive, torch, or both")
flags.DEFINE_string("torch_python", None, "an interpreter with torch and diffusers")
flags.DEFINE_float("torch_time_limit", 3600, "seconds to wait for each of its answers")
flags.DEFINE_string("json", None, "file for the records")
flags.DEFINE_string("plot", None, "PNG file for a picture; needs matplotlib")


def main(arguments: list[str]) -> None:
    given = flags.FLAGS.flag_values_dict()
    try:
        if arguments[1:]:
            raise InputError(f"unknown argument: {arguments[1]}")
        script = Path(__file__).with_name("benchmark_torch.py")
        names = {field.name for field in dataclasses.fields(Options)} & given.keys()
        options = Options(**{name: given[name] for name in names}, torch_script=script)
        disable_compilation_cache()  # Compile times are to be those of compiling.
        run_benchmark(select(given["workload"]), options, given["json"], given["plot"])
    except FlowZeroError as error:
        _fail(error)


def _parse(arguments: list[str]) -> list[str]:
    try:
        return flags.FLAGS(arguments)
    except flags.Error as error:
        return _fail(InputError(error))


def _fail(error: FlowZeroError) -> None:
    print(f"benchmark: error: {error}", file=sys.stderr)
    sys.exit(error.exit_code)


if __name__ == "__main__":
    app.run(main, flags_parser=_parse)
