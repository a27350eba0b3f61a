"""Properties of the networks, on tiny random ones. Exact numbers: see tests/parity."""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from flowzero_jax.models import (
    Autoencoder,
    AutoencoderConfig,
    Platform,
    TextEncoder,
    TextEncoderConfig,
    UNet,
    UNetConfig,
    feed_forward,
)
from flowzero_jax.models.feed_forward import FeedForward
from flowzero_jax.models.grounding import fourier_embedding
from flowzero_jax.models.layers import resize_nearest
from flowzero_jax.models.text_encoder import end_of_text_positions

CONFIG = UNetConfig(
    block_out_channels=(8, 16),
    layers_per_block=1,
    attention_stages=(False, True),
    num_heads=(1, 2),
    cross_attention_dim=8,
    norm_num_groups=4,
)
FRAMES, SLOTS = 3, 4


def normal(seed, *shape):
    return jax.random.normal(jax.random.key(seed), shape)


@pytest.fixture(scope="module")
def unet():
    """A function of (params, inputs with changes, cross-frame mode), compiled once per mode."""
    model = UNet(CONFIG)
    inputs = {
        "latents": normal(0, 1, FRAMES, 6, 6, 4),
        "timesteps": jnp.array([500]),
        "text": normal(1, 1, FRAMES, 5, 8),
        "boxes": jax.random.uniform(jax.random.key(2), (1, FRAMES, SLOTS, 4)),
        "phrase_embeds": normal(3, 1, FRAMES, SLOTS, 8),
        "object_mask": jnp.ones((1, FRAMES, SLOTS)).at[..., 2:].set(0),
    }

    def whole(model, latents, timesteps, text, boxes, phrase_embeds, object_mask, mode, grounded):
        tokens = model.ground(boxes, phrase_embeds, object_mask)
        return model(latents, timesteps, text, tokens if grounded else None, mode)

    def init(key):
        return model.init(key, **inputs, mode="none", grounded=True, method=whole)["params"]

    params = jax.jit(init)(jax.random.key(4))
    apply = jax.jit(
        lambda params, inputs, mode, grounded: model.apply(
            {"params": params}, **inputs, mode=mode, grounded=grounded, method=whole
        ),
        static_argnums=(2, 3),
    )

    def run(mode="none", grounded=True, params=params, **changes):
        return np.asarray(apply(params, inputs | changes, mode, grounded))

    run.inputs, run.params = inputs, params
    return run


@pytest.mark.equality
def test_gate_zero_equals_ungated_unet(unet):
    def close(path, leaf):
        return jnp.zeros_like(leaf) if path[-1].key.startswith("alpha_") else leaf

    closed = jax.tree_util.tree_map_with_path(close, unet.params)
    np.testing.assert_allclose(unet(params=closed), unet(grounded=False), atol=1e-5)
    assert np.abs(unet() - unet(grounded=False)).max() > 1e-3


@pytest.mark.equality
def test_padded_objects_have_no_effect(unet):
    boxes = unet.inputs["boxes"].at[:, :, 2:].set(0.9)
    phrases = unet.inputs["phrase_embeds"].at[:, :, 2:].set(7.0)
    np.testing.assert_array_equal(unet(boxes=boxes, phrase_embeds=phrases), unet())


def test_a_box_changes_its_own_frame_only(unet):
    moved = unet(boxes=unet.inputs["boxes"].at[0, 1, 0].set(jnp.array([0.0, 0.0, 0.3, 0.3])))
    changed = np.abs(moved - unet()).max(axis=(0, 2, 3, 4))
    assert changed[1] > 1e-4
    np.testing.assert_allclose(changed[[0, 2]], 0, atol=1e-6)


