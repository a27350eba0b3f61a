"""Compiles, ahead of time, the programs that drawing videos of some size takes.

They are lowered from the very functions that draw a video, with inputs of the same shapes and
types, so that a run of that size finds them in JAX's persistent cache, or in this process. Besides
them a run compiles only trifles, in milliseconds: making keys, asking whether numbers are finite.
"""

import dataclasses
import math
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from flowzero_jax.arrays import SceneArrays
from flowzero_jax.denoising import Models, Params
from flowzero_jax.devices.placement import Placement
from flowzero_jax.devices.programs import (
    TEXT_CHUNK,
    decode_jitted,
    denoise_jitted,
    encode_texts_jitted,
    prepare_jitted,
)
from flowzero_jax.devices.traced import ready
from flowzero_jax.errors import DeviceError
from flowzero_jax.generation import Segment, calls
from flowzero_jax.noise import video_keys
from flowzero_jax.scene import MAX_OBJECTS
from flowzero_jax.settings import STEPS_PER_CALL, GenerationSettings


@dataclasses.dataclass(frozen=True)
class CompiledProgram:
    """One program, and the bytes on each device around it by the compiler's own account."""

    name: str  # such as "denoise, grounded, guided, 10 steps"
    seconds: float  # to trace and compile it, or to find it in the cache
    argument_bytes: int  # what it reads: parameters, latents, conditions
    output_bytes: int
    temporary_bytes: int  # what it needs only while it runs
    aliased_bytes: int  # the part of the outputs that takes the place of arguments
    # What lies on the device meanwhile and is none of these: the parameters of the other networks,
    # the conditions of the next steps. About, where a device pads its arrays.
    other_bytes: int

    @property
    def peak_bytes(self) -> int:
        """Everything that the program itself takes while it runs."""
        return self.argument_bytes + self.output_bytes + self.temporary_bytes - self.aliased_bytes


def memory_needed(programs: list[CompiledProgram]) -> int:
    """Bytes on each device that running all programs, one after the other, takes."""
    return max(program.peak_bytes + program.other_bytes for program in programs)


def compile_programs(
    models: Models,
    params: Params,
    settings: GenerationSettings,
    num_frames: int,
    text_length: int,
    *,
    batch: int = 1,
    mesh: Mesh | None = None,
    steps_per_call: int = STEPS_PER_CALL,
    announce: Callable[[str], None] | None = None,
) -> list[CompiledProgram]:
    """Compiles what a pipeline runs to draw scenes, in the order in which it runs.

    Prompts, seeds, boxes and motions do not matter: they are inputs.

    Args:
      models, params, settings, mesh, steps_per_call: as in `programs.draw`.
      num_frames: of each video.
      text_length: tokens of a text.
      batch: videos that are drawn together.
      announce: told each program's name before it is compiled.

    Raises:
      InputError: sizes or numbers of steps that do not fit the model.
      DeviceError: the device gives no account of memory.
    """
    settings = settings.in_programs
    if not models.unet.config.grounded:
        settings = dataclasses.replace(settings, boxes=False)
    programs = _Programs(params, announce)

    text_model, text_params = models.text_encoder, params["text_encoder"]
    ids = jax.ShapeDtypeStruct((TEXT_CHUNK, text_length), np.int32)
    programs.add("encode texts", encode_texts_jitted, text_model, text_params, ids, alive=ids)

    width = text_model.config.hidden_size
    scenes, keys = _scenes(batch, num_frames, text_length, width), video_keys(range(batch))
    state, conditions = programs.add(
        "prepare", prepare_jitted, models, settings, params, scenes, keys, alive=(scenes, keys)
    )
    if mesh is not None:
        blank = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), (state, conditions))
        placement = Placement(mesh, batch, num_frames, settings.frames_per_chunk)
        state, conditions = placement.spread(*blank)
    alive = (state, conditions)
    # The first call of every kind and length: the others share its program.
    distinct: dict[str, Segment] = {}
    for call in calls(models.schedule, settings, steps_per_call):
        distinct.setdefault(_name(call), call)
    for name, call in distinct.items():
        inputs = (models, params, state, conditions, call.steps, settings.guidance_scale)
        options = {**call.options(settings), "mesh": mesh}
        programs.add(name, denoise_jitted, *inputs, **options, alive=alive)
    programs.add("decode", decode_jitted, models, params, state.latents, mesh=mesh, alive=alive)
    return programs.compiled


class _Programs:
    """Compiles programs one by one, and keeps the account of each."""

    def __init__(self, params: Params, announce: Callable[[str], None] | None):
        self.params = params
        self.announce = announce
        self.compiled: list[CompiledProgram] = []

    def add(self, name: str, function: Any, *arguments, alive, **options):
        """Compiles `function`; returns the results' shapes. `alive`: on the device, too."""
        if self.announce is not None:
            self.announce(name)
        started = time.perf_counter()
        program = ready(function, *arguments, **options)
        memory = program.executable.memory_analysis()
        if memory is None:
            raise DeviceError(f"{name}: compiled, but this device does not tell the memory needed")
        on_device = _bytes((self.params, alive))
        compiled = CompiledProgram(
            name=name,
            seconds=round(time.perf_counter() - started, 3),
            argument_bytes=memory.argument_size_in_bytes,
            output_bytes=memory.output_size_in_bytes,
            temporary_bytes=memory.temp_size_in_bytes,
            aliased_bytes=memory.alias_size_in_bytes,
            other_bytes=max(on_device - memory.argument_size_in_bytes, 0),
        )
        self.compiled.append(compiled)
        return program.results


def _scenes(batch: int, num_frames: int, length: int, width: int) -> SceneArrays:
    """The shapes and types of encoded scenes."""

    def shaped(*shape: int, dtype=np.float32) -> Any:
        return jax.ShapeDtypeStruct((batch, *shape), dtype)

    return SceneArrays(
        prompt_embeds=shaped(num_frames, length, width),
        negative_embeds=shaped(length, width),
        phrase_embeds=shaped(num_frames, MAX_OBJECTS, width),
        boxes=shaped(num_frames, MAX_OBJECTS, 4),
        object_mask=shaped(num_frames, MAX_OBJECTS),
        track_ids=shaped(num_frames, MAX_OBJECTS, dtype=np.int32),
        shifts=shaped(num_frames, 2),
        random_speeds=shaped(num_frames),
    )


def _name(call: Segment) -> str:
    count = len(call.steps.timesteps)
    kinds = ["denoise", *["grounded"] * call.grounded, *["guided"] * call.guided]
    return ", ".join([*kinds, f"{count} step{'' if count == 1 else 's'}"])


def _bytes(tree) -> int:
    """Of the part of all arrays and shapes in a tree that lies on one device."""

    def count(leaf) -> int:
        shape = leaf.shape
        if leaf.sharding is not None:
            shape = leaf.sharding.shard_shape(shape)
        return math.prod(shape) * leaf.dtype.itemsize

    return sum(map(count, jax.tree.leaves(tree)))
