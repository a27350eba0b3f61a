"""From a prompt to a scene, without JAX."""

from flowzero_jax.planner.rules import plan

__all__ = ["plan"]
