"""Records as a picture: how fast the compared ways are, and how near the device's peak we come."""

from pathlib import Path

from flowzero_jax.errors import InputError
from flowzero_jax.files import atomic_path
from flowzero_jax.lab.speed.table import Record

LABELS = {"naive": "naive", "torch": "PyTorch"}


def check_matplotlib() -> None:
    """Raises InputError, before any work, if it is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise InputError(
            'plot: matplotlib is not installed; pip install "flowzero_jax[plot]"'
        ) from None


def write_plot(path: Path, records: list[Record]) -> None:
    """Writes a PNG; raises OutputError."""
    from matplotlib.figure import Figure

    names = [record["workload"] for record in records]
    figure = Figure(figsize=(9, 1.5 + 0.6 * len(names)), layout="constrained")
    ratios, shares = figure.subplots(1, 2, sharey=True)
    height = 0.8 / len(LABELS)
    for number, (key, label) in enumerate(LABELS.items()):
        rows = [i for i, record in enumerate(records) if f"{key}_ratio" in record]
        if not rows:
            continue
        found = [records[i][f"{key}_ratio"] for i in rows]
        medians = [ratio["median"] for ratio in found]
        below = [ratio["median"] - ratio["min"] for ratio in found]
        above = [ratio["max"] - ratio["median"] for ratio in found]
        places = [i + (number - 0.5) * height for i in rows]
        ratios.barh(places, medians, height, xerr=[below, above], capsize=3, label=label)
    ratios.axvline(1, color="black", linewidth=1)
    ratios.set_xlabel("time as a multiple of ours (median, min to max)")
    if ratios.containers:
        ratios.legend()
    shares.barh(range(len(names)), [100 * record["share_of_peak"] for record in records], 0.6)
    shares.set_xlabel("ours, % of the measured peak")
    ratios.set_yticks(range(len(names)), names)
    ratios.invert_yaxis()
    figure.suptitle(f"{records[0]['device']}, {records[0]['dtype']}")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