@pytest.mark.equality
@pytest.mark.parametrize("mode", ["first", "first_prev", "first_self"])
def test_first_frame_is_unchanged_by_cross_frame_attention(unet, mode):
    crossed, alone = unet(mode), unet()
    np.testing.assert_allclose(crossed[:, 0], alone[:, 0], atol=1e-5)
    assert np.abs(crossed[:, 1:] - alone[:, 1:]).max() > 1e-3


@pytest.mark.parametrize(
    ("mode", "affected"),
    [("none", [2]), ("first", [2]), ("first_self", [2]), ("first_prev", [2])],
)
def test_a_later_frame_reaches_no_earlier_one(unet, mode, affected):
    changed = unet(mode, latents=unet.inputs["latents"].at[:, 2].add(1.0)) - unet(mode)
    frames = np.flatnonzero(np.abs(changed).max(axis=(0, 2, 3, 4)) > 1e-4)
    assert frames.tolist() == affected


def test_the_first_frame_reaches_all_with_cross_frame_attention(unet):
    latents = unet.inputs["latents"].at[:, 0].add(1.0)
    for mode, affected in (("none", [0]), ("first", [0, 1, 2])):
        changed = np.abs(unet(mode, latents=latents) - unet(mode)).max(axis=(0, 2, 3, 4))
        assert np.flatnonzero(changed > 1e-4).tolist() == affected


@pytest.mark.parametrize("platform", [Platform("tpu"), Platform("gpu", 256)], ids=str)
def test_the_platform_decides_the_form_and_not_the_result(unet, platform):
    """In float32 even where cuDNN is: it computes in 16 bits only."""
    model, given = UNet(CONFIG, platform=platform), unet.inputs

    @jax.jit
    def predict(params):
        variables = {"params": params}
        slots = (given["boxes"], given["phrase_embeds"], given["object_mask"])
        tokens = model.apply(variables, *slots, method=UNet.ground)
        shared = (given["latents"], given["timesteps"], given["text"])
        return model.apply(variables, *shared, tokens, "first_self")

    np.testing.assert_allclose(predict(unet.params), unet("first_self"), atol=1e-5)
    # On a CPU so few pixels are matrix products: only the strided convolution is left.
    kernels = [leaf for leaf in jax.tree.leaves(unet.params) if leaf.shape[:2] == (3, 3)]
    assert str(jax.make_jaxpr(predict)(unet.params)).count("conv_general_dilated[") == len(kernels)


def test_every_layer_is_made_for_the_platform_of_its_network():
    platform = Platform("tpu")
    told = {}

    def look(call, arguments, options, context):
        layer = context.module
        if hasattr(layer, "compute") or hasattr(layer, "platform"):
            known = getattr(layer, "compute", layer).platform
            told.setdefault(type(layer).__name__, set()).add(known)
        return call(*arguments, **options)

    def whole(unet, slots, phrases):
        tokens = unet.ground(slots, phrases, phrases[..., 0])
        return unet(normal(0, 1, 1, 6, 6, 4), jnp.array([1]), phrases, tokens)

    autoencoder = Autoencoder(
        AutoencoderConfig(block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2),
        platform=platform,
    )
    with nn.intercept_methods(look):
        keys, slots = jax.random.key(0), jnp.zeros((1, 1, SLOTS, 4))
        unet = functools.partial(UNet(CONFIG, platform=platform).init, method=whole)
        jax.eval_shape(unet, keys, slots, jnp.zeros((1, 1, SLOTS, 8)))
        jax.eval_shape(autoencoder.init, keys, jnp.zeros((1, 8, 8, 3)))
    chosen = {"Attention", "FeedForward", "PixelAttention", "ResnetBlock", "Upsample"}
    assert told.keys() > chosen and set.union(*told.values()) == {platform}


