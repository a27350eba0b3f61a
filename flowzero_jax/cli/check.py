"""`flowzero-jax check`: what is wrong with a plan, and a mended copy of it on request."""

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path

from flowzero_jax.cli.report import Report, counted, one_line
from flowzero_jax.errors import InputError
from flowzero_jax.files import check_writable
from flowzero_jax.planner import Finding, penalty, repair, verify
from flowzero_jax.scene import read_scene, write_scene

FAULTY_EXIT_CODE = 2


def run(args: argparse.Namespace, report: Report) -> int:
    """Checks a plan; returns the exit code: 2 if there is a hard finding (after the repair)."""
    if args.repair != (args.out is not None):
        raise InputError("check takes --repair together with --out mended.json, or neither")
    if args.repair:
        out = Path(args.out)
        if out.suffix.lower() != ".json":
            raise InputError(f"{out}: unknown ending; use .json")
        check_writable(out, [Path(args.plan)])
    scene = read_scene(args.plan)
    changes: tuple[str, ...] = ()
    if args.repair:
        scene, changes = repair(scene)
        write_scene(args.out, scene)
    findings = verify(scene)
    fields = {"repaired": args.out, "changes": list(changes)} if args.repair else {}
    report.result(
        _text(args, findings, changes),
        plan=args.plan,
        penalty=penalty(findings),
        findings=[dataclasses.asdict(finding) for finding in findings],
        **fields,
    )
    return FAULTY_EXIT_CODE if any(f.severity == "hard" for f in findings) else 0


def _text(args: argparse.Namespace, findings: Sequence[Finding], changes: Sequence[str]) -> str:
    """The findings as a table, after what was mended."""
    lines = [f"mended: {one_line(change)}" for change in changes]
    if findings:
        lines += _table(findings)
    hard = sum(finding.severity == "hard" for finding in findings)
    count = f"{hard} hard and {len(findings) - hard} soft findings" if findings else "no findings"
    lines.append(f"{one_line(args.out or args.plan)}: {count}")
    if args.repair and not changes:
        lines[-1] += "; nothing could be mended"
    elif args.repair:
        lines[-1] += f"; {counted(len(changes), 'change')}"
    return "\n".join(lines)


def _table(findings: Sequence[Finding]) -> list[str]:
    rows = [("", "frame", "track", "what", "")]
    for f in findings:
        frame = "" if f.frame is None else str(f.frame)
        rows.append((f.severity, frame, f.object_id or "", f.kind, f.message))
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    return [
        one_line("  ".join([*(row[k].ljust(widths[k]) for k in range(4)), row[4]]).rstrip())
        for row in rows
    ]
