"""What the PyTorch worker is told: the same networks, sizes and stages as ours."""

import os

from flowzero_jax.lab.speed.stages import Stage
from flowzero_jax.lab.speed.subject import Subject
from flowzero_jax.lab.speed.torch_worker import Json
from flowzero_jax.scene import MAX_OBJECTS
from flowzero_jax.weights.config_json import autoencoder_json, unet_json


def num_cpus() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def torch_job(subject: Subject, stages: list[Stage]) -> Json:
    """The worker's first line; configurations are those of a diffusers folder."""
    workload = subject.workload
    rows, columns = workload.latent_size
    return {
        "unet": unet_json(workload.unet, max(rows, columns)),
        "vae": autoencoder_json(workload.autoencoder, max(rows, columns)),
        "rows": rows,
        "columns": columns,
        "text_length": workload.text_length,
        "slots": MAX_OBJECTS,
        "cross_frame": workload.generation.cross_frame,
        "guidance_scale": workload.generation.guidance_scale,
        "dtype": subject.dtype.name,
        "device": "cuda" if subject.models.unet.platform.name == "gpu" else "cpu",
        "threads": num_cpus(),
        "stages": [_stage_json(stage) for stage in stages],
    }


def torch_runs(stage: Stage) -> bool:
    """Whether the worker has such a stage: it grounds in each step and prepares nothing."""
    return stage.kind != "prepare"


def _stage_json(stage: Stage) -> Json:
    found = {"kind": stage.kind, "frames": stage.num_frames}
    if stage.segment is not None:
        found |= {
            "steps": stage.num_steps,
            "grounded": stage.segment.grounded,
            "guided": stage.segment.guided,
        }
    return found
