"""The benchmark from names to table, JSON file and picture."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from flowzero_jax.files import check_writable, write_text
from flowzero_jax.lab.speed.measurement import measure
from flowzero_jax.lab.speed.options import Options
from flowzero_jax.lab.speed.plot import check_matplotlib, write_plot
from flowzero_jax.lab.speed.records import make_record
from flowzero_jax.lab.speed.table import Record, table
from flowzero_jax.lab.speed.workloads import Workload


def run_benchmark(
    workloads: Iterable[Workload],
    options: Options,
    json_file: str | Path | None = None,
    plot_file: str | Path | None = None,
) -> list[Record]:
    """Measures the workloads one by one and prints the table; what is being done, to stderr.

    The JSON file, a list of records, is written anew after each workload: a later one may fail.

    Raises:
        InputError, ModelError, DeviceError: as `measure`.
        OutputError: a file cannot be written.
    """
    for path in (json_file, plot_file):
        if path is not None:
            check_writable(Path(path))
    if plot_file is not None:
        check_matplotlib()
    records = []
    for workload in workloads:
        records.append(make_record(measure(workload, options, _say)))
        if json_file is not None:
            write_text(Path(json_file), json.dumps(records, indent=2, allow_nan=False) + "\n")
    print(table(records))
    if plot_file is not None:
        write_plot(Path(plot_file), records)
    return records


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
