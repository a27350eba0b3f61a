"""Previews: every frame a tile, sizes and endings, hostile texts, atomic files."""

import subprocess
import sys

import pytest
from PIL import Image

from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.planner import plan
from flowzero_jax.preview.plan import draw_scene, write_preview
from flowzero_jax.scene import BackgroundMotion, Frame, SceneObject, SceneSyntax


def scene_of(*frames: Frame, prompt: str = "a test") -> SceneSyntax:
    return SceneSyntax(version=1, prompt=prompt, frames=frames)


def frame(description="a cat", phrase="a cat", box=(0.2, 0.2, 0.8, 0.8), direction="left", speed=0):
    return Frame(
        description=description,
        objects=(SceneObject(id="cat", phrase=phrase, box=box),),
        background_motion=BackgroundMotion(direction=direction, speed=float(speed)),
    )


def tile(sheet: Image.Image, size: int, column: int) -> Image.Image:
    """The part of a one-row sheet that shows a frame."""
    gap = max(size // 16, 6)
    left = gap + column * (size + gap)
    return sheet.crop((left, 0, left + size, sheet.height))


@pytest.mark.parametrize("count", [1, 3, 8, 30, 100])
def test_a_sheet_has_a_tile_for_every_frame(count):
    sheet = draw_scene(plan("a red ball rolls from left to right", count), size=64)
    columns = round((sheet.width - 6) / (64 + 6))
    rows = -(-count // columns)
    assert columns <= count
    assert rows * 70 < sheet.height < rows * 130 + 60


def test_boxes_are_drawn_where_they_are():
    left = draw_scene(scene_of(frame(box=(0.0, 0.0, 0.5, 1.0))), size=128)
    right = draw_scene(scene_of(frame(box=(0.5, 0.0, 1.0, 1.0))), size=128)
    for sheet, inside, outside in ((left, 0.25, 0.75), (right, 0.75, 0.25)):
        picture = tile(sheet, 128, 0)
        row = picture.height // 2 + 20
        assert picture.getpixel((round(128 * inside) - 9, row)) != (255, 255, 255)
        assert picture.getpixel((round(128 * outside) + 9, row)) == (255, 255, 255)


def test_a_track_keeps_its_colour_and_shows_its_way():
    first, second = frame(box=(0.0, 0.3, 0.3, 0.6)), frame(box=(0.7, 0.3, 1.0, 0.6))
    sheet = draw_scene(scene_of(first, second), size=128)
    colours = [set(tile(sheet, 128, k).get_flattened_data()) for k in (0, 1)]
    strong = [{c for c in found if max(c) - min(c) > 100} for found in colours]
    assert strong[0] & strong[1]
    alone = draw_scene(scene_of(second, second), size=128)
    assert tile(alone, 128, 1).tobytes() != tile(sheet, 128, 1).tobytes()  # the line of the way


def test_background_motion_is_shown_from_the_second_frame_on():
    still = draw_scene(scene_of(frame(), frame(), frame()), size=128)
    pictures = {
        direction: draw_scene(
            scene_of(*[frame(direction=direction, speed=0.5)] * 2, frame()), size=128
        )
        for direction in ("left", "right", "up", "random")
    }
    assert len({picture.tobytes() for picture in pictures.values()}) == len(pictures)
    assert all(picture.tobytes() != still.tobytes() for picture in pictures.values())


@pytest.mark.parametrize(
    "text",
    [
        "<b>&amp;</b>",
        "%s {0} \\n",
        "a" * 2000,
        "word " * 400,
        "猫が走る",
        "🐱👩‍🚀",
        "ابجد",
        "e\u0301\u0301\u0301",
        "\u200b\u202ex",
    ],
)
def test_any_text_is_only_text(text, tmp_path):
    scene = scene_of(frame(description=text, phrase=text), prompt=text)
    write_preview(scene, tmp_path / "plan.png")
    with Image.open(tmp_path / "plan.png") as picture:
        assert picture.height < 256 * 8


def test_a_crowd_is_drawn():
    sheet = draw_scene(plan("ten dogs, ten cats and ten birds"), size=128)
    assert sheet.width > 4 * 128
    assert sheet.tobytes() == draw_scene(plan("ten dogs, ten cats and ten birds"), 128).tobytes()


def test_png_and_gif_are_written(tmp_path):
    scene = plan("a cat runs to the left, the camera pans right", 5)
    write_preview(scene, tmp_path / "plan.PNG")
    write_preview(scene, str(tmp_path / "plan.gif"))
    with Image.open(tmp_path / "plan.PNG") as picture:
        assert picture.format == "PNG"
    with Image.open(tmp_path / "plan.gif") as picture:
        assert picture.n_frames == 5 and picture.width == 384
        assert picture.info["duration"] == 250 and picture.info["loop"] == 0
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["plan.PNG", "plan.gif"]


def test_a_long_video_stays_a_usable_picture():
    sheet = draw_scene(plan("a cat runs to the left", 200))
    assert sheet.width * sheet.height < 30_000_000


@pytest.mark.parametrize("name", ["plan.jpg", "plan", "plan.mp4", ".png.txt"])
def test_other_endings_are_input_errors(tmp_path, name):
    with pytest.raises(InputError, match=r"\.png"):
        write_preview(plan("a cat"), tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [0, 63, 1025, 1.5, "big", True])
def test_impossible_sizes_are_input_errors(size):
    with pytest.raises(InputError, match="size"):
        draw_scene(plan("a cat"), size=size)


def test_a_folder_that_is_missing_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        write_preview(plan("a cat", 1), tmp_path / "missing" / "plan.png")


def test_previews_need_no_jax():
    code = "import sys; import flowzero_jax.preview; assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
