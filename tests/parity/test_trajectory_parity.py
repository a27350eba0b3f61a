"""A whole clip against PyTorch: texts, ten guided steps, decoded frames."""

import functools

import jax.numpy as jnp
import numpy as np
import pytest

from flowzero_jax.diffusion import ddim_step, guide, step_table
from flowzero_jax.models import Autoencoder, TextEncoder, UNet
from flowzero_jax.tokenizer import Tokenizer
from flowzero_jax.weights import load_folder


@pytest.fixture(scope="module")
def checkpoint(reference):
    return load_folder(reference.folder / "pipeline")


@pytest.fixture(scope="module")
def arrays(reference):
    return reference.arrays("trajectory")


@pytest.fixture(scope="module")
def settings(reference):
    return reference.prompts["trajectory"]


@pytest.fixture(scope="module")
def encode(checkpoint, compiled):
    """Texts → states and pooled states."""
    tokenizer = Tokenizer.from_folder(checkpoint.tokenizer_folder)
    apply = compiled(TextEncoder(checkpoint.text_config).apply)
    return lambda texts: apply({"params": checkpoint.params["text_encoder"]}, tokenizer(texts))


def test_texts(arrays, settings, encode, check):
    count = len(settings["prompts"])
    check(encode(settings["prompts"])[0], arrays["prompt_embeds"])
    check(encode([settings["negative"]] * count)[0], arrays["negative_prompt_embeds"])


def test_objects(arrays, settings, encode, check):
    expected = arrays["positive_embeddings"]
    phrases = [[phrase for phrase, _ in frame] for frame in settings["objects"]]
    pooled = iter(np.asarray(encode(sum(phrases, []))[1]))
    embeddings = np.zeros_like(expected)
    for frame, texts in enumerate(phrases):
        for slot in range(len(texts)):
            embeddings[frame, slot] = next(pooled)
    check(embeddings, expected)


@pytest.fixture(scope="module")
def unet(checkpoint, compiled):
    """Noise predictions for clips in the recorded order: unconditional, then conditional."""
    model = UNet(checkpoint.unet_config)
    apply = compiled(model.apply, static_argnames="cross_frame")
    return functools.partial(apply, {"params": checkpoint.params["unet"]})


@pytest.fixture(scope="module")
def tokens(checkpoint, arrays):
    """Grounding tokens of the unconditional and of the conditional clip, `[2 f n d]`."""
    ground = functools.partial(UNet(checkpoint.unet_config).apply, method=UNet.ground)
    masks = arrays["masks"]
    return ground(
        {"params": checkpoint.params["unet"]},
        np.stack([arrays["boxes"]] * 2),
        np.stack([arrays["positive_embeddings"]] * 2),
        np.stack([np.zeros_like(masks), masks]),
    )


@pytest.fixture(scope="module")
def predict(unet, tokens, arrays):
    """Noise for one latent clip `[f h w c]` at a step → (unconditional, conditional)."""
    text = np.stack([arrays["negative_prompt_embeds"], arrays["prompt_embeds"]])
    num_grounded = int(arrays["num_grounding_steps"])

    def predict(latents, step, cross_frame):
        timesteps = jnp.full(2, arrays["timesteps"][step], jnp.int32)
        objects = tokens if step < num_grounded else None
        return unet(jnp.stack([latents] * 2), timesteps, text, objects, cross_frame=cross_frame)

    return predict


def test_every_step_from_the_recorded_latents(
    predict, checkpoint, arrays, settings, check, check_trajectory, nhwc, nchw
):
    schedule = checkpoint.schedule_config
    table = step_table(schedule, settings["steps"])
    np.testing.assert_array_equal(table.timesteps, arrays["timesteps"])
    assert arrays["num_grounding_steps"] == int(settings["beta"] * settings["steps"])
    for step in range(settings["steps"]):
        latents = nhwc(arrays["latents_steps"][step])
        uncond, cond = predict(latents, step, "first")
        check(nchw(uncond), arrays["eps_uncond"][step])
        check(nchw(cond), arrays["eps_text"][step])
        noise = guide(uncond, cond, settings["guidance"])
        alphas = table.alphas_cumprod[step], table.next_alphas_cumprod[step]
        latents = ddim_step(latents, noise, *alphas, schedule.prediction_type)
        check_trajectory(nchw(latents), arrays["latents_steps"][step + 1])


@pytest.mark.parametrize(
    ("cross_frame", "name"),
    [
        ("first", "latents_steps"),
        ("first_prev", "latents_final_first_prev"),
        ("none", "latents_final_plain"),
    ],
)
def test_last_latents(
    predict, checkpoint, arrays, settings, check_trajectory, nhwc, nchw, cross_frame, name
):
    schedule = checkpoint.schedule_config
    table = step_table(schedule, settings["steps"])
    latents = nhwc(arrays["initial_latents"])
    for step in range(settings["steps"]):
        noise = guide(*predict(latents, step, cross_frame), settings["guidance"])
        alphas = table.alphas_cumprod[step], table.next_alphas_cumprod[step]
        latents = ddim_step(latents, noise, *alphas, schedule.prediction_type)
    expected = arrays[name][-1] if name == "latents_steps" else arrays[name]
    check_trajectory(nchw(latents), expected)


def test_decoded_frames(checkpoint, arrays, compiled, check_trajectory, nhwc, nchw):
    model = Autoencoder(checkpoint.autoencoder_config)
    decode = compiled(functools.partial(model.apply, method="decode"))
    latents = nhwc(arrays["latents_steps"][-1])
    decoded = decode({"params": checkpoint.params["vae"]}, latents)
    check_trajectory(nchw(decoded), arrays["decoded"])
    check_trajectory(nchw(jnp.clip(decoded / 2 + 0.5, 0, 1)), arrays["images"])
