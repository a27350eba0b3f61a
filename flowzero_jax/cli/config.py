"""--config FILE.py[:VARIANT] and --config.FIELD=VALUE, as ml_collections reads them."""

import argparse
import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flowzero_jax.cli.options import RENDER_OPTIONS, Option
from flowzero_jax.errors import InputError, OutputError


def rendering_values(args: argparse.Namespace) -> dict[str, Any]:
    """The rendering options that the user set, by name: flags over config.

    Raises:
      InputError: the config cannot be used.
      OutputError: the config file is not there.
    """
    chosen = {}
    if args.config:
        chosen = read_config(args.config, args.overrides)
    elif args.overrides:
        raise InputError(f"{args.overrides[0]} needs --config FILE.py")
    flags = {option.name: getattr(args, option.name) for option in RENDER_OPTIONS}
    return chosen | {name: value for name, value in flags.items() if value is not None}


def config_file(spec: str) -> Path:
    """The file in FILE.py[:VARIANT]."""
    return Path(spec.split(".py:")[0] + ".py" if ".py:" in spec else spec)


def read_config(spec: str, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Executes a config file and checks its fields like the flags of the same names.

    Args:
      spec: FILE.py or FILE.py:VARIANT; its `get_config` gets the variant as a string.
      overrides: "--config.FIELD=VALUE" each.

    Returns:
      Values by option name; fields that are None are left out.

    Raises:
      InputError: not a config, an unknown field, a value out of range.
      OutputError: no such file.
    """
    from absl import flags
    from ml_collections import ConfigDict, config_flags

    if not config_file(spec).is_file():
        raise OutputError(f"{config_file(spec)}: no such file; give --config FILE.py[:VARIANT]")
    for override in overrides:
        if "=" not in override:
            raise InputError(f"{override}: write {override}=VALUE")
    argv = ["flowzero-jax", f"--config={spec}", *overrides]
    parsed = flags.FlagValues()
    config_flags.DEFINE_config_file("config", flag_values=parsed, sys_argv=argv)
    try:
        parsed(argv)
        config = parsed.config
    except Exception as error:  # the file is code: it can raise anything
        said = str(error).strip().split("\n", 1)[0]
        raise InputError(f"{spec}: {type(error).__name__}: {said}") from error
    if not isinstance(config, ConfigDict):
        raise InputError(f"{spec}: get_config() returns no ConfigDict")
    known = {option.name: option for option in RENDER_OPTIONS}
    values = {}
    for name, value in config.items():
        if name not in known:
            raise InputError(f"{spec}: {_unknown(name, list(known))}")
        if value is not None:
            values[name] = _checked(spec, known[name], value)
    return values


def _checked(spec: str, option: Option, value: Any) -> Any:
    if option.parse is None:
        if isinstance(value, bool):
            return value
        raise InputError(f"{spec}: {option.name} is {value!r}; give True or False")
    try:
        return option.parse(str(value))
    except argparse.ArgumentTypeError as error:
        raise InputError(f"{spec}: {option.name}: {error}") from error


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    return f"unknown field {name}; {hint}"
