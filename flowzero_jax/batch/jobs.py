"""A file of jobs, .jsonl, .csv or .txt: read line by line, checked before anything is drawn.

A line of .jsonl is an object and one of .csv a row with the fields "prompt" or "plan", "id", "seed"
or "seeds", and every setting by its name; one of .txt is a prompt.
"""

import dataclasses
import difflib
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from flowzero_jax.batch.rows import Row, read_rows
from flowzero_jax.errors import FlowZeroError, InputError
from flowzero_jax.planner.words.text import clean_prompt
from flowzero_jax.scene import SceneSyntax, find_bad_character, is_blank, parse_scene, read_scene
from flowzero_jax.settings import (
    MAX_SEED,
    ComputeSettings,
    GenerationSettings,
    Setting,
    VideoSettings,
    settings_of,
)
from flowzero_jax.values import integer, parser

SETTINGS = {
    setting.name: setting
    for kind in (GenerationSettings, VideoSettings)
    for setting in settings_of(kind)
    if setting.name != "seed"
}
FIELDS = ("id", "prompt", "plan", "seed", "seeds", *SETTINGS)
# The same for all jobs of a run.
OF_A_RUN = {setting.name for setting in settings_of(ComputeSettings)} | {"model", "lora", "format"}
MAX_LABEL = 200
MAX_SEEDS = 1_000_000
SHOWN_ERRORS = 50


@dataclasses.dataclass(frozen=True)
class JobLine:
    """What a line asks for, of one video. Either `prompt` or `scene` is None.

    Attributes:
      number: of the line, from 1.
      label: a person's name for it.
      prompt: what is to be planned.
      scene: the plan.
      seed: of the noise.
      changes: the settings that the line or the command line gives, by name.
    """

    number: int
    label: str | None
    prompt: str | None
    scene: SceneSyntax | None
    seed: int
    changes: dict[str, Any]


class JobsError(InputError):
    """A file of jobs that cannot be used; `lines` has one message for each fault, up to a limit."""

    def __init__(self, path: Path, lines: Sequence[str], count: int):
        self.lines = tuple(lines)
        faults = "1 fault" if count == 1 else f"{count} faults"
        super().__init__(f"{path}: {faults}, nothing was drawn; the first: {lines[0]}")


def check_jobs(path: Path, defaults: Mapping[str, Any]) -> int:
    """Reads the whole file; returns how many videos it asks for, repetitions included.

    Args:
      path: the file.
      defaults: settings and "seed" of the lines that do not give them, by name.

    Raises:
      JobsError: all that is wrong with it.
      OutputError: it cannot be read.
    """
    errors: list[str] = []
    labels: dict[bytes, bytes] = {}
    faults = videos = 0
    for number, found in _lines(path, defaults):
        error = found if isinstance(found, InputError) else _other_meaning(labels, *found)
        if not isinstance(found, InputError):
            videos += len(found[1])
        if error is not None:
            faults += 1
            if len(errors) < SHOWN_ERRORS:
                errors.append(f"{path}:{number}: {error}")
    if faults:
        raise JobsError(path, errors, faults)
    if not videos:
        raise InputError(f"{path}: holds no job; write one a line")
    return videos


def read_jobs(path: Path, defaults: Mapping[str, Any]) -> Iterator[JobLine]:
    """The jobs of a file that `check_jobs` has checked: one for each video.

    Raises: InputError, OutputError if the file has changed meanwhile.
    """
    for number, found in _lines(path, defaults):
        if isinstance(found, InputError):
            raise InputError(f"{path}:{number}: {found}")
        line, seeds = found
        for seed in seeds:
            yield dataclasses.replace(line, seed=seed)


def _lines(
    path: Path, defaults: Mapping[str, Any]
) -> Iterator[tuple[int, tuple[JobLine, Sequence[int]] | InputError]]:
    for row in read_rows(path, FIELDS):
        if isinstance(row.values, InputError):
            yield row.number, row.values
            continue
        try:
            yield row.number, _parse(row, row.values, defaults, path.parent)
        except (InputError, ValueError) as error:
            yield row.number, InputError(str(error))


def _parse(
    row: Row, values: Mapping[str, Any], defaults: Mapping[str, Any], folder: Path
) -> tuple[JobLine, Sequence[int]]:
    """A job without its seed, and the seeds."""
    given = {name: value for name, value in values.items() if value is not None}
    for name in given:
        if name not in FIELDS:
            raise InputError(unknown_field(name))
    if ("prompt" in given) == ("plan" in given):
        raise InputError("give either prompt or plan")
    changes = {name: defaults[name] for name in SETTINGS if name in defaults}
    for name in SETTINGS:
        if name in given:
            changes[name] = _value(SETTINGS[name], given[name], row.is_text)
    start, end = changes.get("guidance_start", 0.0), changes.get("guidance_end", 1.0)
    if start > end:
        raise InputError(f"guidance_start {start:g} comes after guidance_end {end:g}")
    scene = None
    if "plan" in given:
        scene = _scene(given["plan"], folder)
        if "frames" in given and changes["frames"] != len(scene.frames):
            raise InputError(f"frames: {changes['frames']}, but the plan has {len(scene.frames)}")
        changes["frames"] = len(scene.frames)
    prompt = clean_prompt(given["prompt"]) if scene is None else None
    line = JobLine(row.number, _label(given.get("id")), prompt, scene, 0, changes)
    return line, _seeds(given, int(defaults.get("seed", 0)), row.is_text)


