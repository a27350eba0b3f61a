"""The JSON files of a pipeline folder, as diffusers 0.39 and transformers 4.57 read them.

The fields of our configurations have the names that they have there, but for three of the UNet.
"""

import dataclasses

from flowzero_jax.models import AutoencoderConfig, TextEncoderConfig, UNetConfig
from flowzero_jax.weights.checkpoint import Checkpoint
from flowzero_jax.weights.configs import COMPONENTS, UNET_FIXED, Json, block_types
from flowzero_jax.weights.flowzero_json import CheckpointSettings
from flowzero_jax.weights.folder import MODEL_INDEX, SCHEDULER

DIFFUSERS_VERSION = "0.39.0"
TRANSFORMERS_VERSION = "4.57.6"

# Of the values that no UNet has otherwise those that are written.
WRITTEN = (
    "act_fn", "center_input_sample", "downsample_padding", "flip_sin_to_cos",
    "mid_block_scale_factor", "mid_block_type", "norm_eps",
)  # fmt: skip


def pipeline_json(checkpoint: Checkpoint, dtype: str) -> dict[str, Json]:
    """All of them, by their names in the folder."""
    settings = (checkpoint.settings or CheckpointSettings()).generation
    factor = checkpoint.autoencoder_config.factor
    height, width = settings.height // factor, settings.width // factor
    sample_size = height if height == width else [height, width]
    image = max(settings.height, settings.width)
    gligen = "GLIGEN" * checkpoint.unet_config.grounded
    return {
        MODEL_INDEX: {
            **_diffusers(f"StableDiffusion{gligen}Pipeline"),
            **{key: [library, names[0]] for key, (library, names) in COMPONENTS.items()},
            "feature_extractor": [None, None],
            "safety_checker": [None, None],
            "requires_safety_checker": False,
        },
        "unet/config.json": unet_json(checkpoint.unet_config, sample_size),
        "vae/config.json": autoencoder_json(checkpoint.autoencoder_config, image),
        "text_encoder/config.json": _text_encoder_json(checkpoint.text_config, dtype),
        # DDIM, which is what samples here.
        SCHEDULER: {
            **_diffusers("DDIMScheduler"),
            **dataclasses.asdict(checkpoint.schedule_config),
            "clip_sample": False,
            "trained_betas": None,
        },
    }


def unet_json(config: UNetConfig, sample_size: int | list[int]) -> Json:
    """`unet/config.json`; `sample_size` is the usual latent side, or [height, width]."""
    sizes = dataclasses.asdict(config)
    attention, heads = sizes.pop("attention_stages"), sizes.pop("num_heads")
    grounded = sizes.pop("grounded")
    return {
        **_diffusers("UNet2DConditionModel"),
        **sizes,
        **{key: UNET_FIXED[key] for key in WRITTEN},
        **block_types(attention),
        "attention_head_dim": heads[0] if len(set(heads)) == 1 else list(heads),
        "attention_type": "gated" if grounded else "default",
        "freq_shift": 0,
        "sample_size": sample_size,
    }


def autoencoder_json(config: AutoencoderConfig, sample_size: int) -> Json:
    """`vae/config.json`; `sample_size` is the usual image side."""
    stages = len(config.block_out_channels)
    return {
        **_diffusers("AutoencoderKL"),
        **dataclasses.asdict(config),
        "act_fn": "silu",
        "down_block_types": ["DownEncoderBlock2D"] * stages,
        "force_upcast": True,
        "sample_size": sample_size,
        "up_block_types": ["UpDecoderBlock2D"] * stages,
    }


def _text_encoder_json(config: TextEncoderConfig, dtype: str) -> Json:
    """`text_encoder/config.json`. Start and padding token are not used by the model."""
    return {
        **dataclasses.asdict(config),
        "architectures": ["CLIPTextModel"],
        "attention_dropout": 0.0,
        "bos_token_id": 0,
        "dtype": dtype,
        "initializer_factor": 1.0,
        "initializer_range": 0.02,
        "model_type": "clip_text_model",
        "pad_token_id": 1,
        "projection_dim": config.hidden_size,
        "transformers_version": TRANSFORMERS_VERSION,
    }


def _diffusers(class_name: str) -> Json:
    return {"_class_name": class_name, "_diffusers_version": DIFFUSERS_VERSION}
