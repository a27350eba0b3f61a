"""How to measure, as said on the command line."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from flowzero_jax.errors import InputError
from flowzero_jax.settings import AttentionMethod, Dtype

COMPARISONS = ("naive", "torch")
MAX_TIME_LIMIT = 1_000_000  # seconds


@dataclasses.dataclass(frozen=True)
class Options:
    """How to measure; making them raises InputError for what cannot be meant.

    Attributes:
      dtype: of parameters and computation.
      attention: how attention is computed (see `models.attend`).
      rounds: how often everything is timed.
      composed: time single steps and frames, and add them up.
      model: a checkpoint to load instead of random weights.
      compare: some of `COMPARISONS`.
      torch_python: an interpreter with torch and diffusers.
      torch_script: PyTorch's side, for that interpreter.
      torch_time_limit: seconds to wait for each of its answers.
      peak_seconds: what the matrix product that measures the device's peak takes at least.
    """

    dtype: Dtype = "float32"
    attention: AttentionMethod = "auto"
    rounds: int = 3
    composed: bool = False
    model: str | None = None
    compare: Sequence[str] = ()
    torch_python: str | None = None
    torch_script: Path = Path("scripts/benchmark_torch.py")
    torch_time_limit: float = 3600.0
    peak_seconds: float = 0.1

    def __post_init__(self):
        for name in self.compare:
            if name not in COMPARISONS:
                raise InputError(f"compare: no {name!r}; take some of {', '.join(COMPARISONS)}")
        if ("torch" in self.compare) != (self.torch_python is not None):
            raise InputError("--compare=torch and --torch_python=PYTHON go together; give both")
        if self.rounds < 1:
            raise InputError(f"rounds: must be at least 1, not {self.rounds}")
        if not 0 < self.torch_time_limit <= MAX_TIME_LIMIT:
            raise InputError(
                f"torch_time_limit: must be more than 0 and at most {MAX_TIME_LIMIT:,} seconds, "
                f"not {self.torch_time_limit:g}"
            )
