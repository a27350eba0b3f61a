"""From a prompt to a scene, without JAX.

prompt ─► words (`text`) ─► draft (`clauses` and what it calls) ─► intent (`assemble`, `intent`)
       ─► units with tracks (`placing`, `paths`) ─► scene (`rules`, `captions`)
scene  ─► findings (`verify`, `checks`) ─► mended scene (`repair`)

`plan` is the planner without a language model; `read_intent` tells what a prompt asks for, which
`verify` compares the scene of any planner with.
"""

from flowzero_jax.planner.assemble import read_intent
from flowzero_jax.planner.findings import Finding, penalty
from flowzero_jax.planner.repair import repair
from flowzero_jax.planner.rules import plan
from flowzero_jax.planner.verify import verify

__all__ = ["Finding", "penalty", "plan", "read_intent", "repair", "verify"]
