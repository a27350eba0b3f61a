"""The stages of a workload by the naive version, checked against ours."""

import dataclasses

import jax
import jax.numpy as jnp

from flowzero_jax.errors import ModelError
from flowzero_jax.lab.speed.naive import decode_naively, denoise_naively
from flowzero_jax.lab.speed.ours import Inputs
from flowzero_jax.lab.speed.stages import Stage
from flowzero_jax.lab.speed.subject import Subject
from flowzero_jax.lab.speed.timing import Program, compile_program

# How far results may be off by rounding, by dtype: latents as a share of the largest value, as
# guidance multiplies the rounding of a single pass by about ten, and a run of many steps adds up;
# and images in grey levels.
LATENTS = {"float32": 2e-4, "float16": 3e-2, "bfloat16": 2e-1}
GREY_LEVELS = {"float32": 1, "float16": 4, "bfloat16": 16}


@dataclasses.dataclass(frozen=True)
class Differences:
    """Of the naive version's results from ours, the largest; None where there are none such."""

    latents: float | None  # max |naive − ours| / max |ours|
    grey_levels: int | None


def compile_naive(
    subject: Subject, stages: list[Stage], ours: list[Program], inputs: Inputs
) -> tuple[list[Program], Differences]:
    """One program for each stage, and how far they are off; preparing has no naive version.

    Raises:
        ModelError: the results differ by more than rounding explains.
        DeviceError: a program does not fit into memory.
    """
    programs, latents, levels = [], [], []
    for stage, our in zip(stages, ours, strict=True):
        if stage.kind == "prepare":
            programs.append(our)
            continue
        program = _compile(subject, stage, inputs)
        if stage.kind == "decode":
            levels.append(_grey_levels(program.output, our.output))
            _check(stage, levels[-1], GREY_LEVELS[subject.dtype.name], "grey levels")
        else:
            latents.append(_relative(program.output.latents, our.output.latents))
            _check(stage, latents[-1], LATENTS[subject.dtype.name], "of the largest value")
        programs.append(program)
    return programs, Differences(max(latents, default=None), max(levels, default=None))


def _relative(naive: jax.Array, ours: jax.Array) -> float:
    return float(jnp.abs(naive - ours).max() / jnp.abs(ours).max())


def _grey_levels(naive: jax.Array, ours: jax.Array) -> int:
    return int(jnp.abs(naive.astype(jnp.int32) - ours.astype(jnp.int32)).max())


def _check(stage: Stage, difference: float, limit: float, unit: str) -> None:
    if not difference <= limit:  # NaN neither
        raise ModelError(
            f"naive: {stage.name} differs from ours by {difference:.2g} {unit}, more than "
            f"{limit:.2g}; one of them is wrong"
        )


def _compile(subject: Subject, stage: Stage, inputs: Inputs) -> Program:
    workload, params = subject.workload, subject.params
    name = f"naive: {stage.name}"
    if stage.kind == "decode":
        return compile_program(
            name,
            lambda params, latents: decode_naively(
                workload.autoencoder, subject.dtype, params, latents
            ),
            params["vae"],
            inputs.latents[:, : stage.num_frames],
        )
    settings, segment = workload.generation, stage.steps

    def run(params, state, conditions, steps, gate):
        return denoise_naively(
            workload.unet,
            subject.dtype,
            params,
            state,
            conditions,
            steps,
            settings.guidance_scale if segment.guided else 1.0,
            gate,
            cross_frame=settings.cross_frame,
            prediction_type=workload.schedule.prediction_type,
        )

    gate = jnp.float32(segment.grounded)
    return compile_program(
        name, run, params["unet"], inputs.state, inputs.conditions, segment.steps, gate
    )
