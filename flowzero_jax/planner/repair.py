"""Mends what can be mended in a scene without asking: boxes, never what the prompt says.

Each mending is kept only if the checks like the scene no less afterwards; what a phrase, an id or a
description says is never touched.
"""

from collections.abc import Callable, Iterator

from flowzero_jax.planner import mending
from flowzero_jax.planner.checks.matching import Case, make_case
from flowzero_jax.planner.findings import Finding, penalty
from flowzero_jax.planner.mending import Tracks
from flowzero_jax.planner.verify import verify
from flowzero_jax.scene import SceneSyntax

_ROUNDS = 8
Mender = Callable[[Case, tuple[Finding, ...]], Iterator[tuple[str, Tracks]]]
_MENDERS: tuple[Mender, ...] = (
    mending.convert_convention,
    mending.fill_gaps,
    mending.straighten_outliers,
    mending.restore_sizes,
    mending.enlarge_tiny,
    mending.smooth,
    mending.separate,
)


def repair(scene: SceneSyntax) -> tuple[SceneSyntax, tuple[str, ...]]:
    """Mends a scene; a second repair finds nothing more to do.

    Returns the scene and one sentence for every change, none if it is as good as it was.
    """
    said: list[str] = []
    for _ in range(_ROUNDS):
        before = len(said)
        for mender in _MENDERS:
            scene = _mend(scene, mender, said)
        if len(said) == before:
            break
    return scene, tuple(said)


def _mend(scene: SceneSyntax, mender: Mender, said: list[str]) -> SceneSyntax:
    """Applies one mender as long as it helps."""
    findings = verify(scene)
    if not findings:
        return scene
    for sentence, tracks in mender(make_case(scene), findings):
        try:
            mended = mending.with_tracks(scene, tracks)
        except ValueError:  # a box too thin to be mended
            continue
        after = verify(mended)
        if penalty(after) < penalty(findings):
            said.append(sentence)
            return _mend(mended, mender, said)
    return scene
