"""Benchmarks a planner: 349 prompts of eight skills, each plan checked against what it must show.

    python scripts/evaluate.py planner --config=configs/evaluate_planner.py --out=docs/evaluation

Takes seconds for the rules. Expected: at least 95 % right in every skill.

Variants:
    full    8 frames
    long    16 frames
"""

import dataclasses

from ml_collections import ConfigDict

from flowzero_jax.lab.planners.page import PlannerSettings

FULL = PlannerSettings()
LONG = dataclasses.replace(FULL, num_frames=16)


def get_config(variant: str = "full") -> ConfigDict:
    """The benchmark of a variant; every field can be overridden by `--config.field=value`."""
    variants = {"full": FULL, "long": LONG}
    if variant not in variants:
        raise ValueError(f"no variant {variant!r}; there are {', '.join(variants)}")
    return ConfigDict(dataclasses.asdict(variants[variant]))
