"""The same computation as `denoising` and `generation`, written down without any thought of speed.

Every step projects texts and objects anew; the gated layers run in all steps, multiplied by 0 where
the boxes no longer act; attention makes whole score matrices; the first frame's keys and values are
copied to every frame; the unconditional half is computed in full, frame by frame.
"""

import dataclasses

import jax
import jax.numpy as jnp

from flowzero_jax.denoising import Conditions
from flowzero_jax.lab.speed.naive_layers import (
    Params,
    attention,
    convolution,
    dense,
    enlarge,
    feed_forward,
    group_norm,
    layer_norm,
    projection,
    resnet,
)
from flowzero_jax.models import AutoencoderConfig, UNetConfig
from flowzero_jax.sampler import SamplerState, StepTable, sample
from flowzero_jax.schedule import guide
from flowzero_jax.settings import CrossFrame, Prediction


@dataclasses.dataclass(frozen=True)
class NaiveUNet:
    """The UNet over `k` images, of which each `num_frames` successive ones are a clip."""

    config: UNetConfig
    num_frames: int
    cross_frame: CrossFrame

    def __call__(
        self,
        params: Params,
        latents: jax.Array,
        timesteps: jax.Array,
        text: jax.Array,
        tokens: jax.Array | None,
        gate: jax.Array,
    ) -> jax.Array:
        """`latents [k h w c]`, `timesteps [k]`, `text [k l d]`, `tokens [k n d]`, `gate []`.

        All but `timesteps` in the dtype of the computation. Returns float32 `[k h w c]`.
        """
        config = self.config

        def block(x, name, stage, number):
            resnets, attentions = f"{name}.resnets.{number}", f"{name}.attentions.{number}"
            x = resnet(params[resnets], x, time, config.norm_num_groups, 1e-5)
            if attentions not in params:
                return x
            heads = config.num_heads[stage]
            return self._transformer(params[attentions], x, text, tokens, gate, heads)

        time = _time_features(timesteps, config.block_out_channels[0]).astype(latents.dtype)
        time = jax.nn.silu(dense(params["time_embedding.linear_1"], time))
        time = dense(params["time_embedding.linear_2"], time)
        x = convolution(params["conv_in"], latents)
        skips = [x]
        last = config.num_stages - 1
        for stage in range(config.num_stages):
            name = f"down_blocks.{stage}"
            for number in range(config.layers_per_block):
                x = block(x, name, stage, number)
                skips.append(x)
            if stage < last:
                x = convolution(params[f"{name}.downsamplers.0"]["conv"], x, stride=2)
                skips.append(x)
        x = block(x, "mid_block", last, 0)
        x = block(x, "mid_block", last, 1)
        for stage in reversed(range(config.num_stages)):
            name = f"up_blocks.{last - stage}"
            for number in range(config.layers_per_block + 1):
                x = block(jnp.concatenate([x, skips.pop()], axis=-1), name, stage, number)
            if stage > 0:
                x = enlarge(x, skips[-1].shape[1:3])
                x = convolution(params[f"{name}.upsamplers.0"]["conv"], x)
        x = group_norm(params["conv_norm_out"], x, config.norm_num_groups, 1e-5)
        return convolution(params["conv_out"], jax.nn.silu(x)).astype(jnp.float32)

    def _transformer(self, params, x, text, tokens, gate, num_heads):
        block = params["transformer_blocks.0"]
        pixels = group_norm(params["norm"], x, self.config.norm_num_groups, 1e-6)
        pixels = projection(params["proj_in"], pixels)
        pixels = pixels.reshape(x.shape[0], -1, x.shape[-1])

        hidden = layer_norm(block["norm1"], pixels)
        pixels = pixels + _attend(block["attn1"], hidden, hidden, num_heads, self._frames_seen)
        if tokens is not None:
            pixels = _fuse(block["fuser"], pixels, tokens, gate, num_heads)
        hidden = layer_norm(block["norm2"], pixels)
        pixels = pixels + _attend(block["attn2"], hidden, text, num_heads)
        pixels = pixels + feed_forward(block["ff"], layer_norm(block["norm3"], pixels))
        return x + projection(params["proj_out"], pixels.reshape(x.shape))

    def _frames_seen(self, tokens: jax.Array) -> jax.Array:
        """Keys or values `[k t d]` of each frame → those that it looks at, `[k s d]`."""
        if self.cross_frame == "none":
            return tokens
        own = tokens.reshape(-1, self.num_frames, *tokens.shape[1:])
        first = jnp.repeat(own[:, :1], self.num_frames, axis=1)
        previous = jnp.concatenate([own[:, :1], own[:, :-1]], axis=1)
        also = {"first": [], "first_prev": [previous], "first_self": [own]}[self.cross_frame]
        return jnp.concatenate([first, *also], axis=2).reshape(len(tokens), -1, tokens.shape[-1])


