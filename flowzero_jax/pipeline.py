"""`Pipeline`: a checkpoint with its parameters on the device; scenes in, frames out."""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from flowzero_jax.arrays import SceneArrays
from flowzero_jax.blending import Mix
from flowzero_jax.denoising import Models, Params
from flowzero_jax.devices.compilation import CompiledProgram, compile_programs
from flowzero_jax.devices.mesh import platform_of, shard_params, to_host
from flowzero_jax.devices.programs import Drawn, Progress, draw, encode_table, encode_texts_jitted
from flowzero_jax.devices.switches import pinned
from flowzero_jax.devices.traced import run
from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.generation import generate, latent_size
from flowzero_jax.models import Autoencoder, Platform, TextEncoder, UNet
from flowzero_jax.noise import video_keys
from flowzero_jax.scene import SceneSyntax
from flowzero_jax.settings import (
    STEPS_PER_CALL,
    AttentionMethod,
    GenerationSettings,
    Prediction,
)
from flowzero_jax.snapshot import Snapshot, fingerprint
from flowzero_jax.tabulate import SceneTable, tabulate
from flowzero_jax.tokenizer import Tokenizer
from flowzero_jax.values import lora
from flowzero_jax.weights import Checkpoint, CheckpointSettings, load_checkpoint, save_pipeline
from flowzero_jax.weights.source import EMBEDDED, Source

__all__ = ["Models", "Pipeline", "generate", "load_pipeline"]


@dataclasses.dataclass(frozen=True)
class PipelineInfo:
    """What a checkpoint is and what it can draw; `nouns` maps each singular noun to its emoji.

    `origin` says, by name, what else must be known about it: a hub's "repository" and "commit", the
    hashes of what was added ("gligen_sha256", "lora_1_sha256"), what was said of its schedule, the
    "scheduler" that DDIM stands in for.
    """

    name: str
    sha256: str
    num_parameters: dict[str, int]
    architecture: dict[str, dict]
    fps: int
    nouns: dict[str, str]
    backgrounds: tuple[str, ...]
    origin: dict[str, str]


