"""Key frames spread over more frames: ends, boxes, texts, visibility, total motion."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowzero_jax.errors import InputError
from flowzero_jax.planner import plan
from flowzero_jax.planner.keyframes import spread
from flowzero_jax.scene import (
    DIRECTIONS,
    BackgroundMotion,
    Frame,
    SceneObject,
    SceneSyntax,
    parse_scene,
    scene_json,
)


def key(x=None, phrase="a cat", direction="left", speed=0.0):
    objects = (
        () if x is None else (SceneObject(id="cat", phrase=phrase, box=(x, 0.2, x + 0.2, 0.5)),)
    )
    motion = BackgroundMotion(direction=direction, speed=speed)
    return Frame(description=f"{phrase} in a park", objects=objects, background_motion=motion)


def scene_of(*frames):
    return SceneSyntax(version=1, prompt="a cat", frames=frames)


def totals(scene):
    found = dict.fromkeys(DIRECTIONS, 0.0)
    for frame in scene.frames[1:]:
        found[frame.background_motion.direction] += frame.background_motion.speed
    return found


def test_as_many_frames_as_keys_change_nothing():
    scene = plan("a dog runs to the left in a park", 8)
    assert spread(scene, 8) == scene


def test_boxes_run_evenly_from_the_first_key_to_the_last():
    scene = spread(scene_of(key(0.0), key(0.4), key(0.8)), 9)
    lefts = [frame.objects[0].box[0] for frame in scene.frames]
    assert lefts == pytest.approx([0.1 * k for k in range(9)])


def test_a_key_that_falls_on_a_frame_is_kept_exactly():
    keys = [key(x) for x in (0.03, 0.41, 0.2, 0.77, 0.5)]
    scene = spread(scene_of(*keys), 17)
    assert [scene.frames[4 * k].objects for k in range(5)] == [k.objects for k in keys]


def test_texts_are_those_of_the_nearest_key():
    scene = spread(scene_of(*[key(0.1, p) for p in ("a caterpillar", "a butterfly")]), 8)
    phrases = [frame.objects[0].phrase for frame in scene.frames]
    assert phrases == ["a caterpillar"] * 4 + ["a butterfly"] * 4
    assert [frame.description for frame in scene.frames] == [f"{p} in a park" for p in phrases]


def test_what_appears_in_the_second_half_still_does():
    scene = spread(scene_of(key(), key(), key(0.2), key(0.2)), 16)
    assert [len(frame.objects) for frame in scene.frames] == [0] * 8 + [1] * 8


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from([*DIRECTIONS]), st.floats(0, 1)), min_size=1, max_size=9),
    st.integers(0, 60),
)
def test_the_total_motion_of_every_direction_is_kept(motions, more):
    keys = scene_of(*[key(0.1, direction=d, speed=s) for d, s in motions])
    scene = spread(keys, len(motions) + more)
    assert totals(scene) == pytest.approx(totals(keys))
    assert parse_scene(scene_json(scene)) == scene


def test_a_constant_motion_stays_even():
    scene = spread(scene_of(*[key(0.1, speed=0.7)] * 8), 20)
    speeds = {round(frame.background_motion.speed, 9) for frame in scene.frames[1:]}
    assert len(speeds) == 1


def test_a_single_key_is_a_still():
    scene = spread(scene_of(key(0.1, speed=1.0)), 5)
    assert len(scene.frames) == 5 and totals(scene)["left"] == 0


@pytest.mark.parametrize("number", [0, 1, 513, 2.0, True, "8"])
def test_impossible_numbers_of_frames(number):
    with pytest.raises(InputError, match="frames"):
        spread(scene_of(key(0.1), key(0.2)), number)
