"""A whole training run, tiny: from the font to a checkpoint that draws."""

import dataclasses
import runpy

import cache_settings
import numpy as np
import pytest
from paths import ROOT

from flowzero_jax.devices.cache import enable_compilation_cache
from flowzero_jax.errors import InputError
from flowzero_jax.lab.stickers.sprites import font_path
from flowzero_jax.lab.training.autoencoder import AutoencoderTraining
from flowzero_jax.lab.training.denoiser import DenoiserTraining
from flowzero_jax.lab.training.pool import PoolSettings, load_pool
from flowzero_jax.lab.training.stages import STAGES, TrainingRun, load_params, run_stage, start_from
from flowzero_jax.models import AutoencoderConfig, TextEncoderConfig, UNetConfig
from flowzero_jax.pipeline import load_pipeline
from flowzero_jax.planner import plan
from flowzero_jax.weights import load_folder

CONFIG = runpy.run_path(str(ROOT / "configs" / "train_sticker.py"))
SIZE = 32
CROPS = AutoencoderTraining(
    size=SIZE, crop=16, batch_size=4, num_steps=2, warmup_steps=1, workers=0
)
TINY = TrainingRun(
    autoencoder=AutoencoderConfig(
        block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2, scaling_factor=1.0
    ),
    text_encoder=TextEncoderConfig(
        hidden_size=8, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2
    ),
    unet=UNetConfig(
        block_out_channels=(8,),
        layers_per_block=1,
        attention_stages=(True,),
        num_heads=(2,),
        cross_attention_dim=8,
        norm_num_groups=4,
    ),
    schedule=CONFIG["CPU"].schedule,
    settings=dataclasses.replace(
        CONFIG["CPU"].settings,
        generation=dataclasses.replace(
            CONFIG["CPU"].settings.generation, height=SIZE, width=SIZE, num_steps=2
        ),
    ),
    autoencoder_crops=CROPS,
    autoencoder_whole=dataclasses.replace(
        CROPS, crop=SIZE, shift_weight=0.0, decoder_only=True, seed=4
    ),
    pool=PoolSettings(num_examples=16, size=SIZE, chunk=8, workers=0),
    denoiser=DenoiserTraining(batch_size=4, num_steps=2, warmup_steps=1),
    num_texts=200,
)

pytestmark = pytest.mark.skipif(not font_path().is_file(), reason="needs Noto Color Emoji")


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory):
    """The same step is trained twice."""
    with cache_settings.put_back():
        enable_compilation_cache(tmp_path_factory.mktemp("xla"))
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    for stage in STAGES:
        run_stage(TINY, folder, stage)
    return folder


def test_the_exported_checkpoint_draws_a_plan(finished):
    pipeline = load_pipeline(finished / "checkpoint")
    assert pipeline.info.nouns["cat"] and pipeline.info.backgrounds
    frames = pipeline(plan("a cat runs to the left in a meadow", num_frames=2))
    assert frames.shape == (2, SIZE, SIZE, 3)


def test_every_stage_leaves_a_trace(finished):
    assert len(load_pool(finished / "pool").latents) == 16
    assert (finished / "denoiser" / "metrics.jsonl").is_file()
    assert list((finished / "denoiser" / "samples").glob("*.png"))


def test_the_decoder_stage_leaves_the_encoder_alone(finished):
    before = load_params(finished / "autoencoder.safetensors")
    after = load_params(finished / "decoder.safetensors")
    kernel = ("conv_in", "kernel")
    for part, same in (("encoder", True), ("decoder", False)):
        pair = [params[part][kernel[0]][kernel[1]] for params in (before, after)]
        assert np.array_equal(*pair) == same


def test_latents_have_unit_deviation(finished):
    scale = load_folder(finished / "checkpoint").autoencoder_config.scaling_factor
    latents = np.asarray(load_pool(finished / "pool").latents, np.float32)
    assert np.std(latents * scale) == pytest.approx(1, rel=1e-3)


def test_a_checkpoint_can_be_trained_further(finished, tmp_path):
    start_from(tmp_path, finished / "checkpoint")
    for stage in ("pool", "denoiser", "export"):
        run_stage(TINY, tmp_path, stage)
    old, new = (load_folder(folder / "checkpoint") for folder in (finished, tmp_path))
    assert old.autoencoder_config == new.autoencoder_config
    assert old.text_config == new.text_config


def test_a_missing_stage_is_named(tmp_path):
    with pytest.raises(InputError, match="run the stage 'autoencoder' first"):
        run_stage(TINY, tmp_path, "pool")


@pytest.mark.filterwarnings("ignore:the load_module:DeprecationWarning")  # ml_collections
def test_the_script_reads_its_configuration_back():
    to_dataclass = runpy.run_path(str(ROOT / "scripts" / "train.py"))["to_dataclass"]
    for variant in ("cpu", "gpu", "quick"):
        config = CONFIG["get_config"](variant)
        assert to_dataclass(TrainingRun, config) == CONFIG[variant.upper()]
