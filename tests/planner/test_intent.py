"""What the planner understands of a prompt, before anything is laid out."""

import pytest

from flowzero_jax.errors import InputError
from flowzero_jax.planner import read_intent
from flowzero_jax.planner.words.nouns import article, is_plural, number, plural, singular
from flowzero_jax.planner.words.text import tokenize
from flowzero_jax.planner.words.verbs import forms, ing_form


def phrases(prompt: str) -> list[str]:
    return [thing.labels[0].phrase for thing in read_intent(prompt).things]


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("a fly flies", ["a fly"]),
        ("a duck ducks under a bridge", ["a duck", "a bridge"]),
        ("two axolotls gorp to the left", ["an axolotl"]),
        ("a leaf turned red", ["a leaf"]),
        ("the liquid turns green", ["a liquid"]),
        ("a sports car drives", ["a sports car"]),
        ("a painting hangs above a sofa", ["a painting", "a sofa"]),
        ("a child building a sandcastle", ["a child", "a sandcastle"]),
        ("a bee landing on a sunflower", ["a bee", "a sunflower"]),
        ("a slowly moving train", ["a train"]),
        ("a flying saucer", ["a flying saucer"]),
        ("a cat watches a bird fly to the right", ["a cat", "a bird"]),
        ("a girl and her friend's red kite", ["a girl", "a red kite"]),
        ("the wheels of a bus turn", ["a bus"]),
        ("a horse gallops, mane flying in the wind", ["a horse"]),
        ("a car drives, its wheels spinning", ["a car"]),
        ("the Eiffel Tower at night", ["the eiffel tower"]),
        ("the sun and the moon", ["the sun", "the moon"]),
        ("three pairs of sunglasses", ["sunglasses"]),
        ("a snow covered tree", ["a snow covered tree"]),
        ("leaves fall while clouds drift", ["a leaf"]),
        ("somewhere a 🐱 sleeps", ["🐱"]),
    ],
)
def test_noun_phrases_end_where_the_verb_begins(prompt, wanted):
    assert phrases(prompt) == wanted


def test_the_parts_of_a_thing():
    (girl, umbrella) = read_intent("a girl in a blue dress with long hair holds an umbrella").things
    assert girl.labels[0].phrase == "a girl"
    assert umbrella.noun == "umbrella"


def test_a_thing_named_again_is_the_same_thing():
    intent = read_intent("A black cat sits on a mat. The cat jumps to the left. It sleeps.")
    assert [thing.noun for thing in intent.things] == ["cat", "mat"]
    assert intent.things[0].moves[0].direction == (-1, 0)
    apart = read_intent("a black cat and a white cat, the white cat runs to the right")
    assert [bool(thing.moves) for thing in apart.things] == [False, True]


@pytest.mark.parametrize(
    ("prompt", "times"),
    [
        ("a cat walks to the left and then to the right", [(0.0, 0.5), (0.5, 1.0)]),
        ("a ball rises and falls", [(0.0, 0.5), (0.5, 1.0)]),
        ("a drone flies up, then right, then down", [(0, 1 / 3), (1 / 3, 2 / 3), (2 / 3, 1)]),
        ("a dog sits under a tree, then it runs to the right", [(0.5, 1.0)]),
        ("the sun rises, moving upwards", [(0.0, 1.0)]),
        ("a feather falls down, landing softly on a bed", [(0.0, 0.5), (0.5, 1.0)]),
        ("a cat moves left in the first half and right in the second half", [(0, 0.5), (0.5, 1)]),
    ],
)
def test_stages_follow_one_another(prompt, times):
    moves = read_intent(prompt).things[0].moves
    assert [(move.start, move.end) for move in moves] == [pytest.approx(t) for t in times]


def test_a_relation_knows_when_it_holds():
    intent = read_intent("a goat is on the left of a barn, then the goat runs behind the barn")
    assert {(r.kind, r.when) for r in intent.relations} >= {("left_of", "start")}
    (only,) = read_intent("a bird above a house").relations
    assert (only.kind, only.subject, only.target, only.when) == ("above", 0, 1, "always")
    ways = read_intent("a ball moves from the left of a box to its right").relations
    assert [(r.kind, r.when) for r in ways] == [("left_of", "start"), ("right_of", "end")]


