"""Loading a diffusers pipeline folder: everything checked, nothing guessed, nothing executed."""

from pathlib import Path
from typing import Any

from flowzero_jax.errors import ModelError
from flowzero_jax.models import AutoencoderConfig
from flowzero_jax.tokenizer import Tokenizer
from flowzero_jax.weights.adapter import Adapter, grounded_config, load_params
from flowzero_jax.weights.checkpoint import Checkpoint, check_together, tokenizer_files
from flowzero_jax.weights.configs import parse_model_index, parse_schedule_config
from flowzero_jax.weights.convert import check_dtype
from flowzero_jax.weights.flowzero_json import CheckpointSettings, read_settings
from flowzero_jax.weights.manifest import check_manifest, checkpoint_hash, file_hashes
from flowzero_jax.weights.networks import NETWORKS
from flowzero_jax.weights.safetensors_file import find_weights, open_tensors
from flowzero_jax.weights.small_files import exists, read_json

MODEL_INDEX = "model_index.json"
SETTINGS = "flowzero.json"
SCHEDULER = "scheduler/scheduler_config.json"


def load_folder(path: str | Path, dtype="float32", adapter: Adapter | None = None) -> Checkpoint:
    """Loads a pipeline folder (`model_index.json`, `unet/`, `vae/`, …) with safetensors weights.

    Files in any precision are read tensor by tensor from a memory map and converted to `dtype`
    ("float32", "bfloat16" or "float16"). The layers of an `adapter` are added.

    Raises:
        ModelError: the folder is not a whole and consistent Stable Diffusion 1 checkpoint, with or
            without GLIGEN layers, or differs from its `manifest.json`.
        InputError: another `dtype`.
    """
    folder, dtype = Path(path), check_dtype(dtype)
    if not exists(folder / MODEL_INDEX):
        raise ModelError(
            f"{folder}: no checkpoint folder: it has no {MODEL_INDEX}; name a diffusers pipeline "
            "folder"
        )
    parse_model_index(folder / MODEL_INDEX)
    configs = {name: _read_config(folder / name, name) for name in NETWORKS}
    configs["unet"] = grounded_config(configs["unet"], adapter, folder)
    schedule_config, scheduler_class = parse_schedule_config(folder / SCHEDULER)
    tokenizer = Tokenizer.from_folder(folder / "tokenizer")
    check_together(folder, **configs, tokenizer=tokenizer)
    has_settings = exists(folder / SETTINGS)
    settings = read_settings(folder / SETTINGS) if has_settings else None
    _check_sizes(folder, settings, configs["vae"])

    weights = {
        name: find_weights(folder / name, network.stem) for name, network in NETWORKS.items()
    }
    hashes = file_hashes(folder, _files(folder, weights, has_settings))
    check_manifest(folder, hashes)
    origin = {} if adapter is None else {"gligen_sha256": adapter.sha256}
    params = {}
    for name, config in configs.items():
        with open_tensors(weights[name]) as tensors:
            params[name] = load_params(tensors, config, dtype, folder / name, adapter)
    return Checkpoint(
        unet_config=configs["unet"],
        autoencoder_config=configs["vae"],
        text_config=configs["text_encoder"],
        schedule_config=schedule_config,
        params=params,
        tokenizer_folder=folder / "tokenizer",
        settings=settings,
        sha256=checkpoint_hash(hashes | origin),
        scheduler_class=scheduler_class,
        origin=origin,
    )


def _read_config(folder: Path, component: str) -> Any:
    path = folder / "config.json"
    return NETWORKS[component].parse_config(read_json(path), path)


def _check_sizes(folder: Path, settings: CheckpointSettings | None, vae: AutoencoderConfig) -> None:
    if settings is None:
        return
    if settings.generation.height % vae.factor or settings.generation.width % vae.factor:
        raise ModelError(
            f"{folder / SETTINGS}: height and width must be multiples of {vae.factor}, the "
            "autoencoder's factor"
        )


def _files(folder: Path, weights: dict[str, list[Path]], has_settings: bool) -> list[Path]:
    """All files that make up the checkpoint."""
    files = [folder / MODEL_INDEX, folder / SCHEDULER]
    for name, paths in weights.items():
        files += [folder / name / "config.json", *paths]
    files += tokenizer_files(folder / "tokenizer")
    return [*files, folder / SETTINGS] if has_settings else files
