"""What is written can be read back; what cannot be written leaves nothing behind."""

import os
import stat

import numpy as np
import pytest
from PIL import Image

from flowzero_jax import files
from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.video import (
    check_output_path,
    contact_sheet,
    formats,
    mp4,
    read_video,
    write,
    write_video,
)
from flowzero_jax.video.gif import gif_delays
from flowzero_jax.video.paths import sidecar_path
from flowzero_jax.video.sheet import sheet_gap, sheet_grid

LOSSLESS = ["video.webp", "video.apng", "video.npz", "video"]
MOVING = ["video.mp4", "video.gif", "video.webp", "video.apng"]


def moving_square(num_frames=4, height=32, width=48):
    """A red square that moves right over a gradient."""
    frames = np.zeros((num_frames, height, width, 3), np.uint8)
    frames[..., 1] = np.linspace(40, 200, width).astype(np.uint8)
    frames[..., 2] = np.linspace(200, 90, height).astype(np.uint8)[:, None]
    for index in range(num_frames):
        frames[index, 8:20, 4 + 6 * index : 16 + 6 * index] = (220, 30, 30)
    return frames


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_formats_keep_every_pixel(tmp_path, name):
    frames = moving_square()
    assert write_video(tmp_path / name, frames) == tmp_path / name
    np.testing.assert_array_equal(read_video(tmp_path / name).frames, frames)


@pytest.mark.parametrize(("name", "mean_error"), [("video.mp4", 4), ("video.gif", 3)])
def test_lossy_formats_stay_close(tmp_path, name, mean_error):
    frames = moving_square()
    frames[:, :, 36:] = (10, 180, 60)  # large areas in pure colours: a wrong matrix would show
    found = read_video(write_video(tmp_path / name, frames)).frames.astype(float)
    assert np.abs(found - frames).mean() < mean_error
    np.testing.assert_allclose(found[:, 4:-4, 40:-2], frames[:, 4:-4, 40:-2], atol=4)


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize("fps", [0.5, 4, 12.5])
def test_the_frame_rate_is_kept(tmp_path, name, fps):
    assert read_video(write_video(tmp_path / name, moving_square(), fps)).fps == pytest.approx(fps)


@pytest.mark.parametrize("name", [*MOVING, *LOSSLESS])
@pytest.mark.parametrize("num_frames", [1, 5])
def test_identical_neighbours_are_kept(tmp_path, name, num_frames):
    frames = np.repeat(moving_square(1), num_frames, axis=0)
    assert read_video(write_video(tmp_path / name, frames)).frames.shape == frames.shape


def test_mp4_is_what_browsers_play(tmp_path):
    path = write_video(tmp_path / "video.mp4", moving_square())
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # faststart
    run = mp4._run_ffmpeg(["-hide_banner", "-i", str(path)], path)
    stream = run.stderr.decode()
    assert "h264 (High)" in stream and "yuv420p(tv, bt709, progressive)" in stream


