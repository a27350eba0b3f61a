"""What a check of a scene found: one remark each, in words that a person or a model can act on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["hard", "soft"]
Kind = Literal[
    # geometry
    "outside-frame", "tiny-box", "thin-box", "huge-box", "wrong-convention", "overlap",
    "size-jump", "teleport", "rough-track", "gap",
    # identity
    "identity-change", "duplicate-track",
    # what the prompt asks for
    "missing-object", "wrong-count", "wrong-attribute", "still-track", "wrong-direction",
    "wrong-path", "wrong-order", "wrong-size-change", "wrong-visibility", "missing-change",
    "wrong-relation", "wrong-region", "wrong-background-motion", "wrong-description",
]  # fmt: skip
HARD_WEIGHT = 1000.0


@dataclass(frozen=True)
class Finding:
    """One remark about a scene; about a frame and a track, if they are named.

    `severity`: "hard": the plan contradicts its prompt or makes no sense; "soft": it is unlikely.
    """

    kind: Kind
    severity: Severity
    message: str  # one line: what is wrong, where and by how much
    frame: int | None = None
    object_id: str | None = None
    amount: float = 0.0  # in the unit that the message names


def severity_of(hard: object) -> Severity:
    """ "hard" if so, else "soft"."""
    return "hard" if hard else "soft"


def penalty(findings: Iterable[Finding]) -> float:
    """How bad a scene is: 0 if nothing was found; lower is better.

    A hard finding counts as `HARD_WEIGHT`, more than all the soft ones together ever do.
    """
    findings = list(findings)
    hard = sum(finding.severity == "hard" for finding in findings)
    soft = len(findings) - hard
    return HARD_WEIGHT * hard + HARD_WEIGHT * soft / (soft + 20.0)
