"""The planner that a command line asks for, as a function of a prompt."""

import argparse
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flowzero_jax.cli.planner_options import llm_settings, refuse_llm_options
from flowzero_jax.errors import PlannerError
from flowzero_jax.planner.keyframes import spread
from flowzero_jax.planner.llm.history import History
from flowzero_jax.scene import SceneSyntax

RulesPlanner = Callable[..., SceneSyntax]


@dataclass(frozen=True)
class Planned:
    """A plan; `planner` made it, `history` tells how if that was a language model."""

    scene: SceneSyntax
    planner: str
    history: History | None = None


def choose_planner(args: argparse.Namespace, rules: RulesPlanner) -> Callable[[str, int], Planned]:
    """The planner for prompts and numbers of frames; `rules` is the one without a model.

    What is wrong with the options is found here, before anything is planned.

    Raises: InputError, OutputError, PlannerError.
    """

    def by_rules(prompt: str, num_frames: int) -> Planned:
        keys = num_frames if args.key_frames is None else min(args.key_frames, num_frames)
        return Planned(spread(rules(prompt, num_frames=keys), num_frames), "rules")

    if args.planner == "rules":
        refuse_llm_options(args)
        return by_rules

    from flowzero_jax.planner.llm import open_model, plan_with_llm
    from flowzero_jax.planner.llm.settings import resolve

    settings = llm_settings(args)
    settings = settings if settings.replay else resolve(settings)
    model = open_model(settings)

    def by_llm(prompt: str, num_frames: int) -> Planned:
        try:
            result = plan_with_llm(prompt, num_frames, settings, model=model)
        except PlannerError as error:
            if args.llm_fallback is None:
                raise
            warnings.warn(f"no plan by the language model: {error}", stacklevel=2)
            warnings.warn("planned BY RULES instead (--llm-fallback rules)", stacklevel=2)
            return by_rules(prompt, num_frames)
        for line in result.warnings:
            warnings.warn(line, stacklevel=2)
        return Planned(result.scene, "llm", result.history)

    return by_llm


def history_path(plan: Path) -> Path:
    """Where the history of a plan lies: plan.json -> plan.history.json"""
    return plan.with_suffix(f".history{plan.suffix}")
