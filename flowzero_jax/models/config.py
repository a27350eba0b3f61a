"""Sizes of the three networks. One frozen dataclass per model family, defaults as published.

`num_heads` is the number of attention heads of every stage. (diffusers stores that number under
the name `attention_head_dim`.)
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class UNetConfig:
    """Denoising UNet of Stable Diffusion 1.x, with GLIGEN's gated layers where `grounded`."""

    in_channels: int = 4
    out_channels: int = 4
    block_out_channels: tuple[int, ...] = (320, 640, 1280, 1280)
    layers_per_block: int = 2
    attention_stages: tuple[bool, ...] = (True, True, True, False)
    num_heads: tuple[int, ...] = (8, 8, 8, 8)
    cross_attention_dim: int = 768
    norm_num_groups: int = 32
    use_linear_projection: bool = False
    grounded: bool = True

    @property
    def num_stages(self) -> int:
        return len(self.block_out_channels)

    @property
    def time_embed_dim(self) -> int:
        return 4 * self.block_out_channels[0]


@dataclasses.dataclass(frozen=True)
class AutoencoderConfig:
    """KL-regularised convolutional autoencoder of latent diffusion."""

    in_channels: int = 3
    out_channels: int = 3
    latent_channels: int = 4
    block_out_channels: tuple[int, ...] = (128, 256, 512, 512)
    layers_per_block: int = 2
    norm_num_groups: int = 32
    scaling_factor: float = 0.18215

    @property
    def factor(self) -> int:
        """Pixels per latent pixel along each side."""
        return 2 ** (len(self.block_out_channels) - 1)


@dataclasses.dataclass(frozen=True)
class TextEncoderConfig:
    """CLIP's text transformer. `hidden_act` is "quick_gelu" (OpenAI's CLIP) or "gelu"."""

    vocab_size: int = 49408
    hidden_size: int = 768
    intermediate_size: int = 3072
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    max_position_embeddings: int = 77
    hidden_act: str = "quick_gelu"
    layer_norm_eps: float = 1e-5
    eos_token_id: int = 49407
