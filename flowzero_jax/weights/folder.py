"""Opening a diffusers pipeline folder: everything checked, nothing guessed, nothing executed."""

from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from flowzero_jax.errors import ModelError
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.weights.checkpoint import LCM, Opened, tokenizer_files
from flowzero_jax.weights.configs import parse_model_index, parse_schedule_config
from flowzero_jax.weights.convert import Part, find_part
from flowzero_jax.weights.flowzero_json import CheckpointSettings, read_settings
from flowzero_jax.weights.manifest import check_manifest, file_hashes
from flowzero_jax.weights.networks import NETWORKS, Network
from flowzero_jax.weights.safetensors_file import find_weights, open_tensors
from flowzero_jax.weights.small_files import exists, read_json
from flowzero_jax.weights.strangers import pass_over, refuse_families

MODEL_INDEX = "model_index.json"
SETTINGS = "flowzero.json"
SCHEDULER = "scheduler/scheduler_config.json"
# Of models that are made for a few steps, and say no more than that.
FEW_STEPS = CheckpointSettings(GenerationSettings(sampler="lcm", num_steps=8, guidance_scale=1.5))


def open_folder(folder: Path, networks: Collection[str], stack: ExitStack) -> Opened:
    """A pipeline folder (`model_index.json`, `unet/`, `vae/`, …) with safetensors weights.

    Other networks than those that are wanted may be missing. Raises ModelError, also where the
    folder differs from its `manifest.json`.
    """
    if not exists(folder / MODEL_INDEX):
        raise ModelError(
            f"{folder}: no checkpoint folder: it has no {MODEL_INDEX}; name a diffusers pipeline "
            "folder"
        )
    parse_model_index(folder / MODEL_INDEX)
    schedule, scheduler_class = parse_schedule_config(folder / SCHEDULER)
    configs = {name: read_config(folder / name, NETWORKS[name]) for name in networks}
    files = [folder / MODEL_INDEX, folder / SCHEDULER, *tokenizer_files(folder / "tokenizer")]
    settings = FEW_STEPS if scheduler_class == LCM else None
    if exists(folder / SETTINGS):
        settings = read_settings(folder / SETTINGS)
        files.append(folder / SETTINGS)
    weights = {name: find_weights(folder / name, NETWORKS[name].stem) for name in networks}
    for name, paths in weights.items():
        files += [folder / name / "config.json", *paths]
    hashes = file_hashes(folder, files)
    check_manifest(folder, hashes)
    return Opened(
        where=folder,
        parts={
            name: open_part(NETWORKS[name], paths, stack, folder / name, configs[name])
            for name, paths in weights.items()
        },
        schedule=schedule,
        scheduler_class=scheduler_class,
        tokenizer_folder=folder / "tokenizer",
        hashes=hashes,
        settings=settings,
    )


def read_config(folder: Path, network: Network) -> Any:
    """The sizes that a network's folder tells; raises ModelError."""
    path = folder / "config.json"
    return network.parse_config(read_json(path), path)


def open_part(
    network: Network, files: list[Path], stack: ExitStack, where: Path, config: Any
) -> Part:
    """A network in files of its own; raises ModelError, warns of tensors that are left over."""
    tensors = open_tensors(files, stack)
    refuse_families(tensors.shapes, where)
    part = find_part(tensors, network, config, str(where))
    pass_over(tensors.shapes.keys() - part.sources, where)
    return part
