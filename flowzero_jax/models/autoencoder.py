"""The KL autoencoder of latent diffusion: images ↔ latents."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from flowzero_jax.models.attend import AttentionMethod, KeyValue, attend
from flowzero_jax.models.config import AutoencoderConfig
from flowzero_jax.models.layers import (
    Compute,
    Dense,
    Downsample,
    Dtype,
    ResnetBlock,
    Upsample,
    conv3x3,
    group_norm,
)
from flowzero_jax.models.platform import CPU, Platform

EPSILON = 1e-6


class PixelAttention(nn.Module):
    """Single-head self-attention over the pixels of a feature map, with a residual."""

    num_groups: int
    compute: Compute = Compute()

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """`[k h w c]` → `[k h w c]`."""
        k, h, w, c = x.shape
        dtype, method, platform = self.compute.dtype, self.compute.attention, self.compute.platform
        tokens = group_norm(self.num_groups, EPSILON, dtype, "group_norm")(x)
        tokens = tokens.reshape(k, 1, h * w, 1, c)
        query, key, value = (
            Dense(c, dtype=dtype, name=name)(tokens) for name in ("to_q", "to_k", "to_v")
        )
        out = attend(query, KeyValue(key, value), method=method, platform=platform)
        return x + Dense(c, dtype=dtype, name="to_out.0")(out.reshape(k, h, w, c))


class MidBlock(nn.Module):
    """Residual block, attention, residual block at the lowest resolution."""

    num_groups: int
    compute: Compute = Compute()

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """`[k h w c]` → `[k h w c]`."""
        features, groups, compute = x.shape[-1], self.num_groups, self.compute
        x = ResnetBlock(features, groups, EPSILON, compute, name="resnets.0")(x)
        x = PixelAttention(groups, compute, name="attentions.0")(x)
        return ResnetBlock(features, groups, EPSILON, compute, name="resnets.1")(x)


class Encoder(nn.Module):
    """Images → features at the latent resolution, mean and log-variance along the channels."""

    config: AutoencoderConfig
    compute: Compute = Compute()

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """`[k H W 3]` → `[k h w 2c]`."""
        config, compute = self.config, self.compute
        groups = config.norm_num_groups
        x = conv3x3(config.block_out_channels[0], compute, "conv_in")(x)
        for stage, width in enumerate(config.block_out_channels):
            prefix = f"down_blocks.{stage}"
            for layer in range(config.layers_per_block):
                name = f"{prefix}.resnets.{layer}"
                x = ResnetBlock(width, groups, EPSILON, compute, name=name)(x)
            if stage < len(config.block_out_channels) - 1:
                x = Downsample(False, compute.dtype, name=f"{prefix}.downsamplers.0")(x)
        x = MidBlock(groups, compute, name="mid_block")(x)
        x = nn.silu(group_norm(groups, EPSILON, compute.dtype, "conv_norm_out")(x))
        return conv3x3(2 * config.latent_channels, compute, "conv_out")(x)


class Decoder(nn.Module):
    """Latents → images."""

    config: AutoencoderConfig
    compute: Compute = Compute()

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """`[k h w c]` → `[k H W 3]`."""
        config, compute = self.config, self.compute
        groups = config.norm_num_groups
        widths = tuple(reversed(config.block_out_channels))
        x = conv3x3(widths[0], compute, "conv_in")(x)
        x = MidBlock(groups, compute, name="mid_block")(x)
        for block, width in enumerate(widths):
            prefix = f"up_blocks.{block}"
            for layer in range(config.layers_per_block + 1):
                name = f"{prefix}.resnets.{layer}"
                x = ResnetBlock(width, groups, EPSILON, compute, name=name)(x)
            if block < len(widths) - 1:
                size = (2 * x.shape[1], 2 * x.shape[2])
                x = Upsample(compute, name=f"{prefix}.upsamplers.0")(x, size)
        x = nn.silu(group_norm(groups, EPSILON, compute.dtype, "conv_norm_out")(x))
        return conv3x3(config.out_channels, compute, "conv_out")(x)


class Autoencoder(nn.Module):
    """Encoder and decoder. Latents outside are in UNet space: scaled by `scaling_factor`.

    `attention` and `platform` are as in `UNet`.
    """

    config: AutoencoderConfig
    dtype: Dtype = jnp.float32
    attention: AttentionMethod = "auto"
    platform: Platform = CPU

    def setup(self):
        compute = Compute(self.dtype, self.attention, self.platform)
        self.encoder = Encoder(self.config, compute)
        self.decoder = Decoder(self.config, compute)
        self.quant_conv = nn.Conv(2 * self.config.latent_channels, (1, 1), dtype=self.dtype)
        self.post_quant_conv = nn.Conv(self.config.latent_channels, (1, 1), dtype=self.dtype)

    def encode(self, images: jax.Array) -> tuple[jax.Array, jax.Array]:
        """`images [k H W 3]` in [-1, 1] → mean and clamped log-variance, unscaled, `[k h w c]`."""
        moments = self.quant_conv(self.encoder(images.astype(self.dtype)))
        mean, logvar = jnp.split(moments.astype(jnp.float32), 2, axis=-1)
        return mean, jnp.clip(logvar, -30.0, 20.0)

    def decode(self, latents: jax.Array) -> jax.Array:
        """Scaled `latents [k h w c]` → float32 images `[k H W 3]` in about [-1, 1], unclipped."""
        latents = (latents / self.config.scaling_factor).astype(self.dtype)
        return self.decoder(self.post_quant_conv(latents)).astype(jnp.float32)

    def __call__(self, images: jax.Array) -> jax.Array:
        """Reconstruction from the posterior mean; touches every parameter."""
        mean, _ = self.encode(images)
        return self.decode(mean * self.config.scaling_factor)
