"""A job is its content: its id is the hash of all that decides its video, and names its files."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from flowzero_jax.batch.jobs import SHOWN_ERRORS, JobLine, JobsError
from flowzero_jax.batch.renderer import Facts
from flowzero_jax.errors import InputError
from flowzero_jax.settings import DEFAULT_FRAMES, GenerationSettings, settings_of
from flowzero_jax.version import __version__
from flowzero_jax.video.paths import check_size

ID_DIGITS = 32
_FLOATS = {setting.name for setting in settings_of(GenerationSettings) if setting.type is float}
_FIELDS = tuple(field.name for field in dataclasses.fields(GenerationSettings))


@dataclasses.dataclass(frozen=True)
class Job:
    """One video, as it stands in jobs.jsonl.

    Attributes:
      id: the hash of the rest, and of the model; names its files.
      label: a person's name for it.
      line: where it comes from, in the file of jobs.
      prompt: what is planned; None if `plan` is given.
      plan: a scene's tree.
      seed: of the noise.
      settings: every generation setting, "frames", "negative_prompt" and what decides the rounding.
      fps: frames per second.
      format: of the video: "mp4", "gif" and so on.
      planner: who plans a prompt, and how; None if `plan` is given.
    """

    id: str
    label: str | None
    line: int
    prompt: str | None
    plan: dict[str, Any] | None
    seed: int
    settings: dict[str, Any]
    fps: float
    format: str
    planner: dict[str, Any] | None

    @property
    def text(self) -> str:
        """The prompt, of a plan its own."""
        text = self.prompt if self.plan is None else self.plan["prompt"]
        assert isinstance(text, str)
        return text

    @property
    def generation(self) -> GenerationSettings:
        return GenerationSettings(**{name: self.settings[name] for name in _FIELDS})

    @property
    def shape(self) -> str:
        """What is compiled for it, in words."""
        values = self.settings
        return (
            f"{values['frames']}x{values['height']}x{values['width']}, "
            f"{values['num_steps']} steps of {values['sampler']}"
        )

    def json(self) -> str:
        """One line of jobs.jsonl, without what is not there."""
        tree = dataclasses.asdict(self)
        absent = ("prompt",) if self.plan is not None else ("plan",)
        return json.dumps({k: v for k, v in tree.items() if k not in absent}, ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str | bytes) -> "Job":
        return cls(**{"prompt": None, "plan": None} | json.loads(line))

    def is_in(self, shard: int, shards: int) -> bool:
        """Whether it belongs to a part of all jobs."""
        return int(self.id, 16) % shards == shard


def resolve(line: JobLine, facts: Facts, format: str, planner: dict[str, Any]) -> Job:
    """The job of a line, drawn by a model; `planner` says who plans its prompt, and how.

    Raises: InputError for a size that the model or the format cannot have.
    """
    changes = dict(line.changes)
    fps = float(changes.pop("fps", facts.fps))
    frames = changes.pop("frames", DEFAULT_FRAMES)
    negative_prompt = changes.pop("negative_prompt", "")
    generation = dataclasses.asdict(dataclasses.replace(facts.settings, **changes))
    for name in ("height", "width"):
        if generation[name] % facts.factor:
            raise InputError(
                f"{name}: {generation[name]} is not a multiple of {facts.factor}, the "
                "autoencoder's factor"
            )
    check_size(f".{format}", generation["height"], generation["width"])
    settings = {
        **{name: float(v) if name in _FLOATS else v for name, v in generation.items()},
        "frames": frames,
        "negative_prompt": negative_prompt,
        **facts.compute,
    }
    job = Job(
        id="",
        label=line.label,
        line=line.number,
        prompt=line.prompt,
        plan=None if line.scene is None else line.scene.model_dump(mode="json"),
        seed=line.seed,
        settings=settings,
        fps=fps,
        format=format,
        planner=planner if line.scene is None else None,
    )
    return dataclasses.replace(job, id=_id(job, facts))


def _id(job: Job, facts: Facts) -> str:
    """Labels and lines decide nothing; of the model its bytes count, not where they lie."""
    content = dataclasses.asdict(job)
    for name in ("id", "label", "line"):
        del content[name]
    content["model"] = {
        name: value
        for name, value in facts.model.items()
        if name in ("sha256", "scheduler") or name.endswith("_sha256")
    }
    content["version"] = __version__
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]


def resolve_all(
    path: Path, lines: Iterable[JobLine], facts: Facts, format: str, planner: dict[str, Any]
) -> Iterator[Job]:
    """The jobs of a file's lines.

    Raises: JobsError at the end, with all that the model or the format cannot have.
    """
    errors: list[str] = []
    faults = 0
    for line in lines:
        try:
            yield resolve(line, facts, format, planner)
        except InputError as error:
            faults += 1
            if len(errors) < SHOWN_ERRORS:
                errors.append(f"{path}:{line.number}: {error}")
    if faults:
        raise JobsError(path, errors, faults)