def test_the_background_and_the_scenery():
    intent = read_intent("clouds drift slowly to the right over a quiet village at night")
    assert intent.background.direction == (1, 0) and 0 < intent.background.speed < 0.4
    assert [place.texts for place in intent.scenery] == [("clouds",), ("a quiet village at night",)]
    assert not intent.things
    zoom = read_intent("the camera zooms out from a castle").background
    assert zoom.camera and zoom.zoom < 1 and zoom.speed == 0.0


def test_what_refers_to_a_thing_that_is_left_out_goes_with_it():
    intent = read_intent("a frog jumps over a log while a hat lies on a table")
    kept = [k for k, thing in enumerate(intent.things) if thing.noun in ("frog", "hat", "table")]
    few = intent.only(kept)
    assert [thing.noun for thing in few.things] == ["frog", "hat", "table"]
    assert not few.things[0].moves
    assert [(r.kind, r.subject, r.target) for r in few.relations] == [("on", 1, 2)]
    assert intent.only(range(len(intent.things))) == intent


def test_of_a_long_story_only_what_is_surely_seen_is_kept():
    story = "A brave girl leaves the village and, gathering sudden hope, meets a wise old horse. "
    end = "Nine swift foxes bring her nine riddles. Her friend, a small bear, offers nine apples."
    things = read_intent(story * 2 + end).things
    assert 0 < sum(thing.count for thing in things) <= 8


def test_style_words_are_no_things():
    intent = read_intent("a red fox in the snow, cinematic lighting, highly detailed")
    assert [thing.noun for thing in intent.things] == ["fox"]
    assert intent.style == "cinematic lighting, highly detailed"


def test_an_empty_prompt_is_an_input_error():
    with pytest.raises(InputError, match="empty"):
        read_intent(" ")


def test_sentences_are_lower_case_words():
    found = tokenize("A dog's “red” ball — rolls. It's fast!")
    assert [[token.word for token in sentence] for sentence in found] == [
        ["a", "dog", "'s", "red", "ball", ",", "rolls"],
        ["it", "'s", "fast"],
    ]


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("dog", "dogs"), ("bus", "buses"), ("fox", "foxes"), ("house", "houses"),
        ("butterfly", "butterflies"), ("monkey", "monkeys"), ("leaf", "leaves"),
        ("child", "children"), ("mouse", "mice"), ("snowman", "snowmen"), ("sheep", "sheep"),
        ("goldfish", "goldfish"), ("potato", "potatoes"), ("flamingo", "flamingos"),
        ("cookie", "cookies"), ("horse", "horses"), ("glass", "glasses"), ("walrus", "walruses"),
        ("axolotl", "axolotls"),
    ],
)  # fmt: skip
def test_plurals_and_back(one, many):
    assert plural(one) == many
    assert is_plural(many) or many == "glasses"  # spectacles, alone
    assert singular(many) == one or many == "glasses"
    assert singular(one) == one


def test_articles_and_numbers():
    words = "apple unicorn umbrella hour house ukulele ufo old eight-legged x-ray user egg".split()
    assert "".join("n" if article(word) == "an" else "-" for word in words) == "n-nn---nnn-n"
    assert [number(word) for word in ("seven", "7", "twenty-one", "0", "x", "1.5", "٣")] == [
        7, 7, 21, None, None, None, None,
    ]  # fmt: skip


def test_verb_forms():
    ings = "running floating lying zigzagging hopping making seeing mixing beginning quacking"
    lemmas = "run float lie zigzag hop make see mix begin quack".split()
    assert [ing_form(lemma) for lemma in lemmas] == ings.split()
    assert list(forms("fly").items())[:4] == [
        ("flown", "participle"), ("flew", "past"), ("flying", "ing"), ("flies", "s"),
    ]  # fmt: skip
