"""The sticker model's training data: words, stickers, backgrounds, composed pictures."""

import numpy as np
import pytest
from emoji_font import needs_font

from flowzero_jax.errors import InputError
from flowzero_jax.lab.stickers import sprites
from flowzero_jax.lab.stickers.backgrounds import BACKGROUNDS, paint_background, usable_phrases
from flowzero_jax.lab.stickers.compose import (
    compose,
    compose_batch,
    draw_scene,
    example_rng,
    sample_scene,
    sample_texts,
)
from flowzero_jax.lab.stickers.vocabulary import (
    COLORS,
    NATURAL_COLORS,
    NOUNS,
    SYNONYMS,
    plural,
    with_article,
)
from flowzero_jax.lab.training.sheets import contact_sheet


def test_vocabulary_is_consistent():
    assert len(NOUNS) == 60
    assert {"cat", "dog", "bird", "car", "ball"} <= set(NOUNS)
    assert all(len(emoji) == 1 for emoji in NOUNS.values())
    assert len(set(NOUNS.values())) == len(NOUNS)
    assert set(SYNONYMS) <= set(NOUNS)
    said = [word for words in SYNONYMS.values() for word in words]
    assert len(set(said)) == len(said) and not set(said) & set(NOUNS)
    assert set(NATURAL_COLORS) <= set(NOUNS) and set(NATURAL_COLORS.values()) <= set(COLORS)


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("cat", "cats"),
        ("butterfly", "butterflies"),
        ("mouse", "mice"),
        ("fish", "fish"),
        ("fox", "foxes"),
        ("bus", "buses"),
        ("snowman", "snowmen"),
        ("key", "keys"),
    ],
)
def test_plural(noun, expected):
    assert plural(noun) == expected


def test_article():
    assert with_article("orange ball") == "an orange ball"
    assert with_article("ball") == "a ball"


@needs_font
@pytest.mark.parametrize("noun", NOUNS)
def test_sticker_is_premultiplied_and_cropped(noun):
    pixels = sprites.sprite(noun)
    assert pixels.dtype == np.uint8 and pixels.shape[2] == 4
    assert (pixels[..., :3] <= pixels[..., 3:]).all()
    alpha = pixels[..., 3] > 8
    assert alpha[0].any() and alpha[-1].any() and alpha[:, 0].any() and alpha[:, -1].any()


@needs_font
@pytest.mark.parametrize("color", COLORS)
def test_another_color_is_the_bodys_and_keeps_the_outline(color):
    for noun in ("cat", "crab", "fish"):
        plain, colored = sprites.sprite(noun), sprites.sprite(noun, color)
        np.testing.assert_array_equal(plain[..., 3], colored[..., 3])
        body = (plain[..., 3] == 255) & (plain[..., :3].astype(int) != colored[..., :3]).any(-1)
        median = np.median(colored[body][:, :3], axis=0) / 255
        distance = {name: np.abs(median - value).sum() for name, value in COLORS.items()}
        assert min(distance, key=distance.get) == color


@needs_font
@pytest.mark.parametrize("noun", ["ladybug", "bird", "fox"])
def test_another_color_leaves_dark_lines_and_spots(noun):
    plain = sprites.sprite(noun).astype(int)
    dark = (plain[..., 3] == 255) & (plain[..., :3].max(axis=-1) < 70)
    assert dark.sum() > 30
    difference = np.abs(sprites.sprite(noun, "green")[..., :3] - plain[..., :3]).max(axis=-1)
    assert np.median(difference[dark]) <= 1


@needs_font
def test_another_color_leaves_parts_of_another_hue():
    plain = sprites.sprite("bird").astype(int)
    beak = (plain[..., 3] == 255) & (plain[..., 0] - plain[..., 2] > 150)
    assert beak.sum() > 50
    difference = np.abs(sprites.sprite("bird", "green")[..., :3] - plain[..., :3]).max(axis=-1)
    assert np.median(difference[beak]) <= 1


@needs_font
def test_a_sticker_that_looks_to_a_side_is_mirrored_to_look_to_the_other():
    dog, rocket, ball = (sprites.sprite(noun) for noun in ("dog", "rocket", "ball"))
    np.testing.assert_array_equal(sprites.sprite("dog", None, "left"), dog)
    np.testing.assert_array_equal(sprites.sprite("dog", None, "right"), dog[:, ::-1])
    np.testing.assert_array_equal(sprites.sprite("rocket", None, "left"), rocket[:, ::-1])
    np.testing.assert_array_equal(sprites.sprite("ball", None, "left"), ball)


def test_half_of_the_pictures_say_where_things_look():
    scenes = [sample_scene(example_rng(5, index)) for index in range(400)]
    told = [scene for scene in scenes if any(thing.facing for thing in scene.things)]
    assert 0.4 < len(told) / sum(bool(scene.things) for scene in scenes) < 0.6
    for thing in (thing for scene in told for thing in scene.things):
        assert thing.facing_phrase == f"a {thing.facing}-facing {thing.words}"
        assert "facing" not in thing.phrase
    assert not any("facing" in scene.caption for scene in scenes)


