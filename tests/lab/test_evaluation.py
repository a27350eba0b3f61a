"""Evaluation: measures that know a perfect video from a broken one, prompts, tables, sheets."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from emoji_font import needs_font
from PIL import Image, ImageFilter

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.lab.evaluation import page, tables
from flowzero_jax.lab.evaluation.backdrop import STRIP, backdrop
from flowzero_jax.lab.evaluation.ideal import draw_video
from flowzero_jax.lab.evaluation.identity import CANDIDATES, Look, identify, read_look
from flowzero_jax.lab.evaluation.measures import measure
from flowzero_jax.lab.evaluation.motion import (
    Shift,
    background_change,
    background_shift,
    look_change,
    shifted,
)
from flowzero_jax.lab.evaluation.prompts import ABLATION_PROMPT, PROMPTS
from flowzero_jax.lab.evaluation.runs import FULL, EvaluationSettings, variants_of
from flowzero_jax.lab.evaluation.sheets import Row, draw_rows, save_small
from flowzero_jax.lab.stickers import sprites
from flowzero_jax.lab.stickers.backgrounds import BACKGROUNDS, paint_background
from flowzero_jax.planner import plan
from flowzero_jax.settings import GenerationSettings
from flowzero_jax.tabulate import accumulated_shifts


@pytest.mark.parametrize(
    ("phrase", "look"),
    [
        ("a cat", Look("cat", None)),
        ("a small grey kitten", Look("cat", "gray")),
        ("an orange kite", Look("kite", "orange")),
        ("a red soccer ball", Look("ball", "red")),
    ],
)
def test_looks_are_read_from_phrases(phrase, look):
    assert read_look(phrase) == look


def test_unknown_nouns_are_refused():
    with pytest.raises(InputError, match="'a wooden table'"):
        read_look("a wooden table")


def painted(name: str, seed: int = 0, size: int = 128) -> np.ndarray:
    return paint_background(np.random.default_rng(seed), name, size)


BACKDROPS = ("meadow", "city at night", "sea", "plain background", "snow")


def pixels_of(box, size: int = 128):
    return tuple(size * value for value in box)


def drawn(noun, color, box, backdrop, seed=0) -> np.ndarray:
    picture = painted(backdrop, seed)
    sprites.draw_sprite(picture, noun, pixels_of(box), color)
    return picture


def boxes_of(rng):
    while True:
        x, y = rng.uniform(0, 0.6, 2)
        yield x, y, x + 0.4, y + 0.35


@needs_font
@pytest.mark.parametrize(
    ("color", "nouns"), [(None, CANDIDATES), ("red", CANDIDATES[::3]), ("purple", CANDIDATES[1::3])]
)
def test_the_right_sticker_is_found(color, nouns):
    matches = [
        identify(drawn(noun, color, box, BACKDROPS[i % len(BACKDROPS)], i), box, Look(noun, color))
        for i, (noun, box) in enumerate(
            zip(nouns, boxes_of(np.random.default_rng(3)), strict=False)
        )
    ]
    assert np.mean([match.right for match in matches]) >= 0.98  # one of 60 may be wrong
    assert np.mean([match.score for match in matches]) > 0.9


@needs_font
def test_a_soft_sticker_is_found_and_none_where_none_was_drawn():
    soft, chance = [], []
    boxes = boxes_of(np.random.default_rng(4))
    for i, (noun, box) in enumerate(zip(CANDIDATES[::2], boxes, strict=False)):
        look, backdrop = Look(noun, "red" if i % 2 else None), BACKDROPS[i % len(BACKDROPS)]
        chance.append(identify(painted(backdrop, i), box, look).right)
        image = Image.fromarray(drawn(*look, box, backdrop, i))
        image = image.filter(ImageFilter.GaussianBlur(1.5))
        soft.append(identify(np.asarray(image), box, look).right)
    assert np.mean(soft) >= 0.9
    assert np.mean(chance) <= 0.1


@needs_font
def test_an_outline_tells_apart_what_is_inside():
    """A crab's patch of red must not be found inside a red apple."""
    box = (0.3, 0.2, 0.65, 0.6)
    image = Image.fromarray(drawn("apple", None, box, "park in autumn"))
    image = image.filter(ImageFilter.GaussianBlur(2))
    assert identify(np.asarray(image), box, Look("crab", None)).found == "apple"


