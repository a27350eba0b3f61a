"""What happened while a plan was made: every round, written beside the plan and read again."""

import json
import os
from dataclasses import asdict, dataclass
from typing import Any

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.files import reason
from flowzero_jax.planner.checks.findings import Finding
from flowzero_jax.scene import SceneSyntax, parse_scene

VERSION = 1
MAX_BYTES = 2**26


@dataclass(frozen=True)
class Round:
    """One round, and the requests, tokens and time that it took; round 0 is the first plan."""

    scene: SceneSyntax | None  # the plan; None if none came
    findings: tuple[Finding, ...] = ()  # what the check found in it
    penalty: float | None = None  # the findings as one number; lower is better
    confidence: float | None = None  # how sure the model was of it, 0 to 1, if it said so
    critique: str = ""  # what the model said about the plan before it
    calls: int = 0
    question_tokens: int = 0
    reply_tokens: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()  # what went wrong or was unusual on the way
    changes: tuple[str, ...] = ()  # in the plan, when it was read

    @property
    def hard(self) -> int:
        """The number of findings that must not be."""
        return sum(finding.severity == "hard" for finding in self.findings)


@dataclass(frozen=True)
class History:
    """How a plan came about."""

    prompt: str  # the user's
    num_frames: int
    planner: str  # "llm"
    url: str | None  # whom it was asked from
    model: str | None
    kept: int  # the number of the round whose plan was kept
    ended: str  # why: "confident", "rounds", "repeated" or "failed"
    rounds: tuple[Round, ...]

    @property
    def best(self) -> Round:
        """The round whose plan was kept."""
        return self.rounds[self.kept]


def history_tree(history: History) -> dict[str, Any]:
    """The history as JSON values."""
    rounds = []
    for number, entry in enumerate(history.rounds):
        scene = None if entry.scene is None else entry.scene.model_dump(mode="json")
        findings = [asdict(finding) for finding in entry.findings]
        rounds.append({"round": number, **vars(entry), "scene": scene, "findings": findings})
    return {"version": VERSION, **vars(history), "rounds": rounds}


def history_json(history: History) -> str:
    """What is to stand in a history file."""
    return json.dumps(history_tree(history), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_history(path: str | os.PathLike[str]) -> History:
    """Reads a history file.

    Raises: OutputError if it cannot be read, InputError if it holds no history.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES)
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot be read: {reason(error)}") from None
    try:
        tree = json.loads(data)
        if tree.pop("version") != VERSION:
            raise ValueError("another version")
        places = (f"{path}: rounds[{number}]" for number in range(len(tree["rounds"])))
        history = History(**{**tree, "rounds": tuple(map(_round, tree["rounds"], places))})
        if not 0 <= history.kept < len(history.rounds) or history.best.scene is None:
            raise ValueError("no round was kept")
        return history
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(f"{path}: not a planning history; give a .history.json file") from None


def _round(tree: dict[str, Any], where: str) -> Round:
    tree.pop("round", None)
    tree["findings"] = tuple(Finding(**finding) for finding in tree["findings"])
    if tree["confidence"] is not None and type(tree["confidence"]) not in (int, float):
        raise ValueError("confidence")
    if tree["scene"] is not None:
        tree["scene"] = parse_scene(json.dumps(tree["scene"]), f"{where}.scene")
    tree["critique"] = str(tree["critique"])
    for name in ("notes", "changes"):
        tree[name] = tuple(map(str, tree[name]))
    return Round(**tree)
