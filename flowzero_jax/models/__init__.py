"""The three networks in flax.linen: UNet, autoencoder and text encoder."""

from flowzero_jax.models.autoencoder import Autoencoder
from flowzero_jax.models.config import AutoencoderConfig, TextEncoderConfig, UNetConfig
from flowzero_jax.models.platform import CPU, Platform
from flowzero_jax.models.text_encoder import TextEncoder
from flowzero_jax.models.unet import UNet

__all__ = [
    "CPU",
    "Autoencoder",
    "AutoencoderConfig",
    "Platform",
    "TextEncoder",
    "TextEncoderConfig",
    "UNet",
    "UNetConfig",
]