def test_a_backdrop_carries_the_surroundings_inwards():
    inside = np.ones((20, 30), bool)
    ramp = np.broadcast_to(np.linspace(0, 1, 30)[None, :, None], (20, 30, 3))
    hidden = ramp.copy()
    hidden[STRIP:-STRIP, STRIP:-STRIP] = 7.0
    behind = backdrop(hidden, inside)
    assert behind.min() >= 0 and behind.max() <= 1
    assert (np.diff(behind[10, :, 0]) > 0).all()


def test_a_backdrop_takes_nothing_from_beyond_the_frame():
    picture = np.full((20, 20, 3), 0.25)
    inside = np.ones((20, 20), bool)
    picture[:, :5], inside[:, :5] = 9.0, False
    np.testing.assert_allclose(backdrop(picture, inside), 0.25, rtol=1e-6)


@pytest.mark.parametrize("name", ["meadow", "forest", "road at night", "space"])
@pytest.mark.parametrize("shift", [(0, 0), (0, -8), (3, 0), (-5, 6)])
def test_phase_correlation_finds_whole_shifts(name, shift):
    picture = painted(name, size=160)
    before = picture[16:144, 16:144]
    after = np.roll(picture, shift, axis=(0, 1))[16:144, 16:144]
    np.testing.assert_allclose(background_shift(before, after), shift, atol=0.3)


def test_phase_correlation_finds_fractions_of_pixels():
    picture = painted("forest", size=160)
    moved = shifted(picture, Shift(1.5, -2.25)).astype(np.uint8)
    found = background_shift(picture[16:144, 16:144], moved[16:144, 16:144])
    np.testing.assert_allclose(found, (1.5, -2.25), atol=0.2)


@pytest.mark.parametrize("name", ["meadow", "beach", "starry night sky"])
def test_things_in_boxes_do_not_count_as_background(name):
    before = painted(name)
    after = before.copy()
    boxes = [(0.2, 0.4, 0.5, 0.7), (0.28, 0.4, 0.58, 0.7)]
    for picture, (x0, y0, x1, y1) in zip((before, after), boxes, strict=True):
        picture[int(128 * y0) : int(128 * y1), int(128 * x0) : int(128 * x1)] = (200, 30, 40)
    found = background_shift(before, after, boxes[:1], boxes[1:])
    np.testing.assert_allclose(found, (0, 0), atol=0.3)
    assert background_change(before, after, Shift(0.0, 0.0), boxes[:1], boxes[1:]) == 0
    assert background_change(before, after, Shift(0.0, 0.0)) > 1


def test_nothing_is_measured_where_nothing_can_be_seen():
    flat = np.full((64, 64, 3), 90, np.uint8)
    assert background_shift(flat, flat) is None
    meadow = painted("meadow")
    assert background_shift(meadow, meadow, [(0, 0, 1, 1)]) is None
    assert background_change(meadow, meadow, Shift(0.0, 0.0), [(0, 0, 1, 0.9)]) is None


def test_flicker_is_what_the_planned_shift_does_not_explain():
    picture = painted("forest", size=160)
    before, after = picture[16:144, 16:144], picture[16:144, 20:148]
    assert background_change(before, after, Shift(0.0, -4.0)) == 0
    assert background_change(before, after, Shift(0.0, 0.0)) > 3


@needs_font
def test_a_look_is_kept_by_the_same_sticker_and_lost_by_another():
    boxes = [(0.1, 0.2, 0.4, 0.5), (0.5, 0.3, 0.8, 0.6)]
    opaque = np.ones((38, 38), bool)
    changes = []
    for second in ("cat", "whale"):
        pictures = [np.full((100, 100, 3), 128, np.uint8) for _ in boxes]
        for picture, noun, box in zip(pictures, ("cat", second), boxes, strict=True):
            sprites.draw_sprite(picture, noun, pixels_of(box, 100))
        changes.append(look_change(*pictures, *boxes, opaque))
    assert changes[0] < 0.5 and changes[1] > 20


def test_the_prompts_are_plannable_and_drawable():
    assert len({prompt.text for prompt in PROMPTS}) == len(PROMPTS) == 40
    nouns, colors, moving, changing = set(), set(), 0, 0
    for prompt in PROMPTS:
        assert prompt.background in BACKGROUNDS
        scene = plan(prompt.text, num_frames=4)
        looks = [{read_look(item.phrase) for item in f.objects} for f in scene.frames]
        assert all(1 <= len(frame.objects) <= 2 for frame in scene.frames)
        nouns |= {look.noun for seen in looks for look in seen}
        colors |= {look.color for seen in looks for look in seen}
        motions = [frame.background_motion for frame in scene.frames]
        moving += bool(np.abs(accumulated_shifts(motions, (128, 128))).max())
        changing += looks[0] != looks[-1]
    assert len(nouns) >= 35 and len(colors) >= 8
    assert moving >= 12 and changing >= 6


