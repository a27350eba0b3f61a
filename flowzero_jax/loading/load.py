"""The model and the settings that a job asks for, on the device that there is.

Imports JAX: commands import this late, so that bad options are reported without waiting for it.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

from flowzero_jax.devices.cache import disable_compilation_cache, enable_compilation_cache
from flowzero_jax.loading.device import (
    check_attention,
    check_head_sizes,
    choose_dtype,
    choose_mesh,
    device_errors,
    first_device,
)
from flowzero_jax.loading.request import ModelRequest
from flowzero_jax.pipeline import Pipeline, load_pipeline
from flowzero_jax.settings import GenerationSettings


@dataclass(frozen=True, eq=False)
class Loaded:
    """A pipeline, ready to run, and what the record of a video says about it.

    Attributes:
      pipeline: the model, its parameters on the device.
      settings: the checkpoint's, changed by the options.
      dtype: of parameters and computation, never "auto".
      attention, steps_per_call: as asked for.
      model: "source", "name", "sha256" and the rest of its origin.
      device: "platform" and "kind"; "mesh" if there are several.
      cache: the folder that keeps compiled programs, None without one.
    """

    pipeline: Pipeline
    settings: GenerationSettings
    dtype: str
    attention: str
    steps_per_call: int
    model: dict[str, str]
    device: dict[str, str]
    cache: str | None

    @property
    def recorded_settings(self) -> dict[str, Any]:
        """Every setting by name, defaults included, and what decides the rounding."""
        names = ("dtype", "attention", "steps_per_call")
        return dataclasses.asdict(self.settings) | {name: getattr(self, name) for name in names}


def load(request: ModelRequest) -> Loaded:
    """Finds the device, sets the compilation cache up and loads the model.

    Raises:
      DeviceError: no device, or none for what was asked.
      InputError: options that do not go together.
      ModelError: no such model, or not a whole and consistent one.
    """
    device = first_device()
    dtype = choose_dtype(request.compute.dtype, device)
    attention = request.compute.attention
    check_attention(attention, dtype, device)
    mesh = choose_mesh(request.compute.mesh)
    if request.no_cache:
        disable_compilation_cache()
    cache = None if request.no_cache else enable_compilation_cache(request.cache_dir)

    source = request.source
    with device_errors():
        pipeline = load_pipeline(**vars(source), dtype=dtype, attention=attention, mesh=mesh)
    if attention == "cudnn":
        check_head_sizes(pipeline.models.unet)
    return Loaded(
        pipeline=pipeline,
        settings=dataclasses.replace(pipeline.settings, **request.changes),
        dtype=dtype,
        attention=attention,
        steps_per_call=request.steps_per_call,
        model={
            "source": str(source.model),
            **{name: str(path) for name, path in source.additions.items()},
            "name": pipeline.info.name,
            "sha256": pipeline.info.sha256,
            **pipeline.info.origin,
        },
        device=device if mesh is None else device | {"mesh": "x".join(map(str, mesh.axis_sizes))},
        cache=cache,
    )
