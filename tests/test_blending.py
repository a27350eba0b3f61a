"""A change of text unfolds: evenly, in its place, and only there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowzero_jax.blending import Mix, mix_changes, mixed

STATES = np.arange(12, dtype=np.float32).reshape(4, 3)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20))
def test_without_frames_a_change_is_a_cut(texts):
    mix = mix_changes(texts, 0)
    np.testing.assert_array_equal(mixed(STATES, mix), STATES[texts])


@pytest.mark.parametrize("num_frames", [1, 2, 3, 4, 5])
def test_the_new_text_comes_evenly(num_frames):
    mix = mix_changes([0] * 8 + [1] * 8, num_frames)
    told = mixed(np.array([[0.0], [1.0]], np.float32), mix)[:, 0]
    assert ((told > 0) & (told < 1)).sum() == num_frames
    np.testing.assert_allclose(np.diff(told)[np.diff(told) > 0], 1 / (num_frames + 1), rtol=1e-5)
    assert told[0] == 0 and told[-1] == 1


@pytest.mark.parametrize(("num_frames", "expected"), [
    (1, [0, 0, 0, 0.5, 1, 1]), (2, [0, 0, 1 / 3, 2 / 3, 1, 1]), (3, [0, 0, 0.25, 0.5, 0.75, 1]),
])  # fmt: skip
def test_the_middle_is_where_the_cut_was(num_frames, expected):
    told = mixed(np.array([[0.0], [1.0]], np.float32), mix_changes([0, 0, 0, 1, 1, 1], num_frames))
    np.testing.assert_allclose(told[:, 0], expected, rtol=1e-5)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), st.integers(0, 30))
def test_only_neighbouring_texts_are_mixed_and_far_frames_stay(texts, num_frames):
    mix = mix_changes(texts, num_frames)
    for f in range(len(texts)):
        near = texts[max(0, f - num_frames) : f + num_frames + 1]
        assert mix.first[f] in near and mix.second[f] in near
        if len(set(near)) == 1:
            assert mix.weight[f] == 0


def test_changes_that_follow_at_once_share_no_frame():
    mix = mix_changes([0, 1, 2, 3], 4)
    np.testing.assert_array_equal(mix.weight, 0)
    mix = mix_changes([0, 0, 0, 1, 1, 1, 2, 2, 2], 9)  # room for two frames at each
    np.testing.assert_allclose(mix.weight, [0, 0, 1 / 3, 2 / 3, 0, 1 / 3, 2 / 3, 0, 0], rtol=1e-5)


def test_one_text_in_each_place_is_what_it_was():
    texts = np.array([[3, 0], [1, 1]], np.int32)
    np.testing.assert_array_equal(mixed(STATES, Mix.of(texts)), STATES[texts])