@needs_font
@pytest.mark.parametrize(
    "prompt", [p for p in PROMPTS if "pumpkin" in p.text or "horse" in p.text], ids=lambda p: p.text
)
def test_a_video_drawn_by_hand_is_perfect(prompt):
    scene = plan(prompt.text, num_frames=4)
    frames = draw_video(scene, prompt.background)
    measures = measure(scene, frames)
    assert all(sticker.match.right for sticker in measures.stickers)
    assert len(measures.stickers) == 4 and len(measures.motions) == 3
    errors = [np.subtract(m.measured, m.planned) for m in measures.motions]
    assert np.abs(errors).max() < 1  # the background moves on whole pixels
    assert max(measures.flicker) < 4 and max(measures.look_changes) < 10

    still = measure(scene, np.repeat(frames[:1], 4, axis=0))
    assert np.abs([m.measured for m in still.motions]).max() < 0.3
    assert np.mean(still.flicker) > np.mean(measures.flicker)


def test_everything_on_comes_first_and_every_variant_differs():
    variants = variants_of(GenerationSettings(cross_frame="first_self"))
    assert next(iter(variants)) == FULL
    assert len({*variants.values()}) == len(variants) == 7


def test_numbers_that_are_missing_are_written_as_such():
    summary = tables.summarize([])
    shares = summary["stickers"]["all"]
    assert shares.pop("count") == 0 and set(shares.values()) == {None}
    assert "–" in tables.comparison_table({"none": summary})
    json.dumps(summary)


def test_sheets_are_small_or_refused(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (8, 128, 128, 3)).astype(np.uint8)
    scene = plan("a cat walks in a meadow", num_frames=8)
    sheet = draw_rows([Row("noise", noise, scene), Row("again", noise)])
    save_small(sheet, tmp_path / "sheet.webp", 200_000)
    assert (tmp_path / "sheet.webp").stat().st_size <= 200_000
    with Image.open(tmp_path / "sheet.webp") as image:
        assert image.size == sheet.size
    with pytest.raises(OutputError, match="fewer rows"):
        save_small(sheet, tmp_path / "other.webp", 1000)
    assert not (tmp_path / "other.webp").exists()


class HandPainter:
    """Stands in for a pipeline: draws by hand, and counts how often."""

    settings = GenerationSettings(height=128, width=128, cross_frame="first")
    info = SimpleNamespace(name="by hand", sha256="0" * 64)
    drawn = 0

    def __call__(self, scene, *, seed, settings):
        self.drawn += 1
        return draw_video(scene, "road", seed)


@needs_font
def test_a_report_is_written_and_kept_frames_are_not_drawn_again(tmp_path, capsys):
    settings = EvaluationSettings(seeds=(4, 5), only="red car", num_frames=3)
    painter, out, store = HandPainter(), tmp_path / "out", tmp_path / "store"
    results = page.evaluate_sticker(painter, settings, out, store)
    assert painter.drawn == 8  # two seeds, and one for each of six variants
    assert "[8/8]" in capsys.readouterr().out
    assert results == json.loads((out / "results.json").read_text())
    assert results[FULL]["stickers"]["by_kind"]["color"] == results[FULL]["stickers"]["all"]
    assert results[FULL]["stickers"]["all"]["right"] == 1
    assert results["prompts"].keys() == {ABLATION_PROMPT}
    assert results["variants"].keys() == {*variants_of(painter.settings), page.BY_HAND}
    text = (out / "README.md").read_text()
    assert "| no noise shift (1) | 100.0 % |" in text and "](ablation.webp)" in text
    with Image.open(out / "ablation.webp") as ablation, Image.open(out / "videos-1.webp") as video:
        assert ablation.height > 4 * video.height
    again = page.evaluate_sticker(painter, settings, out, store)
    assert again == results and painter.drawn == 8


@needs_font
def test_an_evaluation_of_no_prompt_is_refused(tmp_path):
    settings = EvaluationSettings(only="unicorn")
    with pytest.raises(InputError, match="'unicorn'"):
        page.evaluate_sticker(HandPainter(), settings, tmp_path, tmp_path)
