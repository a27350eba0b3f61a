"""What the verifier finds in scenes of any planner, and what it leaves alone."""

from typing import get_args

import pytest
from spoiling import SPOILERS, boxes_of, change_boxes, change_objects, freeze, ids_of, moved

from flowzero_jax.lab.planners.benchmark import tasks
from flowzero_jax.planner import Finding, penalty, plan, verify
from flowzero_jax.planner.checks.findings import Kind
from flowzero_jax.scene import BackgroundMotion, Frame, SceneObject, SceneSyntax

SOME_TASKS = tasks()[::7]


def hard(scene: SceneSyntax) -> set[str]:
    return {finding.kind for finding in verify(scene) if finding.severity == "hard"}


def kinds(scene: SceneSyntax) -> set[str]:
    return {finding.kind for finding in verify(scene)}


def scene_of(prompt: str, tracks: dict[str, list], descriptions=None, direction="left", speed=0.0):
    """A scene by hand; `tracks`: id -> for each frame (phrase, box) or None."""
    num_frames = len(next(iter(tracks.values())))
    frames = []
    for number in range(num_frames):
        objects = tuple(
            SceneObject(id=name, phrase=shown[number][0], box=shown[number][1])
            for name, shown in tracks.items()
            if shown[number] is not None
        )
        text = descriptions[number] if descriptions else prompt
        motion = BackgroundMotion(direction=direction, speed=speed)
        frames.append(Frame(description=text, objects=objects, background_motion=motion))
    return SceneSyntax(version=1, prompt=prompt, frames=tuple(frames))


def glide(phrase: str, x0: float, x1: float, y: float = 0.4, size: float = 0.2, n: int = 6):
    xs = [x0 + (x1 - x0) * k / (n - 1) for k in range(n)]
    return [(phrase, (round(x, 4), y, round(x + size, 4), y + size)) for x in xs]


@pytest.mark.parametrize("task", SOME_TASKS, ids=lambda task: task.prompt)
def test_a_good_plan_has_no_hard_finding(task):
    for num_frames in (1, 2, 5, 8):
        assert not hard(plan(task.prompt, num_frames))


def test_verifier_and_benchmark_agree_on_spoilt_plans():
    """The verifier finds something hard wherever the benchmark, which reads no prompt, fails."""
    wrong = missed = 0
    for task in SOME_TASKS:
        scene = plan(task.prompt)
        for spoil in SPOILERS:
            if ids_of(scene):
                spoilt = spoil(scene)
                wrong += bool(task.faults(spoilt))
                missed += bool(task.faults(spoilt)) and not hard(spoilt)
    assert wrong > 100
    assert missed <= 0.02 * wrong


def disguise(scene: SceneSyntax, style: int) -> SceneSyntax:
    """The same scene as another planner would name it, its boxes a little shaken."""
    names: dict[str, str] = {}

    def objects(number: int, present: list[SceneObject]) -> list[SceneObject]:
        disguised = []
        for obj in present:
            words = obj.phrase.removeprefix("a ").removeprefix("an ").removeprefix("the ")
            styles = (words, f"the {words}", f"The {words.title()}", f"a cute {words}")
            name = names.setdefault(obj.id, f"object_{len(names) + 1}")
            shake = 0.01 * ((7 * number + len(names)) % 3 - 1)
            box = moved(obj.box, shake, shake)
            disguised.append(SceneObject(id=name, phrase=styles[style % 4], box=box))
        return disguised

    return change_objects(scene, objects)


def test_the_same_plan_in_other_words_has_no_hard_finding():
    for style, task in enumerate(SOME_TASKS):
        assert not hard(disguise(plan(task.prompt), style)), task.prompt


