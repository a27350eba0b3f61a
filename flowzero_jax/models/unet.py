"""The denoising UNet of Stable Diffusion 1.x, over the frames of a clip."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from flowzero_jax.models.attention import CrossFrame
from flowzero_jax.models.config import UNetConfig
from flowzero_jax.models.grounding import PositionNet
from flowzero_jax.models.layers import (
    Downsample,
    Dtype,
    ResnetBlock,
    Upsample,
    conv3x3,
    group_norm,
)
from flowzero_jax.models.transformer import SpatialTransformer


def timestep_features(timesteps: jax.Array, width: int) -> jax.Array:
    """Sinusoidal features of `timesteps [k]`: cosines, then sines → `[k width]`."""
    half = width // 2
    frequencies = jnp.exp(-jnp.log(10000.0) * jnp.arange(half) / half)
    angles = timesteps[:, None].astype(jnp.float32) * frequencies
    return jnp.concatenate([jnp.cos(angles), jnp.sin(angles)], axis=-1)


class UNet(nn.Module):
    """Predicts noise (or velocity) for all frames of every clip.

    Frames are independent but for cross-frame attention, which replaces the self-attention's
    keys and values (see `attention.Attention`).
    """

    config: UNetConfig
    dtype: Dtype = jnp.float32

    def setup(self):
        if self.config.grounded:
            self.position_net = PositionNet(self.config.cross_attention_dim, dtype=self.dtype)

    def ground(
        self, boxes: jax.Array, phrase_embeds: jax.Array, object_mask: jax.Array
    ) -> jax.Array:
        """`boxes [… n 4]`, `phrase_embeds [… n d]`, `object_mask [… n]` → tokens `[… n d]`."""
        return self.position_net(boxes, phrase_embeds, object_mask)

    @nn.compact
    def __call__(
        self,
        latents: jax.Array,
        timesteps: jax.Array,
        text: jax.Array,
        grounding_tokens: jax.Array | None = None,
        cross_frame: CrossFrame = "none",
    ) -> jax.Array:
        """`latents [b f h w c]`, `timesteps [b]`, `text [b f l d]`, `grounding_tokens [b f n d]`.

        Without grounding tokens the gated layers are skipped. Returns float32 `[b f h w c]`.
        """
        config, dtype = self.config, self.dtype
        b, f = latents.shape[:2]

        def fold(x):
            return x.reshape(b * f, *x.shape[2:])

        def resnet(x, stage_features, name):
            block = ResnetBlock(stage_features, config.norm_num_groups, 1e-5, dtype, name=name)
            return block(x, time_embedding)

        def transformer(x, stage, name):
            block = SpatialTransformer(
                config.num_heads[stage],
                config.norm_num_groups,
                config.use_linear_projection,
                dtype,
                name=name,
            )
            return block(x, text, grounding_tokens, f, cross_frame)

        text = fold(text).astype(dtype)
        if grounding_tokens is not None:
            grounding_tokens = fold(grounding_tokens).astype(dtype)
        time_embedding = self._embed_time(jnp.repeat(timesteps, f))

        widths = config.block_out_channels
        last = config.num_stages - 1
        x = conv3x3(widths[0], dtype, "conv_in")(fold(latents).astype(dtype))
        skips = [x]
        for stage, width in enumerate(widths):
            prefix = f"down_blocks.{stage}"
            for layer in range(config.layers_per_block):
                x = resnet(x, width, f"{prefix}.resnets.{layer}")
                if config.attention_stages[stage]:
                    x = transformer(x, stage, f"{prefix}.attentions.{layer}")
                skips.append(x)
            if stage < last:
                x = Downsample(True, dtype, name=f"{prefix}.downsamplers.0")(x)
                skips.append(x)

        x = resnet(x, widths[-1], "mid_block.resnets.0")
        x = transformer(x, last, "mid_block.attentions.0")
        x = resnet(x, widths[-1], "mid_block.resnets.1")

        for block, stage in enumerate(reversed(range(config.num_stages))):
            prefix = f"up_blocks.{block}"
            for layer in range(config.layers_per_block + 1):
                x = jnp.concatenate([x, skips.pop()], axis=-1)
                x = resnet(x, widths[stage], f"{prefix}.resnets.{layer}")
                if config.attention_stages[stage]:
                    x = transformer(x, stage, f"{prefix}.attentions.{layer}")
            if stage > 0:
                x = Upsample(dtype, name=f"{prefix}.upsamplers.0")(x, skips[-1].shape[1:3])
        assert not skips

        x = nn.silu(group_norm(config.norm_num_groups, 1e-5, dtype, "conv_norm_out")(x))
        x = conv3x3(config.out_channels, dtype, "conv_out")(x)
        return x.astype(jnp.float32).reshape(b, f, *x.shape[1:])

    def _embed_time(self, timesteps: jax.Array) -> jax.Array:
        width = self.config.time_embed_dim
        x = timestep_features(timesteps, self.config.block_out_channels[0])
        x = nn.Dense(width, dtype=self.dtype, name="time_embedding.linear_1")(x)
        return nn.Dense(width, dtype=self.dtype, name="time_embedding.linear_2")(nn.silu(x))
