"""The networks that a workload runs, with random weights or a checkpoint's, and their inputs."""

import dataclasses
from typing import Any

import jax
import numpy as np

from flowzero_jax.arrays import SceneArrays
from flowzero_jax.denoising import Models, Params
from flowzero_jax.devices.mesh import platform_of
from flowzero_jax.lab.speed.random_weights import random_weights
from flowzero_jax.lab.speed.workloads import Workload
from flowzero_jax.models import Autoencoder, TextEncoder, TextEncoderConfig, UNet
from flowzero_jax.pipeline import load_pipeline
from flowzero_jax.scene import MAX_OBJECTS
from flowzero_jax.settings import AttentionMethod
from flowzero_jax.weights.convert import check_dtype

# As many as a scene has that is not crowded.
OBJECTS = 3


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """A workload whose sizes are those of the networks that are to run it."""

    workload: Workload
    models: Models
    params: Params  # on the device; those that the workload needs
    weights: str  # "random", or the checkpoint's name as given

    @property
    def dtype(self):
        return self.models.unet.dtype


def load_subject(
    workload: Workload, dtype: str, attention: AttentionMethod, checkpoint: str | None = None
) -> Subject:
    """Makes random weights, or loads a checkpoint: the given one, else the workload's own.

    Raises:
        InputError, ModelError: as `load_pipeline`.
    """
    compute = check_dtype(dtype)
    checkpoint = checkpoint or workload.checkpoint
    if checkpoint is None:
        params = {}
        if workload.kind != "decode":
            params["unet"] = random_weights(workload.unet, compute)
        if workload.kind != "step":
            params["vae"] = random_weights(workload.autoencoder, compute)
        text_config = TextEncoderConfig()
    else:
        pipeline = load_pipeline(checkpoint, dtype)
        params = {name: pipeline.params[name] for name in ("unet", "vae")}
        text_config = pipeline.models.text_encoder.config
        workload = dataclasses.replace(
            workload,
            settings=workload.settings or pipeline.settings,
            unet=pipeline.models.unet.config,
            autoencoder=pipeline.models.autoencoder.config,
            schedule=pipeline.models.schedule,
            text_length=pipeline.tokenizer.max_length,
        )
    platform = platform_of()
    models = Models(
        UNet(workload.unet, compute, attention, platform),
        Autoencoder(workload.autoencoder, compute, attention, platform),
        TextEncoder(text_config, compute),
        workload.schedule,
    )
    return Subject(workload, models, jax.block_until_ready(params), checkpoint or "random")


def random_scene(workload: Workload) -> SceneArrays:
    """A scene with some objects and a moving background, all texts encoded as noise; b = 1."""
    rng = np.random.default_rng(0)
    frames, slots = workload.num_frames, MAX_OBJECTS
    width, length = workload.unet.cross_attention_dim, workload.text_length
    mask = np.zeros((1, frames, slots), np.float32)
    mask[..., :OBJECTS] = 1
    shifts = np.zeros((1, frames, 2), np.float32)
    shifts[0, :, 1] = np.linspace(0, 1, frames)
    tracks = np.broadcast_to(np.arange(slots, dtype=np.int32), mask.shape)
    arrays: dict[str, Any] = {
        "prompt_embeds": rng.standard_normal((1, frames, length, width), np.float32),
        "negative_embeds": rng.standard_normal((1, length, width), np.float32),
        "phrase_embeds": rng.standard_normal((*mask.shape, width), np.float32),
        "boxes": mask[..., None] * np.array([0.2, 0.2, 0.6, 0.6], np.float32),
        "object_mask": mask,
        "track_ids": np.where(mask > 0, tracks, 0),
        "shifts": shifts,
        "random_speeds": np.zeros((1, frames), np.float32),
    }
    return SceneArrays(**arrays)
