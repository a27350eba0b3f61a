"""The record beside a video: everything that is needed to make it again, and what it took."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib import metadata as distributions
from typing import Any

import imageio_ffmpeg

from flowzero_jax.version import __version__

_COMPILER_VARIABLES = ("XLA_FLAGS", "LIBTPU_INIT_ARGS", "NVIDIA_TF32_OVERRIDE")
_WITHOUT_EFFECT = ("_ADDRESS", "_ID", "_PROCESSES")


@dataclass(frozen=True)
class RenderMetadata:
    """What `generate` and `render` write to <video>.meta.json, as it stands there.

    Attributes:
      command: "generate" or "render".
      prompt: of the plan.
      negative_prompt: what guidance leads away from.
      seed: 0 <= seed < 2^32.
      settings: every generation setting by name, defaults included; "dtype", "attention" and
        "steps_per_call", which decide the rounding.
      fps: frames per second.
      planner: the planner's name, None where the plan was a file.
      plan: "file" as named by the user, "sha256" of its bytes.
      model: "source" as named by the user, "name", "sha256" of the checkpoint; what else a
        `PipelineInfo` says about its origin.
      video: "file", "format", "frames", "height", "width"; "sha256" unless it is a folder.
      device: "platform", "kind"; "mesh" (videos x frames x model) if there were several.
      versions: of Python, JAX, Flax, ffmpeg and this package.
      environment: variables of the shell that may decide the rounding, by name.
      seconds: wall time of each stage.
    """

    command: str
    prompt: str
    negative_prompt: str
    seed: int
    settings: dict[str, Any]
    fps: float
    planner: str | None
    plan: dict[str, str]
    model: dict[str, str]
    video: dict[str, Any]
    device: dict[str, str]
    versions: dict[str, str]
    environment: dict[str, str]
    seconds: dict[str, float]


def package_versions() -> dict[str, str]:
    """The versions that a video's pixels and bytes can depend on; imports none of them."""
    installed = {name: distributions.version(name) for name in ("jax", "jaxlib", "flax", "numpy")}
    return {
        "flowzero_jax": __version__,
        "python": platform.python_version(),
        **installed,
        "ffmpeg": _ffmpeg_version(),
    }


def metadata_json(metadata: RenderMetadata) -> str:
    """The record as indented JSON."""
    return json.dumps(asdict(metadata), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def rounding_variables() -> dict[str, str]:
    """The variables of the shell that compilers and devices obey; paths in them are left out."""
    names = [
        name
        for name in sorted(os.environ)
        if name in _COMPILER_VARIABLES
        or (name.startswith("JAX_") and not name.endswith(_WITHOUT_EFFECT))
    ]
    parts = {name: [p for p in os.environ[name].split() if "/" not in p] for name in names}
    return {name: " ".join(kept) for name, kept in parts.items() if kept}


def _ffmpeg_version() -> str:
    try:
        return str(imageio_ffmpeg.get_ffmpeg_version())
    except (OSError, RuntimeError):
        return "none"
