"""The Flax classes of transformers and diffusers as second oracles, where they are right.

They are not right, and so no oracle, in these places:

- `FlaxUNet2DConditionModel` and its transformer blocks: the GELU is the tanh approximation, the
  spatial transformer's group norm has epsilon 1e-5 instead of 1e-6, and in 16 bits the softmax is
  taken in 16 bits. There are no GLIGEN layers.
- `FlaxDDPMScheduler`, `FlaxLMSDiscreteScheduler` and the safety checker do not run on today's JAX.
- `FlaxPNDMScheduler` has one time step more than asked for, whose step the pipeline leaves out.

Both libraries announce the end of these classes through their loggers: no warnings to filter.
"""

import json
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from diffusers import FlaxAutoencoderKL, FlaxDDIMScheduler
from diffusers.models.embeddings_flax import get_sinusoidal_embeddings
from diffusers.models.resnet_flax import FlaxResnetBlock2D
from one_network import load_network
from paths import PIPELINE
from transformers import CLIPTextConfig, FlaxCLIPTextModel

from flowzero_jax.models import Autoencoder, TextEncoder
from flowzero_jax.models.layers import ResnetBlock
from flowzero_jax.models.unet import timestep_features
from flowzero_jax.sampler import SamplerState, denoising_step, step_table
from flowzero_jax.schedule import ScheduleConfig, alphas_cumprod
from flowzero_jax.weights.names import leaves

ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out_0": "proj_attn"}


def close(actual, expected):
    expected = np.asarray(expected)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=2e-5 * np.abs(expected).max())


def renamed(params, rename):
    """Our parameters with every scope taken apart into the names that `rename` gives."""
    tree = {}
    for path, leaf in leaves(params):
        names = [part for scope in path for part in rename(scope)]
        scope = tree
        for name in names[:-1]:
            scope = scope.setdefault(name, {})
        scope[names[-1]] = leaf
    return tree


def diffusers_names(scope):
    """`down_blocks.0.resnets.0` → `down_blocks_0`, `resnets_0`."""
    parts = re.sub(r"\.(\d+)", r"_\1", scope).split(".")
    return [ATTENTION.get(part, part) for part in parts]


def settings(component):
    values = json.loads((PIPELINE / component / "config.json").read_text())
    return {key: value for key, value in values.items() if not key.startswith("_")}


def normal(seed, *shape):
    return jax.random.normal(jax.random.key(seed), shape)


def test_text_encoder():
    config, params = load_network(PIPELINE / "text_encoder", "text_encoder")
    oracle = FlaxCLIPTextModel(CLIPTextConfig(**settings("text_encoder")), _do_init=False)
    rng = np.random.default_rng(0)
    ids = rng.integers(3, config.vocab_size - 2, (3, config.max_position_embeddings))
    ids[:, 0], ids[:, 9:] = config.vocab_size - 2, config.vocab_size - 1
    expected = oracle(ids, params=renamed(params, lambda scope: scope.split(".")))
    states, pooled = TextEncoder(config).apply({"params": params}, ids)
    close(states, expected.last_hidden_state)
    close(pooled, expected.pooler_output)


@pytest.fixture(scope="module")
def autoencoders():
    """Our autoencoder and theirs with the same parameters."""
    config, params = load_network(PIPELINE / "vae", "vae")
    known = FlaxAutoencoderKL.__dataclass_fields__
    values = {key: value for key, value in settings("vae").items() if key in known}
    values = {key: tuple(x) if isinstance(x, list) else x for key, x in values.items()}
    theirs = FlaxAutoencoderKL(**values)
    return (
        (Autoencoder(config), {"params": params}),
        (theirs, {"params": renamed(params, diffusers_names)}),
    )


def test_encoded_images(autoencoders):
    (ours, params), (theirs, renamed_params) = autoencoders
    images = normal(0, 2, 8, 12, 3)
    mean, logvar = jax.jit(lambda p: ours.apply(p, images, method="encode"))(params)
    channels_first = images.transpose(0, 3, 1, 2)
    expected = theirs.apply(renamed_params, channels_first, method=theirs.encode).latent_dist
    close(mean, expected.mean)
    close(logvar, expected.logvar)


def test_decoded_latents(autoencoders):
    (ours, params), (theirs, renamed_params) = autoencoders
    latents = normal(1, 2, 4, 6, 4)
    images = jax.jit(lambda p: ours.apply(p, latents, method="decode"))(params)
    unscaled = latents.transpose(0, 3, 1, 2) / theirs.config.scaling_factor
    expected = theirs.apply(renamed_params, unscaled, method=theirs.decode).sample
    close(images.transpose(0, 3, 1, 2), expected)


def test_residual_block():
    """The UNet's: its group norms do have epsilon 1e-5, and 32 groups."""
    ours, theirs = ResnetBlock(64, 32, 1e-5), FlaxResnetBlock2D(32, 64)
    x, time = normal(0, 2, 4, 6, 32), normal(1, 2, 16)
    variables = ours.init(jax.random.key(2), x, time)
    close(ours.apply(variables, x, time), theirs.apply(variables, x, time))


def test_timestep_features():
    timesteps = jnp.array([0, 1, 500, 999])
    expected = get_sinusoidal_embeddings(timesteps, 32, freq_shift=0, flip_sin_to_cos=True)
    # In float32 the frequencies differ in the last digit, which 999 multiplies.
    np.testing.assert_allclose(timestep_features(timesteps, 32), expected, atol=2e-4)


@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
def test_ddim_steps(prediction_type):
    """With `clip_sample` off, which the class does not have by default and latents need."""
    config = ScheduleConfig(prediction_type=prediction_type)
    scheduler = FlaxDDIMScheduler(
        num_train_timesteps=config.num_train_timesteps,
        beta_start=config.beta_start,
        beta_end=config.beta_end,
        beta_schedule="scaled_linear",
        set_alpha_to_one=config.set_alpha_to_one,
        steps_offset=config.steps_offset,
        prediction_type=prediction_type,
        clip_sample=False,
    )
    state = scheduler.set_timesteps(scheduler.create_state(), 10, (2, 3))
    close(alphas_cumprod(config), state.common.alphas_cumprod)
    table = step_table(config, 10)
    np.testing.assert_array_equal(table.timesteps, state.timesteps)
    latents, prediction = normal(0, 2, 3), normal(1, 2, 3)
    for step in map(table.rows, range(len(table.timesteps))):
        expected = scheduler.step(state, prediction, int(step.timesteps), latents).prev_sample
        ours = SamplerState(latents, jnp.zeros_like(latents))
        close(denoising_step(ours, prediction, step, prediction_type).latents, expected)
