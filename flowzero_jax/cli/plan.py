"""`flowzero-jax plan`: one prompt to a plan file, or a file of prompts to one plan a line."""

import contextlib
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flowzero_jax.cli.jobs import PlanJob
from flowzero_jax.cli.report import Report, counted, error_fields
from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.files import atomic_path, check_writable, reason, write_texts
from flowzero_jax.planner import explain, plan, read_intent
from flowzero_jax.planner.choice import Planned, choose_planner, history_path
from flowzero_jax.planner.llm.history import history_json, history_tree
from flowzero_jax.scene import scene_file

PARTIAL_EXIT_CODE = 7


def run(job: PlanJob, report: Report) -> int:
    """Plans; returns the exit code: 7 if some of the prompts could not be planned."""
    if (job.prompt is None) == (job.prompts_file is None):
        raise InputError("plan takes either PROMPT or --prompts-file F")
    ending = ".json" if job.prompts_file is None else ".jsonl"
    out = Path(job.out)
    if out.suffix.lower() != ending:
        raise InputError(f"{out}: unknown ending; use {ending}")
    inputs = [] if job.prompts_file is None else [Path(job.prompts_file)]
    check_writable(out, inputs)
    if job.planner.llm is not None:
        check_writable(history_path(out), inputs)
    planner = choose_planner(job.planner, plan)
    if job.prompts_file is not None:
        return _plan_file(job, out, planner, report)
    assert job.prompt is not None
    planned = planner(job.prompt, job.frames)
    fields: dict[str, Any] = {}
    texts = {out: scene_file(out, planned.scene)}
    if planned.history is not None:
        texts[history_path(out)] = history_json(planned.history)
        kept = planned.history.best
        fields = {
            "history": str(history_path(out)),
            "rounds": len(planned.history.rounds),
            "confidence": kept.confidence,
            "hard_findings": kept.hard,
        }
    if job.planner.llm is not None:
        fields["planner"] = planned.planner
    else:
        _warn_of_unread(job.prompt)
    write_texts(texts)
    lines = explain(job.prompt) if job.explain else ()
    if job.explain:
        fields["explanation"] = lines
    text = "\n".join([f"{out}: {counted(job.frames, 'frame')}", *lines])
    report.result(text, plan=job.out, frames=job.frames, **fields)
    return 0


def _warn_of_unread(prompt: str) -> None:
    """Says which words of a prompt the rules did not understand."""
    if passed := dict.fromkeys(read_intent(prompt).passed):
        words = ", ".join(repr(word) for word in passed)
        hint = "a language model reads free English: --planner llm"
        warnings.warn(f"passed over: {words}; {hint}", stacklevel=2)


def _plan_file(
    job: PlanJob, out: Path, planner: Callable[[str, int], Planned], report: Report
) -> int:
    assert job.prompts_file is not None
    count = failures = 0
    with contextlib.ExitStack() as stack:
        plans = _open_lines(stack, out)
        histories = _open_lines(stack, history_path(out)) if job.planner.llm is not None else None
        for line in _lines(Path(job.prompts_file)):
            record, history = _plan_line(line, job.frames, planner)
            count += 1
            failures += "error" in record
            plans(record)
            if histories is not None:
                histories(history)
    failed = f", {failures} of them failed" if failures else ""
    fields = {"histories": str(history_path(out))} if job.planner.llm is not None else {}
    text = f"{out}: {counted(count, 'prompt')}{failed}"
    report.result(text, plans=job.out, prompts=count, failures=failures, **fields)
    return PARTIAL_EXIT_CODE if failures else 0


def _open_lines(stack: contextlib.ExitStack, path: Path) -> Callable[[Any], None]:
    """A file of JSON lines that appears when the stack ends; the function that adds one."""
    temporary = stack.enter_context(atomic_path(path))
    file = stack.enter_context(temporary.open("w", encoding="utf-8"))

    def add(record: Any) -> None:
        file.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")

    return add


def _plan_line(
    line: bytes, num_frames: int, planner: Callable[[str, int], Planned]
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A plan as a JSON object, or the prompt and why there is none; and its history, if any.

    Not even a mistake of ours ends a file of prompts.
    """
    text = line.decode("utf-8", errors="replace").strip()
    try:
        planned = planner(line.decode("utf-8").strip(), num_frames)
    except UnicodeDecodeError:
        error = InputError("not UTF-8 text; save the file as UTF-8")
        return {"prompt": text, "error": error_fields(error)}, None
    except Exception as error:  # also our own mistakes: the other prompts go on
        return {"prompt": text, "error": error_fields(error)}, None
    history = None if planned.history is None else history_tree(planned.history)
    return planned.scene.model_dump(mode="json"), history


def _lines(path: Path) -> Iterator[bytes]:
    """The file's lines, without a byte order mark."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file):
                yield line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line
    except OSError as error:
        raise OutputError(f"{path}: cannot be read: {reason(error)}") from error
