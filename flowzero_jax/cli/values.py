"""Values as arguments: the parsers of `flowzero_jax.values` as argparse takes them."""

import argparse
from collections.abc import Callable
from typing import Any

from flowzero_jax import values
from flowzero_jax.settings import Setting

MAX_BATCH = 512


def flag(setting: Setting) -> str:
    """The flag of a setting; a switch has another one, --no-…, too."""
    return setting.about.flag or "--" + setting.name.replace("_", "-")


def argument(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """A parser whose messages argparse shows: of a ValueError it would say nothing."""

    def typed(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return typed


def _arguments(make: Callable[..., Callable[[str], Any]]) -> Callable[..., Callable[[str], Any]]:
    return lambda *bounds: argument(make(*bounds))


parser = _arguments(values.parser)
integer = _arguments(values.integer)
choice = _arguments(values.choice)
non_empty = argument(values.non_empty)
