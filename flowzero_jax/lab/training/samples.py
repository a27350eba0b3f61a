"""Sample sheets: what the denoiser draws, in the course of training, for pictures it never saw."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from flowzero_jax.arrays import SceneArrays
from flowzero_jax.generation import Models, Params, generate
from flowzero_jax.lab.stickers.compose import compose_batch
from flowzero_jax.lab.training.denoiser import OBJECT_SLOTS
from flowzero_jax.lab.training.sheets import contact_sheet
from flowzero_jax.lab.training.state import TrainState
from flowzero_jax.models import TextEncoder
from flowzero_jax.noise import video_keys
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.tokenizer import Tokenizer

HELD_OUT_SEED = 1_000_003


def make_sampler(
    models: Models,
    autoencoder_params: Params,
    tokenizer: Tokenizer,
    settings: GenerationSettings,
    count: int = 12,
) -> Callable[[TrainState, Path], None]:
    """A function `(state, folder)` that draws `count` held-out pictures with the averages.

    The pictures are the frames of one clip without cross-frame attention: independent of each
    other, from one noise.
    """
    examples = compose_batch(HELD_OUT_SEED, 0, count, settings.height, OBJECT_SLOTS)
    phrases = [phrase for row in examples.phrases for phrase in row]
    ids = tokenizer([*examples.captions, "", *phrases])
    draw = jax.jit(functools.partial(_draw, models, settings, count))

    def sample(state: TrainState, folder: Path) -> None:
        params = {**state.average, "vae": autoencoder_params}
        images = draw(params, ids, examples.boxes, examples.object_mask)
        folder.mkdir(parents=True, exist_ok=True)
        sheet = contact_sheet(np.asarray(images), examples.captions, examples.boxes, scale=2)
        sheet.save(folder / f"{int(state.step):07d}.png")

    return sample


def _draw(
    models: Models,
    settings: GenerationSettings,
    count: int,
    params: Params,
    ids: jax.Array,
    boxes: jax.Array,
    object_mask: jax.Array,
) -> jax.Array:
    encoder: TextEncoder = models.text_encoder
    encoded: Any = encoder.apply({"params": params["text_encoder"]}, ids)
    states, pooled = encoded
    slots = object_mask.shape
    scenes = SceneArrays(
        prompt_embeds=states[:count],
        negative_embeds=states[count],
        phrase_embeds=pooled[count + 1 :].reshape(*slots, -1),
        boxes=boxes,
        object_mask=object_mask,
        track_ids=jax.numpy.zeros(slots, jax.numpy.int32),
        shifts=jax.numpy.zeros((count, 2)),
        random_speeds=jax.numpy.zeros(count),
    )
    one_video = jax.tree.map(lambda x: x[None], scenes)
    return generate(models, settings, params, one_video, video_keys([0]))[0]
