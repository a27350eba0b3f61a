"""The autoencoder against PyTorch: moments, posterior and decoded images."""

import jax.numpy as jnp
import numpy as np
import pytest
from one_network import load_network

from flowzero_jax.models import Autoencoder


@pytest.fixture(scope="module")
def arrays(reference):
    return reference.arrays("vae")


@pytest.fixture(scope="module")
def network(reference):
    config, params = load_network(reference.folder / "pipeline/vae", "vae")
    return Autoencoder(config), {"params": params}


@pytest.fixture(scope="module")
def encoded(network, arrays, compiled, nhwc):
    """Raw moments, mean and log-variance of the recorded images."""
    model, variables = network

    def encode(vae, images):
        return (vae.quant_conv(vae.encoder(images)), *vae.encode(images))

    images = nhwc(arrays["images"])
    return compiled(lambda variables: model.apply(variables, images, method=encode))(variables)


def test_moments(encoded, arrays, check, nchw):
    check(nchw(encoded[0]), arrays["moments"])


def test_posterior(encoded, arrays, network, check, nchw):
    _, mean, logvar = encoded
    check(nchw(mean), arrays["mode"])
    check(nchw(logvar), arrays["logvar"])
    check(nchw(jnp.exp(logvar / 2)), arrays["std"])
    check(nchw(mean * network[0].config.scaling_factor), arrays["mode_scaled"])


def test_decoded_images(network, arrays, compiled, check, nhwc, nchw):
    model, variables = network
    latents = nhwc(arrays["latents"])
    decode = compiled(lambda variables: model.apply(variables, latents, method="decode"))
    images = decode(variables)
    assert images.dtype == np.float32
    check(nchw(images), arrays["decoded"])
