"""The scene syntax: strict reading, errors that name the place, atomic writing."""

import copy
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.scene import (
    DIRECTIONS,
    MAX_BYTES,
    MAX_FRAMES,
    MAX_OBJECTS,
    BackgroundMotion,
    Frame,
    SceneObject,
    SceneSyntax,
    parse_scene,
    read_scene,
    scene_json,
    write_scene,
)

TREE = {
    "version": 1,
    "prompt": "a caterpillar turns into a butterfly",
    "frames": [
        {
            "description": "a caterpillar in a meadow",
            "objects": [{"id": "creature", "phrase": "a caterpillar", "box": [0.1, 0.55, 0.35, 1]}],
            "background_motion": {"direction": "left", "speed": 0.25},
        },
        {
            "description": "a butterfly in a meadow",
            "objects": [{"id": "creature", "phrase": "a butterfly", "box": [0.0, 0.5, 0.3, 0.8]}],
            "background_motion": {"direction": "random", "speed": 0},
        },
    ],
}


def changed(path: str, value) -> str:
    """The example as JSON with the value at `path` ("frames.0.objects") replaced or added."""
    tree = copy.deepcopy(TREE)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    node = tree
    for part in parents:
        node = node[part]
    node[last] = value
    return json.dumps(tree)


def fault(text: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        parse_scene(text, where="plan.json")
    message = str(caught.value)
    assert "\n" not in message and len(message) < 400
    assert message.startswith("plan.json: ")
    return message.removeprefix("plan.json: ")


def test_the_documented_example_is_read():
    scene = parse_scene(json.dumps(TREE))
    assert scene.frames[0].objects[0].box == (0.1, 0.55, 0.35, 1.0)
    assert scene.frames[1].background_motion == BackgroundMotion(direction="random", speed=0.0)
    assert json.loads(scene_json(scene)) == TREE
    assert parse_scene(scene_json(scene).encode()) == scene


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("frames.1.objects.0.box", [0.1, float("nan"), 0.3, 0.4], "frames[1].objects[0].box[1]: "),
        ("frames.1.objects.0.box", [0.1, 0.2, float("inf"), 0.4], "frames[1].objects[0].box[2]: "),
        ("frames.0.objects.0.box", [0.1, 0.2, "0.3", 0.4], "frames[0].objects[0].box[2]: "),
        ("frames.0.objects.0.box", [0.1, True, 0.3, 0.4], "frames[0].objects[0].box[1]: "),
        ("frames.0.objects.0.box", [0.1, None, 0.3, 0.4], "frames[0].objects[0].box[1]: "),
        ("frames.0.objects.0.box", [-0.1, 0.2, 0.3, 0.4], "frames[0].objects[0].box[0]: "),
        ("frames.0.objects.0.box", [0.1, 0.2, 0.3, 1.01], "frames[0].objects[0].box[3]: "),
        ("frames.0.objects.0.box", [0.5, 0.2, 0.3, 0.4], "frames[0].objects[0].box: x0"),
        ("frames.0.objects.0.box", [0.1, 0.4, 0.3, 0.4], "frames[0].objects[0].box: y0"),
        ("frames.0.objects.0.box", [0.1, 0.4, 0.3], "frames[0].objects[0].box[3]: is missing"),
        ("frames.0.objects.0.box", [0.1, 0.4, 0.3, 0.5, 0.6], "frames[0].objects[0].box"),
        ("frames.0.objects.0.box", 10**400, "frames[0].objects[0].box: "),
        ("frames.0.objects.0.id", "", "frames[0].objects[0].id: is blank"),
        ("frames.0.objects.0.id", 3, "frames[0].objects[0].id: "),
        ("frames.0.objects.0.phrase", "  \u200b", "frames[0].objects[0].phrase: is blank"),
        ("frames.0.objects.0.phrase", "a\x1b[31mcat", "frames[0].objects[0].phrase: "),
        ("frames.0.objects.0.phrase", "a\u2028cat", "frames[0].objects[0].phrase: "),
        ("frames.0.objects.0.phrase", "a \ud800 cat", "frames[0].objects[0].phrase: "),
        ("frames.0.objects.0.mask", 1, "frames[0].objects[0].mask: "),
        ("frames.1.description", "\t", "frames[1].description: "),
        ("frames.1.description", "x" * 2001, "frames[1].description: "),
        ("frames.1.objects", None, "frames[1].objects: "),
        ("frames.1.background_motion", {"direction": "left"}, "frames[1].background_motion.speed"),
        ("frames.1.background_motion.direction", "north", "frames[1].background_motion.direction"),
        ("frames.1.background_motion.direction", "LEFT", "frames[1].background_motion.direction"),
        ("frames.1.background_motion.speed", -0.1, "frames[1].background_motion.speed: "),
        ("frames.1.background_motion.speed", 1.5, "frames[1].background_motion.speed: "),
        ("frames.1.background_motion.speed", "fast", "frames[1].background_motion.speed: "),
        ("frames", [], "frames: is empty"),
        ("frames", {}, "frames: "),
        ("version", 2, "version: "),
        ("version", "1", "version: "),
        ("version", True, "version: "),
        ("version", 1.0, "version: "),
        ("prompt", None, "prompt: "),
        ("notes", "x", "notes: is not a key"),
        ("a\x1b[31m\nkey", 1, '"a\\u001b[31m\\nkey": is not a key'),
    ],
)
def test_a_fault_is_named_with_its_place(path, value, place):
    assert fault(changed(path, value)).startswith(place)


