"""The JSON files of a pipeline folder, as diffusers 0.39 and transformers 4.57 read them."""

from typing import Any

from flowzero_jax.models import AutoencoderConfig, TextEncoderConfig, UNetConfig
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.weights.configs import COMPONENTS

DIFFUSERS_VERSION = "0.39.0"
TRANSFORMERS_VERSION = "4.57.6"

Json = dict[str, Any]


def model_index_json(grounded: bool) -> Json:
    """`model_index.json` of a GLIGEN pipeline, or of a plain one."""
    name = "StableDiffusionGLIGENPipeline" if grounded else "StableDiffusionPipeline"
    components = {key: [library, names[0]] for key, (library, names) in COMPONENTS.items()}
    return {
        **_diffusers(name),
        **components,
        "feature_extractor": [None, None],
        "safety_checker": [None, None],
        "requires_safety_checker": False,
    }


def unet_json(config: UNetConfig, sample_size: int | list[int]) -> Json:
    """`unet/config.json`; `sample_size` is the usual latent side, or [height, width]."""
    attention, heads = config.attention_stages, config.num_heads
    return {
        **_diffusers("UNet2DConditionModel"),
        "act_fn": "silu",
        "attention_head_dim": heads[0] if len(set(heads)) == 1 else list(heads),
        "attention_type": "gated" if config.grounded else "default",
        "block_out_channels": list(config.block_out_channels),
        "center_input_sample": False,
        "cross_attention_dim": config.cross_attention_dim,
        "down_block_types": [
            "CrossAttnDownBlock2D" if stage else "DownBlock2D" for stage in attention
        ],
        "downsample_padding": 1,
        "flip_sin_to_cos": True,
        "freq_shift": 0,
        "in_channels": config.in_channels,
        "layers_per_block": config.layers_per_block,
        "mid_block_scale_factor": 1,
        "mid_block_type": "UNetMidBlock2DCrossAttn",
        "norm_eps": 1e-05,
        "norm_num_groups": config.norm_num_groups,
        "out_channels": config.out_channels,
        "sample_size": sample_size,
        "up_block_types": [
            "CrossAttnUpBlock2D" if stage else "UpBlock2D" for stage in reversed(attention)
        ],
        "use_linear_projection": config.use_linear_projection,
    }


def autoencoder_json(config: AutoencoderConfig, sample_size: int) -> Json:
    """`vae/config.json`; `sample_size` is the usual image side."""
    stages = len(config.block_out_channels)
    return {
        **_diffusers("AutoencoderKL"),
        "act_fn": "silu",
        "block_out_channels": list(config.block_out_channels),
        "down_block_types": ["DownEncoderBlock2D"] * stages,
        "force_upcast": True,
        "in_channels": config.in_channels,
        "latent_channels": config.latent_channels,
        "layers_per_block": config.layers_per_block,
        "norm_num_groups": config.norm_num_groups,
        "out_channels": config.out_channels,
        "sample_size": sample_size,
        "scaling_factor": config.scaling_factor,
        "up_block_types": ["UpDecoderBlock2D"] * stages,
    }


def text_encoder_json(config: TextEncoderConfig, dtype: str) -> Json:
    """`text_encoder/config.json`. Start and padding token are not used by the model."""
    return {
        "architectures": ["CLIPTextModel"],
        "attention_dropout": 0.0,
        "bos_token_id": 0,
        "dtype": dtype,
        "eos_token_id": config.eos_token_id,
        "hidden_act": config.hidden_act,
        "hidden_size": config.hidden_size,
        "initializer_factor": 1.0,
        "initializer_range": 0.02,
        "intermediate_size": config.intermediate_size,
        "layer_norm_eps": config.layer_norm_eps,
        "max_position_embeddings": config.max_position_embeddings,
        "model_type": "clip_text_model",
        "num_attention_heads": config.num_attention_heads,
        "num_hidden_layers": config.num_hidden_layers,
        "pad_token_id": 1,
        "projection_dim": config.hidden_size,
        "transformers_version": TRANSFORMERS_VERSION,
        "vocab_size": config.vocab_size,
    }


def scheduler_json(config: ScheduleConfig) -> Json:
    """`scheduler/scheduler_config.json`: DDIM, which is what samples here."""
    return {
        **_diffusers("DDIMScheduler"),
        "beta_end": config.beta_end,
        "beta_schedule": "scaled_linear",
        "beta_start": config.beta_start,
        "clip_sample": False,
        "num_train_timesteps": config.num_train_timesteps,
        "prediction_type": config.prediction_type,
        "set_alpha_to_one": config.set_alpha_to_one,
        "steps_offset": config.steps_offset,
        "timestep_spacing": config.timestep_spacing,
        "trained_betas": None,
    }


def _diffusers(class_name: str) -> Json:
    return {"_class_name": class_name, "_diffusers_version": DIFFUSERS_VERSION}
