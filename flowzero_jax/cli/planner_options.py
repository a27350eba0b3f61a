"""The options that choose and steer a planner, and the choice that they make."""

import argparse
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from flowzero_jax.cli import values
from flowzero_jax.errors import InputError
from flowzero_jax.files import user_cache_folder
from flowzero_jax.planner.llm.settings import FORMATS, MODEL_VARIABLE, URL_VARIABLE, LlmSettings
from flowzero_jax.settings import MAX_FRAMES

_DEFAULTS = {field.name: field.default for field in fields(LlmSettings)}
_SECONDS = values.number(0.01, 86400)


@dataclass(frozen=True)
class _Option:
    """A flag for the field `name` of `LlmSettings`; `help` gets its default appended."""

    flag: str
    name: str
    parse: Any
    metavar: str
    help: str


_OPTIONS = (
    _Option("--llm-url", "url", values.non_empty, "URL",
            f"base of an OpenAI-compatible endpoint (default {URL_VARIABLE})"),
    _Option("--llm-model", "model", values.non_empty, "NAME",
            f"the model's name there (default {MODEL_VARIABLE})"),
    _Option("--confidence", "confidence", values.number(0, 1), "C",
            "refine until the model is that sure and no hard finding is left"),
    _Option("--max-rounds", "max_rounds", values.integer(0, 100), "N", "of refinement"),
    _Option("--llm-record", "record", Path, "FOLDER", "keep every reply, for --llm-replay"),
    _Option("--llm-replay", "replay", Path, "FOLDER", "take the replies from a record"),
    _Option("--llm-cache", "cache", Path, "FOLDER", "for replies (default: in the user's cache)"),
    _Option("--llm-timeout", "total_timeout", _SECONDS, "S", "seconds for all that a prompt needs"),
    _Option("--llm-connect-timeout", "connect_timeout", _SECONDS, "S", "seconds to connect"),
    _Option("--llm-read-timeout", "read_timeout", _SECONDS, "S", "seconds without a byte"),
    _Option("--llm-max-calls", "max_calls", values.integer(1, 1000), "N", "requests a prompt"),
    _Option("--llm-max-tokens", "max_tokens", values.integer(1, 10**9), "N", "tokens a prompt"),
    _Option("--llm-reply-tokens", "reply_tokens", values.integer(16, 10**6), "N", "tokens a reply"),
    _Option("--llm-temperature", "temperature", values.number(0, 2), "T",
            "of the sampling (default: the server's)"),
    _Option("--llm-format", "response_format", values.choice(*FORMATS), "FORM",
            f"strictest form of reply asked for: {', '.join(FORMATS)}"),
)  # fmt: skip


@dataclass(frozen=True)
class PlannerChoice:
    """Who plans.

    Attributes:
      key_frames: so many are planned and the rest interpolated; None as the planner likes it.
      llm: a language model with these settings, url and model not yet looked for elsewhere; None
        for the rules.
      fallback: whether the rules plan what the language model cannot.
    """

    key_frames: int | None = None
    llm: LlmSettings | None = None
    fallback: bool = False


def planner_choice(args: argparse.Namespace) -> PlannerChoice:
    """What the flags of `add_planner` choose.

    Raises: InputError.
    """
    if args.planner == "rules":
        if given := _given(args):
            raise InputError(f"{given[0]}: only for a language model; add --planner llm")
        return PlannerChoice(args.key_frames)
    return PlannerChoice(args.key_frames, _llm_settings(args), args.llm_fallback is not None)


def add_planner(parser: argparse.ArgumentParser) -> None:
    """Adds the planner's options. Those of a language model are None unless given."""
    parser.add_argument(
        "--planner",
        metavar="NAME",
        type=values.choice("rules", "llm"),
        default="rules",
        help="rules (the default), or llm: a language model, whose key is in the environment",
    )
    parser.add_argument(
        "--key-frames",
        metavar="N",
        type=values.integer(2, MAX_FRAMES),
        help="plan so many frames and interpolate the rest (default: llm 8, rules all)",
    )
    group = parser.add_argument_group("language model (--planner llm)")
    for option in _OPTIONS:
        default = _DEFAULTS[option.name]
        told = option.help if default is None else f"{option.help} (default {default})"
        group.add_argument(
            option.flag, dest=_dest(option), type=option.parse, metavar=option.metavar, help=told
        )
    group.add_argument("--no-llm-cache", action="store_true", help="keep no replies")
    group.add_argument(
        "--llm-fallback",
        metavar="NAME",
        type=values.choice("rules"),
        help="rules: plan by rules, with a warning, if the language model fails",
    )


def _llm_settings(args: argparse.Namespace) -> LlmSettings:
    """The settings that the flags make; url and model are not yet looked for elsewhere."""
    values = {option.name: getattr(args, _dest(option)) for option in _OPTIONS}
    chosen = {name: value for name, value in values.items() if value is not None}
    if args.no_llm_cache and "cache" in chosen:
        raise InputError("--llm-cache: not allowed with --no-llm-cache")
    if not args.no_llm_cache:
        chosen.setdefault("cache", user_cache_folder("llm"))
    if args.key_frames is not None:
        chosen["key_frames"] = args.key_frames
    return LlmSettings(**chosen)


def _given(args: argparse.Namespace) -> list[str]:
    flags = [option.flag for option in _OPTIONS if getattr(args, _dest(option)) is not None]
    flags += ["--no-llm-cache"] if args.no_llm_cache else []
    return flags + (["--llm-fallback"] if args.llm_fallback is not None else [])


def _dest(option: _Option) -> str:
    return f"llm_{option.name}"