def test_missing_keys_are_named():
    for path, place in [
        ("version", "version"),
        ("frames", "frames"),
        ("frames.0.description", "frames[0].description"),
        ("frames.1.objects.0.id", "frames[1].objects[0].id"),
    ]:
        tree = copy.deepcopy(TREE)
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        node = tree
        for part in parents:
            node = node[part]
        del node[last]
        assert fault(json.dumps(tree)) == f"{place}: is missing"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not valid JSON"),
        ("{", "line 1, column 2"),
        ("[]", "should be"),
        ("null", "should be"),
        ('{"version": 1,}', "not valid JSON"),
        ('{"version": 1} {}', "Extra data"),
        (json.dumps(TREE)[:-20], "not valid JSON"),
        ("1" * 5000, "too many digits"),
        ("[" * 100_000, "nested deeper"),
        ('{"a":' * 50 + "1" + "}" * 50, "nested deeper"),
        ('{"version": 1, "version": 1}', 'key "version" occurs twice'),
        ('{"frames": [{"objects": [{"id": "a", "id": "b"}]}]}', "frames[0].objects[0]: the key"),
        ("\ufeff" + json.dumps(TREE), "byte-order mark"),
        (json.dumps(TREE).encode("utf-16"), "not UTF-8"),
        (b'{"prompt": "\xff"}', "not UTF-8"),
        (" " * (MAX_BYTES + 1), "larger than"),
        (json.dumps(TREE).replace("0.25", "1e999"), "finite"),
    ],
)
def test_what_is_no_json_is_refused(text, message):
    assert message in fault(text)


def test_brackets_in_texts_are_not_depth():
    scene = parse_scene(changed("prompt", "[" * 100 + '{"' * 50))
    assert scene.prompt.startswith("[[[")


def test_ids_differ_in_a_frame_and_frames_are_limited():
    objects = TREE["frames"][0]["objects"]
    assert "creature" in fault(changed("frames.0.objects", objects * 2))
    many = [{**objects[0], "id": f"o{k}"} for k in range(MAX_OBJECTS + 1)]
    assert fault(changed("frames.0.objects", many)).startswith("frames[0].objects: ")
    parse_scene(changed("frames.0.objects", many[:MAX_OBJECTS]))
    frames = TREE["frames"][:1] * (MAX_FRAMES + 1)
    assert fault(changed("frames", frames)).startswith("frames: ")
    parse_scene(changed("frames", frames[:MAX_FRAMES]))


def test_directions_are_the_documented_nine():
    for direction in DIRECTIONS:
        parse_scene(changed("frames.0.background_motion.direction", direction))
    assert len(DIRECTIONS) == 9 and "random" in DIRECTIONS


def test_scenes_are_immutable_and_strict_in_python_too():
    scene = parse_scene(json.dumps(TREE))
    with pytest.raises(ValidationError):
        scene.prompt = "another"
    with pytest.raises(ValidationError):
        SceneObject(id="a", phrase="a cat", box=(0.1, 0.1, 0.1, 0.2))
    with pytest.raises(ValidationError):
        SceneObject(id="a", phrase="a cat", box=(0.1, 0.1, float("nan"), 0.2))
    with pytest.raises(ValidationError):
        SceneSyntax(version=1, prompt="", frames=())


def test_the_longest_scene_can_be_written_and_read_again(tmp_path):
    box = (0.1234, 0.1234, 0.5678, 0.5678)
    objects = tuple(
        SceneObject(id=f"hippopotamus{k}", phrase="a large grey hippopotamus", box=box)
        for k in range(MAX_OBJECTS)
    )
    motion = BackgroundMotion(direction="random", speed=0.5)
    frame = Frame(description="thirty hippos " * 9, objects=objects, background_motion=motion)
    scene = SceneSyntax(version=1, prompt="hippos", frames=(frame,) * MAX_FRAMES)
    write_scene(tmp_path / "plan.json", scene)
    assert read_scene(tmp_path / "plan.json") == scene


def test_one_object_is_one_line_for_people_who_edit():
    text = scene_json(parse_scene(json.dumps(TREE)))
    line = next(line for line in text.splitlines() if "caterpillar" in line and "box" in line)
    assert json.loads(line.strip().rstrip(",")) == TREE["frames"][0]["objects"][0]
    assert text.endswith("}\n")


def test_writing_replaces_in_one_step(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text("old")
    scene = parse_scene(json.dumps(TREE))
    write_scene(path, scene)
    assert read_scene(path) == scene
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.json"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "plan.json"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OutputError) as caught:
        write_scene(path, parse_scene(json.dumps(TREE)))
    assert caught.value.exit_code == 6 and "No space left" in str(caught.value)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize("name", ["missing/plan.json", "folder", "a\0b", "x" * 300])
def test_files_that_cannot_be_used_are_output_errors(tmp_path, name):
    (tmp_path / "folder").mkdir()
    path = f"{tmp_path}/{name}"
    with pytest.raises(OutputError, match="cannot be read"):
        read_scene(path)
    with pytest.raises(OutputError, match="cannot be written"):
        write_scene(path, parse_scene(json.dumps(TREE)))
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("version prompt frames description objects id phrase box x".split()),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_any_json_is_a_scene_or_one_line_about_it(tree):
    try:
        parse_scene(json.dumps(tree))
    except InputError as error:
        assert "\n" not in str(error)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_refused_in_one_line(data):
    with pytest.raises(InputError) as caught:
        parse_scene(data)
    assert "\n" not in str(caught.value)


def test_scenes_need_no_jax():
    code = (
        "import sys; import flowzero_jax.scene\n"
        "heavy = {'jax', 'numpy', 'PIL'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
