"""Scenes become arrays of fixed shape; motion accumulates; nothing needs jax."""

import json
import subprocess
import sys

import numpy as np
import pytest

from flowzero_jax.errors import InputError
from flowzero_jax.scene import MAX_OBJECTS, parse_scene
from flowzero_jax.tabulate import tabulate


def scene(*frames, prompt="a cat in a meadow"):
    """A scene of frames (description, [(id, phrase, box)], direction, speed)."""
    return parse_scene(
        json.dumps(
            {
                "version": 1,
                "prompt": prompt,
                "frames": [
                    {
                        "description": description,
                        "objects": [{"id": i, "phrase": p, "box": box} for i, p, box in things],
                        "background_motion": {"direction": direction, "speed": speed},
                    }
                    for description, things, direction, speed in frames
                ],
            }
        )
    )


def moving(*motions):
    return scene(*[("a meadow", [], direction, speed) for direction, speed in motions])


CAT = ("cat", "a cat", [0.1, 0.2, 0.3, 0.4])
DOG = ("dog", "a dog", [0.5, 0.5, 1.0, 1.0])
WORM = ("creature", "a caterpillar", [0.0, 0.0, 0.5, 0.5])
FLY = ("creature", "a butterfly", [0.0, 0.25, 0.5, 0.75])


def test_objects_fill_the_first_slots_and_keep_their_track():
    table = tabulate([scene(("one", [CAT, WORM], "left", 0), ("two", [DOG, FLY], "up", 1))], (8, 8))
    assert table.boxes.shape == (1, 2, MAX_OBJECTS, 4) and table.boxes.dtype == np.float32
    np.testing.assert_array_equal(table.object_mask[0, :, :3], [[1, 1, 0], [1, 1, 0]])
    np.testing.assert_array_equal(table.track_ids[0, :, :3], [[0, 1, 0], [2, 1, 0]])
    np.testing.assert_array_equal(table.boxes[0, 1, :2], [DOG[2], FLY[2]])
    assert not table.object_mask[..., 2:].any() and not table.boxes[..., 2:, :].any()


def test_texts_are_distinct_and_the_indices_find_them():
    first = scene(("a cat", [CAT], "left", 0), ("a meadow", [], "left", 0))
    second = scene(("a dog", [DOG, CAT], "left", 0), ("a cat", [WORM], "left", 0))
    table = tabulate([first, second], (8, 8), negative_prompt="blurred")
    assert len(set(table.texts)) == len(table.texts)
    texts = np.array(table.texts)
    assert texts[table.prompts.first].tolist() == [["a cat", "a meadow"], ["a dog", "a cat"]]
    assert texts[table.negative_index].tolist() == ["blurred", "blurred"]
    assert texts[table.phrases.first][1, 0, :3].tolist() == ["a dog", "a cat", ""]
    assert set(texts[table.phrases.first][table.object_mask == 0]) == {""}
    assert tabulate([first], (8, 8)).texts[0] == ""


@pytest.mark.parametrize(
    ("direction", "step"),
    [
        ("left", (0, -1)),
        ("right", (0, 1)),
        ("up", (-1, 0)),
        ("down", (1, 0)),
        ("left_up", (-(0.5**0.5), -(0.5**0.5))),
        ("left_down", (0.5**0.5, -(0.5**0.5))),
        ("right_up", (-(0.5**0.5), 0.5**0.5)),
        ("right_down", (0.5**0.5, 0.5**0.5)),
        ("random", (0, 0)),
    ],
)
def test_a_sixteenth_of_the_shorter_side_per_frame_down_and_right_positive(direction, step):
    table = tabulate([moving(("left", 1), (direction, 0.5), (direction, 1))], (64, 32))
    expected = np.outer([0, 1, 3], step)
    np.testing.assert_allclose(table.shifts[0], expected, atol=1e-6)
    random = direction == "random"
    np.testing.assert_array_equal(table.random_speeds[0], [0, 0.5 * random, 1.0 * random])


def test_the_first_frames_motion_is_ignored():
    for direction in ("down", "random"):
        table = tabulate([moving((direction, 1), ("right", 0))], (16, 16))
        assert not table.shifts.any() and not table.random_speeds.any()


def test_random_motion_keeps_the_shift_so_far():
    motions = moving(("left", 0), ("right", 1), ("random", 0.25), ("down", 1))
    table = tabulate([motions], (16, 16))
    np.testing.assert_allclose(table.shifts[0], [[0, 0], [0, 1], [0, 1], [1, 1]])
    np.testing.assert_array_equal(table.random_speeds[0], [0, 0, 0.25, 0])


def test_many_small_steps_add_up():
    table = tabulate([moving(*[("right", 0.1)] * 512)], (16, 16))
    np.testing.assert_allclose(table.shifts[0, -1], [0, 51.1], rtol=1e-6)


def test_scenes_of_one_batch_have_the_same_length():
    with pytest.raises(InputError, match=r"scenes\[1\]: has 2 frames, scenes\[0\] has 1"):
        tabulate([moving(("left", 0)), moving(("left", 0), ("left", 0))], (8, 8))
    with pytest.raises(InputError, match="at least one"):
        tabulate([], (8, 8))


def test_tabulating_needs_no_jax():
    code = "import flowzero_jax.tabulate, sys; assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
