"""Checkpoints of random weights in any size, for measuring memory and speed without published ones.

No network is ever whole in memory: each tensor is drawn when it is written.
"""

import dataclasses
import json
import math
import tempfile
import zlib
from pathlib import Path

import numpy as np
from tokenizers.pre_tokenizers import ByteLevel

from flowzero_jax.models import AutoencoderConfig, TextEncoderConfig, UNetConfig
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.tokenizer import END_OF_WORD, END_TOKEN, START_TOKEN
from flowzero_jax.weights.checkpoint import Checkpoint
from flowzero_jax.weights.convert import parameter_shapes
from flowzero_jax.weights.names import Tree, leaves
from flowzero_jax.weights.save import save_pipeline


@dataclasses.dataclass(frozen=True)
class RandomLeaf:
    """A parameter that is drawn, always alike, whenever it is read as a numpy array.

    Kernels keep the variance of what goes through them, norms and gates start near 1 and biases
    near 0, so that numbers stay finite through any depth.
    """

    path: tuple[str, ...]
    shape: tuple[int, ...]
    seed: int

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        kind = self.path[-1]
        spread = math.prod(self.shape[:-1]) ** -0.5 if kind == "kernel" else 0.02
        seed = (self.seed, zlib.crc32("/".join(self.path).encode()))
        values = np.random.default_rng(seed).standard_normal(self.shape, np.float32)
        values = values * np.float32(spread)
        if kind == "scale" or kind.startswith("alpha_"):
            values = values + np.float32(1.0)
        return np.asarray(values, dtype)


def random_params(config: UNetConfig | AutoencoderConfig | TextEncoderConfig, seed: int) -> Tree:
    """The parameters of a network as `RandomLeaf`s; allocates nothing."""
    params: Tree = {}
    for path, leaf in leaves(parameter_shapes(config)):
        scope = params
        for name in path[:-1]:
            scope = scope.setdefault(name, {})
        scope[path[-1]] = RandomLeaf(path, leaf.shape, seed)
    return params


def write_random_checkpoint(
    path: str | Path,
    dtype="float32",
    *,
    unet: UNetConfig | None = None,
    vae: AutoencoderConfig | None = None,
    text_encoder: TextEncoderConfig | None = None,
    seed: int = 0,
) -> None:
    """Writes a diffusers folder of random weights stored as `dtype`.

    The defaults are the sizes of Stable Diffusion 1.4 with GLIGEN's layers. The tokenizer knows
    single bytes and, up to the text encoder's vocabulary, pairs of them.

    Raises:
        OutputError, InputError: as `save_pipeline`.
    """
    unet, vae = unet or UNetConfig(), vae or AutoencoderConfig()
    text_encoder = text_encoder or TextEncoderConfig()
    with tempfile.TemporaryDirectory() as tokenizer:
        _write_tokenizer(Path(tokenizer), text_encoder)
        checkpoint = Checkpoint(
            unet_config=unet,
            autoencoder_config=vae,
            text_config=text_encoder,
            schedule_config=ScheduleConfig(),
            params={
                "unet": random_params(unet, seed),
                "vae": random_params(vae, seed),
                "text_encoder": random_params(text_encoder, seed),
            },
            tokenizer_folder=Path(tokenizer),
        )
        save_pipeline(path, checkpoint, dtype)


def _write_tokenizer(folder: Path, config: TextEncoderConfig) -> None:
    letters = sorted(ByteLevel.alphabet())
    pairs = [f"{first} {last}{END_OF_WORD}" for first in letters for last in letters]
    merges = pairs[: config.vocab_size - 2 * len(letters) - 2]
    tokens = [*letters, *(letter + END_OF_WORD for letter in letters)]
    tokens += [*(merge.replace(" ", "") for merge in merges), START_TOKEN, END_TOKEN]
    vocabulary = {token: index for index, token in enumerate(tokens)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]), encoding="utf-8")
    limit = {"model_max_length": config.max_position_embeddings}
    (folder / "tokenizer_config.json").write_text(json.dumps(limit), encoding="utf-8")