class Pipeline:
    """Draws scenes with one checkpoint. Made by `load_pipeline`.

    Attributes:
      models: the networks and their schedule.
      params: `{"unet", "vae", "text_encoder"}`, nested dicts of arrays on the device or the mesh.
      mesh: the devices that videos are spread over (`devices.mesh.make_video_mesh`); None for one.
      tokenizer: the checkpoint's.
      settings: the checkpoint's generation defaults.
      info: a description of the checkpoint.
    """

    @pinned()
    def __init__(
        self,
        checkpoint: Checkpoint,
        dtype: str = "float32",
        attention: AttentionMethod = "auto",
        mesh: Mesh | None = None,
    ):
        self.models = build_models(checkpoint, dtype, attention, platform_of(mesh))
        self.mesh = mesh
        to_devices = jax.device_put if mesh is None else functools.partial(shard_params, mesh)
        self.params: Params = to_devices(checkpoint.params)
        self._checkpoint = dataclasses.replace(checkpoint, params={})
        self.tokenizer = Tokenizer.from_folder(checkpoint.tokenizer_folder)
        defaults = checkpoint.settings or CheckpointSettings()
        self.settings = defaults.generation
        self.info = _describe(checkpoint, defaults)

    def __call__(
        self, scenes, *, seed: int | None = None, seeds: Sequence[int] | None = None, **options
    ) -> np.ndarray:
        """Draws one scene, `[f H W 3]` uint8, or a list of scenes, `[b f H W 3]`.

        Args:
          scenes: a `SceneSyntax`, or several with the same number of frames.
          seed: of the one video (default 0).
          seeds: of several videos, one each (default 0, 1, …).
          options: those of `draw`.

        Raises:
          InputError, ModelError: as `draw`.
        """
        single = not isinstance(scenes, Sequence)
        if (seed is not None and not single) or (seeds is not None and single):
            raise InputError("seed is for one scene, seeds for a list of scenes; use the other one")
        if single:
            return self.draw([scenes], [0 if seed is None else seed], **options).frames[0]
        return self.draw(scenes, range(len(scenes)) if seeds is None else seeds, **options).frames

    @pinned()
    def draw(
        self,
        scenes: Sequence[SceneSyntax],
        seeds: Sequence[int],
        *,
        settings: GenerationSettings | None = None,
        negative_prompt: str = "",
        progress: Progress | None = None,
        steps_per_call: int = STEPS_PER_CALL,
        snapshot: str | Path | None = None,
        keep: Callable[[], bool] = lambda: True,
    ) -> Drawn:
        """Draws scenes with the same number of frames, in one batch: latents and frames.

        Args:
          scenes, seeds: equally many.
          settings: instead of the checkpoint's own.
          negative_prompt: what guidance leads away from.
          progress: called after every few steps.
          steps_per_call: how many, at most; interruptions wait as long.
          snapshot: a file that holds how far the denoising is; an interrupted call with the same
            arguments goes on from there, and deletes it at its end.
          keep: asked after every few steps whether the snapshot is to be written.

        Raises:
          InputError: sizes that do not divide, a seed out of range, scenes of different lengths.
          ModelError: the model has no layout layers but the scenes have boxes, or gave numbers
            that are not finite.
        """
        if len(seeds) != len(scenes):
            raise InputError(
                f"seeds: {len(seeds)} for {len(scenes)} scenes; give one seed for each scene"
            )
        settings = settings or self.settings
        table = tabulate(
            scenes,
            latent_size(self.models, settings),
            negative_prompt,
            blend_frames=settings.blend_frames,
            facing=settings.facing,
        )
        settings = self._with_possible_boxes(settings, table)
        kept: Any = snapshot and Snapshot(snapshot, self._identity(table, seeds, settings))
        return draw(
            self.models,
            self.params,
            self.encode(table),
            video_keys(seeds),
            settings,
            mesh=self.mesh,
            steps_per_call=steps_per_call,
            progress=progress,
            snapshot=kept,
            keep=keep,
        )

    def _with_possible_boxes(
        self, settings: GenerationSettings, table: SceneTable
    ) -> GenerationSettings:
        """Boxes off where the model cannot and need not place any; raises ModelError if it must."""
        if not settings.boxes or self.models.unet.config.grounded:
            return settings
        if table.object_mask.any():
            raise ModelError(
                f"{self.info.name}: has no layout (GLIGEN) layers and cannot place objects in "
                "boxes; add them (--gligen FILE), switch boxes off (--no-boxes) or take "
                "another checkpoint"
            )
        return dataclasses.replace(settings, boxes=False)

    @pinned()
    def encode(self, table: SceneTable) -> SceneArrays:
        """Encodes each distinct text of the table once and gathers the states."""
        encode = functools.partial(
            run, encode_texts_jitted, self.models.text_encoder, self.params["text_encoder"]
        )
        return encode_table(encode, self.tokenizer(table.texts), table)

    @pinned()
    def compile(
        self,
        settings: GenerationSettings | None = None,
        num_frames: int = 8,
        batch: int = 1,
        steps_per_call: int = STEPS_PER_CALL,
        announce: Callable[[str], None] | None = None,
    ) -> list[CompiledProgram]:
        """Compiles ahead of time all that drawing videos of a size runs; see `compile_programs`."""
        return compile_programs(
            self.models,
            self.params,
            settings or self.settings,
            num_frames,
            self.tokenizer.max_length,
            batch=batch,
            mesh=self.mesh,
            steps_per_call=steps_per_call,
            announce=announce,
        )

    def _identity(
        self, table: SceneTable, seeds: Sequence[int], settings: GenerationSettings
    ) -> str:
        """Of everything that decides the latents of a batch."""
        decisive = dataclasses.asdict(settings.in_programs)  # the table has the rest
        del decisive["frames_per_chunk"]
        dtype = jnp.dtype(self.models.unet.dtype).name
        numbers = [int(seed) for seed in seeds]
        parts = [x if isinstance(x, Mix) else [x] for x in vars(table).values()]
        arrays = itertools.chain.from_iterable(parts)
        return fingerprint(self.info.sha256, dtype, decisive, numbers, *arrays)

    def save_pipeline(self, folder: str | Path, dtype="float32") -> str:
        """Writes the checkpoint as a diffusers folder; see `weights.save_pipeline`."""
        params = self.params if self.mesh is None else jax.tree.map(to_host, self.params)
        checkpoint = dataclasses.replace(self._checkpoint, params=params)
        return save_pipeline(folder, checkpoint, dtype)


