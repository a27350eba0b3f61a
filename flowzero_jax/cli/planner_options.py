"""The options that choose and steer a planner, and the choice that they make."""

import argparse

from flowzero_jax.cli import values
from flowzero_jax.errors import InputError
from flowzero_jax.files import user_cache_folder
from flowzero_jax.planner.choice import PlannerChoice
from flowzero_jax.planner.llm.settings import LlmSettings
from flowzero_jax.settings import Setting, settings_of

# What has another flag than --llm- and its name, and what has none.
_FLAGS = {
    "confidence": "--confidence",
    "max_rounds": "--max-rounds",
    "total_timeout": "--llm-timeout",
    "response_format": "--llm-format",
}
_OPTIONS = [s for s in settings_of(LlmSettings) if s.name != "backoff"]


def planner_choice(args: argparse.Namespace) -> PlannerChoice:
    """What the flags of `add_planner` choose.

    Raises: InputError.
    """
    if args.planner == "rules":
        if given := _given(args):
            raise InputError(f"{given[0]}: only for a language model; add --planner llm")
        return PlannerChoice()
    told = {option.name: getattr(args, _dest(option)) for option in _OPTIONS}
    # The url and the model are not yet looked for elsewhere.
    chosen = {name: value for name, value in told.items() if value is not None}
    if args.no_llm_cache and "cache" in chosen:
        raise InputError("--llm-cache: not allowed with --no-llm-cache")
    if not args.no_llm_cache:
        chosen.setdefault("cache", user_cache_folder("llm"))
    return PlannerChoice(LlmSettings(**chosen), args.llm_fallback is not None)


def add_planner(parser: argparse.ArgumentParser) -> None:
    """Adds the planner's options. Those of a language model are None unless given."""
    names = values.choice("rules", "llm")
    help = "rules (the default), or llm: a language model, whose key is in the environment"
    parser.add_argument("--planner", metavar="NAME", type=names, default="rules", help=help)
    group = parser.add_argument_group("language model (--planner llm)")
    for option in _OPTIONS:
        default = "" if option.default in (None, "") else f" (default {option.default})"
        flag, help = _flag(option), option.about.help + default
        parse, metavar = values.parser(option), option.about.metavar or option.name.upper()
        group.add_argument(flag, dest=_dest(option), type=parse, metavar=metavar, help=help)
    group.add_argument("--no-llm-cache", action="store_true", help="keep no replies")
    help = "rules: plan by rules, with a warning, if the language model fails"
    rules = values.choice("rules")
    group.add_argument("--llm-fallback", metavar="NAME", type=rules, help=help)


def _given(args: argparse.Namespace) -> list[str]:
    flags = [_flag(option) for option in _OPTIONS if getattr(args, _dest(option)) is not None]
    flags += ["--no-llm-cache"] if args.no_llm_cache else []
    return flags + (["--llm-fallback"] if args.llm_fallback is not None else [])


def _flag(option: Setting) -> str:
    return _FLAGS.get(option.name) or f"--llm-{option.name.replace('_', '-')}"


def _dest(option: Setting) -> str:
    return f"llm_{option.name}"
