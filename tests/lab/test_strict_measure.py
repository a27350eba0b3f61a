"""The strict measure knows stickers by their drawing, either way round, and where they are."""

import numpy as np
import pytest
from emoji_font import needs_font
from PIL import Image, ImageFilter

from flowzero_jax.lab.evaluation.identity import CANDIDATES, Look
from flowzero_jax.lab.evaluation.opaque import identify_strictly, locate
from flowzero_jax.lab.stickers import sprites
from flowzero_jax.lab.stickers.backgrounds import paint_background

BACKDROPS = ("meadow", "city at night", "sea", "plain background", "snow")
BOX = (0.3, 0.25, 0.7, 0.65)

pytestmark = needs_font


def drawn(noun, color=None, box=BOX, backdrop="meadow", facing="", seed=0):
    picture = paint_background(np.random.default_rng(seed), backdrop, 128)
    sprites.draw_sprite(picture, noun, tuple(128 * value for value in box), color, facing)
    return picture


@pytest.mark.parametrize(("color", "nouns"), [(None, CANDIDATES), ("blue", CANDIDATES[::3])])
def test_the_right_sticker_is_found(color, nouns):
    found = [
        identify_strictly(
            drawn(noun, color, backdrop=BACKDROPS[i % 5], seed=i), BOX, Look(noun, color)
        ).match
        for i, noun in enumerate(nouns)
    ]
    assert np.mean([match.right for match in found]) >= 0.98
    assert np.mean([match.score for match in found]) > 0.95


def test_an_empty_box_is_right_by_chance_alone():
    pictures = [
        paint_background(np.random.default_rng(i), BACKDROPS[i % 5], 128) for i in range(20)
    ]
    right = [
        identify_strictly(picture, BOX, Look(noun, None)).match.right
        for picture, noun in zip(pictures, CANDIDATES[::3], strict=True)
    ]
    assert np.mean(right) <= 0.15


def test_what_surrounds_a_sticker_does_not_count():
    picture = drawn("apple")
    background = paint_background(np.random.default_rng(9), "city at night", 128)
    other = background.copy()
    sprites.draw_sprite(other, "apple", tuple(128 * value for value in BOX), None, "")
    scores = [
        identify_strictly(image, BOX, Look("apple", None)).match for image in (picture, other)
    ]
    assert scores[0].right and scores[1].right
    assert abs(scores[0].score - scores[1].score) < 0.05


@pytest.mark.parametrize("noun", ["dog", "car", "fish", "airplane"])
def test_it_tells_to_which_side_a_thing_looks(noun):
    own, other = ("right", "left") if noun == "airplane" else ("left", "right")
    assert not identify_strictly(drawn(noun, facing=own), BOX, Look(noun, None)).mirrored
    mirrored = identify_strictly(drawn(noun, facing=other), BOX, Look(noun, None))
    assert mirrored.mirrored and mirrored.match.right


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (0.1, 0), (-0.08, 0.12)])
def test_a_thing_is_found_where_it_is(dx, dy):
    there = (BOX[0] + dx, BOX[1] + dy, BOX[2] + dx, BOX[3] + dy)
    image = Image.fromarray(drawn("ladybug", box=there)).filter(ImageFilter.GaussianBlur(1))
    place = locate(np.asarray(image), BOX, Look("ladybug", None))
    assert place.distance == pytest.approx(np.hypot(dx, dy) / np.sqrt(2), abs=0.012)
    overlap = (0.4 - abs(dx)) * (0.4 - abs(dy))
    assert place.overlap == pytest.approx(overlap / (0.32 - overlap), abs=0.08)


def test_a_smaller_thing_overlaps_less():
    small = (0.4, 0.35, 0.6, 0.55)
    place = locate(drawn("ladybug", box=small), BOX, Look("ladybug", None))
    assert place.overlap == pytest.approx(0.36, abs=0.12) and place.distance < 0.02
