"""The stages of a workload by the naive version, checked against ours."""

import jax.numpy as jnp

from flowzero_jax.benchmark.naive import decode_naively, denoise_naively
from flowzero_jax.benchmark.ours import Inputs
from flowzero_jax.benchmark.stages import Stage
from flowzero_jax.benchmark.subject import Subject
from flowzero_jax.benchmark.timing import Program, compile_program
from flowzero_jax.diffusion import SamplerState
from flowzero_jax.errors import ModelError

# Largest difference of latents as a share of the largest value, by dtype. Guidance multiplies the
# rounding of a single pass by about ten, and a run of many steps adds up.
TOLERANCE = {"float32": 2e-4, "float16": 3e-2, "bfloat16": 2e-1}
# Of images: single grey levels, more of them where rounding is coarse.
GREY_LEVELS = {"float32": 1, "float16": 4, "bfloat16": 16}


def compile_naive(
    subject: Subject, stages: list[Stage], ours: list[Program], inputs: Inputs
) -> tuple[list[Program], float]:
    """One program for each stage, and how far they are off: max |naive − ours| / max |ours|.

    Of images the difference is a share of white. Preparing has no naive version: it is the same.

    Raises:
        ModelError: the results differ by more than rounding explains.
        DeviceError: a program does not fit into memory.
    """
    programs, largest = [], 0.0
    for stage, our in zip(stages, ours, strict=True):
        program = our
        if stage.kind != "prepare":
            program = _compile(subject, stage, inputs)
            difference = relative_difference(program.output, our.output)
            limits = GREY_LEVELS if stage.kind == "decode" else TOLERANCE
            limit = limits[subject.dtype.name] / (255 if stage.kind == "decode" else 1)
            if not difference <= limit:
                raise ModelError(
                    f"naive: {stage.name} differs from ours by {difference:.2g} of the largest "
                    f"value, more than {limit:.2g}; one of them is wrong"
                )
            largest = max(largest, difference)
        programs.append(program)
    return programs, largest


def relative_difference(naive, ours) -> float:
    """Of two sampler states (their latents) or of two images."""
    if isinstance(ours, SamplerState):
        naive, ours = naive.latents, ours.latents
    if ours.dtype == jnp.uint8:
        return int(jnp.abs(naive.astype(jnp.int32) - ours.astype(jnp.int32)).max()) / 255
    return float(jnp.abs(naive - ours).max() / jnp.abs(ours).max())


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
    settings, segment = workload.settings, stage.segment

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
