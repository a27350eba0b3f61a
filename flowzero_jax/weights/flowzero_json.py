"""`flowzero.json`: how a checkpoint wants to be used, and what it can draw."""

import dataclasses
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from flowzero_jax.settings import MAX_FPS, GenerationSettings, Setting, settings_of
from flowzero_jax.weights.config_reader import ConfigReader
from flowzero_jax.weights.small_files import read_json

MAX_NAMES = 100_000
MAX_LENGTH = 200

SETTINGS = tuple(one for one in settings_of(GenerationSettings) if one.about.in_checkpoint)
"""What the file may say about generation; the other settings keep their published defaults."""


@dataclasses.dataclass(frozen=True)
class CheckpointSettings:
    """What `flowzero.json` says; what it leaves out is as in the published models."""

    generation: GenerationSettings = dataclasses.field(default_factory=GenerationSettings)
    #: Frames per second of the video file.
    fps: int = 4
    name: str = ""
    #: What it can draw: singular noun → Unicode emoji. Empty: not known.
    nouns: dict[str, str] = dataclasses.field(default_factory=dict, hash=False)
    #: Background phrases usable in a prompt. Empty: not known.
    backgrounds: tuple[str, ...] = ()


def read_settings(path: Path) -> CheckpointSettings:
    """Parses `flowzero.json`, of which every key may be missing; raises ModelError."""
    reader = ConfigReader(read_json(path), path)
    settings = CheckpointSettings(
        generation=GenerationSettings(**{one.name: _take(reader, one) for one in SETTINGS}),
        fps=reader.integer("fps", 1, int(MAX_FPS), CheckpointSettings.fps),
        name=_name(reader),
        nouns=_nouns(reader),
        backgrounds=_backgrounds(reader),
    )
    reader.finish()
    return settings


def settings_json(settings: CheckpointSettings) -> str:
    """The text of a `flowzero.json` that `read_settings` reads back."""
    values = {one.name: getattr(settings.generation, one.name) for one in SETTINGS}
    values |= {name: value for name, value in vars(settings).items() if name != "generation"}
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def _take(reader: ConfigReader, setting: Setting) -> Any:
    """A setting's value, or its default; raises ModelError for one that it cannot have."""
    name, default = setting.name, setting.default
    if setting.choices:
        return reader.choice(name, setting.choices, default)
    if setting.type is bool:
        return reader.boolean(name, default)
    take: Any = {int: reader.integer, float: reader.number}[setting.type]
    return take(name, setting.about.low, setting.about.high, default)


def _name(reader: ConfigReader) -> str:
    name = reader.raw("name", "")
    allowed = isinstance(name, str) and len(name) <= MAX_LENGTH and name.isprintable()
    rule = f"must be a text of at most {MAX_LENGTH} printable characters"
    return reader.check("name", name, allowed, rule)


def _nouns(reader: ConfigReader) -> dict[str, str]:
    nouns = reader.raw("nouns", {})
    allowed = isinstance(nouns, dict) and _texts(nouns) and _texts(nouns.values())
    return reader.check("nouns", nouns, allowed, "must map nouns to emoji")


def _backgrounds(reader: ConfigReader) -> tuple[str, ...]:
    phrases = reader.raw("backgrounds", [])
    allowed = isinstance(phrases, list) and _texts(phrases)
    return tuple(reader.check("backgrounds", phrases, allowed, "must be a list of phrases"))


def _texts(texts: Collection) -> bool:
    whole = all(isinstance(text, str) and 0 < len(text) <= MAX_LENGTH for text in texts)
    return whole and len(texts) <= MAX_NAMES
