"""From a prompt to a scene, without JAX.

prompt ─► words (`text`) ─► draft (`clauses` and what it calls) ─► intent (`assemble`, `intent`)
       ─► units with tracks (`placing`, `paths`) ─► scene (`rules`, `captions`)

`plan` is the planner without a language model; `read_intent` tells what a prompt asks for, which a
check of any scene can be compared with.
"""

from flowzero_jax.planner.assemble import read_intent
from flowzero_jax.planner.rules import plan

__all__ = ["plan", "read_intent"]