def build_models(
    checkpoint: Checkpoint, dtype: str, attention: AttentionMethod, platform: Platform
) -> Models:
    """The networks of a checkpoint, to run on a platform; takes no device and no parameters."""
    compute = jnp.dtype(dtype)
    return Models(
        UNet(checkpoint.unet_config, compute, attention, platform),
        Autoencoder(
            checkpoint.autoencoder_config,
            compute,
            # Its one head is too large for cuDNN.
            "auto" if attention == "cudnn" else attention,
            platform,
        ),
        TextEncoder(checkpoint.text_config, compute),
        checkpoint.schedule_config,
    )


@pinned()
def load_pipeline(
    model: str | Path = EMBEDDED,
    dtype: str = "float32",
    *,
    tokenizer: str | Path | None = None,
    gligen: str | Path | None = None,
    vae: str | Path | None = None,
    loras: Sequence[str | Path | tuple[str | Path, float]] = (),
    prediction_type: Prediction | None = None,
    zero_terminal_snr: bool | None = None,
    attention: AttentionMethod = "auto",
    mesh: Mesh | None = None,
) -> Pipeline:
    """Loads the embedded model ("sticker"), or what `weights.load_checkpoint` can load.

    Args:
      model: "sticker", a diffusers folder, a `.safetensors` file, or hf:OWNER/NAME[@REVISION].
      dtype: "float32", "bfloat16" or "float16", of the parameters and of the computation; norms,
        softmax, noise and sampler stay float32.
      tokenizer: a tokenizer's folder, for a single file.
      gligen: the file of a GLIGEN adapter, to be added to a model without such layers.
      vae: a file or folder with another autoencoder.
      loras: files of LoRAs, to be added to the weights: "FILE", "FILE:SCALE" or (FILE, scale).
      prediction_type, zero_terminal_snr: what no file says of the noise schedule.
      attention: how attention is computed; see `models.attend.attend`.
      mesh: the devices to use, from `devices.mesh.make_video_mesh`; None for one.

    Raises:
      ModelError: no such model, or not a whole and consistent one.
      InputError: a tokenizer for a model that has one, or another dtype.
    """
    pairs = tuple(x if isinstance(x, tuple) else lora(str(x)) for x in loras)
    source = Source(model, tokenizer, gligen, vae, pairs, prediction_type, zero_terminal_snr)
    return Pipeline(load_checkpoint(source, dtype), dtype, attention, mesh)


@pinned()
def describe(source: Source) -> tuple[PipelineInfo, GenerationSettings]:
    """What a checkpoint is, and its generation defaults; needs no device.

    Raises:
      ModelError, InputError: as `load_pipeline`.
    """
    checkpoint = load_checkpoint(source)
    defaults = checkpoint.settings or CheckpointSettings()
    return _describe(checkpoint, defaults), defaults.generation


def _describe(checkpoint: Checkpoint, defaults: CheckpointSettings) -> PipelineInfo:
    return PipelineInfo(
        name=defaults.name or "checkpoint",
        sha256=checkpoint.sha256,
        num_parameters={
            name: sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(tree))
            for name, tree in checkpoint.params.items()
        },
        architecture={
            "unet": dataclasses.asdict(checkpoint.unet_config),
            "vae": dataclasses.asdict(checkpoint.autoencoder_config),
            "text_encoder": dataclasses.asdict(checkpoint.text_config),
            "scheduler": dataclasses.asdict(checkpoint.schedule_config),
        },
        fps=defaults.fps,
        nouns=defaults.nouns,
        backgrounds=defaults.backgrounds,
        origin=checkpoint.provenance,
    )
