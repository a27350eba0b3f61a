"""Records as a table for people: a row for each quantity, a column for each workload."""

import math
from collections.abc import Callable
from typing import Any

Record = dict[str, Any]

_PREFIXES = ("", "k", "M", "G", "T", "P")


def table(records: list[Record]) -> str:
    """The table's lines, with what all columns share above them; records are of one run."""
    first = records[0]
    peak = max(record["peak_flops_per_s"] for record in records)
    header = (
        f"{first['device']}, {first['dtype']}, attention {first['attention']}, "
        f"{first['rounds']} rounds, peak {_scaled(peak, 'FLOP/s')} in a matrix product"
    )
    rows = [("", [record["workload"] for record in records])]
    for label, show in _ROWS:
        cells = [_cell(show, record) for record in records]
        if any(cells):
            rows.append((label, cells))
    labels = max(len(label) for label, _ in rows)
    widths = [max(len(cells[i]) for _, cells in rows) for i in range(len(records))]
    lines = [
        "  ".join([label.ljust(labels), *(c.rjust(w) for c, w in zip(cells, widths, strict=True))])
        for label, cells in rows
    ]
    return "\n".join([header, *(line.rstrip() for line in lines)])


def _cell(show: Callable[[Record], str], record: Record) -> str:
    """Empty where a record lacks what is to be shown."""
    try:
        return show(record)
    except KeyError:
        return ""


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{1e3 * value:.3g} ms"


def _spread(values: dict[str, float]) -> str:
    return f"{_seconds(values['min'])} to {_seconds(values['max'])}"


def _ratio(values: dict[str, float]) -> str:
    return f"{values['median']:.2f} ({values['min']:.2f} to {values['max']:.2f})"


def _scaled(value: float | None, unit: str) -> str:
    """With a prefix that leaves one to three digits before the point."""
    if value is None:
        return ""
    exponent = min(max(int(math.log10(max(value, 1.0))) // 3, 0), len(_PREFIXES) - 1)
    return f"{value / 1000**exponent:.4g} {_PREFIXES[exponent]}{unit}"


def _program_bytes(memory: dict[str, Any]) -> int:
    return sum(memory[f"{name}_bytes"] for name in ("argument", "output", "temporary"))


_ROWS: tuple[tuple[str, Callable[[Record], str]], ...] = (
    ("composed of single steps", lambda r: "yes" if r["composed"] else ""),
    ("time", lambda r: _seconds(r["seconds"])),
    ("  from, to", lambda r: _spread(r["spread"])),
    ("compile time", lambda r: _seconds(r["compile_seconds"])),
    ("time per frame", lambda r: _seconds(r["seconds"] / r["frames"])),
    ("time per step", lambda r: _seconds(r["step_seconds"])),
    ("decode time", lambda r: _seconds(r["decode_seconds"])),
    ("videos per hour", lambda r: f"{r['videos_per_hour']:.3g}"),
    ("work", lambda r: _scaled(r["flops"], "FLOP")),
    ("speed", lambda r: _scaled(r["flops"] / r["seconds"], "FLOP/s")),
    ("share of the peak", lambda r: f"{r['share_of_peak']:.1%}"),
    ("program's memory", lambda r: _scaled(_program_bytes(r["memory"]), "B")),
    ("  of it temporary", lambda r: _scaled(r["memory"]["temporary_bytes"], "B")),
    ("peak of the device", lambda r: _peak(r, "device")),
    ("peak of the process", lambda r: _peak(r, "process")),
    ("naive", lambda r: _seconds(r["naive_seconds"])),
    ("  times ours", lambda r: _ratio(r["naive_ratio"])),
    ("  its latents differ by", lambda r: f"{r['naive_difference']:.1e} of the largest"),
    ("  its images differ by", lambda r: f"{r['naive_grey_levels']} grey levels"),
    ("PyTorch", lambda r: _seconds(r["torch_seconds"])),
    ("  times ours", lambda r: _ratio(r["torch_ratio"])),
)


def _peak(record: Record, of: str) -> str:
    memory = record["memory"]
    return _scaled(memory["peak_bytes"], "B") if memory["peak_of"] == of else ""