@pytest.mark.parametrize(
    ("prompt", "tracks"),
    [
        ("a red ball rolls to the right", {"o1": glide("the red ball", 0.1, 0.6)}),
        ("a red ball rolls to the right", {"obj": glide("one round red ball", 0.0, 0.8)}),
        ("a bicycle moves left", {"bike": glide("a bike", 0.7, 0.1)}),
        ("a cat walks", {"c": glide("cat", 0.7, 0.2)}),
        ("a cat walks", {"c": glide("a kitten", 0.1, 0.5)}),
        (
            "two dogs run to the left",
            {"dog_1": glide("a dog", 0.7, 0.3), "dog_2": glide("a dog", 0.7, 0.3, 0.7)},
        ),
        (
            "a balloon rises over a city",
            {"b": [("a hot balloon", (0.4, 0.7 - k / 10, 0.6, 0.95 - k / 10)) for k in range(6)]},
        ),
        (
            "a dog next to a tree",
            {"d": [("a dog", (0.1, 0.5, 0.4, 0.9))] * 4, "t": [("tree", (0.5, 0.2, 0.9, 0.9))] * 4},
        ),
        (
            "a cat appears in the second half of the video",
            {"c": [None] * 3 + [("a black cat", (0.3, 0.3, 0.7, 0.7))] * 3},
        ),
    ],
)
def test_other_ids_and_words_are_fine(prompt, tracks):
    assert not hard(scene_of(prompt, tracks))


@pytest.mark.parametrize(
    ("prompt", "tracks", "kind"),
    [
        ("two dogs", {"dogs": [("two dogs", (0.2, 0.2, 0.8, 0.8))] * 4}, "wrong-count"),
        ("three cats", {"c": [("a cat", (0.2, 0.2, 0.5, 0.5))] * 4}, "wrong-count"),
        ("a red ball", {"b": [("a blue ball", (0.2, 0.2, 0.5, 0.5))] * 4}, "wrong-attribute"),
        ("a cat and a dog", {"c": [("a cat", (0.2, 0.2, 0.5, 0.5))] * 4}, "missing-object"),
        ("a ball rolls to the right", {"b": glide("a ball", 0.7, 0.1)}, "wrong-direction"),
        ("a ball rolls to the right", {"b": glide("a ball", 0.3, 0.3)}, "still-track"),
        (
            "a ball rolls to the right",
            {"b": [("a ball", (0.4, 0.1 + k / 10, 0.6, 0.3 + k / 10)) for k in range(6)]},
            "wrong-direction",
        ),
        (
            "a cat",
            {"c": [("a cat", (0.2, 0.2, 0.6, 0.6))] * 3 + [("a dog", (0.2, 0.2, 0.6, 0.6))] * 3},
            "identity-change",
        ),
        (
            "a white cat",
            {"c": [("a white cat", (0.2, 0.2, 0.6, 0.6)), ("a black cat", (0.2, 0.2, 0.6, 0.6))]},
            "identity-change",
        ),
        (
            "a caterpillar turns into a butterfly",
            {"c": [("a caterpillar", (0.2, 0.2, 0.6, 0.6))] * 4},
            "missing-change",
        ),
        (
            "a caterpillar turns into a butterfly",
            {
                "c": [("a caterpillar", (0.2, 0.2, 0.6, 0.6))] * 2 + [None] * 2,
                "b": [None] * 2 + [("a butterfly", (0.2, 0.2, 0.6, 0.6))] * 2,
            },
            "identity-change",
        ),
        (
            "a cat to the left of a dog",
            {
                "c": [("a cat", (0.6, 0.2, 0.9, 0.6))] * 4,
                "d": [("a dog", (0.1, 0.2, 0.4, 0.6))] * 4,
            },
            "wrong-relation",
        ),
        (
            "a cat appears only in the first half of the video",
            {"c": [None] * 4 + [("a cat", (0.2, 0.2, 0.6, 0.6))] * 4},
            "wrong-visibility",
        ),
        ("a balloon grows bigger", {"b": glide("a balloon", 0.3, 0.3)}, "wrong-size-change"),
        (
            "a car moves left, then right",
            {"c": glide("a car", 0.1, 0.7, n=8)},
            "wrong-order",
        ),
        ("a ball circles around", {"b": glide("a ball", 0.1, 0.7, n=8)}, "wrong-path"),
        (
            "a cat on the left",
            {"c": [("a cat", (0.6, 0.2, 0.9, 0.6))] * 4},
            "wrong-region",
        ),
    ],
)
def test_what_contradicts_the_prompt_is_hard(prompt, tracks, kind):
    assert kind in hard(scene_of(prompt, tracks))


