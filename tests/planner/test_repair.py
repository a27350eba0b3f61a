"""What a repair mends, and what it never touches."""

import pytest
from spoiling import SPOILERS, change_boxes, change_objects, ids_of, moved, pile_up

from flowzero_jax.lab.planners.benchmark import tasks
from flowzero_jax.planner import penalty, plan, repair, verify
from flowzero_jax.scene import SceneSyntax, parse_scene, scene_json

SOME_TASKS = tasks()[::23]


def kinds(scene: SceneSyntax) -> set[str]:
    return {finding.kind for finding in verify(scene)}


@pytest.mark.parametrize("task", SOME_TASKS, ids=lambda task: task.prompt)
def test_a_good_plan_is_left_alone(task):
    scene = plan(task.prompt)
    if not verify(scene):
        assert repair(scene) == (scene, ())


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda spoil: spoil.__name__)
def test_a_repair_never_makes_worse_and_is_done_at_once(spoil):
    for task in SOME_TASKS:
        scene = plan(task.prompt)
        if not ids_of(scene):
            continue
        spoilt = spoil(scene)
        mended, changes = repair(spoilt)
        assert penalty(verify(mended)) <= penalty(verify(spoilt))
        assert (mended == spoilt) == (not changes)
        assert repair(mended) == (mended, ())
        assert parse_scene(scene_json(mended)) == mended
        for before, after in zip(spoilt.frames, mended.frames, strict=True):
            assert after.description == before.description
            assert after.background_motion == before.background_motion
            phrases = {o.id: o.phrase for o in after.objects}
            assert {o.id: o.phrase for o in before.objects}.items() <= phrases.items()


def test_it_separates():
    scene = pile_up(plan("a red car and a blue cat"))
    mended, changes = repair(scene)
    assert {"overlap", "duplicate-track"} & kinds(scene)
    assert not verify(mended)
    assert len(changes) == 1 and "aside" in changes[0]


def test_it_fills_small_gaps_but_not_large_ones():
    scene = plan("a ball rolls to the right", 16)
    lacking = change_objects(scene, lambda n, objects: [] if n in (5, 6) else objects)
    mended, changes = repair(lacking)
    assert changes and not verify(mended)
    assert mended.frames[5].objects[0].box[0] == pytest.approx(scene.frames[5].objects[0].box[0])
    absent = change_objects(scene, lambda n, objects: [] if 4 < n < 12 else objects)
    assert all(not frame.objects for frame in repair(absent)[0].frames[5:12])


def test_it_straightens_and_enlarges():
    scene = plan("a ball rolls to the right")
    aside = change_boxes(scene, lambda name, n, box: moved(box, 0.0, -0.4) if n == 3 else box)
    thin = change_boxes(
        scene, lambda name, n, b: (b[0], b[1], round(b[0] + 0.01, 4), b[3]) if n == 3 else b
    )
    for spoilt in (aside, thin):
        mended, changes = repair(spoilt)
        assert verify(spoilt) and changes and not verify(mended)


def test_it_reads_width_and_height():
    scene = plan("a ball rolls to the right")
    boxes = [(round(0.06 * k, 4), 0.1, 0.45, 0.4) for k in range(8)]
    wrong = change_boxes(scene, lambda name, n, box: boxes[n])
    assert "wrong-convention" in kinds(wrong)
    mended, changes = repair(wrong)
    assert "width" in changes[0]
    assert mended.frames[7].objects[0].box == (0.42, 0.1, 0.87, 0.5)
