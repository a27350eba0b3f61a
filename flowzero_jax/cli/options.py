"""The command line's grammar."""

import argparse
import functools
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, NoReturn

from flowzero_jax.cli import values
from flowzero_jax.cli.batch_options import add_batch
from flowzero_jax.cli.planner_options import add_planner
from flowzero_jax.errors import InputError
from flowzero_jax.settings import (
    DEFAULT_FRAMES,
    MAX_FRAMES,
    MAX_STEPS,
    STEPS_PER_CALL,
    ComputeSettings,
    GenerationSettings,
    Setting,
    VideoSettings,
    settings_of,
)
from flowzero_jax.values import did_you_mean
from flowzero_jax.version import __version__
from flowzero_jax.video.formats import output_help
from flowzero_jax.weights.source import EMBEDDED, Source

CONFIG_PREFIX = "--config."

STEPS_PER_CALL_HELP = (
    "denoising steps without a look at the numbers or for signals, at most "
    f"(default {STEPS_PER_CALL})"
)
DISTRIBUTED_HELP = (
    "this is one of several processes, all started with the same command, that draw together; the "
    "first plans, writes and prints"
)
SNAPSHOT_HELP = (
    "keep the unfinished video there: an interrupted run, started again with the same arguments, "
    "goes on from it; deleted at the end"
)

_MODEL, *_ADDITIONS = settings_of(Source)
# Told after the other settings of a video.
_LAST = {"negative_prompt", "fps", "frames_per_chunk"}
_OF_VIDEOS = [*settings_of(VideoSettings), *settings_of(GenerationSettings)]
_OF_VIDEOS.sort(key=lambda setting: setting.name in _LAST)
RENDER_OPTIONS = (_MODEL, *_ADDITIONS, *_OF_VIDEOS, *settings_of(ComputeSettings))

# What a compiled program does not depend on, and MODEL, which `compile` takes without a flag.
NOT_COMPILED = {"model", "seed", "negative_prompt", "fps"}


class _Parser(argparse.ArgumentParser):
    """Reports usage errors like all others: one line, exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help")


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """What argparse found in a command line, and --config.FIELD=VALUE as the list `overrides`.

    Rendering options that were not given are None.
    Raises: InputError for a usage error, SystemExit after --help or --version.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    overrides = [text for text in arguments[:end] if text.startswith(CONFIG_PREFIX)]
    others = [text for text in arguments[:end] if not text.startswith(CONFIG_PREFIX)]
    parser, commands = _build_parser()
    _check_options(parser, commands, others)
    args, rest = parser.parse_known_args([*others, *arguments[end:]])
    if rest:
        _refuse(commands[args.command], rest, getattr(args, "prompt", None))
    if overrides and "config" not in args:
        parser.error(f"{args.command} takes no {overrides[0]}")
    args.overrides = overrides
    return args


def _check_options(
    parser: _Parser, commands: Mapping[str, argparse.ArgumentParser], arguments: Sequence[str]
) -> None:
    """Says of a misspelt command or option what was meant, before it is missed elsewhere."""
    command = next((text for text in arguments if not text.startswith("-")), None)
    if command is None or {"-h", "--help", "--version"}.intersection(arguments[:1]):
        return
    first, *others = arguments
    if first != command:
        parser.error(f"{first}: options come after the command: {parser.prog} generate … {first}")
    if first not in commands:
        hint = did_you_mean(first, commands)
        if " " in first:
            hint = f'; did you mean {parser.prog} generate "{first}"?'
        parser.error(f"{first!r}: no such command{hint or '; known are ' + ', '.join(commands)}")
    known = commands[first]._option_string_actions
    for text in others:
        name = text.partition("=")[0]
        if name.startswith("--") and " " not in name and name not in known:
            commands[first].error(f"{name}: no such option{did_you_mean(name, known)}")


def _refuse(command: argparse.ArgumentParser, rest: Sequence[str], prompt: str | None) -> NoReturn:
    """Says what is wrong with arguments that nobody took."""
    if prompt is None or rest[0].startswith("-"):
        command.error(f"unrecognized arguments: {' '.join(rest)}")
    whole = " ".join([prompt, *rest])
    command.error(f'{rest[0]}: the prompt is in pieces; put it into quotes: "{whole}"')