def denoise_naively(
    config: UNetConfig,
    dtype,
    params: Params,
    state: SamplerState,
    conditions: Conditions,
    steps: StepTable,
    guidance_scale: jax.Array | float,
    gate: jax.Array | float,
    *,
    cross_frame: CrossFrame,
    prediction_type: Prediction,
) -> SamplerState:
    """What `denoise` computes for `state.latents [b f h w c]`; the boxes act with `gate` 1, not 0.

    Where guidance does not act, `guidance_scale` is 1.
    """
    b, f = state.latents.shape[:2]
    unet = NaiveUNet(config, f, cross_frame)
    gate = jnp.asarray(gate, dtype)

    def both(unconditional: jax.Array, conditional: jax.Array) -> jax.Array:
        unconditional = jnp.broadcast_to(unconditional, conditional.shape)
        halves = jnp.concatenate([unconditional, conditional]).astype(dtype)
        return halves.reshape(-1, *halves.shape[2:])

    def predict(latents: jax.Array, timestep: jax.Array) -> jax.Array:
        # The compiler must not take out of the loop what this version is to repeat.
        latents, given = jax.lax.optimization_barrier((latents, conditions))
        text = both(given.negative_text, given.text)
        tokens = None
        if given.grounding_tokens is not None:
            tokens = both(given.null_tokens, given.grounding_tokens)
        images = both(latents, latents)
        prediction = unet(params, images, jnp.repeat(timestep, len(images)), text, tokens, gate)
        halves = prediction.reshape(2, b, f, *prediction.shape[1:])
        return guide(halves[0], halves[1], guidance_scale)

    return sample(predict, state, steps, prediction_type)


def decode_naively(
    config: AutoencoderConfig, dtype, params: Params, latents: jax.Array
) -> jax.Array:
    """What `decode` computes, `latents [b f h w c]` → uint8 `[b f H W 3]`, all frames at once."""
    params, groups = {**params, **params["decoder"]}, config.norm_num_groups

    x = latents.reshape(-1, *latents.shape[2:]) / config.scaling_factor
    x = convolution(params["post_quant_conv"], x.astype(dtype))
    x = convolution(params["conv_in"], x)
    middle = params["mid_block"]
    x = resnet(middle["resnets.0"], x, None, groups, 1e-6)
    pixels = group_norm(middle["attentions.0"]["group_norm"], x, groups, 1e-6)
    pixels = pixels.reshape(len(x), -1, x.shape[-1])
    x = x + _attend(middle["attentions.0"], pixels, pixels, 1).reshape(x.shape)
    x = resnet(middle["resnets.1"], x, None, groups, 1e-6)
    last = len(config.block_out_channels) - 1
    for stage in range(last + 1):
        for number in range(config.layers_per_block + 1):
            x = resnet(params[f"up_blocks.{stage}.resnets.{number}"], x, None, groups, 1e-6)
        if stage < last:
            x = enlarge(x, (2 * x.shape[1], 2 * x.shape[2]))
            x = convolution(params[f"up_blocks.{stage}.upsamplers.0"]["conv"], x)
    x = jax.nn.silu(group_norm(params["conv_norm_out"], x, groups, 1e-6))
    x = convolution(params["conv_out"], x).astype(jnp.float32)
    images = jnp.round(jnp.clip(x / 2 + 0.5, 0.0, 1.0) * 255).astype(jnp.uint8)
    return images.reshape(*latents.shape[:2], *images.shape[1:])


def _attend(params: Params, x, context, num_heads, seen=lambda tokens: tokens):
    """`x [k t d]`, `context [k s e]` → `[k t d]`; `seen` picks the keys and values to look at."""
    query = dense(params["to_q"], x)
    key, value = (seen(dense(params[name], context)) for name in ("to_k", "to_v"))
    return dense(params["to_out.0"], attention(query, key, value, num_heads))


def _fuse(params: Params, pixels, tokens, gate, num_heads):
    """The gated layer: `pixels [k t d]` and the objects' `tokens [k n e]` attend to all of them."""
    both = jnp.concatenate([pixels, dense(params["linear"], tokens)], axis=1)
    both = layer_norm(params["norm1"], both)
    attended = _attend(params["attn"], both, both, num_heads)[:, : pixels.shape[1]]
    strength = gate * jnp.tanh(params["alpha_attn"]).astype(gate.dtype)
    pixels = pixels + strength * attended
    strength = gate * jnp.tanh(params["alpha_dense"]).astype(gate.dtype)
    return pixels + strength * feed_forward(params["ff"], layer_norm(params["norm2"], pixels))


def _time_features(timesteps: jax.Array, width: int) -> jax.Array:
    """`timesteps [k]` → cosines and sines of 1 down to 1/10000, `[k width]`."""
    frequencies = jnp.exp(jnp.arange(width // 2) * (-jnp.log(10000.0) / (width // 2)))
    angles = timesteps[:, None].astype(jnp.float32) * frequencies
    return jnp.concatenate([jnp.cos(angles), jnp.sin(angles)], axis=-1)