def test_mp4_bytes_depend_on_the_frames_alone(tmp_path):
    paths = [write_video(tmp_path / name, moving_square()) for name in ("a.mp4", "b.mp4")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_gif_does_not_flicker_where_nothing_moves(tmp_path):
    rng = np.random.default_rng(0)
    frames = np.repeat(rng.integers(0, 256, (1, 48, 48, 3), np.uint8), 4, axis=0)
    for index in range(4):
        frames[index, 4:12, 8 * index : 8 * index + 8] = (255, 40 * index, 0)
    found = read_video(write_video(tmp_path / "video.gif", frames)).frames
    still = np.s_[:, 12:]
    np.testing.assert_array_equal(found[still], np.broadcast_to(found[0][12:], found[still].shape))


def test_gif_with_few_colours_is_exact(tmp_path):
    frames = moving_square()
    frames[..., 1:] = 0
    found = read_video(write_video(tmp_path / "video.gif", frames))
    np.testing.assert_array_equal(found.frames, frames)


def test_gif_warns_of_rates_that_it_rounds_and_keeps_the_average(tmp_path):
    with pytest.warns(UserWarning, match="30 or 40 ms"):
        write_video(tmp_path / "video.gif", moving_square(9), fps=30)
    assert read_video(tmp_path / "video.gif").fps == pytest.approx(30)
    assert gif_delays(3, 30) == [3, 4, 3]
    with pytest.warns(UserWarning, match=r"\(50 fps on average\)"):
        write_video(tmp_path / "video.gif", moving_square(), fps=200)


@pytest.mark.parametrize("order", [[0, 0, 1, 1, 0], [1, 1, 1], [0, 1, 0, 1, 1, 1, 1]])
def test_apng_keeps_equal_frames_wherever_they_stand(tmp_path, order):
    frames = moving_square(2)[order]
    found = read_video(write_video(tmp_path / "video.apng", frames, fps=10))
    np.testing.assert_array_equal(found.frames, frames)
    assert found.fps == pytest.approx(10)


@pytest.mark.parametrize("fps", [0.01, 23.976, 30, 240])
def test_apng_keeps_any_rate(tmp_path, fps):
    path = write_video(tmp_path / "video.apng", moving_square(7), fps)
    assert read_video(path).fps == pytest.approx(fps)


def test_apng_is_a_png_that_browsers_repeat_for_ever(tmp_path):
    data = write_video(tmp_path / "video.apng", moving_square(3)).read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    control = data.index(b"acTL")
    assert control < data.index(b"IDAT")
    assert data[control + 4 : control + 12] == bytes([0, 0, 0, 3, 0, 0, 0, 0])  # frames, repeats
    (tmp_path / "still.png").write_bytes(data)
    with Image.open(tmp_path / "still.png") as image:
        np.testing.assert_array_equal(image.convert("RGB"), moving_square(3)[0])


def test_a_damaged_apng_is_an_output_error(tmp_path):
    path = write_video(tmp_path / "video.apng", moving_square(2))
    data = path.read_bytes()
    for name in (b"fcTL", b"fdAT"):
        path.write_bytes(data.replace(name, b"\xff" + name[1:]))
        with pytest.raises(OutputError, match=r"video\.apng: cannot be read as \.apng"):
            read_video(path)


def test_a_row_and_an_encoder_make_a_format(tmp_path, monkeypatch):
    """Grey pictures, say: at most six, of even sides."""

    def encode(frames, fps, path):
        path.write_bytes(bytes(frames.shape[:3]) + frames[..., 0].tobytes())

    def decode(path):
        shape, pixels = np.split(np.frombuffer(path.read_bytes(), np.uint8), [3])
        return np.repeat(pixels.reshape(*shape, 1), 3, axis=3), None

    row = formats.Format(".grey", encode, decode, even_sides=True, max_frames=6, note="no colours")
    monkeypatch.setitem(formats.FORMATS, ".grey", row)
    path = tmp_path / "video.grey"
    grey = np.repeat(moving_square()[..., :1], 3, axis=3)
    np.testing.assert_array_equal(read_video(write_video(path, grey)).frames, grey)
    assert sidecar_path(path, "meta") == tmp_path / f"{path.name}.meta.json"
    with pytest.raises(OutputError, match=r"video\.grey: read back with other pixels"):
        write_video(path, moving_square())
    with pytest.raises(InputError, match=r"\.grey needs an even width"):
        write_video(path, grey[:, :31])
    with pytest.raises(InputError, match=r"7 frames: \.grey holds at most 6"):
        write_video(path, np.repeat(grey[:1], 7, axis=0))
    with pytest.raises(InputError, match=r"use \.mp4, .*\.grey or a folder"):
        check_output_path(tmp_path / "video.avi")
    assert ".grey (no colours)" in formats.output_help()
    np.testing.assert_array_equal(read_video(path).frames, grey)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("num_frames", [1, 2, 5, 8, 16])
def test_contact_sheet_holds_all_frames_in_reading_order(tmp_path, num_frames):
    frames = moving_square(num_frames)
    height, width = frames.shape[1:3]
    sheet = contact_sheet(frames)
    rows, columns = sheet_grid(num_frames, height, width)
    gap = sheet_gap(height, width)
    assert num_frames <= rows * columns < num_frames + columns
    for index, frame in enumerate(frames):
        top = gap + index // columns * (height + gap)
        left = gap + index % columns * (width + gap)
        np.testing.assert_array_equal(sheet[top : top + height, left : left + width], frame)
    path = write_video(tmp_path / "video.png", frames)
    np.testing.assert_array_equal(read_video(path).frames[0], sheet)


def test_folder_replaces_its_frames_and_nothing_else(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    write_video(folder, moving_square(6))
    write_video(folder, moving_square(4))
    assert sorted(path.name for path in folder.iterdir()) == [
        *(f"frame_{index:04d}.png" for index in range(4)),
        "notes.txt",
    ]
    np.testing.assert_array_equal(read_video(folder).frames, moving_square(4))


@pytest.mark.parametrize("name", ["video.mp4", "video.gif", *LOSSLESS])
def test_a_failure_leaves_the_older_result_and_nothing_half_written(tmp_path, name, monkeypatch):
    path = write_video(tmp_path / name, moving_square())
    before = read_video(path).frames
    listing = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(
        write, "read_video", lambda path: read_video(path)._replace(frames=before[:1])
    )
    with pytest.raises(OutputError, match=r"read back .*; write \S+"):
        write_video(path, moving_square(5))
    assert sorted(tmp_path.rglob("*")) == listing
    np.testing.assert_array_equal(read_video(path).frames, before)


def test_an_interrupt_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(write, "_verify", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_video(tmp_path / "video.webp", moving_square())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("program", ["false", "true", "missing"])
def test_a_broken_ffmpeg_is_one_line_that_names_the_way_out(tmp_path, monkeypatch, program):
    monkeypatch.setattr(mp4.imageio_ffmpeg, "get_ffmpeg_exe", lambda: program)
    with pytest.raises(
        OutputError, match=r"video\.mp4: .*write \.gif, \.webp or a folder"
    ) as caught:
        write_video(tmp_path / "video.mp4", moving_square())
    assert "\n" not in str(caught.value) and ".flowzero" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_an_output_error(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    for name in ["video.webp", "video"]:
        with pytest.raises(OutputError, match="No space left on device"):
            write_video(tmp_path / name, moving_square())
    assert not list(tmp_path.iterdir())


def test_files_get_the_usual_rights(tmp_path):
    mask = os.umask(0o022)
    try:
        path = write_video(tmp_path / "video.mp4", moving_square())
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (moving_square().astype(np.float32) / 255, "uint8"),
        (moving_square()[0], "shape"),
        (moving_square()[..., :1], "shape"),
        (moving_square(0), "shape"),
        (moving_square(height=31, width=45), r"45x31 pixels: .*such as 46x32"),
    ],
)
def test_frames_that_cannot_be_written(tmp_path, frames, message):
    with pytest.raises(InputError, match=message):
        write_video(tmp_path / "video.mp4", frames)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fps", [0, -1, 241, 1e9, 0.001, float("nan"), float("inf")])
def test_frame_rates_that_make_no_sense(tmp_path, fps):
    with pytest.raises(InputError, match=r"from 0\.01 to 240"):
        write_video(tmp_path / "video.mp4", moving_square(), fps)


@pytest.mark.parametrize("name", ["-video.mp4", "a:b.mp4", "%03d.mp4", "ü 猫.mp4"])
def test_odd_names_are_only_names(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert read_video(write_video(name, moving_square())).frames.shape == moving_square().shape
    assert os.listdir() == [name]


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("video.avi", InputError, r"unknown ending \.avi; use \.mp4"),
        ("video.mp4.tmp", InputError, "unknown ending"),
        ("a\0b.mp4", InputError, "not a possible file name"),
        ("a\0b", InputError, "not a possible file name"),
        ("missing/video.mp4", OutputError, "no such folder"),
        ("missing/video", OutputError, "no such folder"),
        ("file/video.mp4", OutputError, "not a folder"),
        ("file", OutputError, "a file without an ending"),
        ("a" * 260 + ".mp4", OutputError, "name too long"),
        ("a" * 260, OutputError, "name too long"),
        ("/proc/video.mp4", OutputError, "not writable"),
        ("/proc/video", OutputError, "not writable"),
        ("pipe.mp4", OutputError, "not a regular file"),
    ],
)
def test_outputs_are_checked_before_any_work(tmp_path, monkeypatch, name, error, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    os.mkfifo("pipe.mp4")
    with pytest.raises(error, match=f"(?i){message}"):
        check_output_path(name)
    assert sorted(os.listdir()) == ["file", "pipe.mp4"]


def test_an_output_never_replaces_an_input(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.png").touch()
    (tmp_path / "link.png").symlink_to("in.png")
    (tmp_path / "model").mkdir()
    for name, source in [("in.png", "in.png"), ("link.png", "./in.png"), ("./model", "model")]:
        with pytest.raises(InputError, match="would overwrite the input"):
            check_output_path(name, inputs=[source])
    assert check_output_path("other.PNG", inputs=["in.png"]) == ".png"
    assert check_output_path("folder") == check_output_path(".") == "folder"


def test_what_belongs_to_a_video_lies_beside_it(tmp_path):
    assert sidecar_path("a/video.mp4", "meta").as_posix() == "a/video.meta.json"
    assert sidecar_path("a/v1.final.gif", "plan").as_posix() == "a/v1.final.gif.plan.json"
    assert sidecar_path("a/frames", "meta").as_posix() == "a/frames/meta.json"
    (tmp_path / "shots.v2").mkdir()
    assert sidecar_path(tmp_path / "shots.v2", "meta") == tmp_path / "shots.v2" / "meta.json"


def test_what_belongs_to_a_video_belongs_to_no_other_one():
    endings = [ending for ending in formats.FORMATS if ending != formats.FOLDER]
    stems = ["e", "e.mp4", "e.gif", "e.v1", "e.plan", "e.gif.mp4"]
    names = [stem + ending for stem in stems for ending in [*endings, ".MP4"]]
    names.append("e")  # a folder
    for kind in ("plan", "meta", "history"):
        assert len({sidecar_path(name, kind) for name in names}) == len(names)


@pytest.mark.parametrize("name", ["x.mp4", "x.gif", "x.webp", "x.apng", "x.npz"])
def test_unreadable_files_are_output_errors(tmp_path, name):
    with pytest.raises(OutputError, match="no such file"):
        read_video(tmp_path / name)
    (tmp_path / name).write_bytes(b"not a video")
    with pytest.raises(OutputError, match=name):
        read_video(tmp_path / name)
