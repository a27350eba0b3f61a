"""Checks a scene of any planner: does it make sense, and is it what its prompt asks for?

Only what contradicts the prompt, or a scene's own sense, is a hard finding; what the prompt leaves
open is never one.
"""

from flowzero_jax.planner.checks.findings import Finding
from flowzero_jax.planner.checks.geometry import check_boxes, check_continuity
from flowzero_jax.planner.checks.looks import check_attributes, check_changes, check_identity
from flowzero_jax.planner.checks.matching import make_case
from flowzero_jax.planner.checks.movement import check_movement, check_sizes
from flowzero_jax.planner.checks.overlaps import check_overlaps
from flowzero_jax.planner.checks.presence import check_counts, check_visibility
from flowzero_jax.planner.checks.relations import check_regions, check_relations
from flowzero_jax.planner.checks.surroundings import (
    check_background,
    check_descriptions,
    check_mentions,
)
from flowzero_jax.planner.intent import Intent
from flowzero_jax.scene import SceneSyntax

_CHECKS = (
    check_boxes, check_continuity, check_overlaps, check_identity, check_counts, check_attributes,
    check_changes, check_visibility, check_movement, check_sizes, check_relations, check_regions,
    check_background, check_descriptions, check_mentions,
)  # fmt: skip


def find_faults(scene: SceneSyntax, intent: Intent) -> tuple[Finding, ...]:
    """All that is wrong with a scene that should show an intent, hard findings first."""
    case = make_case(scene, intent)
    found = [finding for check in _CHECKS for finding in check(case)]
    return tuple(sorted(found, key=lambda finding: finding.severity != "hard"))
