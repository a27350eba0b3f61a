"""Mends what can be mended in a scene without asking: boxes, never what the prompt says.

Each mending is kept only if the checks like the scene no less afterwards; what a phrase, an id or a
description says is never touched.
"""

from collections.abc import Callable, Iterator

from flowzero_jax.planner.checks import mends
from flowzero_jax.planner.checks.faults import find_faults
from flowzero_jax.planner.checks.findings import Finding, penalty
from flowzero_jax.planner.checks.matching import Case, make_case
from flowzero_jax.planner.checks.mends import Tracks
from flowzero_jax.planner.intent import Intent
from flowzero_jax.scene import SceneSyntax

_ROUNDS = 8
Mender = Callable[[Case, tuple[Finding, ...]], Iterator[tuple[str, Tracks]]]
_MENDERS: tuple[Mender, ...] = (
    mends.convert_convention,
    mends.fill_gaps,
    mends.straighten_outliers,
    mends.restore_sizes,
    mends.enlarge_tiny,
    mends.smooth,
    mends.separate,
)


def repair_boxes(scene: SceneSyntax, intent: Intent) -> tuple[SceneSyntax, tuple[str, ...]]:
    """Mends a scene that should show an intent; see `planning.repair`."""
    said: list[str] = []
    for _ in range(_ROUNDS):
        before = len(said)
        for mender in _MENDERS:
            scene = _mend(scene, intent, mender, said)
        if len(said) == before:
            break
    return scene, tuple(said)


def _mend(scene: SceneSyntax, intent: Intent, mender: Mender, said: list[str]) -> SceneSyntax:
    """Applies one mender as long as it helps."""
    findings = find_faults(scene, intent)
    if not findings:
        return scene
    for sentence, tracks in mender(make_case(scene, intent), findings):
        try:
            mended = mends.with_tracks(scene, tracks)
        except ValueError:  # a box too thin to be mended
            continue
        after = find_faults(mended, intent)
        if penalty(after) < penalty(findings):
            said.append(sentence)
            return _mend(mended, intent, mender, said)
    return scene
