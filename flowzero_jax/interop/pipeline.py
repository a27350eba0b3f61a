"""`FlaxFlowZeroPipeline`, a `diffusers.FlaxDiffusionPipeline`."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import flax
import jax
import jax.numpy as jnp
import numpy as np
from diffusers import FlaxDiffusionPipeline
from diffusers.utils import BaseOutput
from jaxtyping import Float, Int

from flowzero_jax.devices.mesh import make_mesh
from flowzero_jax.devices.switches import pinned
from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.generation import Params, latent_size
from flowzero_jax.interop.inputs import (
    VideoInputs,
    encode,
    have_device_axis,
    keys_of_videos,
    without_device_axis,
)
from flowzero_jax.interop.program import run, run_jitted
from flowzero_jax.pipeline import Pipeline
from flowzero_jax.planner import plan
from flowzero_jax.scene import SceneSyntax
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.tabulate import tabulate
from flowzero_jax.weights import Checkpoint, load_checkpoint, save_pipeline
from flowzero_jax.weights.configs import COMPONENTS
from flowzero_jax.weights.networks import NETWORKS
from flowzero_jax.weights.source import Source

# Arguments of diffusers' `from_pretrained` that ask for nothing but what happens here anyway.
HARMLESS = {
    "from_pt": (True, False),
    "safety_checker": (None,),
    "feature_extractor": (None,),
    "split_head_dim": (True, False),
    "use_memory_efficient_attention": (True, False),
}


@flax.struct.dataclass
class FlaxFlowZeroPipelineOutput(BaseOutput):
    """Videos as diffusers gives images, float32 `[b f H W 3]` in 0 … 1, and as uint8 frames."""

    images: np.ndarray
    frames: np.ndarray


class FlaxFlowZeroPipeline(FlaxDiffusionPipeline):
    """FlowZero behind the interface of `diffusers.FlaxStableDiffusionPipeline`.

    As there, parameters are a dict beside the pipeline: `{"unet", "vae", "text_encoder"}`.
    """

    register_to_config: Callable[..., None]  # of the base class, which does not tell its type

    def __init__(self, checkpoint: Checkpoint, dtype: Any = jnp.float32):
        """`checkpoint` without or with parameters (they are not kept), `dtype` of computation."""
        super().__init__()
        self.register_to_config(
            **{name: (library, classes[0]) for name, (library, classes) in COMPONENTS.items()}
        )
        self.dtype = jnp.dtype(dtype)
        self.checkpoint = dataclasses.replace(checkpoint, params={})
        without_params = Pipeline(self.checkpoint, self.dtype.name)
        self.models, self.settings = without_params.models, without_params.settings
        self.tokenizer = without_params.tokenizer
        self.unet, self.vae = self.models.unet, self.models.autoencoder
        self.text_encoder, self.scheduler = self.models.text_encoder, self.models.schedule
        self.vae_scale_factor = checkpoint.autoencoder_config.factor

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | Path, **kwargs: Any
    ) -> tuple["FlaxFlowZeroPipeline", Params]:
        """Loads "sticker", or any model that `load_pipeline` takes, and its parameters.

        Args:
            pretrained_model_name_or_path: the model.
            kwargs: `dtype` of parameters and computation (float32); `revision` of a model on the
                hub ("hf:OWNER/NAME"); `tokenizer`, `gligen`, `vae` of `load_pipeline`. What asks
                for nothing special, as `from_pt=True` or `safety_checker=None`, may stay.

        Raises:
            ModelError: as `load_pipeline`.
            InputError: an argument that would be without effect.
        """
        name = str(pretrained_model_name_or_path)
        dtype = jnp.dtype(kwargs.pop("dtype", None) or jnp.float32)
        revision = kwargs.pop("revision", None)
        if revision is not None:
            name = f"{name}@{revision}"
        named = {x: kwargs.pop(x) for x in ("tokenizer", "gligen", "vae") if x in kwargs}
        source = Source(name, **named)
        for key, value in kwargs.items():
            if key not in HARMLESS or value not in HARMLESS[key]:
                raise InputError(f"from_pretrained: {key}={value!r} is not supported; leave it out")
        checkpoint = load_checkpoint(source, dtype.name)
        return cls(checkpoint, dtype), jax.device_put(checkpoint.params)

    def save_pretrained(self, save_directory: str | Path, params: Params, **kwargs: Any) -> None:
        """Writes a diffusers folder with `params` in their own dtype; replaces a folder that holds
        a checkpoint and nothing else.

        Raises:
            OutputError: it cannot be written.
            InputError: an argument that would be without effect (`push_to_hub`).
        """
        if any(kwargs.values()):
            raise InputError(f"save_pretrained: {', '.join(kwargs)}: not supported; leave it out")
        replicated = have_device_axis(params)
        params = flax.core.unfreeze(params)
        host = {
            name: jax.tree.map(lambda leaf: np.asarray(leaf[0] if replicated else leaf), tree)
            for name, tree in params.items()
            if name in NETWORKS
        }
        dtypes = {leaf.dtype for leaf in jax.tree.leaves(host)}
        dtype = self.dtype if len(dtypes) > 1 else dtypes.pop()
        save_pipeline(save_directory, dataclasses.replace(self.checkpoint, params=host), dtype)

    @property
    def components(self) -> dict[str, Any]:
        """Networks, tokenizer and noise schedule by the names that diffusers uses."""
        names = ("vae", "text_encoder", "tokenizer", "unet", "scheduler")
        return {name: getattr(self, name) for name in names}

    def prepare_inputs(
        self, prompt: str | SceneSyntax | Sequence[str | SceneSyntax], num_frames: int = 8
    ) -> VideoInputs:
        """Prompts, planned by the rules planner for `num_frames`, or scenes → arrays.

        Raises:
            PlannerError: a prompt cannot be planned.
            InputError: scenes of different lengths.
        """
        prompts = [prompt] if isinstance(prompt, str | SceneSyntax) else list(prompt)
        scenes = [x if isinstance(x, SceneSyntax) else plan(x, num_frames) for x in prompts]
        table = tabulate(scenes, (1, 1), facing=self.settings.facing)
        ids = self.tokenizer(table.texts)
        others = (getattr(table, name) for name in VideoInputs._fields[2:])
        return VideoInputs(ids[table.prompts.first], ids[table.phrases.first], *others)

    def prepare_text_inputs(self, prompt: str | Sequence[str]) -> Int[np.ndarray, "b l"]:
        """Token ids of plain texts, for `neg_prompt_ids`."""
        return self.tokenizer([prompt] if isinstance(prompt, str) else list(prompt))

    @pinned()
    def __call__(
        self,
        prompt_ids: VideoInputs,
        params: Params,
        prng_seed: jax.Array | int | Sequence[int],
        num_inference_steps: int | None = None,
        height: int | None = None,
        width: int | None = None,
        guidance_scale: float | jax.Array | None = None,
        latents: jax.Array | None = None,
        neg_prompt_ids: np.ndarray | None = None,
        return_dict: bool = True,
        jit: bool = True,
        **settings: Any,
    ) -> FlaxFlowZeroPipelineOutput | tuple[np.ndarray, np.ndarray]:
        """Draws videos. What is not given comes from the checkpoint's own settings.

        Args:
            prompt_ids: from `prepare_inputs`. With a leading axis of devices (`shard`) the videos
                are spread over the devices.
            params: from `from_pretrained`; replicated ones are taken, too.
            prng_seed: seeds, one whole number a video, that give what `Pipeline` gives for them; or
                keys: one for all videos, or one a device as diffusers takes them, from which video
                i's is `fold_in(key, i)`; or one a video.
            latents: initial noise `[b f h w c]` instead of what the seeds give.
            neg_prompt_ids: from `prepare_text_inputs`, one a video.
            jit: off, nothing but the loops is compiled, for debugging.
            settings: `grounding_fraction`, `cross_frame`, `noise_shift`, `object_noise`, `boxes` of
                `GenerationSettings`.

        Raises:
            InputError: sizes that do not divide, seeds or inputs that do not fit.
            ModelError: boxes for a model that has no layout layers; numbers that are not finite.
        """
        if not isinstance(prompt_ids, VideoInputs):
            raise InputError("prompt_ids: must come from prepare_inputs")
        given = {"num_steps": num_inference_steps, "height": height, "width": width}
        chosen = self._choose(given, settings, boxes=bool(np.any(prompt_ids.object_mask)))
        num_devices = prompt_ids.shifts.shape[0] if prompt_ids.shifts.ndim == 4 else 0
        if num_devices not in (0, jax.device_count()):
            raise InputError(
                f"prompt_ids: sharded over {num_devices} devices, there are {jax.device_count()}"
            )
        inputs = VideoInputs(*(without_device_axis(x, num_devices) for x in prompt_ids))
        count = len(inputs.shifts)
        size = latent_size(self.models, chosen)
        scenes = encode(
            self.text_encoder,
            params["text_encoder"],
            inputs,
            self._negative_ids(neg_prompt_ids, count, num_devices),
            size,
        )
        guidance = self.settings.guidance_scale if guidance_scale is None else guidance_scale
        if len(set(np.ravel(np.asarray(guidance, np.float32)).tolist())) != 1:
            raise InputError("guidance_scale: must be the same for all videos")
        arguments: tuple[Any, ...] = (
            {name: params[name] for name in NETWORKS},
            scenes,
            keys_of_videos(prng_seed, count, num_devices),
            np.float32(np.ravel(guidance)[0]),
            self._latents(latents, (*inputs.shifts.shape[:2], *size), num_devices),
        )
        mesh = make_mesh() if num_devices else None
        decoded = (run_jitted if jit else run)(self.models, chosen, mesh, *arguments)
        if not np.all(decoded.finite):
            raise ModelError("the pictures are not finite; take dtype=jnp.float32")
        frames = np.asarray(decoded.frames)
        output = FlaxFlowZeroPipelineOutput(frames.astype(np.float32) / 255, frames)
        return output if return_dict else output.to_tuple()

    def _choose(
        self, given: dict[str, int | None], others: dict[str, Any], *, boxes: bool
    ) -> GenerationSettings:
        fields = {field.name for field in dataclasses.fields(GenerationSettings)}
        elsewhere = {"num_steps", "guidance_scale", "facing", "blend_frames"}
        unknown = others.keys() - (fields - elsewhere)
        if unknown:
            raise InputError(f"{min(unknown)}: no such setting; leave it out")
        given = {name: value for name, value in given.items() if value is not None}
        settings = dataclasses.replace(self.settings, **given, **others)
        if settings.boxes and not self.models.unet.config.grounded:
            if boxes:
                raise ModelError(
                    "this checkpoint has no layout (GLIGEN) layers and cannot place objects in "
                    "boxes; add them (gligen=FILE), call with boxes=False or take another one"
                )
            settings = dataclasses.replace(settings, boxes=False)
        # The one setting that compiles nothing anew is passed beside the others.
        return dataclasses.replace(settings.in_programs, guidance_scale=0.0)

    def _latents(
        self, latents, shape: tuple[int, ...], num_devices: int
    ) -> Float[np.ndarray, "b f h w c"] | None:
        if latents is None:
            return None
        latents = without_device_axis(latents, num_devices)
        shape = (*shape, self.unet.config.in_channels)
        if latents.shape != shape:
            raise InputError(f"latents: {latents.shape}, where [b f h w c] is {shape}")
        return latents.astype(np.float32)

    def _negative_ids(self, ids, count: int, num_devices: int) -> np.ndarray:
        if ids is None:
            return np.repeat(self.tokenizer([""]), count, axis=0)
        ids = without_device_axis(ids, num_devices)
        if ids.shape != (count, self.tokenizer.max_length):
            raise InputError(
                f"neg_prompt_ids: {ids.shape} for {count} videos; take prepare_text_inputs with "
                "one text a video"
            )
        return ids
