"""Trains a model, stage by stage. See the configuration files for commands and expected results."""

import dataclasses
import typing
from pathlib import Path

from absl import app, flags
from ml_collections import ConfigDict, config_flags

from flowzero_jax.errors import FlowZeroError
from flowzero_jax.lab.training.stages import STAGES, TrainingRun, run_stage, start_from

_CONFIG = config_flags.DEFINE_config_file("config", "configs/train_sticker.py")
_WORKDIR = flags.DEFINE_string("workdir", "runs/sticker", "where everything is kept")
_START_FROM = flags.DEFINE_string(
    "start_from", None, "a checkpoint folder to train further, with the run's sizes"
)
_STAGE = flags.DEFINE_enum("stage", "all", ["all", *STAGES], "which stage to run")


def to_dataclass(cls: type, config: ConfigDict):
    """A frozen dataclass from a ConfigDict of the same fields, nested ones included."""
    hints = typing.get_type_hints(cls)
    values = {}
    for field in dataclasses.fields(cls):
        value = config[field.name]
        if dataclasses.is_dataclass(hints[field.name]):
            value = to_dataclass(hints[field.name], value)
        elif isinstance(value, ConfigDict):
            value = value.to_dict()
        values[field.name] = value
    return cls(**values)


def main(arguments: list[str]) -> None:
    if len(arguments) > 1:
        raise app.UsageError(f"unexpected argument {arguments[1]!r}")
    run = to_dataclass(TrainingRun, _CONFIG.value)
    folder = Path(_WORKDIR.value)
    stages = list(STAGES) if _STAGE.value == "all" else [_STAGE.value]
    try:
        if _START_FROM.value:
            start_from(folder, Path(_START_FROM.value))
            stages = [stage for stage in stages if stage not in ("tokenizer", "autoencoder")]
        for stage in stages:
            run_stage(run, folder, stage)
    except FlowZeroError as error:
        raise SystemExit(f"train: error: {error}") from None


if __name__ == "__main__":
    app.run(main)