def _build_parser() -> tuple[_Parser, Mapping[str, argparse.ArgumentParser]]:
    """The parser of a command line, and those of the commands by name."""
    parser = _Parser(
        prog="flowzero-jax",
        description="Zero-shot text-to-video: a plan of boxes and motions, then a video.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, help: str) -> _Parser:
        text = f"{name}: {help}."
        sub = commands.add_parser(name, help=help, description=text, allow_abbrev=False)
        sub.add_argument("--json", action="store_true", help="result or error as JSON on stdout")
        sub.add_argument("--debug", action="store_true", help="errors with their traceback")
        return sub

    path = values.non_empty
    generate = command("generate", "from a prompt to a video, a plan and a record of both")
    generate.add_argument("prompt", metavar="PROMPT", help="what the video shows")
    add_planner(generate)
    _add_rendering(generate)

    plan = command("plan", "from a prompt to a plan that can be read and edited")
    add = plan.add_argument
    add("prompt", metavar="PROMPT", nargs="?", help="what the video shows")
    help = "one prompt a line; --out gets one plan a line"
    add("--prompts-file", metavar="F", type=path, help=help)
    add("--out", required=True, type=path, help="plan.json, plans.jsonl")
    frames, help = values.integer(1, MAX_FRAMES), f"number of frames (default {DEFAULT_FRAMES})"
    add("--frames", metavar="N", type=frames, default=DEFAULT_FRAMES, help=help)
    help = "says what the rules took each clause of PROMPT as"
    add("--explain", action="store_true", help=help)
    add_planner(plan)

    show = command("show", "draws a plan's boxes, tracks and motions, or how it came about")
    help = "a plan, or a language model's PLAN.history.json"
    show.add_argument("plan", metavar="PLAN.json", type=path, help=help)
    show.add_argument("--out", required=True, type=path, help="plan.png or plan.gif")
    help = "the rounds in PLAN.history.json, side by side"
    show.add_argument("--history", action="store_true", help=help)

    check = command("check", "what is wrong with a plan: plausible? what its prompt asks for?")
    check.add_argument("plan", metavar="PLAN.json", type=path)
    check.add_argument("--repair", action="store_true", help="mend boxes; needs --out")
    check.add_argument("--out", type=path, help="mended.json, with --repair")

    render = command("render", "from a plan to a video and its record")
    render.add_argument("plan", metavar="PLAN.json", type=path)
    _add_rendering(render)

    batch = command("batch", "many videos from a file of jobs, in one folder, resumable")
    add_batch(batch)
    add_planner(batch)
    _add_options(batch, RENDER_OPTIONS)

    compile_ = command("compile", "keeps the programs for a size, and tells the memory needed")
    model: dict[str, Any] = {"metavar": "MODEL", "nargs": "?", "type": path}
    model["help"] = _MODEL.about.help
    compile_.add_argument("model", **model)
    videos, help = values.integer(1, values.MAX_BATCH), "videos that are drawn together (default 1)"
    compile_.add_argument("--batch", metavar="N", type=videos, default=1, help=help)
    _add_options(compile_, [option for option in RENDER_OPTIONS if option.name not in NOT_COMPILED])

    inspect = command("inspect", "what a checkpoint is and what it can draw")
    inspect.add_argument("model", default=EMBEDDED, **model)
    for option in _ADDITIONS:
        _add_option(inspect, option)

    command("doctor", "what a bug report needs, and what is wrong here")
    return parser, commands.choices


def _add_rendering(parser: argparse.ArgumentParser) -> None:
    add, path = parser.add_argument, values.non_empty
    add("--out", required=True, metavar="PATH", type=path, help=output_help())
    add("--snapshot", metavar="FILE", type=path, help=SNAPSHOT_HELP)
    add("--distributed", action="store_true", help=DISTRIBUTED_HELP)
    _add_options(parser, RENDER_OPTIONS)


def _add_option(group, option: Setting) -> None:
    """A flag, or for a switch two of them; it is None unless given."""
    flag, help = values.flag(option), option.about.help + _embedded_default(option)
    if option.type is bool:
        group.add_argument(flag, action=argparse.BooleanOptionalAction, help=help)
        return
    texts = {"help": help, "metavar": option.about.metavar or option.name.split("_")[-1].upper()}
    action = "append" if option.type is tuple else "store"
    parse = values.parser(option)
    group.add_argument(flag, dest=option.name, action=action, type=parse, **texts)


def _embedded_default(option: Setting) -> str:
    """What the embedded model takes, for a help text; "" if that is no affair of a model's."""
    if not option.about.in_checkpoint and option.name != "fps":
        return ""
    value = _embedded_values().get(option.name, option.default)
    return f" ({EMBEDDED}: {value if type(value) is not bool else 'on' if value else 'off'})"


@functools.cache
def _embedded_values() -> Any:
    file = resources.files("flowzero_jax") / "checkpoints" / EMBEDDED / "flowzero.json"
    return json.loads(file.read_text(encoding="utf-8"))


def _add_options(parser: argparse.ArgumentParser, options: Sequence[Setting]) -> None:
    """Rendering options, what they may come from, and how the programs are compiled."""
    group = parser.add_argument_group("rendering", "Not given: the checkpoint's own values.")
    for option in options:
        _add_option(group, option)
    help = (
        "a Python file (it is executed) with get_config(); fields are the options above, "
        "--config.FIELD=VALUE sets one; flags win"
    )
    path, steps = values.non_empty, values.integer(1, MAX_STEPS)
    group.add_argument("--config", metavar="FILE.py[:VARIANT]", type=path, help=help)
    programs = parser.add_argument_group("compiled programs")
    add, help = programs.add_argument, STEPS_PER_CALL_HELP
    add("--steps-per-call", metavar="N", type=steps, default=STEPS_PER_CALL, help=help)
    cache = programs.add_mutually_exclusive_group()
    cache.add_argument("--cache-dir", metavar="DIR", type=path, help="keep them there")
    cache.add_argument("--no-cache", action="store_true", help="keep none")
