"""A training run from nothing to a checkpoint folder, stage by stage, each resumable.

    tokenizer → autoencoder → pool (compose and encode) → denoiser → export

Every stage reads what the earlier ones left in the run's folder.
"""

import dataclasses
import json
import shutil
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file, save_file

from flowzero_jax.devices.mesh import platform_of
from flowzero_jax.errors import InputError
from flowzero_jax.files import atomic_path
from flowzero_jax.generation import Models
from flowzero_jax.lab.stickers.backgrounds import usable_phrases
from flowzero_jax.lab.stickers.compose import sample_texts
from flowzero_jax.lab.stickers.vocabulary import NOUNS
from flowzero_jax.lab.training import autoencoder, denoiser
from flowzero_jax.lab.training.autoencoder import AutoencoderTraining
from flowzero_jax.lab.training.bpe import train_merges, write_tokenizer
from flowzero_jax.lab.training.denoiser import DenoiserTraining
from flowzero_jax.lab.training.pool import PoolSettings, build_pool, load_pool
from flowzero_jax.lab.training.samples import make_sampler
from flowzero_jax.lab.training.state import Params
from flowzero_jax.models import (
    Autoencoder,
    AutoencoderConfig,
    TextEncoder,
    TextEncoderConfig,
    UNet,
    UNetConfig,
)
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.tokenizer import Tokenizer
from flowzero_jax.weights import Checkpoint, CheckpointSettings, load_folder, save_pipeline
from flowzero_jax.weights.names import leaves

# The factor that gives latents unit deviation. Fixed for good once the first pool is there.
SCALE_FILE = "latent_scale.json"
STAGES = ("tokenizer", "autoencoder", "decoder", "pool", "denoiser", "export")


@dataclasses.dataclass(frozen=True)
class TrainingRun:
    """A whole run. The text encoder's vocabulary comes from the tokenizer, the autoencoder's
    scaling factor from the pool."""

    autoencoder: AutoencoderConfig
    text_encoder: TextEncoderConfig
    unet: UNetConfig
    schedule: ScheduleConfig
    settings: CheckpointSettings
    autoencoder_crops: AutoencoderTraining
    autoencoder_whole: AutoencoderTraining
    pool: PoolSettings
    denoiser: DenoiserTraining
    num_texts: int = 20_000
    vocab_size: int = 2048


def run_stage(run: TrainingRun, folder: Path, stage: str) -> None:
    """Runs one of `STAGES` in `folder`; raises `InputError` where an earlier stage is missing."""
    steps = {
        "tokenizer": train_tokenizer,
        "autoencoder": train_autoencoder,
        "decoder": train_decoder,
        "pool": make_pool,
        "denoiser": train_denoiser,
        "export": export,
    }
    steps[stage](run, folder)


def start_from(folder: Path, checkpoint_folder: Path) -> None:
    """Prepares `folder` to train an existing checkpoint further: pool and denoiser come next.

    Tokenizer, autoencoder and latent scale are taken over, and the denoiser's parameters are what
    its stage starts with.

    Raises:
      ModelError: the checkpoint cannot be loaded.
    """
    checkpoint = load_folder(checkpoint_folder)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(checkpoint.tokenizer_folder, folder / "tokenizer", dirs_exist_ok=True)
    save_params(folder / "autoencoder.safetensors", checkpoint.params["vae"])
    denoiser_params = {name: checkpoint.params[name] for name in ("unet", "text_encoder")}
    save_params(folder / "start.safetensors", denoiser_params)
    _write_scale(folder, checkpoint.autoencoder_config.scaling_factor)


def train_tokenizer(run: TrainingRun, folder: Path) -> None:
    """Trains the byte-pair tokenizer on captions and phrases."""
    merges = train_merges(sample_texts(run.pool.seed, run.num_texts), run.vocab_size)
    write_tokenizer(folder / "tokenizer", merges, run.text_encoder.max_position_embeddings)


def train_autoencoder(run: TrainingRun, folder: Path) -> None:
    """Trains encoder and decoder on crops."""
    state = autoencoder.train(
        folder / "autoencoder", run.autoencoder, run.autoencoder_crops, params=None
    )
    save_params(folder / "autoencoder.safetensors", state.average)


def train_decoder(run: TrainingRun, folder: Path) -> None:
    """Trains the decoder further, on whole pictures. The encoder is frozen: latents stay valid."""
    start = load_params(_needed(folder / "autoencoder.safetensors", "autoencoder"))
    state = autoencoder.train(
        folder / "decoder", run.autoencoder, run.autoencoder_whole, params=start
    )
    save_params(folder / "decoder.safetensors", state.average)


