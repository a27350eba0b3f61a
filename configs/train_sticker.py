"""Trains the embedded model "sticker": colour emoji in given boxes over procedural backgrounds.

    python scripts/train.py --config=configs/train_sticker.py:cpu --workdir=runs/sticker

Runs the stages tokenizer, autoencoder, decoder, pool, denoiser and export one after the other;
a run that was stopped goes on where its last checkpoint is. `--stage=denoiser` runs one stage.

Variants:
    cpu      2 cores, a day: latents of 16x16, things that look to either side
    gpu      one GPU: ten times the pictures, a wider UNet
    shipped  the sizes of the checkpoint in the package, to train that one further (--start_from)
    quick    a minute or two on any machine: shows that everything works, draws nothing

Needs the font Noto Color Emoji (Debian: fonts-noto-color-emoji) and the extra "train".
"""

import dataclasses

from ml_collections import ConfigDict

from flowzero_jax.lab.training.autoencoder import AutoencoderTraining
from flowzero_jax.lab.training.denoiser import DenoiserTraining
from flowzero_jax.lab.training.pool import PoolSettings
from flowzero_jax.lab.training.stages import TrainingRun
from flowzero_jax.models import AutoencoderConfig, TextEncoderConfig, UNetConfig
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.weights import CheckpointSettings

CPU = TrainingRun(
    autoencoder=AutoencoderConfig(
        latent_channels=8,
        block_out_channels=(16, 24, 48, 96),
        layers_per_block=1,
        norm_num_groups=8,
        scaling_factor=1.0,
    ),
    text_encoder=TextEncoderConfig(
        hidden_size=128, intermediate_size=512, num_hidden_layers=2, num_attention_heads=4
    ),
    unet=UNetConfig(
        in_channels=8,
        out_channels=8,
        block_out_channels=(64, 128),
        layers_per_block=1,
        attention_stages=(True, True),
        num_heads=(2, 4),
        cross_attention_dim=128,
        norm_num_groups=8,
    ),
    # Velocity is learned much faster than noise at the noisy end; DDIM starts at the last step.
    schedule=ScheduleConfig(prediction_type="v_prediction", timestep_spacing="trailing"),
    settings=CheckpointSettings(
        GenerationSettings(
            height=128,
            width=128,
            num_steps=12,
            sampler="dpm++",
            guidance_scale=4.0,
            grounding_fraction=1.0,
            cross_frame="first_self",
            noise_shift=True,
            object_noise=True,
        ),
        name="sticker",
    ),
    autoencoder_crops=AutoencoderTraining(batch_size=32, num_steps=9000, learning_rate=1.5e-3),
    autoencoder_whole=AutoencoderTraining(
        crop=128,
        batch_size=4,
        num_steps=1500,
        learning_rate=5e-4,
        crops_per_picture=1,
        shift_weight=0.0,
        decoder_only=True,
        seed=4,
    ),
    pool=PoolSettings(),
    denoiser=DenoiserTraining(),
)

GPU = dataclasses.replace(
    CPU,
    autoencoder=dataclasses.replace(CPU.autoencoder, block_out_channels=(32, 48, 96, 192)),
    unet=dataclasses.replace(CPU.unet, block_out_channels=(128, 256), num_heads=(4, 8)),
    autoencoder_crops=AutoencoderTraining(batch_size=64, num_steps=20_000, workers=14),
    autoencoder_whole=dataclasses.replace(
        CPU.autoencoder_whole, batch_size=32, num_steps=5000, workers=14
    ),
    pool=PoolSettings(num_examples=300_000, chunk=100, workers=14),
    denoiser=DenoiserTraining(batch_size=256, num_steps=30_000, learning_rate=6e-4),
)

SHIPPED = dataclasses.replace(
    CPU,
    autoencoder=dataclasses.replace(
        CPU.autoencoder, latent_channels=4, block_out_channels=(16, 24, 48)
    ),
    unet=dataclasses.replace(
        CPU.unet,
        in_channels=4,
        out_channels=4,
        block_out_channels=(32, 64, 128),
        attention_stages=(False, True, True),
        num_heads=(1, 2, 4),
    ),
)

QUICK = dataclasses.replace(
    CPU,
    autoencoder=dataclasses.replace(
        CPU.autoencoder, block_out_channels=(8, 8, 8, 16), norm_num_groups=4
    ),
    unet=dataclasses.replace(
        CPU.unet, block_out_channels=(8, 16), num_heads=(1, 2), norm_num_groups=4
    ),
    settings=dataclasses.replace(
        CPU.settings, generation=dataclasses.replace(CPU.settings.generation, num_steps=4)
    ),
    autoencoder_crops=AutoencoderTraining(batch_size=4, num_steps=10, warmup_steps=2),
    autoencoder_whole=dataclasses.replace(
        CPU.autoencoder_whole, batch_size=2, num_steps=5, warmup_steps=2
    ),
    pool=PoolSettings(num_examples=40, chunk=20, workers=1),
    denoiser=DenoiserTraining(batch_size=4, num_steps=10, warmup_steps=2),
    num_texts=500,
)


def get_config(variant: str = "cpu") -> ConfigDict:
    """The run of a variant; every field can be overridden by `--config.field=value`."""
    runs = {"cpu": CPU, "gpu": GPU, "shipped": SHIPPED, "quick": QUICK}
    if variant not in runs:
        raise ValueError(f"no variant {variant!r}; there are {', '.join(runs)}")
    return ConfigDict(dataclasses.asdict(runs[variant]))
