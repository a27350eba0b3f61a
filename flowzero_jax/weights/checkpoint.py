"""A whole model in memory, whatever file or folder it came from."""

import dataclasses
from pathlib import Path

from flowzero_jax.errors import ModelError
from flowzero_jax.models import AutoencoderConfig, TextEncoderConfig, UNetConfig
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.tokenizer import ROW_FILES, Tokenizer, vocabulary_files
from flowzero_jax.weights.convert import Part
from flowzero_jax.weights.flowzero_json import CheckpointSettings
from flowzero_jax.weights.manifest import Hashes
from flowzero_jax.weights.names import Tree
from flowzero_jax.weights.small_files import exists

DDIM, LCM = "DDIMScheduler", "LCMScheduler"


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
    settings: CheckpointSettings | None = None
    #: One SHA-256 over all files that were used; empty for a model that is not from files.
    sha256: str = ""
    #: The scheduler class that the folder names; it decides the sampler only if it is LCM's.
    scheduler_class: str = DDIM
    #: What must be known besides to get the same files again, by name: the "repository" and
    #: "commit" of a hub's model, the hashes of what was added, what was said about its schedule.
    origin: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def provenance(self) -> dict[str, str]:
        """`origin`, and the "scheduler" where DDIM samples instead of the class that is named."""
        if self.scheduler_class in (DDIM, LCM):
            return self.origin
        return {**self.origin, "scheduler": f"{self.scheduler_class}, sampled by DDIM"}


@dataclasses.dataclass(frozen=True, eq=False)
class Opened:
    """A model in open files, no weight of it read yet; see `Checkpoint`."""

    where: Path  # the folder or file
    parts: dict[str, Part]
    schedule: ScheduleConfig
    tokenizer_folder: Path
    hashes: Hashes  # of all files that are used
    settings: CheckpointSettings | None = None
    scheduler_class: str = DDIM


def tokenizer_files(folder: Path) -> list[Path]:
    """The files of a tokenizer folder that are read, as far as they are there."""
    names = (*vocabulary_files(folder), *ROW_FILES)
    return [folder / name for name in names if exists(folder / name)]


def check_together(
    where: Path,
    unet: UNetConfig,
    vae: AutoencoderConfig,
    text_encoder: TextEncoderConfig,
    tokenizer: Tokenizer,
    settings: GenerationSettings | None,
) -> None:
    """The parts of a checkpoint must fit each other; raises ModelError."""
    if settings and any(side % vae.factor for side in (settings.height, settings.width)):
        raise ModelError(
            f"{where}: flowzero.json: height and width must be multiples of {vae.factor}, the "
            "autoencoder's factor"
        )

    def check(fits: bool, fault: str) -> None:
        if not fits:
            raise ModelError(f"{where}: {fault}; take all parts from one Stable Diffusion 1 model")

    check(
        unet.cross_attention_dim == text_encoder.hidden_size,
        f"the UNet's cross_attention_dim is {unet.cross_attention_dim}, the text encoder's "
        f"hidden_size {text_encoder.hidden_size}",
    )
    inpainting = ", which tells an inpainting model" * (unet.in_channels == 9)
    check(
        unet.in_channels == unet.out_channels == vae.latent_channels,
        f"the UNet takes {unet.in_channels} channels and returns {unet.out_channels}, the "
        f"autoencoder has {vae.latent_channels} latent channels{inpainting}",
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
