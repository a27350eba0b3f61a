"""Loading a diffusers pipeline folder: everything checked, nothing guessed, nothing executed."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flowzero_jax.diffusion import ScheduleConfig
from flowzero_jax.errors import ModelError
from flowzero_jax.models import AutoencoderConfig, TextEncoderConfig, UNetConfig
from flowzero_jax.tokenizer import Tokenizer
from flowzero_jax.weights.configs import (
    parse_autoencoder_config,
    parse_model_index,
    parse_schedule_config,
    parse_text_encoder_config,
    parse_unet_config,
)
from flowzero_jax.weights.convert import check_dtype, parameter_shapes, to_params
from flowzero_jax.weights.manifest import check_manifest, checkpoint_hash, file_hashes
from flowzero_jax.weights.names import Tree
from flowzero_jax.weights.reading import exists
from flowzero_jax.weights.safetensors_file import find_weights, open_tensors
from flowzero_jax.weights.settings import Settings, read_settings

MODEL_INDEX = "model_index.json"
SETTINGS = "flowzero.json"
SCHEDULER = "scheduler/scheduler_config.json"

# component: (parser of its config.json, stem of its weight files)
NETWORKS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "unet": (parse_unet_config, "diffusion_pytorch_model"),
    "vae": (parse_autoencoder_config, "diffusion_pytorch_model"),
    "text_encoder": (parse_text_encoder_config, "model"),
}

# All that is ever read from, or copied out of, a tokenizer folder.
TOKENIZER_FILES = ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json")


@dataclasses.dataclass(frozen=True, eq=False)
class Checkpoint:
    """A whole model: configurations, parameters and what else its folder says."""

    unet_config: UNetConfig
    autoencoder_config: AutoencoderConfig
    text_config: TextEncoderConfig
    schedule_config: ScheduleConfig
    #: `{"unet": …, "vae": …, "text_encoder": …}`: nested dicts of host (numpy) arrays, each ready
    #: as flax's `{"params": …}`. Put them on a device once; jit would do so at every call.
    params: Tree
    tokenizer_folder: Path
    #: The folder's `flowzero.json`; None where there is none.
    settings: Settings | None = None
    #: One SHA-256 over all files that were used; empty for a model that is not from a folder.
    sha256: str = ""
    #: The scheduler class that the folder names. Sampling is DDIM in any case.
    scheduler_class: str = "DDIMScheduler"


def load_folder(path: str | Path, dtype="float32") -> Checkpoint:
    """Loads a pipeline folder (`model_index.json`, `unet/`, `vae/`, …) with safetensors weights.

    Files in any precision are read tensor by tensor from a memory map and converted to `dtype`
    ("float32", "bfloat16" or "float16").

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
    configs = {name: parse(folder / name / "config.json") for name, (parse, _) in NETWORKS.items()}
    schedule_config, scheduler_class = parse_schedule_config(folder / SCHEDULER)
    tokenizer = Tokenizer.from_folder(folder / "tokenizer")
    has_settings = exists(folder / SETTINGS)
    settings = read_settings(folder / SETTINGS) if has_settings else None
    _check_together(folder, **configs, tokenizer=tokenizer, settings=settings)

    weights = {name: find_weights(folder / name, stem) for name, (_, stem) in NETWORKS.items()}
    hashes = file_hashes(folder, _files(folder, weights, has_settings))
    check_manifest(folder, hashes)
    return Checkpoint(
        unet_config=configs["unet"],
        autoencoder_config=configs["vae"],
        text_config=configs["text_encoder"],
        schedule_config=schedule_config,
        params={
            name: _load_params(folder / name, configs[name], weights[name], dtype)
            for name in NETWORKS
        },
        tokenizer_folder=folder / "tokenizer",
        settings=settings,
        sha256=checkpoint_hash(hashes),
        scheduler_class=scheduler_class,
    )


def load_network(path: str | Path, component: str, dtype="float32") -> tuple[Any, Tree]:
    """Loads the folder of one network alone, `component` being a key of `NETWORKS`.

    Returns its configuration and its parameters.

    Raises:
        ModelError: as in `load_folder`.
    """
    folder, (parse, stem) = Path(path), NETWORKS[component]
    config = parse(folder / "config.json")
    return config, _load_params(folder, config, find_weights(folder, stem), check_dtype(dtype))


def _load_params(folder: Path, config, weights: list[Path], dtype) -> Tree:
    shapes = parameter_shapes(config)
    with open_tensors(weights) as tensors:
        return to_params(tensors, shapes, dtype, str(folder))


def _files(folder: Path, weights: dict[str, list[Path]], has_settings: bool) -> list[Path]:
    """All files that make up the checkpoint."""
    files = [folder / MODEL_INDEX, folder / SCHEDULER]
    for name, paths in weights.items():
        files += [folder / name / "config.json", *paths]
    tokenizer = [folder / "tokenizer" / name for name in TOKENIZER_FILES]
    files += [path for path in tokenizer if exists(path)]
    return [*files, folder / SETTINGS] if has_settings else files


def _check_together(
    folder: Path,
    unet: UNetConfig,
    vae: AutoencoderConfig,
    text_encoder: TextEncoderConfig,
    tokenizer: Tokenizer,
    settings: Settings | None,
) -> None:
    """The parts of a checkpoint must fit each other; raises ModelError."""

    def check(fits: bool, fault: str) -> None:
        if not fits:
            raise ModelError(f"{folder}: {fault}; take all parts from one Stable Diffusion 1 model")

    check(
        unet.cross_attention_dim == text_encoder.hidden_size,
        f"the UNet's cross_attention_dim is {unet.cross_attention_dim}, the text encoder's "
        f"hidden_size {text_encoder.hidden_size}",
    )
    check(
        unet.in_channels == unet.out_channels == vae.latent_channels,
        f"the UNet takes {unet.in_channels} channels and returns {unet.out_channels}, the "
        f"autoencoder has {vae.latent_channels} latent channels",
    )
    check(
        tokenizer.vocab_size <= text_encoder.vocab_size,
        f"the tokenizer has {tokenizer.vocab_size} tokens, the text encoder "
        f"{text_encoder.vocab_size}",
    )
    check(
        tokenizer.max_length <= text_encoder.max_position_embeddings,
        f"the tokenizer makes rows of {tokenizer.max_length} tokens, the text encoder takes "
        f"{text_encoder.max_position_embeddings}",
    )
    # An end token of 2 stands for the largest id, see `models.text_encoder`.
    end = tokenizer.vocab_size - 1 if text_encoder.eos_token_id == 2 else text_encoder.eos_token_id
    check(
        tokenizer.end_id == end,
        f"the tokenizer ends texts with token {tokenizer.end_id}, the text encoder looks for {end}",
    )
    if settings is not None and (settings.height % vae.factor or settings.width % vae.factor):
        raise ModelError(
            f"{folder / SETTINGS}: height and width must be multiples of {vae.factor}, the "
            "autoencoder's factor"
        )
