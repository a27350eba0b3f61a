"""From a prompt to a scene, without JAX.

prompt ─► `english` (reads) ─► `intent` ─► `boxes` (lays out) ─► scene
scene + intent ─► `checks` ─► findings, mended boxes
prompt ─► `llm` (asks a language model, checks, refines) ─► scene

`words` are the word lists that all of them share; `planning` has the doors.
"""

from flowzero_jax.planner.checks.findings import Finding, penalty
from flowzero_jax.planner.english.assemble import read_intent
from flowzero_jax.planner.english.explanation import explain
from flowzero_jax.planner.planning import plan, repair, verify

__all__ = ["Finding", "explain", "penalty", "plan", "read_intent", "repair", "verify"]