def test_boxes_that_make_no_sense():
    whole = ("a cat", (0.3, 0.3, 0.6, 0.6))
    jump = [*[whole] * 4, ("a cat", (0.0, 0.0, 0.05, 0.05)), *[whole] * 4]
    assert {"teleport", "size-jump"} & kinds(scene_of("a cat", {"c": jump}))
    assert "gap" in kinds(scene_of("a cat", {"c": [whole, None, whole, whole]}))
    assert "tiny-box" in hard(scene_of("a cat", {"c": [("a cat", (0.5, 0.5, 0.505, 0.6))] * 2}))
    assert "huge-box" in kinds(scene_of("a cat", {"c": [("a cat", (0.0, 0.0, 1.0, 1.0))] * 2}))
    xywh = [("a cat", (0.05 * k, 0.1, 0.5, 0.4)) for k in range(6)]
    assert "wrong-convention" in hard(scene_of("a cat walks to the right", {"c": xywh}))
    shake = [("a cat", (0.3 + 0.1 * (k % 2), 0.3, 0.6 + 0.1 * (k % 2), 0.6)) for k in range(8)]
    assert "rough-track" in kinds(scene_of("a cat", {"c": shake}))


def test_unrelated_things_do_not_cover_each_other():
    box = (0.3, 0.3, 0.6, 0.6)
    near = (0.33, 0.33, 0.63, 0.63)
    apart = {"c": [("a cat", box)] * 4, "d": [("a dog", near)] * 4}
    assert "overlap" in hard(scene_of("a cat and a dog", apart))
    held = {"c": [("a cat", (0.4, 0.4, 0.55, 0.5))] * 4, "b": [("a basket", box)] * 4}
    assert not hard(scene_of("a cat in a basket", held))
    twice = {"c": [("a cat", box)] * 4, "d": [("a dog", box)] * 4}
    assert "duplicate-track" in hard(scene_of("a cat in front of a dog", twice))


def test_the_background_moves_as_the_prompt_says():
    tracks = {"c": [("a castle", (0.3, 0.3, 0.6, 0.8))] * 4}
    prompt = "the camera pans right over a castle"
    assert not hard(scene_of(prompt, tracks, direction="left", speed=0.5))
    for direction, speed in (("right", 0.5), ("left", 0.0)):
        wrong = scene_of(prompt, tracks, direction=direction, speed=speed)
        assert hard(wrong) == {"wrong-background-motion"}
    left_open = scene_of("a castle", tracks, direction="up", speed=0.5)
    assert not verify(left_open)


def test_descriptions_tell_of_the_change():
    prompt = "a forest changes from summer to winter"
    empty = {"t": [None] * 3}
    good = ["a forest in summer", "a forest", "a snowy forest in wintertime"]
    assert not verify(scene_of(prompt, empty, good))
    assert hard(scene_of(prompt, empty, good[::-1])) == {"wrong-description"}


def test_what_the_prompt_leaves_open_is_never_hard():
    for direction in (0.1, 0.6), (0.6, 0.1):
        assert not hard(scene_of("a cat walks", {"c": glide("a cat", *direction)}))
    extra = {
        "c": [("a cat", (0.3, 0.3, 0.5, 0.5))] * 4,
        "t": [("a tree", (0.6, 0.1, 0.9, 0.9))] * 4,
    }
    assert not hard(scene_of("a cat", extra))


def test_a_prompt_that_cannot_be_read_leaves_the_boxes_to_check():
    scene = scene_of(" ", {"c": [("a cat", (0.5, 0.5, 0.51, 0.51))] * 2}, ["a cat"] * 2)
    assert hard(scene) == {"tiny-box"}


def test_findings_are_sorted_and_weighed():
    good = plan("a red ball rolls to the right")
    name = ids_of(good)[0]
    soft = change_boxes(
        good, lambda n, f, box: moved(box, 0.0, -0.3) if f == 4 else box
    )  # one frame aside
    bad = freeze(good)
    assert penalty(verify(good)) == 0
    assert 0 < penalty(verify(soft)) < penalty(verify(bad))
    many = [Finding("gap", "soft", "")] * 10_000
    assert penalty(many) < penalty([Finding("gap", "hard", "")])
    worst = change_objects(
        bad, lambda n, objs: [o.model_copy(update={"phrase": "a cat"}) for o in objs]
    )
    order = [finding.severity for finding in verify(worst)]
    assert order == sorted(order)
    for finding in verify(worst) + verify(soft):
        assert finding.kind in get_args(Kind)
        assert finding.message and "\n" not in finding.message
        assert finding.object_id in (None, name)
    assert boxes_of(good, name)
