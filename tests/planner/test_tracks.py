"""Tracks: what they draw, what they find in a scene, and that neither changes a plan."""

import json

import pytest
from pydantic import ValidationError

from flowzero_jax.lab.planners.benchmark import tasks
from flowzero_jax.planner import plan
from flowzero_jax.planner.tracks import EASINGS, Thing, Tracks, frames_of, names_of, tracks_of
from flowzero_jax.scene import parse_scene


def thing(*path, phrase="a ball", move="even"):
    return Thing(phrase=phrase, path=[[*waypoint] for waypoint in path], move=move)


def drawn(*things, frames=5, **more):
    tracks = Tracks(**{"captions": [], "background": [], "things": [*things], **more})
    return frames_of(tracks, frames)


def boxes(*things, frames=5):
    return [frame["objects"][0]["box"] if frame["objects"] else None
            for frame in drawn(*things, frames=frames)]  # fmt: skip


def scene_of(frames, prompt="a"):
    return parse_scene(json.dumps({"version": 1, "prompt": prompt, "frames": frames}))


def test_a_path_runs_straight_between_its_waypoints():
    got = boxes(thing([0, 0, 0, 20, 20], [50, 40, 0, 20, 20], [100, 40, 80, 20, 20]))
    assert [box[:2] for box in got] == [[0, 0], [0.2, 0], [0.4, 0], [0.4, 0.4], [0.4, 0.8]]


@pytest.mark.parametrize(("move", "middle"), [("even", 0.4), ("faster", 0.2), ("slower", 0.6)])
def test_a_move_has_its_easing(move, middle):
    got = boxes(thing([0, 0, 0, 20, 20], [100, 80, 0, 20, 20], move=move), frames=3)
    assert [box[0] for box in got] == pytest.approx([0, middle, 0.8])


def test_easings_start_and_end_where_they_must():
    for easing in EASINGS.values():
        assert (easing(0.0), easing(1.0)) == (0.0, 1.0)


def test_a_thing_is_there_from_its_first_waypoint_to_its_last():
    there = [box is not None for box in boxes(thing([25, 0, 0, 9, 9], [75, 0, 0, 9, 9]))]
    assert there == [False, True, True, True, False]
    assert [box is not None for box in boxes(thing([50, 0, 0, 9, 9]))] == [False] * 2 + [True] * 3


def test_what_is_outside_is_cut_off_or_not_there():
    got = boxes(thing([0, -20, 40, 20, 20], [100, 90, 40, 20, 20]))
    assert got[0] is None and got[-1] == [0.9, 0.4, 1.0, 0.6]


def test_things_that_turn_into_others_keep_their_id():
    worm = thing([0, 30, 30, 40, 40], [50, 30, 30, 40, 40], phrase="a worm")
    bird = thing([50, 30, 30, 40, 40], phrase="a bird")
    away = thing([50, 0, 0, 10, 10], phrase="a bird")
    assert names_of([worm, bird]) == ["worm", "worm"]
    assert names_of([worm, away]) == ["worm", "bird"]
    assert names_of([bird, bird, worm]) == ["bird", "bird 2", "worm"]
    assert [frame["objects"][0]["phrase"] for frame in drawn(worm, bird)] == (
        ["a worm"] * 2 + ["a bird"] * 3
    )


@pytest.mark.parametrize(
    "path", [[[0, 1, 1, 1]], [[0, 1, 1, 0, 9]], [[9, 1, 1, 9, 9], [3, 1, 1, 9, 9]], [],
             [[-1, 1, 1, 9, 9]], [[0, 1.5, 1, 9, 9]], [[0, 101, 1, 9, 9]]],
)  # fmt: skip
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValidationError):
        thing(*path)


def test_the_benchmarks_plans_stay_right_as_tracks():
    for task in tasks()[::4]:
        scene = plan(task.prompt, 8)
        tracks = tracks_of(scene)
        again = scene_of(frames_of(tracks, 8), task.prompt)
        assert not task.faults(again) and tracks_of(again) == tracks
        for before, after in zip(scene.frames, again.frames, strict=True):
            assert before.description == after.description
            assert [o.phrase for o in before.objects] == [o.phrase for o in after.objects]
        assert not task.faults(scene_of(frames_of(tracks, 33), task.prompt))


@pytest.mark.parametrize("frames", [1, 2, 101, 512])
def test_any_number_of_frames_has_tracks(frames):
    scene = plan("a red ball rolls to the right, the camera pans left", frames)
    again = scene_of(frames_of(tracks_of(scene), frames))
    assert len(again.frames) == frames
    for before, after in zip(scene.frames, again.frames, strict=True):
        assert before.objects[0].box == pytest.approx(after.objects[0].box, abs=0.012)
        assert before.background_motion.direction == after.background_motion.direction or frames < 2
