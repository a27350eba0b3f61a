"""Evaluates a model (sticker), a planner (planner), the planner's refinement (refinement), what
fewer steps cost (samplers), or the precision of each dtype on the recorded reference (dtypes).

See the configuration files for commands and expected results of models.
"""

import importlib
import sys
from pathlib import Path

from absl import app, flags
from ml_collections import config_flags

from flowzero_jax.errors import FlowZeroError, InputError
from flowzero_jax.lab.planners.benchmark import Planner
from flowzero_jax.lab.planners.page import PlannerSettings, evaluate_planner
from flowzero_jax.lab.refinement.page import evaluate_refinement

_CONFIG = config_flags.DEFINE_config_file("config", "configs/evaluate_sticker.py")
_MODEL = flags.DEFINE_string("model", "sticker", '"sticker" or a pipeline folder')
_OUT = flags.DEFINE_string("out", None, "folder for tables and contact sheets", required=True)
_PLANNER = flags.DEFINE_string(
    "planner", "flowzero_jax.planner:plan", "MODULE:FUNCTION from a prompt and a number of frames"
)
_REFERENCE = flags.DEFINE_string(
    "reference", "tests/parity/reference", "folder of the recorded reference, for dtypes"
)
_STORE = flags.DEFINE_string("store", "runs/evaluation", "folder in which all frames are kept")


def main(arguments: list[str]) -> None:
    commands = {
        "sticker": _evaluate_sticker,
        "planner": _evaluate_planner,
        "refinement": lambda: evaluate_refinement(Path(_OUT.value)),
        "samplers": _evaluate_samplers,
        "dtypes": _evaluate_dtypes,
    }
    if len(arguments) != 2 or arguments[1] not in commands:
        raise app.UsageError(f"say what to evaluate: {', '.join(commands)}")
    try:
        commands[arguments[1]]()
    except FlowZeroError as error:
        print(f"evaluate: error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def _evaluate_sticker() -> None:
    from flowzero_jax.lab.evaluation.page import evaluate_sticker
    from flowzero_jax.lab.evaluation.runs import EvaluationSettings
    from flowzero_jax.pipeline import load_pipeline

    settings = EvaluationSettings(**_CONFIG.value.to_dict())
    pipeline = load_pipeline(_MODEL.value)
    evaluate_sticker(pipeline, settings, Path(_OUT.value), Path(_STORE.value))


def _evaluate_planner() -> None:
    given = flags.FLAGS["config"].present
    settings = PlannerSettings(**_CONFIG.value.to_dict()) if given else PlannerSettings()
    name = _PLANNER.value
    evaluate_planner(_load_planner(name), settings, Path(_OUT.value), name)


def _evaluate_samplers() -> None:
    from flowzero_jax.lab.evaluation.samplers import evaluate_samplers
    from flowzero_jax.pipeline import load_pipeline

    evaluate_samplers(load_pipeline(_MODEL.value), Path(_OUT.value))


def _evaluate_dtypes() -> None:
    from flowzero_jax.lab.evaluation.precision import evaluate_dtypes

    evaluate_dtypes(_REFERENCE.value, Path(_OUT.value))


def _load_planner(name: str) -> Planner:
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"planner: {name!r} is no MODULE:FUNCTION ({error})") from None


if __name__ == "__main__":
    app.run(main)
