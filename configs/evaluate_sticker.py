"""Evaluates the embedded model: right stickers, motion, look, and what each part does.

    python scripts/evaluate.py sticker --model=sticker --out=docs/evaluation

Draws 360 videos and measures each in about 0.2 s. A run that was stopped goes on where it was:
frames are kept in `--store` (runs/evaluation).

Variants:
    full   40 prompts, three seeds; one seed for each part that is switched off or changed
    quick  the two prompts with a car, one seed

Needs the font Noto Color Emoji (Debian: fonts-noto-color-emoji).
"""

import dataclasses

from ml_collections import ConfigDict

from flowzero_jax.lab.evaluation.runs import EvaluationSettings

FULL = EvaluationSettings()
QUICK = dataclasses.replace(FULL, seeds=(0,), only=" car ")


def get_config(variant: str = "full") -> ConfigDict:
    """The evaluation of a variant; every field can be overridden by `--config.field=value`."""
    variants = {"full": FULL, "quick": QUICK}
    if variant not in variants:
        raise ValueError(f"no variant {variant!r}; there are {', '.join(variants)}")
    return ConfigDict(dataclasses.asdict(variants[variant]))
