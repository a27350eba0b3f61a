"""What is to be loaded, and how it is to compute. No JAX: it is said long before."""

import dataclasses
from typing import Any

from flowzero_jax.settings import STEPS_PER_CALL, ComputeSettings
from flowzero_jax.weights.source import Source


@dataclasses.dataclass(frozen=True, eq=False)
class ModelRequest:
    """A model, and how it is to compute.

    Attributes:
      source: where it comes from.
      changes: the generation settings that the user set; the others are the checkpoint's.
      compute: dtype, attention and mesh, "auto" included.
      steps_per_call: denoising steps between two looks of the host, at most.
      cache_dir: where compiled programs are kept; None for the usual place.
      no_cache: whether they are kept at all.
    """

    source: Source
    changes: dict[str, Any]
    compute: ComputeSettings
    steps_per_call: int = STEPS_PER_CALL
    cache_dir: str | None = None
    no_cache: bool = False
