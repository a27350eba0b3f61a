"""`flowzero.json`: how a checkpoint wants to be used, and what it can draw."""

import dataclasses
import json
from pathlib import Path
from typing import get_args

from flowzero_jax.models import CrossFrame
from flowzero_jax.schedule import Sampler
from flowzero_jax.weights.config_reader import ConfigReader
from flowzero_jax.weights.small_files import read_json

MAX_NAMES = 100_000


@dataclasses.dataclass(frozen=True)
class Settings:
    """Generation defaults of a checkpoint; where it gives none, those of the published models."""

    height: int = 512
    width: int = 512
    num_steps: int = 50
    guidance_scale: float = 7.5
    #: Share of the steps in which the boxes act (GLIGEN's scheduled sampling).
    grounding_fraction: float = 0.3
    sampler: Sampler = "ddim"
    cross_frame: CrossFrame = "first"
    noise_shift: bool = True
    object_noise: bool = False
    #: Frames per second of the video file.
    fps: int = 4
    name: str = ""
    #: What it can draw: singular noun → Unicode emoji. Empty: not known.
    nouns: dict[str, str] = dataclasses.field(default_factory=dict, hash=False)
    #: Background phrases usable in a prompt. Empty: not known.
    backgrounds: tuple[str, ...] = ()


def read_settings(path: Path) -> Settings:
    """Parses `flowzero.json`; every key may be missing.

    Raises:
        ModelError: an unknown key, or a value out of bounds.
    """
    reader = ConfigReader(read_json(path), path)
    default = Settings()
    settings = Settings(
        height=reader.integer("height", 1, 16384, default.height),
        width=reader.integer("width", 1, 16384, default.width),
        num_steps=reader.integer("num_steps", 1, 1000, default.num_steps),
        guidance_scale=reader.number("guidance_scale", 0, 1000, default.guidance_scale),
        grounding_fraction=reader.number("grounding_fraction", 0, 1, default.grounding_fraction),
        sampler=reader.choice("sampler", get_args(Sampler), default.sampler),
        cross_frame=reader.choice("cross_frame", get_args(CrossFrame), default.cross_frame),
        noise_shift=reader.boolean("noise_shift", default.noise_shift),
        object_noise=reader.boolean("object_noise", default.object_noise),
        fps=reader.integer("fps", 1, 240, default.fps),
        name=reader.text("name", 200, default.name),
        nouns=_nouns(reader),
        backgrounds=_backgrounds(reader),
    )
    reader.finish()
    return settings


def settings_json(settings: Settings) -> str:
    """The text of a `flowzero.json` that `read_settings` reads back."""
    return json.dumps(dataclasses.asdict(settings), indent=2, ensure_ascii=False) + "\n"


def _nouns(reader: ConfigReader) -> dict[str, str]:
    nouns = reader.raw("nouns", {})
    if not isinstance(nouns, dict) or len(nouns) > MAX_NAMES or not _texts(nouns, nouns.values()):
        reader.fail("nouns", nouns, "must map nouns to emoji")
    return nouns


def _backgrounds(reader: ConfigReader) -> tuple[str, ...]:
    phrases = reader.raw("backgrounds", [])
    if not isinstance(phrases, list) or len(phrases) > MAX_NAMES or not _texts(phrases):
        reader.fail("backgrounds", phrases, "must be a list of phrases")
    return tuple(phrases)


def _texts(*groups) -> bool:
    return all(isinstance(text, str) and 0 < len(text) <= 200 for group in groups for text in group)
