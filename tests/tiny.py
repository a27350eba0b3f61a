"""The smallest networks that have every kind of layer, and arrays by shape alone."""

import jax
import jax.numpy as jnp

from flowzero_jax.models import AutoencoderConfig, TextEncoderConfig, UNetConfig

UNET = UNetConfig(
    block_out_channels=(8, 16),
    layers_per_block=1,
    attention_stages=(True, False),
    num_heads=(2, 2),
    cross_attention_dim=12,
    norm_num_groups=4,
)
# As the one above, but a single stage, without change of resolution: compiles fast.
MICRO_UNET = UNetConfig(
    block_out_channels=(8,),
    layers_per_block=1,
    attention_stages=(True,),
    num_heads=(2,),
    cross_attention_dim=12,
    norm_num_groups=4,
)
AUTOENCODER = AutoencoderConfig(block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2)
TEXT_ENCODER = TextEncoderConfig(
    vocab_size=20,
    hidden_size=12,
    intermediate_size=16,
    num_hidden_layers=1,
    num_attention_heads=2,
    max_position_embeddings=6,
    eos_token_id=19,
)


def shaped(*shape, dtype=jnp.float32):
    return jax.ShapeDtypeStruct(shape, dtype)
