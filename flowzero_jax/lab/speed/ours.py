"""The stages of a workload by this package's own functions, compiled."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from flowzero_jax.denoising import Conditions, denoise
from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.generation import decode, prepare
from flowzero_jax.lab.speed.stages import Stage
from flowzero_jax.lab.speed.subject import Subject, random_scene
from flowzero_jax.lab.speed.timing import Program, compile_program
from flowzero_jax.noise import video_keys
from flowzero_jax.sampler import SamplerState


class Inputs(NamedTuple):
    """What the stages begin with, the same for every way to compute them; b = 1."""

    state: SamplerState | None  # None where nothing is denoised
    conditions: Conditions | None
    latents: np.ndarray  # [1 f h w c], to decode


def compile_ours(subject: Subject, stages: list[Stage]) -> tuple[list[Program], Inputs]:
    """One program for each stage, and the inputs that the first of all stages made.

    Raises:
        InputError: the chosen attention cannot compute this workload.
        ModelError: numbers that are not finite.
        DeviceError: a program does not fit into memory, or the device cannot run it.
    """
    try:
        prepared = None
        if any(stage.kind != "decode" for stage in stages):
            prepared = _compile_prepare(subject)
        inputs = _inputs(subject, prepared)
        return [
            prepared
            if prepared is not None and stage.kind == "prepare"
            else _compile(subject, stage, inputs)
            for stage in stages
        ], inputs
    except ValueError as error:
        if subject.models.unet.attention == "auto":
            raise
        why = str(error).splitlines()[0]
        raise InputError(f"attention: {subject.models.unet.attention}: {why}") from error


def _inputs(subject: Subject, prepared: Program | None) -> Inputs:
    workload = subject.workload
    shape = (1, workload.num_frames, *workload.latent_size, workload.unet.in_channels)
    latents = np.random.default_rng(0).standard_normal(shape, np.float32)
    if prepared is None:
        return Inputs(None, None, latents)
    state, conditions = prepared.output
    return Inputs(state, conditions, latents)


def _compile_prepare(subject: Subject) -> Program:
    models, settings = subject.models, subject.workload.generation
    return compile_program(
        "prepare",
        lambda params, scenes, keys: prepare(models, settings, params, scenes, keys),
        {"unet": subject.params["unet"]},
        random_scene(subject.workload),
        video_keys([0]),
    )


def _compile(subject: Subject, stage: Stage, inputs: Inputs) -> Program:
    models = subject.models
    if stage.kind == "decode":
        return compile_program(
            stage.name,
            lambda params, latents: decode(models, params, latents).frames,
            {"vae": subject.params["vae"]},
            inputs.latents[:, : stage.num_frames],
        )
    settings, segment = subject.workload.generation, stage.steps

    def run(params, state, conditions, steps):
        return denoise(
            models,
            params,
            state,
            conditions,
            steps,
            settings.guidance_scale,
            **segment.options(settings),
        )

    params = {"unet": subject.params["unet"]}
    program = compile_program(
        stage.name, run, params, inputs.state, inputs.conditions, segment.steps
    )
    if not bool(jnp.isfinite(program.output.latents).all()):
        raise ModelError(f"{stage.name}: the latents are not finite; take dtype float32")
    return program