@pytest.mark.equality
@pytest.mark.parametrize("mode", ["none", "first_prev", "first_self"])
def test_latents_shared_by_both_halves_equal_latents_given_twice(unet, mode):
    model, latents = UNet(CONFIG), unet.inputs["latents"]
    text, tokens = normal(5, 2, FRAMES, 5, 8), normal(6, 2, FRAMES, SLOTS, 8)

    @jax.jit
    def predict(latents, timesteps):
        variables = {"params": unet.params}
        contexts = model.apply(variables, text, tokens, method=UNet.project)
        arguments = (latents, timesteps, contexts, mode)
        return model.apply(variables, *arguments, method=UNet.predict)[0]

    shared = predict(latents, jnp.array([500]))
    twice = predict(jnp.repeat(latents, 2, axis=0), jnp.array([500, 500]))
    np.testing.assert_allclose(shared, twice, atol=1e-5)
    assert np.abs(shared[0] - shared[1]).max() > 1e-3


@pytest.mark.equality
@pytest.mark.parametrize("cached_tokens", [1, 3, 100])
def test_feed_forward_in_blocks_equals_all_at_once(monkeypatch, cached_tokens):
    layer, x = FeedForward(), normal(0, 2, 7, 4)
    params = layer.init(jax.random.key(1), x)
    expected = layer.apply(params, x)
    monkeypatch.setattr(feed_forward, "CACHED_HIDDEN", cached_tokens * 8 * 4 * 4)
    # Values up to 2.3, of which float32 knows 2e-7, added up in blocks of another size.
    np.testing.assert_allclose(layer.apply(params, x), expected, atol=5e-6)


@pytest.mark.parametrize("new", [3, 5, 6, 10])
def test_nearest_enlargement_takes_the_floor(new):
    row = jnp.arange(5.0).reshape(1, 1, 5, 1)
    enlarged = resize_nearest(row, (1, new))[0, 0, :, 0]
    assert enlarged.tolist() == [float(i * 5 // new) for i in range(new)]


def test_fourier_features_tell_coordinates_apart():
    features = fourier_embedding(jnp.array([[0.1, 0.2, 0.3, 0.4], [0.2, 0.1, 0.3, 0.4]]))
    assert features.shape == (2, 64)
    swapped = features[0].reshape(8, 2, 4)[..., jnp.array([1, 0, 2, 3])].reshape(-1)
    np.testing.assert_allclose(features[1], swapped, atol=1e-6)


def test_text_states_look_only_backwards():
    config = TextEncoderConfig(
        vocab_size=20,
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=6,
        eos_token_id=19,
    )
    model = TextEncoder(config)
    ids = jnp.array([[18, 3, 4, 19, 19, 19], [18, 3, 4, 5, 6, 19]])
    (states, pooled), _ = model.init_with_output(jax.random.key(0), ids)
    np.testing.assert_allclose(states[0, :3], states[1, :3], atol=1e-6)
    np.testing.assert_array_equal(pooled, np.stack([states[0, 3], states[1, 5]]))


def test_an_end_token_of_two_stands_for_the_largest_id():
    ids = jnp.array([[8, 2, 9, 9], [8, 2, 1, 9]])
    assert end_of_text_positions(ids, 2).tolist() == [2, 3]
    assert end_of_text_positions(ids, 9).tolist() == [2, 3]


@pytest.mark.equality
def test_the_autoencoder_scales_its_latents():
    sizes = {"block_out_channels": (4, 8), "layers_per_block": 1, "norm_num_groups": 2}
    image = normal(0, 1, 8, 8, 3)
    one, two = (Autoencoder(AutoencoderConfig(**sizes, scaling_factor=s)) for s in (1.0, 2.0))
    variables = jax.jit(one.init)(jax.random.key(1), image)
    mean, logvar = jax.jit(functools.partial(one.apply, method="encode"))(variables, image)
    assert mean.shape == logvar.shape == (1, 4, 4, 4)

    @functools.partial(jax.jit, static_argnums=0)
    def decode(model, latents):
        return model.apply(variables, latents, method="decode")

    # Two compilations, of some ten layers.
    np.testing.assert_allclose(decode(two, 2 * mean), decode(one, mean), atol=1e-5)