@needs_font
def test_sticker_is_the_largest_that_fits_and_centered():
    image = np.zeros((100, 120, 3), np.uint8)
    sprites.draw_sprite(image, "balloon", (20, 10, 110, 70), "white")
    rows, columns = np.nonzero(image.any((1, 2)))[0], np.nonzero(image.any((0, 2)))[0]
    aspect = sprites.sprite_aspect("balloon")
    assert rows[0] in (10, 11) and rows[-1] in (68, 69)
    assert abs((columns[-1] - columns[0] + 1) - 60 * aspect) <= 2
    assert abs((columns[0] + columns[-1] + 1) / 2 - 65) <= 1


@needs_font
def test_sticker_at_its_own_size_is_the_glyph():
    pixels = sprites.sprite("car")
    height, width = pixels.shape[:2]
    image = np.zeros((height, width, 3), np.uint8)
    sprites.draw_sprite(image, "car", (0, 0, width, height))
    np.testing.assert_array_equal(image, pixels[..., :3])


def test_unknown_noun_and_missing_font_are_input_errors(tmp_path):
    with pytest.raises(InputError, match="teapot"):
        sprites.sprite("teapot")
    with pytest.raises(InputError, match="FLOWZERO_EMOJI_FONT"):
        sprites._font(str(tmp_path / "none.ttf"))


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_background_is_a_picture_that_varies(name):
    first, second = (paint_background(np.random.default_rng(seed), name, 48) for seed in (0, 1))
    again = paint_background(np.random.default_rng(0), name, 48)
    assert first.shape == (48, 48, 3) and first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != second).any()


def test_background_phrases_are_usable_in_prompts():
    phrases = usable_phrases()
    assert len(phrases) == len(BACKGROUNDS) >= 14
    assert "in a meadow" in phrases and "at night" in phrases
    assert all(phrase == phrase.strip() and "  " not in phrase for phrase in phrases)


@needs_font
def test_example_depends_on_its_generator_alone():
    first, second = compose(example_rng(3, 7), 64), compose(example_rng(3, 7), 64)
    np.testing.assert_array_equal(first.image, second.image)
    assert first.scene == second.scene


@needs_font
def test_batch_does_not_depend_on_where_it_starts():
    whole, part = compose_batch(5, 0, 6, 64), compose_batch(5, 4, 2, 64)
    np.testing.assert_array_equal(whole.images[4:], part.images)
    np.testing.assert_array_equal(whole.boxes[4:], part.boxes)
    assert whole.captions[4:] == part.captions and whole.phrases[4:] == part.phrases


@needs_font
def test_batch_has_present_slots_first():
    batch = compose_batch(1, 0, 40, 32, max_objects=10)
    counts = batch.object_mask.sum(1).astype(int)
    assert counts.min() == 0 or counts.max() > 1
    for mask, count, phrases, boxes in zip(
        batch.object_mask, counts, batch.phrases, batch.boxes, strict=True
    ):
        assert mask[:count].all() and all(phrases[:count]) and not any(phrases[count:])
        assert (boxes[count:] == 0).all()


@needs_font
def test_scenes_are_legal_and_say_what_they_show():
    counts = np.zeros(9)
    for index in range(1500):
        scene = sample_scene(example_rng(0, index))
        counts[len(scene.things)] += 1
        assert scene.background in BACKGROUNDS and scene.caption
        assert scene.caption == " ".join(scene.caption.split())
        for thing, (x0, y0, x1, y1) in zip(scene.things, scene.boxes, strict=True):
            assert 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1
            assert min(x1 - x0, y1 - y0) > 0.1 and max(x1 - x0, y1 - y0) <= 0.7501
            assert thing.phrase.split()[0] in ("a", "an") and thing.phrase.endswith(thing.word)
            assert thing.word in scene.caption or plural(thing.word) in scene.caption
    assert 0.02 < counts[0] / 1500 < 0.08 and 0.35 < counts[1] / 1500 < 0.45


@needs_font
def test_every_sticker_lies_in_its_box():
    for index in range(20):
        scene = sample_scene(example_rng(11, index))
        if len(scene.things) != 1:
            continue
        with_it = draw_scene(example_rng(1, 1), scene, 64)
        bare = paint_background(example_rng(1, 1), scene.background, 64)
        rows, columns = np.nonzero((with_it != bare).any(2))
        x0, y0, x1, y1 = (64 * value for value in scene.boxes[0])
        assert columns.min() >= x0 - 1 and columns.max() <= x1
        assert rows.min() >= y0 - 1 and rows.max() <= y1


@needs_font
def test_texts_need_no_picture():
    texts = sample_texts(2, 30)
    assert texts[0] == compose(example_rng(2, 0), 32).caption
    assert all(isinstance(text, str) and text for text in texts)


@needs_font
def test_contact_sheet_holds_every_picture():
    batch = compose_batch(0, 0, 5, 32)
    sheet = contact_sheet(batch.images, batch.captions, batch.boxes, columns=3)
    assert sheet.size == (3 * 38, 2 * (32 + 36 + 6))
