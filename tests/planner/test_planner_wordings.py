"""Turns of phrase that the rules planner understands, by what its plans show."""

import pytest

from flowzero_jax.planner import plan, read_intent, verify
from flowzero_jax.scene import SceneSyntax


def phrases(scene: SceneSyntax, frame: int = 0) -> list[str]:
    return sorted(obj.phrase for obj in scene.frames[frame].objects)


def centre(scene: SceneSyntax, name: str, frame: int) -> tuple[float, float]:
    (box,) = [o.box for o in scene.frames[frame].objects if o.id == name]
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("the ball is red and the box is blue", ["a ball", "a box"]),
        ("a car that is yellow and a bus that is orange", ["a bus", "a car"]),
        ("a cat that is black chases a mouse", ["a cat", "a mouse"]),
        ("the left car is red and the right car is blue", ["a left car", "a right car"]),
        ("two balloons, one red and one green", ["a balloon"] * 2),
        ("three sheep, two white and one black", ["a sheep"] * 3),
        ("one yellow fish and one blue fish", ["a blue fish", "a yellow fish"]),
        ("a dog first runs to the left", ["a dog"]),
        ("seen from above, a robot moves to the left", ["a robot"]),
        ("a penny falls into a wishing well", ["a penny", "a wishing well"]),
        ("a kite stuck in a tree", ["a kite", "a tree"]),
        ("a blue car and a red cat, both lit by the morning sun", ["a blue car", "a red cat"]),
        ("a parrot sits on a pirate's shoulder", ["a parrot", "a pirate"]),
        ("a ball swings like a pendulum", ["a ball"]),
        ("a bee rests for a while on a rose", ["a bee", "a rose"]),
        ("a man moves a cup from a table to a shelf", ["a cup", "a man", "a shelf", "a table"]),
        ("a bird puts an egg into its nest", ["a bird", "a nest", "an egg"]),
        ("a ball bounces three times", ["a ball"]),
    ],
)
def test_who_is_there(prompt, wanted):
    assert phrases(plan(prompt)) == wanted


@pytest.mark.parametrize(
    ("prompt", "left", "right"),
    [
        ("a cat between a lamp and a chair", "lamp", "cat"),
        ("a cat between a lamp and a chair", "cat", "chair"),
        ("a snowman in the middle, a tree to its left and a house to its right", "tree", "house"),
        ("to the left of a house stands a tree, to its right stands a horse", "tree", "house"),
        ("a dog digs while a cat watches from the right", "dog", "cat"),
        ("in the top left corner flies a bird, on the right stands a tower", "bird", "tower"),
    ],
)
def test_who_stands_to_the_left_of_whom(prompt, left, right):
    scene = plan(prompt)
    assert centre(scene, left, 0)[0] < centre(scene, right, 0)[0] - 0.05


@pytest.mark.parametrize(
    ("prompt", "name", "x", "y"),
    [
        ("a teddy bear tumbles down from a wall and gently lands on a bed", "bear", 0, 1),
        ("a swan lands on a bridge", "swan", 0, 1),
        ("a cat rides in a rocket upwards", "rocket", 0, -1),
        ("a sofa is carried upward by a balloon", "balloon", 0, -1),
        ("a ball rolls down a ramp and stops at the bottom", "ball", 1, 1),
        ("a cook moves a pancake from a skillet to a plate", "pancake", 1, 0),
        ("a girl throws a frisbee and a dog catches it", "frisbee", 1, 0),
        ("a blue ball rolling on the right", "ball", -1, 0),
        ("a ball is thrown upward, soaring high above the playground", "ball", 0, -1),
        ("a bird starts in the lower right and flies diagonally to the upper left", "bird", -1, -1),
    ],
)
def test_where_it_goes(prompt, name, x, y):
    scene = plan(prompt)
    (x0, y0), (x1, y1) = centre(scene, name, 0), centre(scene, name, 7)
    assert not x or x * (x1 - x0) > 0.1
    assert not y or y * (y1 - y0) > 0.1
    assert not [finding for finding in verify(scene) if finding.severity == "hard"]


@pytest.mark.parametrize(
    ("prompt", "first", "last"),
    [
        ("a beach at sunrise turning into a beach at sunset", "at sunrise", "at sunset"),
        ("a boat in calm sea, then in a storm", "calm sea", "in a storm"),
        ("an ice cube melts into water", "ice cube", "water"),
        ("a banana yellowing from green", "green banana", "yellow banana"),
        ("a snowman melting from a structured figure to a heap", "structured figure", "heap"),
        ("a white flowerpot with a cactus in it", "flowerpot with a cactus", "cactus"),
    ],
)
def test_what_the_first_and_the_last_frame_tell(prompt, first, last):
    frames = plan(prompt).frames
    assert first in frames[0].description
    assert last in frames[-1].description


def test_sizes_change_where_something_comes_closer_or_only_goes_away():
    assert read_intent("a lion comes closer and closer").things[0].growth > 1
    assert read_intent("a car drives away").things[0].growth < 1
    assert read_intent("three mice run away to the right").things[0].growth == 1


@pytest.mark.parametrize("count", range(2, 8))
def test_all_of_a_circle_of_people_are_seen(count):
    people = f"{'one two three four five six seven'.split()[count - 1]} people"
    scene = plan(f"{people} sit around a table")
    assert phrases(scene).count("a person") == count


def test_what_is_left_open_is_marked():
    (cat,) = read_intent("a cat walks").things
    assert cat.moves[0].free
    (cat,) = read_intent("a walking cat").things
    assert not cat.moves[0].stated
    (cat,) = read_intent("a cat walks to the left").things
    assert not cat.moves[0].free and cat.moves[0].stated
    (cat,) = read_intent("a cat appears in the second half of the video").things
    assert cat.timed
    assert read_intent("the camera follows a cat that runs").background.free
    assert not read_intent("the camera pans right over a city").background.free