def _other_meaning(
    labels: dict[bytes, bytes], line: JobLine, seeds: Sequence[int]
) -> InputError | None:
    """What is wrong if a label meant something else before; `labels` remembers, by hashes."""
    if line.label is None:
        return None
    content = _hash(_content(line, seeds))
    if labels.setdefault(_hash(line.label), content) == content:
        return None
    return InputError(
        f"id {line.label!r}: stands for another job above; give each an id of its own"
    )


def unknown_field(name: str) -> str:
    """What to say of a field that no job has."""
    if name in OF_A_RUN:
        return f"{name} is the same for all jobs of a run; give --{name}"
    near = difflib.get_close_matches(name, FIELDS, n=1)
    return f"unknown field {name!r}; " + (
        f"did you mean {near[0]}?" if near else f"known are {', '.join(FIELDS)}"
    )


def _value(setting: Setting, value: Any, is_text: bool) -> Any:
    """A setting's value from a cell of text, or from JSON, where its type must be right, too."""
    if is_text and setting.type is not str:
        value = value.strip()
    if setting.type is bool:
        found = {"true": True, "false": False}.get(value.lower()) if is_text else value
        if not isinstance(found, bool):
            raise InputError(f"{setting.name}: {value!r} is not true or false")
        return found
    wanted = (int, float) if setting.type is float else (setting.type,)
    if not is_text and type(value) not in wanted:
        kind = "text" if setting.type is str else "a number"
        kind = "a whole number" if setting.type is int else kind
        raise InputError(f"{setting.name}: {value!r} is not {kind}")
    if setting.type is str and (bad := find_bad_character(value)):
        raise InputError(f"{setting.name}: holds the control character {bad}; remove it")
    return _named(setting.name, parser(setting), str(value))


def _named(name: str, parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise InputError(f"{name}: {error}") from error


def _label(value: Any) -> str | None:
    if value is None:
        return None
    if type(value) not in (str, int):
        raise InputError(f"id: {value!r} is not text")
    label = str(value).strip()
    if is_blank(label) or find_bad_character(label) or len(label) > MAX_LABEL:
        raise InputError(f"id: give 1 to {MAX_LABEL} characters, none of them a control character")
    return label


def _seeds(given: Mapping[str, Any], default: int, is_text: bool) -> Sequence[int]:
    """The seeds of a line: one, a list, or text such as "0-9" or "3 7 20-29"."""
    seed = integer(0, MAX_SEED)
    if "seeds" not in given:
        value = given.get("seed", default)
        if not is_text and type(value) is not int:
            raise InputError(f"seed: {value!r} is not a whole number")
        return [_named("seed", seed, str(value))]
    if "seed" in given:
        raise InputError("give either seed or seeds")
    value = given["seeds"]
    if isinstance(value, str):
        seeds: list[int] = []
        for part in re.split(r"[\s,;]+", value.strip()):
            first, dash, last = part.partition("-")
            start = _named("seeds", seed, first)
            stop = (_named("seeds", seed, last) if dash else start) + 1
            _check_number(len(seeds) + stop - start)
            seeds += range(start, stop)
        _check_number(len(seeds))
    elif isinstance(value, list) and all(type(item) is int for item in value):
        _check_number(len(value))
        seeds = [_named("seeds", seed, str(item)) for item in value]
    else:
        raise InputError('seeds: give a list of whole numbers, or text such as "0-9"')
    return list(dict.fromkeys(seeds))


def _check_number(count: int) -> None:
    if not 1 <= count <= MAX_SEEDS:
        raise InputError(f"seeds: give 1 to {MAX_SEEDS:,} of them in a line, the first the least")


def _scene(value: Any, folder: Path) -> SceneSyntax:
    """An inline scene, or that of a file, whose path leads nowhere out of the jobs' folder."""
    if isinstance(value, dict):
        return parse_scene(json.dumps(value), "plan")
    if not isinstance(value, str) or is_blank(value):
        raise InputError("plan: give a scene or the path of one")
    base = folder.resolve()
    try:
        path = (base / value).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"plan: {value!r} is no path: {error}") from error
    if Path(value).is_absolute() or not path.is_relative_to(base):
        raise InputError(f"plan: {value!r} leads out of the jobs' folder; give a path inside it")
    try:
        return read_scene(path)
    except FlowZeroError as error:
        raise InputError(f"plan: {error}") from error


def _content(line: JobLine, seeds: Iterable[int]) -> str:
    scene = None if line.scene is None else line.scene.model_dump(mode="json")
    return json.dumps([line.prompt, scene, line.changes, sorted(seeds)], sort_keys=True)


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
