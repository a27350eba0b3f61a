"""The three networks in flax.linen: UNet, autoencoder and text encoder."""

from flowzero_jax.models.attend import AttentionMethod
from flowzero_jax.models.autoencoder import Autoencoder
from flowzero_jax.models.config import AutoencoderConfig, TextEncoderConfig, UNetConfig
from flowzero_jax.models.cross_frame import CrossFrame
from flowzero_jax.models.text_encoder import TextEncoder
from flowzero_jax.models.unet import UNet

__all__ = [
    "AttentionMethod",
    "Autoencoder",
    "AutoencoderConfig",
    "CrossFrame",
    "TextEncoder",
    "TextEncoderConfig",
    "UNet",
    "UNetConfig",
]
