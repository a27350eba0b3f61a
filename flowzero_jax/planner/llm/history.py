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
    """One round; round 0 is the first plan.

    Attributes:
      scene: The plan, of key frames where there are more frames; None if none came.
      findings: What the check found in it.
      penalty: The findings as one number; lower is better. None without a scene.
      confidence: How sure the model was of it, 0 to 1, if it said so.
      critique: What the model said about the plan before it.
      calls: Requests that were sent.
      question_tokens, reply_tokens: What they took.
      seconds: How long the round took.
      notes: What went wrong or was unusual on the way.
      changes: What was changed in the plan when it was read.
    """

    scene: SceneSyntax | None
    findings: tuple[Finding, ...] = ()
    penalty: float | None = None
    confidence: float | None = None
    critique: str = ""
    calls: int = 0
    question_tokens: int = 0
    reply_tokens: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    @property
    def hard(self) -> int:
        """The number of findings that must not be."""
        return sum(finding.severity == "hard" for finding in self.findings)


@dataclass(frozen=True)
class History:
    """How a plan came about.

    Attributes:
      prompt: The user's.
      num_frames: Of the plan, which may be more than a round's scene has.
      planner: "llm".
      url, model: Whom it was asked from.
      kept: The number of the round whose plan was kept.
      ended: Why it ended: "confident", "rounds", "repeated" or "failed".
      rounds: All rounds in order.
    """

    prompt: str
    num_frames: int
    planner: str
    url: str | None
    model: str | None
    kept: int
    ended: str
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
        rounds = tuple(
            _round(entry, f"{path}: rounds[{n}]") for n, entry in enumerate(tree["rounds"])
        )
        history = History(**{**tree, "rounds": rounds})
        if not rounds or not 0 <= history.kept < len(rounds) or history.best.scene is None:
            raise ValueError("no round was kept")
        return history
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(f"{path}: not a planning history; give a .history.json file") from None


def _round(tree: dict[str, Any], where: str) -> Round:
    tree = dict(tree)
    tree.pop("round", None)
    scene = tree["scene"]
    findings = tuple(Finding(**finding) for finding in tree["findings"])
    confidence = tree["confidence"]
    if confidence is not None and type(confidence) not in (int, float):
        raise ValueError("confidence")
    return Round(
        **{
            **tree,
            "scene": None if scene is None else parse_scene(json.dumps(scene), f"{where}.scene"),
            "findings": findings,
            "critique": str(tree["critique"]),
            "notes": tuple(map(str, tree["notes"])),
            "changes": tuple(map(str, tree["changes"])),
        }
    )
