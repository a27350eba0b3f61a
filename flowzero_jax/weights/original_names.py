"""The names that the original Stable Diffusion and GLIGEN code gives to tensors.

Each function takes a diffusers name and returns the original one, without its network's prefix;
`networks` has them all in one table.
The original UNet numbers its input and output blocks through, whatever their stage, so that the
numbers follow from the sizes.
"""

import re

from flowzero_jax.models import AutoencoderConfig, UNetConfig

UNET_PREFIX = "model.diffusion_model."
AUTOENCODER_PREFIX = "first_stage_model."
TEXT_PREFIX = "cond_stage_model.transformer."

# Tensors that hold nothing that is needed to generate.
DROPPED = re.compile(
    r"model_ema\."  # a second UNet, averaged over the training
    r"|first_stage_model\.loss\."  # discriminator and perceptual loss of the training
    r"|cond_stage_model\.(transformer\.)?(text_projection(\.weight)?|logit_scale)$"
    # Schedule tables, which follow from the scheduler's settings.
    r"|(betas|alphas_cumprod|alphas_cumprod_prev|sqrt_alphas_cumprod"
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
    (r"\.mid_block\.attentions\.0\.group_norm\.", r".mid.attn_1.norm."),
    (r"\.mid_block\.attentions\.0\.to_([qkv])\.", r".mid.attn_1.\1."),
    (r"\.mid_block\.attentions\.0\.to_out\.0\.", r".mid.attn_1.proj_out."),
    (r"\.conv_shortcut\.", r".nin_shortcut."),
)


def unet_name(name: str, config: UNetConfig) -> str:
    """The original name of a UNet's tensor; those of the position net are the same."""
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


def autoencoder_name(name: str, config: AutoencoderConfig) -> str:
    """The original name of an autoencoder's tensor; its decoder counts stages from the end."""
    last = len(config.block_out_channels) - 1
    name = re.sub(
        r"\.up_blocks\.(\d+)\.", lambda match: f".up_blocks.{last - int(match[1])}.", name
    )
    for pattern, original in _AUTOENCODER:
        name = re.sub(pattern, original, name)
    return name
