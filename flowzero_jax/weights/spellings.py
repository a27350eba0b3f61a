"""What files call tensors: one table of names for every kind of source.

Our parameters have diffusers' names. Each function takes one of those and returns all names that
files have for it, without the prefix of its network: the present one, those of older versions, and
those of the original Stable Diffusion and GLIGEN code. The original UNet numbers its input and
output blocks through, whatever their stage, so that the numbers follow from the sizes.
"""

import re
from typing import Any

from flowzero_jax.models import AutoencoderConfig, UNetConfig

# Before the names of a network's tensors: of the original code, of files for several networks.
UNET_PREFIXES = ("model.diffusion_model.", "unet.", "diffusion_model.")
AUTOENCODER_PREFIXES = ("first_stage_model.", "vae.")
TEXT_PREFIXES = ("cond_stage_model.transformer.", "text_encoder.")

# Tensors that hold nothing that is needed to generate.
DROPPED = re.compile(
    r"(^|\.)embeddings\.position_ids$"
    r"|^model_ema\."  # a second UNet, averaged over the training
    r"|^first_stage_model\.loss\."  # discriminator and perceptual loss of the training
    r"|(^|^cond_stage_model\.(transformer\.)?)(text_projection(\.weight)?|logit_scale)$"
    # Schedule tables, which follow from the scheduler's settings.
    r"|^(betas|alphas_cumprod|alphas_cumprod_prev|sqrt_alphas_cumprod"
    r"|sqrt_one_minus_alphas_cumprod|log_one_minus_alphas_cumprod|sqrt_recip_alphas_cumprod"
    r"|sqrt_recipm1_alphas_cumprod|posterior_variance|posterior_log_variance_clipped"
    r"|posterior_mean_coef1|posterior_mean_coef2|lvlb_weights|logvar)$"
)

_UNET_ENDS = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}
_UNET_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_UNET_STAGE = re.compile(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.")

_AUTOENCODER = (
    (r"\.conv_norm_out\.", r".norm_out."),
    (r"\.down_blocks\.(\d+)\.resnets\.(\d+)\.", r".down.\1.block.\2."),
    (r"\.down_blocks\.(\d+)\.downsamplers\.0\.", r".down.\1.downsample."),
    (r"\.up_blocks\.(\d+)\.resnets\.(\d+)\.", r".up.\1.block.\2."),
    (r"\.up_blocks\.(\d+)\.upsamplers\.0\.", r".up.\1.upsample."),
    (r"\.mid_block\.resnets\.0\.", r".mid.block_1."),
    (r"\.mid_block\.resnets\.1\.", r".mid.block_2."),
    (r"\.mid_block\.attentions\.0\.", r".mid.attn_1."),
    (r"\.conv_shortcut\.", r".nin_shortcut."),
)
# The autoencoder's attention: present, of diffusers before 0.17, original.
_ATTENTION = {
    "group_norm": ("group_norm", "group_norm", "norm"),
    "to_q": ("to_q", "query", "q"),
    "to_k": ("to_k", "key", "k"),
    "to_v": ("to_v", "value", "v"),
    "to_out.0": ("to_out.0", "proj_attn", "proj_out"),
}
_ATTENTION_PART = re.compile(rf"(.*\.attentions\.0\.)({'|'.join(_ATTENTION)})(\.\w+)")


def unet_names(name: str, config: UNetConfig) -> tuple[str, ...]:
    """Of a UNet's tensor; the original code calls those of the position net as diffusers does."""
    return name, _original_unet_name(name, config)


def autoencoder_names(name: str, config: AutoencoderConfig) -> tuple[str, ...]:
    """Of an autoencoder's tensor. Mixtures of old and new names are in files, too."""
    part = _ATTENTION_PART.fullmatch(name)
    ours = [f"{part[1]}{x}{part[3]}" for x in _ATTENTION[part[2]]] if part else [name] * 3
    originals = [_original_autoencoder_name(x, config) for x in ours]
    return *ours, *originals[::-1]


def text_encoder_names(name: str, config: Any) -> tuple[str, ...]:
    """Of a text encoder's tensor; some programs leave out what all names have in front."""
    del config
    return name, name.removeprefix("text_model.")


def _original_unet_name(name: str, config: UNetConfig) -> str:
    if stage := _UNET_STAGE.match(name):
        layer, _, rest = name[stage.end() :].partition(".")
        block = _unet_block(stage[1], int(stage[2]), stage[3], int(layer), config)
    else:
        present = next((start for start in _UNET_ENDS if name.startswith(f"{start}.")), None)
        if present is None:
            return name
        block, rest = _UNET_ENDS[present], name.removeprefix(f"{present}.")
    module, _, parameter = rest.partition(".")
    if ".resnets." in name:
        rest = f"{_UNET_RESNET[module]}.{parameter}"
    elif ".downsamplers." in name:
        rest = f"op.{parameter}"
    return f"{block}.{rest}"


def _unet_block(direction: str, stage: int, kind: str, layer: int, config: UNetConfig) -> str:
    """The original name of a stage's residual block, attention or change of resolution."""
    if direction == "down":
        # Block 0 is the first convolution; a stage is its layers and the reduction after them.
        if kind == "downsamplers":
            layer = config.layers_per_block
        number = 1 + stage * (config.layers_per_block + 1) + layer
        return f"input_blocks.{number}.{int(kind == 'attentions')}"
    # On the way up the enlargement is the last part of its stage's last block.
    if kind == "upsamplers":
        layer = config.layers_per_block
    number = stage * (config.layers_per_block + 1) + layer
    attention = config.attention_stages[config.num_stages - 1 - stage]
    part = {"resnets": 0, "attentions": 1, "upsamplers": 1 + attention}[kind]
    return f"output_blocks.{number}.{part}"


def _original_autoencoder_name(name: str, config: AutoencoderConfig) -> str:
    # The decoder counts its stages from the end.
    last = len(config.block_out_channels) - 1
    name = re.sub(
        r"\.up_blocks\.(\d+)\.", lambda match: f".up_blocks.{last - int(match[1])}.", name
    )
    for pattern, original in _AUTOENCODER:
        name = re.sub(pattern, original, name)
    return name
