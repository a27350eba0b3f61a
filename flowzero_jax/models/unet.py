"""The denoising UNet of Stable Diffusion 1.x, over the frames of a clip."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from flowzero_jax.models.attend import AttentionMethod
from flowzero_jax.models.config import UNetConfig
from flowzero_jax.models.cross_frame import CrossFrame, FrameMemory
from flowzero_jax.models.grounding import PositionNet
from flowzero_jax.models.layers import (
    Compute,
    Dense,
    Downsample,
    Dtype,
    ResnetBlock,
    Upsample,
    conv3x3,
    group_norm,
    repeat_to,
)
from flowzero_jax.models.platform import CPU, Platform
from flowzero_jax.models.transformer import BlockContext, SpatialTransformer

# By the name of the spatial transformer.
Contexts = dict[str, BlockContext]
Memory = dict[str, FrameMemory]


def timestep_features(timesteps: jax.Array, width: int) -> jax.Array:
    """Sinusoidal features of `timesteps [k]`: cosines, then sines → `[k width]`."""
    half = width // 2
    frequencies = jnp.exp(-jnp.log(10000.0) * jnp.arange(half) / half)
    angles = timesteps[:, None].astype(jnp.float32) * frequencies
    return jnp.concatenate([jnp.cos(angles), jnp.sin(angles)], axis=-1)


class UNet(nn.Module):
    """Predicts noise (or velocity) for all frames of every clip.

    Frames are independent but for cross-frame attention (see `cross_frame`).

    Attributes:
      config: all sizes.
      dtype: of the computation; norms and softmax are always in float32.
      attention: how attention is computed (see `attend`).
      platform: what it will run on: it decides the form of some layers, not what they compute.
      frame_axis: the mapped axis over which frames are spread, inside `jax.shard_map`.
    """

    config: UNetConfig
    dtype: Dtype = jnp.float32
    attention: AttentionMethod = "auto"
    platform: Platform = CPU
    frame_axis: str | None = None

    def setup(self):
        config = self.config
        if config.grounded:
            self.position_net = PositionNet(config.cross_attention_dim, dtype=self.dtype)
        self.transformers = {
            name: SpatialTransformer(
                config.num_heads[stage],
                config.block_out_channels[stage],
                config.norm_num_groups,
                config.use_linear_projection,
                self._compute,
                self.frame_axis,
                name=name,
            )
            for name, stage in _transformer_stages(config)
        }

    def ground(
        self, boxes: jax.Array, phrase_embeds: jax.Array, object_mask: jax.Array
    ) -> jax.Array:
        """`boxes [… n 4]`, `phrase_embeds [… n d]`, `object_mask [… n]` → tokens `[… n d]`."""
        return self.position_net(boxes, phrase_embeds, object_mask)

    def project(self, text: jax.Array, grounding_tokens: jax.Array | None = None) -> Contexts:
        """What all steps of a clip share: `text [b f l d]`, `grounding_tokens [b f n d]`.

        An f of 1 serves all frames. Without grounding tokens the gated layers are skipped.
        """
        text = text.astype(self.dtype)
        if grounding_tokens is not None:
            grounding_tokens = grounding_tokens.astype(self.dtype)
        return {
            name: transformer.project(text, grounding_tokens)
            for name, transformer in self.transformers.items()
        }

    def __call__(
        self,
        latents: jax.Array,
        timesteps: jax.Array,
        text: jax.Array,
        grounding_tokens: jax.Array | None = None,
        cross_frame: CrossFrame = "none",
    ) -> jax.Array:
        """`project` and `predict` in one: `latents [b f h w c]` → float32 `[b f h w c]`."""
        contexts = self.project(text, grounding_tokens)
        return self.predict(latents, timesteps, contexts, cross_frame)[0]

    @nn.compact
    def predict(
        self,
        latents: jax.Array,
        timesteps: jax.Array,
        contexts: Contexts,
        cross_frame: CrossFrame = "none",
        memory: Memory | None = None,
    ) -> tuple[jax.Array, Memory]:
        """One denoising step's prediction for a chunk of frames.

        Args:
          latents: `[b f h w c]`; b may be 1 where the contexts have several: the same latents in
            all of them, as in guidance. Then the layers before the first context are run once.
          timesteps: `[b]`.
          contexts: from `project`, `[b …]`.
          cross_frame: which frames attention looks at.
          memory: what the chunks of frames before this one returned; None if it is the first.

        Returns:
          float32 `[b f h w c]`, and the memory for the chunk that follows.
        """
        config, compute, dtype = self.config, self._compute, self.dtype
        b, f = latents.shape[:2]
        memory = memory or {}
        kept: Memory = {}

        def layer(x, width, attention, prefix, number):
            """A residual block and, where there is attention, a transformer."""
            name = f"{prefix}.resnets.{number}"
            groups = config.norm_num_groups
            block = ResnetBlock(width, groups, 1e-5, compute, name=name)
            x = block(x, repeat_to(time_embedding, len(x)))
            if not attention:
                return x
            name = f"{prefix}.attentions.{number}"
            x, seen = self.transformers[name](
                x, contexts[name], cross_frame, memory.get(name), num_frames=f
            )
            if seen is not None:
                kept[name] = seen
            return x

        time_embedding = self._embed_time(jnp.repeat(timesteps, f))

        widths = config.block_out_channels
        last = config.num_stages - 1
        x = latents.reshape(b * f, *latents.shape[2:]).astype(dtype)
        x = conv3x3(widths[0], compute, "conv_in")(x)
        skips = [x]
        for stage, width in enumerate(widths):
            prefix, attention = f"down_blocks.{stage}", config.attention_stages[stage]
            for number in range(config.layers_per_block):
                x = layer(x, width, attention, prefix, number)
                skips.append(x)
            if stage < last:
                x = Downsample(True, dtype, name=f"{prefix}.downsamplers.0")(x)
                skips.append(x)

        # The middle has attention even where the last stage has none.
        x = layer(x, widths[-1], True, "mid_block", 0)
        x = layer(x, widths[-1], False, "mid_block", 1)

        for block, stage in enumerate(reversed(range(config.num_stages))):
            prefix, attention = f"up_blocks.{block}", config.attention_stages[stage]
            for number in range(config.layers_per_block + 1):
                x = jnp.concatenate([x, repeat_to(skips.pop(), len(x))], axis=-1)
                x = layer(x, widths[stage], attention, prefix, number)
            if stage > 0:
                x = Upsample(compute, name=f"{prefix}.upsamplers.0")(x, skips[-1].shape[1:3])
        assert not skips

        x = nn.silu(group_norm(config.norm_num_groups, 1e-5, dtype, "conv_norm_out")(x))
        x = conv3x3(config.out_channels, compute, "conv_out")(x)
        return x.astype(jnp.float32).reshape(-1, f, *x.shape[1:]), kept

    @property
    def _compute(self) -> Compute:
        return Compute(self.dtype, self.attention, self.platform)

    def _embed_time(self, timesteps: jax.Array) -> jax.Array:
        width = self.config.time_embed_dim
        x = timestep_features(timesteps, self.config.block_out_channels[0])
        x = Dense(width, dtype=self.dtype, name="time_embedding.linear_1")(x)
        return Dense(width, dtype=self.dtype, name="time_embedding.linear_2")(nn.silu(x))


def _transformer_stages(config: UNetConfig) -> list[tuple[str, int]]:
    """Name and stage of every spatial transformer, in the order in which they act."""
    stages = list(range(config.num_stages))
    down = [
        (f"down_blocks.{stage}.attentions.{layer}", stage)
        for stage in stages
        if config.attention_stages[stage]
        for layer in range(config.layers_per_block)
    ]
    up = [
        (f"up_blocks.{block}.attentions.{layer}", stage)
        for block, stage in enumerate(reversed(stages))
        if config.attention_stages[stage]
        for layer in range(config.layers_per_block + 1)
    ]
    return [*down, ("mid_block.attentions.0", stages[-1]), *up]
