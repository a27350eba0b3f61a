"""`flowzero-jax plan`: one prompt to a plan file, or a file of prompts to one plan a line."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flowzero_jax.cli.report import Report, counted
from flowzero_jax.errors import FlowZeroError, InputError, OutputError
from flowzero_jax.files import atomic_path, check_writable, reason
from flowzero_jax.planner import plan
from flowzero_jax.scene import write_scene

PARTIAL_EXIT_CODE = 7


def run(args: argparse.Namespace, report: Report) -> int:
    """Plans; returns the exit code: 7 if some of the prompts could not be planned."""
    if (args.prompt is None) == (args.prompts_file is None):
        raise InputError("plan takes either PROMPT or --prompts-file F")
    ending = ".json" if args.prompts_file is None else ".jsonl"
    out = Path(args.out)
    if out.suffix.lower() != ending:
        raise InputError(f"{out}: unknown ending; use {ending}")
    if args.prompts_file is not None:
        return _plan_file(Path(args.prompts_file), out, args, report)
    check_writable(out)
    scene = plan(args.prompt, num_frames=args.frames)
    write_scene(out, scene)
    report.result(f"{out}: {counted(args.frames, 'frame')}", plan=args.out, frames=args.frames)
    return 0


def _plan_file(prompts: Path, out: Path, args: argparse.Namespace, report: Report) -> int:
    check_writable(out, [prompts])
    count = failures = 0
    with atomic_path(out) as temporary, temporary.open("w", encoding="utf-8") as file:
        for line in _lines(prompts):
            record = _plan_line(line, args.frames)
            count += 1
            failures += "error" in record
            file.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")
    failed = f", {failures} of them failed" if failures else ""
    report.result(
        f"{out}: {counted(count, 'prompt')}{failed}",
        plans=args.out,
        prompts=count,
        failures=failures,
    )
    return PARTIAL_EXIT_CODE if failures else 0


def _plan_line(line: bytes, num_frames: int) -> dict[str, Any]:
    """A plan as a JSON object, or the prompt and why there is none."""
    text = line.decode("utf-8", errors="replace").strip()
    try:
        prompt = line.decode("utf-8").strip()
        return plan(prompt, num_frames=num_frames).model_dump(mode="json")
    except FlowZeroError as error:
        return _failure(text, type(error).__name__, str(error), error.exit_code)
    except UnicodeDecodeError:
        message = "not UTF-8 text; save the file as UTF-8"
        return _failure(text, InputError.__name__, message, InputError.exit_code)


def _failure(prompt: str, kind: str, message: str, exit_code: int) -> dict[str, Any]:
    error = {"type": kind, "message": message, "exit_code": exit_code}
    return {"prompt": prompt, "error": error}


def _lines(path: Path) -> Iterator[bytes]:
    """The file's lines, without a byte order mark."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file):
                yield line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line
    except OSError as error:
        raise OutputError(f"{path}: cannot be read: {reason(error)}") from error
