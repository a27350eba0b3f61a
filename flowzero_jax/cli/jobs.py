"""What a command line asks for: one frozen value for each command, made once from the arguments.

Behind this module nobody sees an `argparse.Namespace`. Nothing here needs JAX.
"""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from flowzero_jax.cli.config import config_file, fields_of, rendering_values
from flowzero_jax.cli.planner_options import planner_choice
from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.loading.request import ModelRequest
from flowzero_jax.planner.choice import PlannerChoice
from flowzero_jax.settings import DEFAULT_FRAMES, ComputeSettings, GenerationSettings, VideoSettings
from flowzero_jax.values import did_you_mean
from flowzero_jax.weights.source import EMBEDDED, Source

MEANT = {
    ".json": "flowzero-jax render {} draws a plan",
    ".jsonl": "flowzero-jax batch {} draws many",
    ".csv": "flowzero-jax batch {} draws many",
    ".txt": "flowzero-jax batch {0} draws many, flowzero-jax plan --prompts-file {0} plans them",
}


@dataclasses.dataclass(frozen=True, eq=False)
class VideoJob:
    """`generate`, which has a prompt and a planner, or `render`, which has a plan: one video."""

    command: str
    prompt: str | None
    plan: Path | None  # is read
    planner: PlannerChoice | None
    out: str  # as the user named it
    config: Path | None  # was executed
    model: ModelRequest
    video: VideoSettings
    snapshot: Path | None
    distributed: bool


@dataclasses.dataclass(frozen=True)
class PlanJob:
    """`plan`: a prompt, or a file of prompts, to a plan or a file of plans."""

    prompt: str | None
    prompts_file: str | None
    out: str
    frames: int
    planner: PlannerChoice
    explain: bool


@dataclasses.dataclass(frozen=True)
class ShowJob:
    """`show`: a picture of a plan, or of the rounds in which it came about."""

    plan: str
    out: str
    history: bool


@dataclasses.dataclass(frozen=True)
class CheckJob:
    """`check`: what is wrong with a plan, and a mended copy."""

    plan: str
    out: str | None
    repair: bool


@dataclasses.dataclass(frozen=True, eq=False)
class BatchJob:
    """`batch`: all videos of a file."""

    jobs: Path | None  # None: only the manifest is to be written
    out_dir: str  # a folder or bucket
    defaults: dict[str, Any]  # settings and seed of the jobs that do not give them
    planner: PlannerChoice
    model: ModelRequest
    format: str
    videos: int  # drawn together
    pack: bool
    # What is done about jobs with a record.
    retry_failed: bool
    overwrite: bool
    verify: bool
    max_failures: int | None
    # Where it runs.
    engine: str
    workers: int | None
    ray_address: str | None
    shard: tuple[int, int]


@dataclasses.dataclass(frozen=True, eq=False)
class CompileJob:
    """`compile`: all programs for videos of some size."""

    model: ModelRequest
    num_frames: int
    batch: int


Job = VideoJob | PlanJob | ShowJob | CheckJob | BatchJob | CompileJob | Source | None


def make_job(args: argparse.Namespace) -> Job:
    """The job of parsed arguments: of `inspect` its checkpoint, of `doctor` None.

    Raises:
      InputError: options or a config that cannot be used, or do not go together.
      OutputError: the config file is not there.
    """
    match args.command:
        case "plan":
            planner, prompt = planner_choice(args), _prompt(args.prompt)
            return PlanJob(prompt, args.prompts_file, args.out, args.frames, planner, args.explain)
        case "show":
            return ShowJob(_plan(args.plan), args.out, args.history)
        case "check":
            return CheckJob(_plan(args.plan), args.out, args.repair)
        case "inspect":
            return _source(vars(args))
        case "doctor":
            return None
    options = rendering_values(args.config, args.overrides, vars(args))
    if args.command == "compile":
        frames = options.get("frames") or DEFAULT_FRAMES
        return CompileJob(_model_request(args, options), frames, args.batch)
    if args.command == "batch":
        return _batch_job(args, options)
    return _video_job(args, options)


def _video_job(args: argparse.Namespace, options: dict[str, Any]) -> VideoJob:
    generates = args.command == "generate"
    return VideoJob(
        command=args.command,
        prompt=_prompt(args.prompt) if generates else None,
        plan=None if generates else Path(_plan(args.plan)),
        planner=planner_choice(args) if generates else None,
        out=args.out,
        config=config_file(args.config) if args.config else None,
        model=_model_request(args, options),
        video=VideoSettings(**fields_of(VideoSettings, options)),
        snapshot=None if args.snapshot is None else Path(args.snapshot),
        distributed=args.distributed,
    )


def _batch_job(args: argparse.Namespace, options: dict[str, Any]) -> BatchJob:
    if args.manifest is not None and (args.jobs is not None or args.out_dir is not None):
        raise InputError("--manifest DIR: takes neither JOBS nor --out-dir")
    if args.manifest is None and (args.jobs is None or args.out_dir is None):
        raise InputError("batch takes JOBS and --out-dir DIR, or --manifest DIR")
    if args.engine != "ray" and (args.workers or args.ray_address):
        raise InputError("--workers, --ray-address: only for --engine ray")
    given = ("format", "pack", "retry_failed", "overwrite", "verify", "max_failures")
    where = ("engine", "workers", "ray_address", "shard")
    # What a line may give as well; the model's own values stand behind both.
    defaults = fields_of(GenerationSettings, options) | fields_of(VideoSettings, options)
    request = _model_request(args, options)
    return BatchJob(
        jobs=None if args.jobs is None else Path(args.jobs),
        out_dir=args.out_dir or args.manifest,
        defaults=defaults,
        planner=planner_choice(args),
        model=dataclasses.replace(request, changes={}),
        videos=args.batch,
        **{name: getattr(args, name) for name in (*given, *where)},
    )


def _prompt(text: str | None) -> str | None:
    """A prompt; raises InputError for the name of a file, of which another command was meant."""
    path = Path(text or "")
    for ending, hint in MEANT.items():
        if path.suffix.lower() == ending and " " not in path.name:
            raise InputError(f"{text}: is the name of a file, not a prompt; {hint.format(text)}")
    return text


def _plan(name: str) -> str:
    """The name of a plan; raises InputError for a prompt."""
    if " " in name and "." not in name and not Path(name).exists():
        raise InputError(f'{name}: no such plan; a prompt is for flowzero-jax generate "{name}"')
    return name


def _source(values: dict[str, Any]) -> Source:
    source = Source(**fields_of(Source, values))
    name = str(source.model)
    near = did_you_mean(name, [EMBEDDED])
    if near and name != EMBEDDED and not Path(name).exists():
        raise ModelError(f"{name}: no such model{near}")
    return source


def _model_request(args: argparse.Namespace, options: dict[str, Any]) -> ModelRequest:
    return ModelRequest(
        source=_source(options),
        changes=fields_of(GenerationSettings, options),
        compute=ComputeSettings(**fields_of(ComputeSettings, options)),
        steps_per_call=args.steps_per_call,
        cache_dir=args.cache_dir,
        no_cache=args.no_cache,
    )
