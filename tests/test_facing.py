"""Things look where they go, and phrases say so."""

import json

import pytest

from flowzero_jax.facing import faced, facings, phrases, sides
from flowzero_jax.scene import SceneSyntax


def scene(lefts, direction="right", speed=0.0, phrase="a dog"):
    """A dog whose box of a fifth begins at `lefts`; None: it is not there."""
    motion = {"direction": direction, "speed": speed}
    return SceneSyntax.model_validate_json(
        json.dumps(
            {
                "version": 1,
                "prompt": "a dog",
                "frames": [
                    {
                        "description": "a dog",
                        "objects": []
                        if left is None
                        else [{"id": "dog", "phrase": phrase, "box": [left, 0.4, left + 0.2, 0.6]}],
                        "background_motion": motion,
                    }
                    for left in lefts
                ],
            }
        )
    )


def side_of_each(lefts, **motion):
    return [frame.get("dog") for frame in facings(scene(lefts, **motion), 1 / 16)]


def test_it_looks_where_it_goes_from_the_start():
    assert side_of_each([0.0, 0.0, 0.1, 0.3, 0.6]) == ["right"] * 5
    assert side_of_each([0.6, 0.4, 0.2, 0.2, 0.2]) == ["left"] * 5


def test_what_never_moves_is_not_asked_for():
    assert side_of_each([0.3, 0.3, 0.31, 0.3]) == [""] * 4


def test_it_turns_where_it_turns():
    assert side_of_each([0.0, 0.2, 0.4, 0.2, 0.0]) == ["right"] * 2 + ["left"] * 3


def test_swaying_turns_nobody_round():
    assert side_of_each([0.0, 0.1, 0.08, 0.2, 0.19, 0.4]) == ["right"] * 6


def test_a_gap_keeps_the_side():
    assert side_of_each([0.0, 0.2, None, 0.2, 0.2]) == ["right", "right", None, "right", "right"]


def test_before_a_passing_background_it_looks_against_it():
    assert side_of_each([0.4] * 4, direction="left", speed=0.8) == ["right"] * 4
    assert side_of_each([0.4] * 4, direction="down", speed=0.8) == [""] * 4
    # Its own way counts more than the camera's.
    assert side_of_each([0.6, 0.5, 0.4], direction="left", speed=1) == ["left"] * 3


@pytest.mark.parametrize(("phrase", "expected"), [
    ("a small dog", "a left-facing small dog"), ("an owl", "a left-facing owl"),
    ("the dog", "the left-facing dog"), ("dogs", "left-facing dogs"), ("a", "left-facing a"),
    ("A dog", "A left-facing dog"),
])  # fmt: skip
def test_a_phrase_says_it_before_its_words(phrase, expected):
    assert faced(phrase, "left") == expected
    assert faced(phrase, "") == phrase


def test_the_phrases_of_a_scene_say_the_side_of_each_frame():
    said = phrases(scene([0.0, 0.2, 0.4, 0.2, 0.0]), 1 / 16)
    assert [frame["dog"] for frame in said] == ["a right-facing dog"] * 2 + [
        "a left-facing dog"
    ] * 3


def test_mirrored_ways_give_mirrored_sides():
    places = [0.1, 0.3, 0.32, 0.6, 0.5, 0.2, 0.25]
    other = {"left": "right", "right": "left", "": ""}
    assert sides([1 - x for x in places]) == [other[side] for side in sides(places)]
