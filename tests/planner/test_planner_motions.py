"""The shapes and the order of motion in plans by rules: who moves when, and along which way."""

from itertools import pairwise

import pytest

from flowzero_jax.planner import plan, verify
from flowzero_jax.scene import Frame, SceneObject, SceneSyntax


def centres(scene: SceneSyntax, name: str) -> list[tuple[float, float]]:
    boxes = [o.box for frame in scene.frames for o in frame.objects if o.id == name]
    assert len(boxes) == len(scene.frames)
    return [((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in boxes]


def is_still(points: list[tuple[float, float]]) -> bool:
    return all(max(axis) - min(axis) < 1e-3 for axis in zip(*points, strict=True))


def hard(scene: SceneSyntax) -> list[str]:
    return [finding.message for finding in verify(scene) if finding.severity == "hard"]


@pytest.mark.parametrize("num_frames", [8, 16])
@pytest.mark.parametrize(
    ("prompt", "name", "sign"),
    [
        ("a ball is thrown from the left to the right", "ball", 1),
        ("a stone is thrown from the right to the left", "stone", -1),
        ("a girl throws a ball to a dog", "ball", 1),
        ("a player tosses a ball into a basket", "ball", 1),
        ("a child throws a ball to the right", "ball", 1),
        ("a boy throws a snowball at a girl", "snowball", 1),
        ("a boy catches a ball thrown by a girl", "ball", 1),
        ("a goalkeeper throws the ball to the left", "ball", -1),
        ("a cannonball flies in an arc from the left to the right", "cannonball", 1),
    ],
)
def test_what_is_thrown_rises_and_falls(prompt, name, sign, num_frames):
    scene = plan(prompt, num_frames)
    points = centres(scene, name)
    xs, ys = [sign * x for x, _ in points], [y for _, y in points]
    top = ys.index(min(ys))
    assert xs == sorted(xs) and xs[-1] - xs[0] > 0.15
    assert 0 < top < num_frames - 1
    assert ys[: top + 1] == sorted(ys[: top + 1], reverse=True)
    assert ys[top:] == sorted(ys[top:])
    assert min(ys[0], ys[-1]) - ys[top] > 0.1
    assert not hard(scene)


def test_a_throw_is_straight_if_the_prompt_says_so():
    points = centres(plan("a ball is thrown in a straight line to the right"), "ball")
    assert max(y for _, y in points) - min(y for _, y in points) < 1e-3


def test_what_is_thrown_up_slows_down():
    ys = [y for _, y in centres(plan("a kid tosses a coin into the air"), "coin")]
    steps = [a - b for a, b in pairwise(ys)]
    assert steps == sorted(steps, reverse=True) and steps[0] > 2 * steps[-1]


@pytest.mark.parametrize(
    ("prompt", "hunter", "prey"),
    [
        ("a cat chases a mouse from left to right, then the mouse climbs up", "cat", "mouse"),
        ("a dog chases a sheep to the right, then the sheep jumps up", "dog", "sheep"),
    ],
)
def test_only_the_subject_of_a_later_clause_moves_on(prompt, hunter, prey):
    scene = plan(prompt, 16)
    follower, goer = centres(scene, hunter), centres(scene, prey)
    assert follower[7][0] - follower[0][0] > 0.2
    assert all(a[0] < b[0] for a, b in zip(follower, goer, strict=True))
    assert is_still(follower[9:])
    assert goer[9][1] - min(y for _, y in goer[9:]) > 0.05
    assert not hard(scene)


def test_a_pair_is_small_enough_to_travel():
    points = centres(plan("a leopard hunts a deer from left to right"), "leopard")
    assert points[-1][0] - points[0][0] > 0.45


@pytest.mark.parametrize(
    ("prompt", "still"),
    [
        ("a ball rolls down a ramp and hits a box", ["ramp", "box"]),
        ("a pitcher throws a ball to a batter, and the batter hits it back", ["pitcher", "batter"]),
        ("a tennis ball flies back and forth between two players", ["player1", "player2"]),
        ("two boys throw a frisbee back and forth", ["boy1", "boy2"]),
        ("a girl lets go of a balloon, and it floats up", ["girl"]),
        ("a man throws a boomerang to the right and it comes back", ["man"]),
        ("a rock rolls down a slope and crashes into a tree", ["tree"]),
        ("a girl kicks a ball and it rolls to the left", ["girl"]),
        ("a boy catches a ball thrown by a girl", ["boy", "girl"]),
        ("a cup is pushed off a table by a cat", ["table", "cat"]),
        ("a jogger runs in place", ["jogger"]),
        ("a squirrel runs up a tree, then runs down again", ["tree"]),
    ],
)
def test_what_nothing_moves_stays(prompt, still):
    scene = plan(prompt)
    assert all(is_still(centres(scene, name)) for name in still)
    assert not hard(scene)


def test_a_rider_and_what_is_ridden_go_together():
    scene = plan("a boy on a bicycle is chased by a dog to the left")
    boy, bicycle, dog = (centres(scene, name) for name in ("boy", "bicycle", "dog"))
    assert boy[0][0] - boy[-1][0] > 0.2
    assert all(abs(p[0] - q[0]) < 0.02 for p, q in zip(boy, bicycle, strict=True))
    assert all(p[0] < q[0] for p, q in zip(boy, dog, strict=True))


def test_a_followed_thing_stays_while_the_background_passes():
    scene = plan("the camera follows a cheetah that runs to the right")
    assert is_still(centres(scene, "cheetah"))
    assert scene.frames[-1].background_motion.direction == "left"
    assert scene.frames[-1].background_motion.speed > 0


def test_a_later_state_is_no_new_thing():
    scene = plan("a seed becomes a sprout, then a flower")
    assert [len(frame.objects) for frame in scene.frames] == [1] * 8
    assert scene.frames[-1].objects[0].phrase == "a flower"


def test_the_verifier_says_that_a_throw_is_no_arc():
    frames = tuple(
        Frame(
            description="a ball",
            objects=(SceneObject(id="ball", phrase="a ball", box=(x, 0.5, x + 0.2, 0.7)),),
            background_motion=plan("a ball").frames[0].background_motion,
        )
        for x in (0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75)
    )
    prompt = "a ball is thrown from the left to the right"
    found = verify(SceneSyntax(version=1, prompt=prompt, frames=frames))
    assert [(f.kind, f.severity) for f in found] == [("wrong-path", "soft")]
    assert not verify(plan(prompt))


@pytest.mark.parametrize(
    ("prompt", "mover", "target"),
    [
        ("an arrow hits a target", "arrow", "target"),
        ("a bee approaches a flower", "bee", "flower"),
        ("a spider descends towards a sleeping child", "spider", "child"),
        ("a red ball rolls to the right and bumps into a box", "ball", "box"),
        ("a cat runs after a mouse to the left", "cat", "mouse"),
    ],
)
def test_who_comes_to_something_does_not_start_there(prompt, mover, target):
    scene = plan(prompt)
    start, end = ({o.id: o.box for o in scene.frames[k].objects} for k in (0, -1))
    a, b = start[mover], start[target]
    wide, high = (min(a[k + 2], b[k + 2]) - max(a[k], b[k]) for k in (0, 1))
    assert min(wide, high) <= 0.02
    assert abs(end[mover][0] - a[0]) + abs(end[mover][1] - a[1]) > 0.15
    assert not hard(scene)


def test_a_kicked_ball_leaves_to_the_side_that_is_told_later():
    points = centres(plan("a girl kicks a ball and it rolls to the left"), "ball")
    assert [x for x, _ in points] == sorted((x for x, _ in points), reverse=True)


def test_one_by_one_is_no_new_thing():
    scene = plan("five balloons rise into the sky one by one")
    assert [o.phrase for o in scene.frames[0].objects] == ["a balloon"] * 5