def make_pool(run: TrainingRun, folder: Path) -> None:
    """Composes and encodes the denoiser's training pictures."""
    params = load_params(_needed(folder / "autoencoder.safetensors", "autoencoder"))
    tokenizer = _needed(folder / "tokenizer", "tokenizer")
    model = Autoencoder(run.autoencoder, platform=platform_of())
    build_pool(folder / "pool", run.pool, tokenizer, model, params)


def train_denoiser(run: TrainingRun, folder: Path) -> None:
    """Trains UNet and text encoder on the pool; sample sheets go to `denoiser/samples`."""
    models = build_models(run, folder)
    tokenizer = Tokenizer.from_folder(folder / "tokenizer")
    start = folder / "start.safetensors"
    sample = make_sampler(
        models,
        load_params(_autoencoder_file(folder)),
        tokenizer,
        dataclasses.replace(run.settings.generation, cross_frame="none"),
    )
    state = denoiser.train(
        folder / "denoiser",
        folder / "pool",
        denoiser.DenoiserModels(
            models.unet,
            models.text_encoder,
            models.schedule,
            models.autoencoder.config.scaling_factor,
        ),
        run.denoiser,
        start=load_params(start) if start.is_file() else None,
        sample=sample,
    )
    save_params(folder / "denoiser.safetensors", state.average)


def export(run: TrainingRun, folder: Path) -> None:
    """Writes the run's averages as a 16-bit checkpoint folder, `folder/checkpoint`."""
    models = build_models(run, folder)
    averages = load_params(_needed(folder / "denoiser.safetensors", "denoiser"))
    checkpoint = Checkpoint(
        unet_config=models.unet.config,
        autoencoder_config=models.autoencoder.config,
        text_config=models.text_encoder.config,
        schedule_config=models.schedule,
        params={
            "unet": averages["unet"],
            "text_encoder": averages["text_encoder"],
            "vae": load_params(_autoencoder_file(folder)),
        },
        tokenizer_folder=folder / "tokenizer",
        settings=dataclasses.replace(
            run.settings, nouns=dict(NOUNS), backgrounds=tuple(usable_phrases())
        ),
    )
    save_pipeline(folder / "checkpoint", checkpoint, "float16")


def build_models(run: TrainingRun, folder: Path) -> Models:
    """The run's networks, completed by what the tokenizer and the pool decide."""
    tokenizer = Tokenizer.from_folder(_needed(folder / "tokenizer", "tokenizer"))
    if not (folder / SCALE_FILE).is_file():
        pool = load_pool(_needed(folder / "pool", "pool"))
        _write_scale(folder, denoiser.latent_scale(pool))
    scale = json.loads((folder / SCALE_FILE).read_text())
    platform = platform_of()
    scaled = dataclasses.replace(run.autoencoder, scaling_factor=scale)
    return Models(
        UNet(run.unet, platform=platform),
        Autoencoder(scaled, platform=platform),
        TextEncoder(
            dataclasses.replace(
                run.text_encoder, vocab_size=tokenizer.vocab_size, eos_token_id=tokenizer.end_id
            )
        ),
        run.schedule,
    )


def save_params(path: Path, params: Params) -> None:
    """Writes nested parameters as one safetensors file, scope names joined by "/"."""
    with atomic_path(path) as temporary:
        save_file({"/".join(scopes): np.asarray(x) for scopes, x in leaves(params)}, temporary)


def load_params(path: Path) -> Params:
    """Reads what `save_params` wrote."""
    params: Params = {}
    for name, values in load_file(path).items():
        *scopes, leaf = name.split("/")
        node = params
        for scope in scopes:
            node = node.setdefault(scope, {})
        node[leaf] = jnp.asarray(values)
    return params


def _write_scale(folder: Path, scale: float) -> None:
    (folder / SCALE_FILE).write_text(json.dumps(scale))


def _autoencoder_file(folder: Path) -> Path:
    finished = folder / "decoder.safetensors"
    return (
        finished
        if finished.is_file()
        else _needed(folder / "autoencoder.safetensors", "autoencoder")
    )


def _needed(path: Path, stage: str) -> Path:
    if not path.exists():
        raise InputError(f"{path}: missing; run the stage {stage!r} first")
    return path
