"""Properties of `generate` and `Pipeline`, on the tiny random checkpoint of the reference."""

import dataclasses
import functools
import json
from pathlib import Path

import jax
import numpy as np
import pytest

import flowzero_jax.pipeline as pipeline_module
from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.generation import generate, split_steps, step_chunks
from flowzero_jax.layout import tabulate
from flowzero_jax.noise import video_keys
from flowzero_jax.pipeline import GenerationSettings, load_pipeline
from flowzero_jax.scene import parse_scene

CHECKPOINT = Path(__file__).parent / "parity" / "reference" / "pipeline"
SETTINGS = GenerationSettings(
    height=16,
    width=16,
    num_steps=4,
    guidance_scale=3.0,
    grounding_fraction=0.5,
    cross_frame="first",
    object_noise=True,
)
FRAMES = 3


def scene(phrase, left=0.1, direction="left", frames=FRAMES):
    return parse_scene(
        json.dumps(
            {
                "version": 1,
                "prompt": phrase,
                "frames": [
                    {
                        "description": f"{phrase} in the grass",
                        "objects": [
                            {
                                "id": "it",
                                "phrase": phrase,
                                "box": [left + 0.1 * f, 0.2, left + 0.1 * f + 0.4, 0.8],
                            }
                        ],
                        "background_motion": {"direction": direction, "speed": 1.0},
                    }
                    for f in range(frames)
                ],
            }
        )
    )


CAT, DOG = scene("a cat"), scene("a small dog", left=0.3, direction="up")


@pytest.fixture(scope="module")
def pipeline():
    return load_pipeline(CHECKPOINT)


@pytest.fixture(scope="module")
def draw(pipeline):
    def draw(scenes, settings=SETTINGS, **arguments):
        return pipeline(scenes, settings=settings, **arguments)

    return draw


@pytest.fixture(scope="module")
def cat(draw):
    return draw(CAT, seed=7)


def test_frames_are_pictures(cat):
    assert cat.shape == (FRAMES, 16, 16, 3) and cat.dtype == np.uint8
    assert cat.std() > 1


def test_same_seed_same_bytes(draw, cat):
    np.testing.assert_array_equal(draw(CAT, seed=7), cat)
    assert (draw(CAT, seed=8) != cat).any()


def test_prompts_seeds_boxes_and_motions_compile_nothing(draw, cat):
    counts = [f._cache_size() for f in (pipeline_module._prepare, pipeline_module._denoise)]
    draw(DOG, seed=123, negative_prompt="a bird")
    assert counts == [f._cache_size() for f in (pipeline_module._prepare, pipeline_module._denoise)]


def test_a_video_does_not_depend_on_its_place_in_the_batch(draw, cat):
    videos = draw([CAT, DOG], seeds=[7, 5])
    swapped = draw([DOG, CAT], seeds=[5, 7])
    np.testing.assert_array_equal(videos, swapped[::-1])
    assert np.abs(videos[0].astype(int) - cat).max() <= 1


def test_generate_is_what_the_pipeline_draws(pipeline, cat):
    table = tabulate([CAT], (8, 8))
    draw = jax.jit(functools.partial(generate, pipeline.models, SETTINGS))
    videos = draw(pipeline.params, pipeline.encode(table), video_keys([7]))
    assert np.abs(np.asarray(videos)[0].astype(int) - cat).max() <= 1


def test_one_frame_works(draw):
    assert draw(scene("a cat", frames=1)).shape == (1, 16, 16, 3)


@pytest.mark.parametrize(
    "change", [{"boxes": False}, {"noise_shift": False}, {"object_noise": False}]
)
def test_each_part_of_the_method_changes_the_video(draw, cat, change):
    assert (draw(CAT, dataclasses.replace(SETTINGS, **change), seed=7) != cat).any()


def test_without_boxes_only_descriptions_count(draw):
    settings = dataclasses.replace(SETTINGS, boxes=False)
    moved = scene("a cat", left=0.3)
    np.testing.assert_array_equal(draw(CAT, settings), draw(moved, settings))


def test_progress_counts_to_the_last_step(draw):
    seen = []
    draw(CAT, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 4), (4, 4)]


def test_steps_split_at_the_grounding_fraction(pipeline):
    settings = dataclasses.replace(SETTINGS, num_steps=10, grounding_fraction=0.35)
    grounded, rest = split_steps(pipeline.models.schedule, settings)
    assert (len(grounded.timesteps), len(rest.timesteps)) == (3, 7)
    without = dataclasses.replace(settings, boxes=False)
    assert len(split_steps(pipeline.models.schedule, without)[0].timesteps) == 0


@pytest.mark.parametrize(("count", "size"), [(20, 10), (15, 5), (7, 7), (13, 1), (0, 0)])
def test_chunks_of_steps_are_equal(pipeline, count, size):
    settings = dataclasses.replace(SETTINGS, num_steps=max(count, 1), boxes=False)
    steps = split_steps(pipeline.models.schedule, settings)[1]
    steps = type(steps)(*(x[:count] for x in steps))
    chunks = step_chunks(steps)
    assert {len(chunk.timesteps) for chunk in chunks} == ({size} if count else set())
    assert sum(len(chunk.timesteps) for chunk in chunks) == count


@pytest.mark.parametrize(
    ("settings", "arguments", "message"),
    [
        ({"height": 15}, {}, "height: 15 is not a multiple of 2.*14 or 16"),
        ({"width": 1}, {}, "width: 1 .*take 2"),
        ({"num_steps": 1000}, {}, "num_steps"),
        ({}, {"seed": -1}, "-1 is not in"),
        ({}, {"seed": 2**32}, "is not in"),
        ({}, {"seeds": [1]}, "seed is for one scene"),
    ],
)
def test_bad_requests_are_named(draw, settings, arguments, message):
    with pytest.raises(InputError, match=message):
        draw(CAT, dataclasses.replace(SETTINGS, **settings), **arguments)


def test_batches_must_fit_together(draw):
    with pytest.raises(InputError, match="1 for 2 scenes"):
        draw([CAT, DOG], seeds=[1])
    with pytest.raises(InputError, match="frames"):
        draw([CAT, scene("a cat", frames=1)])


def test_numbers_that_are_not_finite_are_noticed(pipeline, draw):
    sound = pipeline.params
    broken = jax.tree.map(lambda leaf: leaf * np.nan, sound["unet"])
    pipeline.params = sound | {"unet": broken}
    try:
        with pytest.raises(ModelError, match="not finite after step"):
            draw(CAT)
    finally:
        pipeline.params = sound


def test_unknown_models_are_named():
    with pytest.raises(ModelError, match="no such model"):
        load_pipeline("no/such/folder")
