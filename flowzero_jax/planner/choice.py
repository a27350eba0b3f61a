"""The planner that is asked for, as a function of a prompt."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowzero_jax.errors import PlannerError
from flowzero_jax.planner.llm.history import History
from flowzero_jax.planner.llm.settings import LlmSettings, resolve
from flowzero_jax.scene import SceneSyntax

RulesPlanner = Callable[..., SceneSyntax]
_ASKED = (
    *("url", "model", "confidence", "max_rounds", "temperature", "reply_tokens"),
    *("response_format", "extra"),
)


@dataclass(frozen=True)
class PlannerChoice:
    """Who plans.

    Attributes:
      llm: a language model with these settings, url and model not yet looked for elsewhere; None
        for the rules.
      fallback: whether the rules plan what the language model cannot.
    """

    llm: LlmSettings | None = None
    fallback: bool = False

    @property
    def decisive(self) -> dict[str, Any]:
        """By name, what decides a plan, as JSON can hold it; of a language model what is asked.

        Raises: InputError if the language model's url or name is not known.
        """
        if self.llm is None:
            return {"planner": "rules"}
        asked = self.llm if self.llm.replay else resolve(self.llm)
        values = {name: getattr(asked, name) for name in _ASKED}
        return {"planner": "llm", "fallback": self.fallback, **values}


@dataclass(frozen=True)
class Planned:
    """A plan.

    Attributes:
      scene: what it says.
      planner: who made it; None if it was read.
      history: how a language model made it.
      seconds: how long that took, by stage.
    """

    scene: SceneSyntax
    planner: str | None = None
    history: History | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def choose_planner(choice: PlannerChoice, rules: RulesPlanner) -> Callable[[str, int], Planned]:
    """The planner for prompts and numbers of frames; `rules` is the one without a model.

    What is wrong with the choice is found here, before anything is planned.

    Raises: InputError, OutputError, PlannerError.
    """

    def by_rules(prompt: str, num_frames: int) -> Planned:
        return Planned(rules(prompt, num_frames=num_frames), "rules")

    if choice.llm is None:
        return by_rules

    from flowzero_jax.planner.llm import open_model, plan_with_llm

    settings = choice.llm if choice.llm.replay else resolve(choice.llm)
    model = open_model(settings)

    def by_llm(prompt: str, num_frames: int) -> Planned:
        try:
            result = plan_with_llm(prompt, num_frames, settings, model=model)
        except PlannerError as error:
            if not choice.fallback:
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
