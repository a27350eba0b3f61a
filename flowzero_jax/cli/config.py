"""--config FILE.py[:VARIANT] and --config.FIELD=VALUE: rendering options by ml_collections.

A config's fields are the rendering options, checked like the flags of the same names.
"""

import argparse
import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flowzero_jax.cli.options import CONFIG_PREFIX, RENDER_OPTIONS
from flowzero_jax.cli.values import parser
from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.values import did_you_mean

OPTIONS = {option.name: option for option in RENDER_OPTIONS}


def rendering_values(
    spec: str | None, overrides: Sequence[str], flags: Mapping[str, Any]
) -> dict[str, Any]:
    """The rendering options that the user set, by name: flags over --config.FIELD over the file.

    `flags` are None where they were not given; those that are no rendering options are passed over.

    Raises:
      InputError: the config cannot be used, or guidance would begin after it ends.
      OutputError: the config file is not there.
    """
    config = read_config(spec) if spec else {}
    given = {name: flags[name] for name in OPTIONS if flags.get(name) is not None}
    values = config | read_overrides(overrides) | given
    chosen = GenerationSettings(**fields_of(GenerationSettings, values))
    if (start := chosen.guidance_start) > (end := chosen.guidance_end):
        raise InputError(
            f"--guidance-start {start:g}: guidance cannot begin after it ends "
            f"(--guidance-end {end:g}); exchange them"
        )
    return values


def fields_of(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are fields of a dataclass."""
    return {f.name: values[f.name] for f in dataclasses.fields(kind) if f.name in values}


def read_overrides(overrides: Sequence[str]) -> dict[str, Any]:
    """The values of "--config.FIELD=VALUE" arguments by option name; raises InputError."""
    values = {}
    for override in overrides:
        name, equals, text = override.removeprefix(CONFIG_PREFIX).partition("=")
        if not equals:
            raise InputError(f"{override}: write {override}=VALUE")
        value = {"true": True, "false": False}.get(text.lower(), text)
        values[name] = _checked(override, name, value)
    return values


def config_file(spec: str) -> Path:
    """The file in FILE.py[:VARIANT]."""
    return Path(spec.split(".py:")[0] + ".py" if ".py:" in spec else spec)


def read_config(spec: str) -> dict[str, Any]:
    """Executes a config file; returns its fields, checked, but for those that are None.

    `spec`: FILE.py or FILE.py:VARIANT; its `get_config` gets the variant as a string.

    Raises:
      InputError: not a config, an unknown field, a value out of range.
      OutputError: no such file.
    """
    # Only here: the start of every other command would pay for it.
    from absl import flags
    from ml_collections import ConfigDict, config_flags

    if not config_file(spec).is_file():
        raise OutputError(f"{config_file(spec)}: no such file; give --config FILE.py[:VARIANT]")
    argv = ["flowzero-jax", f"--config={spec}"]
    parsed = flags.FlagValues()
    config_flags.DEFINE_config_file("config", flag_values=parsed, sys_argv=argv)
    try:
        with warnings.catch_warnings():
            # ml_collections loads the file by a method that Python will drop one day.
            warnings.simplefilter("ignore", DeprecationWarning)
            parsed(argv)
        config = parsed.config
    # The file is code: it can raise anything, and try to end the process.
    except (Exception, SystemExit, GeneratorExit) as error:
        # ml_collections puts a whole traceback into the message; its last line says what it was.
        said = str(error).strip().split("\n")[-1]
        raise InputError(f"{spec}: {type(error).__name__}: {said}") from error
    if not isinstance(config, ConfigDict):
        raise InputError(f"{spec}: get_config() returns no ConfigDict")
    return {
        name: _checked(spec, name, value) for name, value in config.items() if value is not None
    }


def _checked(where: str, name: str, value: Any) -> Any:
    if name not in OPTIONS:
        hint = did_you_mean(name, OPTIONS) or f"; known are {', '.join(OPTIONS)}"
        raise InputError(f"{where}: unknown field {name}{hint}")
    if OPTIONS[name].type is bool:
        if isinstance(value, bool):
            return value
        raise InputError(f"{where}: {name} is {value!r}; give True or False")
    try:
        if OPTIONS[name].type is tuple:
            texts = [value] if isinstance(value, str) else value
            return [parser(OPTIONS[name])(str(text)) for text in texts]
        return parser(OPTIONS[name])(str(value))
    except argparse.ArgumentTypeError as error:
        raise InputError(f"{where}: {name}: {error}") from error
