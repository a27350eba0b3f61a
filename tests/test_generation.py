"""Properties of `generate` and `Pipeline`, on the tiny random checkpoint of the reference."""

import dataclasses
import functools

import jax
import numpy as np
import pytest
from clips import FRAMES, SETTINGS, Interrupted, scene, stop_after
from grey_levels import assert_within_one_grey_level
from paths import PIPELINE as CHECKPOINT

from flowzero_jax.denoising import chunk_size
from flowzero_jax.devices import programs
from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.generation import calls, generate, segments
from flowzero_jax.noise import video_keys
from flowzero_jax.pipeline import load_pipeline
from flowzero_jax.tabulate import tabulate

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


@pytest.mark.equality
def test_same_seed_same_bytes(draw, cat):
    np.testing.assert_array_equal(draw(CAT, seed=7), cat)
    assert (draw(CAT, seed=8) != cat).any()


def test_prompts_seeds_boxes_and_motions_compile_nothing(draw, cat):
    counts = [f._cache_size() for f in (programs.prepare_jitted, programs.denoise_jitted)]
    draw(DOG, seed=123, negative_prompt="a bird")
    assert counts == [f._cache_size() for f in (programs.prepare_jitted, programs.denoise_jitted)]


def test_sides_and_blended_changes_change_the_video_and_compile_nothing(draw, cat):
    counts = [f._cache_size() for f in (programs.prepare_jitted, programs.denoise_jitted)]
    changing = CAT.model_copy(update={"frames": (*CAT.frames[:1], *DOG.frames[1:])})
    cut = draw(changing, seed=7)
    for change in ({"facing": True}, {"blend_frames": 2}):
        assert (draw(changing, dataclasses.replace(SETTINGS, **change), seed=7) != cut).any()
    assert counts == [f._cache_size() for f in (programs.prepare_jitted, programs.denoise_jitted)]


@pytest.mark.equality
def test_a_video_does_not_depend_on_its_place_in_the_batch(draw, cat):
    videos = draw([CAT, DOG], seeds=[7, 5])
    swapped = draw([DOG, CAT], seeds=[5, 7])
    np.testing.assert_array_equal(videos, swapped[::-1])
    assert_within_one_grey_level(videos[0], cat)


@pytest.mark.equality
def test_generate_is_what_the_pipeline_draws(pipeline, cat):
    table = tabulate([CAT], (8, 8))
    draw = jax.jit(functools.partial(generate, pipeline.models, SETTINGS))
    videos = draw(pipeline.params, pipeline.encode(table), video_keys([7]))
    assert_within_one_grey_level(videos[0], cat)


def test_one_frame_works(draw):
    assert draw(scene("a cat", frames=1)).shape == (1, 16, 16, 3)


@pytest.mark.parametrize(
    "change", [{"boxes": False}, {"noise_shift": False}, {"object_noise": False}]
)
def test_each_part_of_the_method_changes_the_video(draw, cat, change):
    assert (draw(CAT, dataclasses.replace(SETTINGS, **change), seed=7) != cat).any()


@pytest.mark.equality
def test_without_boxes_only_descriptions_count(draw):
    settings = dataclasses.replace(SETTINGS, boxes=False)
    moved = scene("a cat", left=0.3)
    np.testing.assert_array_equal(draw(CAT, settings), draw(moved, settings))


def test_progress_counts_to_the_last_step(draw):
    seen = []
    draw(CAT, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 4), (4, 4)]


def lengths(pipeline, **changes):
    """(grounded, guided, number of steps) of every segment."""
    settings = dataclasses.replace(SETTINGS, num_steps=10, **changes)
    return [
        (segment.grounded, segment.guided, len(segment.steps.timesteps))
        for segment in segments(pipeline.models.schedule, settings)
    ]


def test_steps_split_at_the_grounding_fraction(pipeline):
    assert lengths(pipeline, grounding_fraction=0.35) == [(True, True, 3), (False, True, 7)]
    assert lengths(pipeline, grounding_fraction=0.35, boxes=False) == [(False, True, 10)]
    assert lengths(pipeline, grounding_fraction=1.0) == [(True, True, 10)]


