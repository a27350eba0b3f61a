"""`flowzero-jax check`: what is wrong with a plan, and a mended copy of it on request."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flowzero_jax.cli.jobs import CheckJob
from flowzero_jax.cli.report import Report, counted, one_line, table
from flowzero_jax.errors import InputError
from flowzero_jax.files import check_writable
from flowzero_jax.planner import Finding, penalty, repair, verify
from flowzero_jax.scene import read_scene, write_scene

FAULTY_EXIT_CODE = 2


def run(job: CheckJob, report: Report) -> int:
    """Checks a plan; returns the exit code: 2 if there is a hard finding (after the repair)."""
    if job.repair != (job.out is not None):
        raise InputError("check takes --repair together with --out mended.json, or neither")
    if job.out is not None:
        out = Path(job.out)
        if out.suffix.lower() != ".json":
            raise InputError(f"{out}: unknown ending; use .json")
        check_writable(out, [Path(job.plan)])
    scene = read_scene(job.plan)
    changes: tuple[str, ...] = ()
    if job.out is not None:
        scene, changes = repair(scene)
        write_scene(job.out, scene)
    findings = verify(scene)
    fields: dict[str, Any] = {"plan": job.plan, "penalty": penalty(findings)}
    fields["findings"] = [dataclasses.asdict(finding) for finding in findings]
    fields |= {"repaired": job.out, "changes": list(changes)} if job.repair else {}
    report.result(_text(job, findings, changes), **fields)
    return FAULTY_EXIT_CODE if any(f.severity == "hard" for f in findings) else 0


def _text(job: CheckJob, findings: Sequence[Finding], changes: Sequence[str]) -> str:
    """The findings as a table, after what was mended."""
    lines = [f"mended: {one_line(change)}" for change in changes]
    lines += _table(findings) if findings else []
    hard = sum(finding.severity == "hard" for finding in findings)
    count = f"{hard} hard and {len(findings) - hard} soft findings" if findings else "no findings"
    lines.append(f"{one_line(job.out or job.plan)}: {count}")
    if job.repair and not changes:
        lines[-1] += "; nothing could be mended"
    elif job.repair:
        lines[-1] += f"; {counted(len(changes), 'change')}"
    return "\n".join(lines)


def _table(findings: Sequence[Finding]) -> list[str]:
    rows = [("", "frame", "track", "what", "")]
    for f in findings:
        frame = "" if f.frame is None else str(f.frame)
        rows.append((f.severity, frame, f.object_id or "", f.kind, f.message))
    return list(map(one_line, table(rows)))
