"""Evaluates a model. See the configuration files for commands and expected results."""

import sys
from pathlib import Path

from absl import app, flags
from ml_collections import config_flags

from flowzero_jax.errors import FlowZeroError
from flowzero_jax.evaluation.report import evaluate_sticker
from flowzero_jax.evaluation.runs import EvaluationSettings
from flowzero_jax.pipeline import load_pipeline

_CONFIG = config_flags.DEFINE_config_file("config", "configs/evaluate_sticker.py")
_MODEL = flags.DEFINE_string("model", "sticker", '"sticker" or a pipeline folder')
_OUT = flags.DEFINE_string("out", None, "folder for tables and contact sheets", required=True)
_STORE = flags.DEFINE_string("store", "runs/evaluation", "folder in which all frames are kept")


def main(arguments: list[str]) -> None:
    if arguments[1:] != ["sticker"]:
        raise app.UsageError("say what to evaluate: sticker")
    settings = EvaluationSettings(**_CONFIG.value.to_dict())
    try:
        pipeline = load_pipeline(_MODEL.value)
        evaluate_sticker(pipeline, settings, Path(_OUT.value), Path(_STORE.value))
    except FlowZeroError as error:
        print(f"evaluate: error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    app.run(main)
