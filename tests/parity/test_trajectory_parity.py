"""Whole runs against PyTorch: a clip with all its steps, and one image of the GLIGEN pipeline."""

import functools

import jax.numpy as jnp
import numpy as np
import pytest

from flowzero_jax.denoising import Conditions, Models, denoise
from flowzero_jax.generation import decode, segments
from flowzero_jax.models import Autoencoder, TextEncoder, UNet
from flowzero_jax.sampler import SamplerState, step_table
from flowzero_jax.scene import (
    MAX_OBJECTS,
    BackgroundMotion,
    Frame,
    SceneObject,
    SceneSyntax,
)
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.tabulate import tabulate
from flowzero_jax.tokenizer import Tokenizer
from flowzero_jax.weights import load_folder


class Model:
    """The reference pipeline, loaded by `flowzero_jax.weights` and compiled."""

    def __init__(self, folder, compiled):
        checkpoint = load_folder(folder)
        self.tokenizer = Tokenizer.from_folder(checkpoint.tokenizer_folder)
        self.params = checkpoint.params
        self.models = Models(
            UNet(checkpoint.unet_config),
            Autoencoder(checkpoint.autoencoder_config),
            TextEncoder(checkpoint.text_config),
            checkpoint.schedule_config,
        )
        self._encode = compiled(self.models.text_encoder.apply)
        self._ground = compiled(functools.partial(self.models.unet.apply, method=UNet.ground))
        self._unet = compiled(self.models.unet.apply, static_argnames="cross_frame")
        self._denoise = compiled(
            denoise, static_argnums=0, static_argnames=("cross_frame", "grounded")
        )
        self._decode = compiled(decode, static_argnums=0)

    def encode(self, texts):
        """Texts → states `[k l d]` and pooled states `[k d]`."""
        return self._encode({"params": self.params["text_encoder"]}, self.tokenizer(texts))

    def ground(self, boxes, embeddings, masks):
        """Grounding tokens `[2 f n d]` of no objects, and of these."""
        objects = (np.stack([boxes] * 2), np.stack([embeddings] * 2))
        masks = np.stack([np.zeros_like(masks), masks])
        return self._ground({"params": self.params["unet"]}, *objects, masks)

    def predict(self, latents, timestep, text, tokens, cross_frame):
        """`latents [f h w c]` → both predictions `[2 f h w c]`, not yet guided."""
        latents, timesteps = jnp.stack([latents] * 2), jnp.full(2, timestep)
        params = {"params": self.params["unet"]}
        return self._unet(params, latents, timesteps, text, tokens, cross_frame=cross_frame)

    def trajectory(self, latents, conditions, settings):
        """`latents [f h w c]` after each step, one step at a time."""
        state = SamplerState(latents[None], np.zeros_like(latents[None]))
        for segment in segments(self.models.schedule, settings):
            for index in range(len(segment.steps.timesteps)):
                state = self._denoise(
                    self.models,
                    self.params,
                    state,
                    conditions,
                    segment.steps.rows(slice(index, index + 1)),
                    settings.guidance_scale,
                    cross_frame=settings.cross_frame,
                    grounded=segment.grounded,
                )
                yield state.latents[0]

    def decode(self, latents):
        """`latents [f h w c]` → frames uint8 `[f H W 3]`."""
        return self._decode(self.models, self.params, latents[None])[0]


@pytest.fixture(scope="module")
def model(reference, compiled):
    return Model(reference.folder / "pipeline", compiled)


@pytest.fixture(scope="module")
def arrays(reference):
    return reference.arrays("trajectory")


@pytest.fixture(scope="module")
def recorded(reference):
    """Texts, objects and settings of the clip."""
    return reference.prompts["trajectory"]


def generation_settings(recorded, cross_frame):
    return GenerationSettings(
        num_steps=recorded["steps"],
        guidance_scale=recorded["guidance"],
        grounding_fraction=recorded["beta"],
        cross_frame=cross_frame,
    )


@pytest.fixture(scope="module")
def conditions(model, arrays):
    tokens = model.ground(arrays["boxes"], arrays["positive_embeddings"], arrays["masks"])
    texts = (arrays["prompt_embeds"], arrays["negative_prompt_embeds"])
    return Conditions(*(x[None] for x in (*texts, tokens[1], tokens[0])))


def test_texts(model, arrays, recorded, check):
    negatives = [recorded["negative"]] * len(recorded["prompts"])
    np.testing.assert_array_equal(model.tokenizer(recorded["prompts"]), arrays["input_ids"])
    np.testing.assert_array_equal(model.tokenizer(negatives), arrays["negative_input_ids"])
    check(model.encode(recorded["prompts"])[0], arrays["prompt_embeds"])
    check(model.encode(negatives)[0], arrays["negative_prompt_embeds"])


