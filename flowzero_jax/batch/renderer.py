"""What draws: one model on the device or devices of one process. JAX is imported when it loads."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from flowzero_jax.errors import DeviceError, InputError
from flowzero_jax.loading.request import ModelRequest
from flowzero_jax.scene import SceneSyntax
from flowzero_jax.settings import GenerationSettings


class Stopped(Exception):
    """Drawing ended early because it was told to; a snapshot has what was done."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """What must be known about a renderer to say what a job is.

    Attributes:
      settings: the model's own.
      fps: the model's own.
      factor: height and width are multiples of it.
      model: "source", "name", "sha256" and the rest of its origin.
      device: "platform", "kind"; "mesh" if there are several.
      compute: "dtype", "attention", "steps_per_call": they decide the rounding.
    """

    settings: GenerationSettings
    fps: float
    factor: int
    model: dict[str, str]
    device: dict[str, str]
    compute: dict[str, Any]


class Renderer(Protocol):
    """Draws one batch after another; a stand-in of the same form serves tests."""

    facts: Facts

    def draw(
        self,
        scenes: Sequence[SceneSyntax],
        seeds: Sequence[int],
        settings: GenerationSettings,
        negative_prompt: str,
        snapshot: Path,
        stop: Callable[[], bool],
    ) -> np.ndarray:
        """Scenes of equal length → frames uint8 `[b f H W 3]`.

        Args:
          scenes, seeds: equally many, and always the same number.
          settings, negative_prompt: of all of them.
          snapshot: where an interrupted call with the same arguments left off, and is to leave off.
          stop: whether to do so.

        Raises: Stopped; FlowZeroError.
        """

    @property
    def compile_seconds(self) -> float:
        """Spent so far on compiling."""


class PipelineRenderer:
    """A checkpoint's pipeline."""

    def __init__(self, request: ModelRequest):
        """Loads it. Raises: DeviceError, ModelError, InputError."""
        from jax import monitoring

        from flowzero_jax.loading.load import load

        spent = self._compiling = [0.0]

        def listen(event: str, duration_secs: float, **kwargs: str | int) -> None:
            if event == "/jax/core/compile/backend_compile_duration":
                spent[0] += duration_secs

        monitoring.register_event_duration_secs_listener(listen)
        loaded = load(request)
        self._loaded = loaded
        self.facts = Facts(
            settings=loaded.settings,
            fps=loaded.pipeline.info.fps,
            factor=loaded.pipeline.models.autoencoder.config.factor,
            model=loaded.model,
            device=loaded.device,
            compute={
                "dtype": loaded.dtype,
                "attention": loaded.attention,
                "steps_per_call": loaded.steps_per_call,
            },
        )

    def draw(
        self,
        scenes: Sequence[SceneSyntax],
        seeds: Sequence[int],
        settings: GenerationSettings,
        negative_prompt: str,
        snapshot: Path,
        stop: Callable[[], bool],
    ) -> np.ndarray:
        from flowzero_jax.loading.device import device_errors

        stopping = False

        def keep() -> bool:
            nonlocal stopping
            stopping = stop()
            return stopping

        def progress(done: int, total: int) -> None:
            if stopping and done < total:  # the snapshot is written
                raise Stopped

        def run() -> np.ndarray:
            return self._loaded.pipeline.draw(
                scenes,
                seeds,
                settings=settings,
                negative_prompt=negative_prompt,
                progress=progress,
                steps_per_call=self._loaded.steps_per_call,
                snapshot=snapshot,
                keep=keep,
            ).frames

        with device_errors():
            try:
                return run()
            except InputError:
                if not snapshot.exists():
                    raise
                snapshot.unlink()  # damaged, or of other videos
                return run()

    @property
    def compile_seconds(self) -> float:
        return self._compiling[0]


def make_renderer(request: ModelRequest, platform: str | None = None) -> Renderer:
    """A renderer for a model; with `platform`, on nothing else.

    Raises: DeviceError on another platform, and as `PipelineRenderer`.
    """
    renderer = PipelineRenderer(request)
    found = renderer.facts.device["platform"]
    if platform is not None and found != platform:
        raise DeviceError(
            f"JAX took the {found}, not the {platform} that was asked for; install JAX for it, or "
            "set JAX_PLATFORMS"
        )
    return renderer
