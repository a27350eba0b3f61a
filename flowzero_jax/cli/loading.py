"""The model and the settings that a command line asks for, on the device that there is.

Imports JAX: commands import this late, so that bad options are reported without waiting for it.
"""

import argparse
import dataclasses
from dataclasses import dataclass
from typing import Any

from flowzero_jax.cli.config import fields_of
from flowzero_jax.cli.device import (
    check_attention,
    check_head_sizes,
    choose_dtype,
    choose_mesh,
    device_errors,
    first_device,
)
from flowzero_jax.devices.cache import disable_compilation_cache, enable_compilation_cache
from flowzero_jax.pipeline import Pipeline
from flowzero_jax.settings import ComputeSettings, GenerationSettings
from flowzero_jax.weights.source import Source


@dataclass(frozen=True, eq=False)
class Loaded:
    """A pipeline, ready to run, and what the record of a video says about it.

    Attributes:
      pipeline: the model, its parameters on the device.
      settings: the checkpoint's, changed by the options.
      dtype: of parameters and computation, never "auto".
      attention: as asked for.
      model: "source", "name", "sha256" and the rest of its origin.
      device: "platform" and "kind"; "mesh" if there are several.
      cache: the folder that keeps compiled programs, None without one.
    """

    pipeline: Pipeline
    settings: GenerationSettings
    dtype: str
    attention: str
    model: dict[str, str]
    device: dict[str, str]
    cache: str | None

    @property
    def recorded_settings(self) -> dict[str, Any]:
        """Every setting by name, defaults included."""
        extra = {"dtype": self.dtype, "attention": self.attention}
        return dataclasses.asdict(self.settings) | extra


def load(args: argparse.Namespace, options: dict[str, Any]) -> Loaded:
    """Finds the device, sets the compilation cache up and loads the model.

    Args:
      args: says where compiled programs are kept.
      options: the rendering options that the user set; those for something else are passed over.

    Raises:
      DeviceError: no device, or none for what was asked.
      InputError: options that do not go together.
      ModelError: no such model, or not a whole and consistent one.
    """
    device = first_device()
    compute = ComputeSettings(**fields_of(ComputeSettings, options))
    dtype, attention = choose_dtype(compute.dtype, device), compute.attention
    check_attention(attention, dtype, device)
    mesh = choose_mesh(compute.mesh)
    if args.no_cache:
        disable_compilation_cache()
    cache = None if args.no_cache else enable_compilation_cache(args.cache_dir)

    source = Source(**fields_of(Source, options))
    with device_errors():
        pipeline = Pipeline.from_source(source, dtype, attention, mesh)
    if attention == "cudnn":
        check_head_sizes(pipeline.models.unet)
    changes = fields_of(GenerationSettings, options)
    return Loaded(
        pipeline=pipeline,
        settings=dataclasses.replace(pipeline.settings, **changes),
        dtype=dtype,
        attention=attention,
        model={
            "source": source.model,
            **source.additions,
            "name": pipeline.info.name,
            "sha256": pipeline.info.sha256,
            **pipeline.info.origin,
        },
        device=device if mesh is None else device | {"mesh": "x".join(map(str, mesh.axis_sizes))},
        cache=cache,
    )