def test_objects(model, arrays, recorded, check):
    """Scenes laid out as for generation; beyond the recorded slots there must be nothing."""
    frames = [
        Frame(
            description=prompt,
            objects=tuple(
                SceneObject(id=str(slot), phrase=phrase, box=tuple(box))
                for slot, (phrase, box) in enumerate(objects)
            ),
            background_motion=BackgroundMotion(direction="left", speed=0.0),
        )
        for prompt, objects in zip(recorded["prompts"], recorded["objects"], strict=True)
    ]
    scene = SceneSyntax(version=1, prompt="a clip", frames=tuple(frames))
    table = tabulate([scene], tuple(recorded["hw"]), recorded["negative"])
    pooled = np.asarray(model.encode(table.texts)[1])
    masks = table.object_mask[0]
    layout = {
        "masks": masks,
        "boxes": table.boxes[0],
        "positive_embeddings": pooled[table.phrases.first[0]] * masks[..., None],
    }
    for name, ours in layout.items():
        slots = arrays[name].shape[1]
        check(ours[:, :slots], arrays[name])
        assert not ours[:, slots:].any()


def test_steps(model, recorded, arrays):
    settings = generation_settings(recorded, "first")
    table = step_table(model.models.schedule, settings.num_steps)
    np.testing.assert_array_equal(table.timesteps, arrays["timesteps"])
    assert settings.num_grounding_steps == arrays["num_grounding_steps"]


def test_predictions_from_the_recorded_latents(model, conditions, arrays, check, nhwc, nchw):
    for step, timestep in enumerate(arrays["timesteps"].astype(np.int32)):
        latents = nhwc(arrays["latents_steps"][step])
        grounded = step < arrays["num_grounding_steps"]
        text = np.concatenate([conditions.negative_text, conditions.text])
        tokens = np.concatenate([conditions.null_tokens, conditions.grounding_tokens])
        predictions = model.predict(latents, timestep, text, tokens if grounded else None, "first")
        check(nchw(predictions[0]), arrays["eps_uncond"][step])
        check(nchw(predictions[1]), arrays["eps_text"][step])


def test_latents_after_every_step(
    model, conditions, recorded, arrays, check_trajectory, nhwc, nchw
):
    settings = generation_settings(recorded, "first")
    np.testing.assert_array_equal(arrays["latents_steps"][0], arrays["initial_latents"])
    steps = model.trajectory(nhwc(arrays["initial_latents"]), conditions, settings)
    for latents, expected in zip(steps, arrays["latents_steps"][1:], strict=True):
        check_trajectory(nchw(latents), expected)


@pytest.mark.parametrize(
    ("cross_frame", "name"),
    [("first_prev", "latents_final_first_prev"), ("none", "latents_final_plain")],
)
def test_last_latents(
    model, conditions, recorded, arrays, check_trajectory, nhwc, nchw, cross_frame, name
):
    settings = generation_settings(recorded, cross_frame)
    *_, latents = model.trajectory(nhwc(arrays["initial_latents"]), conditions, settings)
    check_trajectory(nchw(latents), arrays[name])


def assert_same_pixels(frames, expected):
    """Frames in uint8 equal the recorded ones in [0, 1] up to the rounding of a tie."""
    assert frames.dtype == np.uint8
    assert np.abs(np.asarray(frames) - expected * 255).max() <= 0.5 + 255 * 2e-4


def test_decoded_frames(model, arrays, compiled, check_trajectory, nhwc, nchw):
    latents = nhwc(arrays["latents_steps"][-1])
    vae = compiled(functools.partial(model.models.autoencoder.apply, method=Autoencoder.decode))
    check_trajectory(nchw(vae({"params": model.params["vae"]}, latents)), arrays["decoded"])
    assert_same_pixels(model.decode(latents), nhwc(arrays["images"]))


def test_image_of_the_gligen_pipeline(model, reference, check_trajectory, nhwc, nchw):
    """From the texts to the pixels, with the pipeline's padding of the objects."""
    arrays, recorded = reference.arrays("pipeline"), reference.prompts["pipeline"]
    text = model.encode([recorded["negative"], recorded["prompt"]])[0][:, None]
    # The pipeline class fills up to this many slots, and the empty ones are attended to as well.
    count, slots = len(recorded["phrases"]), MAX_OBJECTS
    embeddings = np.zeros((1, slots, text.shape[-1]), np.float32)
    boxes, masks = np.zeros((1, slots, 4), np.float32), np.zeros((1, slots), np.float32)
    embeddings[0, :count] = model.encode(recorded["phrases"])[1]
    boxes[0, :count], masks[0, :count] = recorded["boxes"], 1
    tokens = model.ground(boxes, embeddings, masks)
    image = Conditions(*(x[None] for x in (text[1], text[0], tokens[1], tokens[0])))
    settings = generation_settings(recorded, "none")
    *_, latents = model.trajectory(nhwc(arrays["initial_latents"]), image, settings)
    check_trajectory(nchw(latents), arrays["latents_out"])
    assert_same_pixels(model.decode(latents), arrays["images_nhwc"])
