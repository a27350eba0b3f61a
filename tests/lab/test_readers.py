"""What others wrote is read in time proportional to its size, whatever stands in it."""

import json

import pytest

from flowzero_jax.errors import FlowZeroError, InputError, ModelError
from flowzero_jax.lab.speed.readers import FAMILIES, READERS, Growth, measure
from flowzero_jax.planner.llm.reply_text import ReplyFault, read_object
from flowzero_jax.scene import parse_scene
from flowzero_jax.weights.small_files import read_json

# Far more than noise makes of four times the size, far less than the square of it, sixteen.
GENEROUS = 9


@pytest.mark.parametrize("family", FAMILIES)
def test_no_text_takes_the_square_of_its_size(family):
    for reader in READERS:
        growth = measure(reader, family, sizes=(2**15, 2**17))
        assert growth.factor <= GENEROUS, growth


def test_a_reader_that_takes_the_square_is_noticed():
    slow = Growth("a reader", "a family", (1, 4, 16), (0.1, 1.6, 25.6))
    assert slow.factor == pytest.approx(16) and not slow.is_fine
    assert Growth("a reader", "a family", (1, 4), (0.001, 0.016)).is_fine  # nothing to speak of
    assert not Growth("a reader", "a family", (1, 4), (1.0, 4.0)).is_fine


def test_the_families_have_the_size_that_is_asked_for():
    for name, family in FAMILIES.items():
        if name != "a scene":
            assert len(family(10_000)) == pytest.approx(10_000, rel=0.3), name
    assert json.loads(FAMILIES["a scene"](2**18))["version"] == 1


def test_a_text_without_end_is_a_fault_of_one_line():
    for end in ("", "\\", "\n", "{" * 100):
        with pytest.raises(InputError, match="not valid JSON"):
            parse_scene('{"a": "' + '\\"' * 1000 + end)
    with pytest.raises(ReplyFault):
        read_object('{"a": "' + '\\"' * 1000)


def test_brackets_within_texts_are_no_depth_and_others_are():
    with pytest.raises(InputError, match="and 1 more"):
        parse_scene(json.dumps({"version": 1, "prompt": "a", "frames": [], "k": "[" * 99}))
    with pytest.raises(InputError, match="nested deeper"):
        parse_scene('{"a": "\\\\", "b": ' + "[" * 99 + "]" * 99 + "}")


def test_the_repeated_key_is_the_one_that_is_named(tmp_path):
    path = tmp_path / "flowzero.json"
    path.write_text(FAMILIES["many keys, the last one twice"](2**16))
    with pytest.raises(ModelError, match="the key 'k000000' occurs twice"):
        read_json(path)
    with pytest.raises(FlowZeroError, match="k000000"):
        parse_scene(path.read_text())