def test_steps_split_where_guidance_begins_and_ends(pipeline):
    assert lengths(pipeline, grounding_fraction=0.5, guidance_start=0.2, guidance_end=0.8) == [
        (True, False, 2),
        (True, True, 3),
        (False, True, 3),
        (False, False, 2),
    ]


@pytest.mark.equality
def test_guidance_outside_of_its_interval_counts_for_nothing(draw):
    settings = dataclasses.replace(SETTINGS, guidance_start=0.5, guidance_end=0.5)
    one = draw(CAT, settings)
    np.testing.assert_array_equal(one, draw(CAT, settings, negative_prompt="a dog"))
    weak = dataclasses.replace(SETTINGS, guidance_scale=1.0)
    assert_within_one_grey_level(draw(CAT, weak), one)


@pytest.mark.equality
@pytest.mark.parametrize(
    ("cross_frame", "frames_per_chunk"),
    [("none", 2), ("first", 4), ("first_prev", 1), ("first_prev", 2), ("first_self", 2)],
)
def test_frames_in_chunks_equal_all_at_once(draw, cross_frame, frames_per_chunk):
    settings = dataclasses.replace(SETTINGS, cross_frame=cross_frame, grounding_fraction=1.0)
    clip = scene("a cat", frames=5)
    whole = draw(clip, settings)
    chunked = dataclasses.replace(settings, frames_per_chunk=frames_per_chunk)
    assert_within_one_grey_level(draw(clip, chunked), whole)


@pytest.mark.parametrize(
    ("num_frames", "size"), [(1, 1), (8, 8), (9, 5), (16, 8), (17, 6), (512, 8)]
)
def test_chunks_of_frames_are_equal_and_hardly_filled_up(num_frames, size):
    assert chunk_size(num_frames, 8) == size


@pytest.mark.parametrize(("count", "size"), [(20, 10), (15, 5), (7, 7), (13, 1), (1, 1)])
def test_calls_are_equally_long(pipeline, count, size):
    settings = dataclasses.replace(SETTINGS, num_steps=count, boxes=False)
    parts = calls(pipeline.models.schedule, settings, 10)
    assert {len(call.steps.timesteps) for call in parts} == {size}
    assert len(parts) * size == count


@pytest.mark.parametrize("done", range(11))
def test_calls_go_on_where_others_ended(pipeline, done):
    settings = dataclasses.replace(SETTINGS, num_steps=10, grounding_fraction=0.6)
    all_calls, rest = (calls(pipeline.models.schedule, settings, 3, n) for n in (0, done))
    steps = [(c.grounded, t) for c in all_calls for t in c.steps.timesteps.tolist()]
    assert [(c.grounded, t) for c in rest for t in c.steps.timesteps.tolist()] == steps[done:]
    whole = {3, 6, 8, 10}
    if done in whole:
        assert {len(call.steps.timesteps) for call in rest} <= {3, 2}


@pytest.mark.equality
@pytest.mark.parametrize("sampler", ["ddim", "dpm++"])
def test_an_interrupted_video_goes_on_from_its_snapshot(draw, tmp_path, sampler):
    settings = dataclasses.replace(SETTINGS, sampler=sampler)
    path = tmp_path / "cat.snapshot"
    with pytest.raises(Interrupted):
        draw(CAT, settings, seed=7, snapshot=path, progress=stop_after(2))
    assert path.exists()
    seen = []
    resumed = draw(
        CAT, settings, seed=7, snapshot=path, progress=lambda done, total: seen.append(done)
    )
    assert seen == [4]
    assert not path.exists()
    np.testing.assert_array_equal(resumed, draw(CAT, settings, seed=7))


def test_a_snapshot_of_another_video_is_refused(draw, tmp_path):
    path = tmp_path / "cat.snapshot"
    with pytest.raises(Interrupted):
        draw(CAT, seed=7, snapshot=path, progress=stop_after(2))
    kept = path.read_bytes()
    for scene_, seed in ((CAT, 8), (DOG, 7)):
        with pytest.raises(InputError, match="belongs to another video"):
            draw(scene_, seed=seed, snapshot=path)
    assert path.read_bytes() == kept
    for content in (b"", b"PK\x03\x04 and then nothing", kept[: len(kept) // 2]):
        path.write_bytes(content)
        with pytest.raises(InputError, match="not a snapshot"):
            draw(CAT, seed=7, snapshot=path)


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
