"""The shift is an orthogonal map that moves content; every frame's noise stays standard normal."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, stats

from flowzero_jax import noise, noise_schemes
from flowzero_jax.errors import InputError

pytestmark = pytest.mark.equality

SIZES = [(4, 6), (5, 7), (6, 3)]
# Seeds are fixed but not chosen: the thresholds are so far out that no range of seeds passes them
# by bad luck, and near enough to see what a plain phase ramp loses (3 % of the variance).
ALPHA, SIGMAS = 1e-6, 5
# How far two compilations may be apart: values are up to 4, of which float32 knows 5e-7, and are
# transformed and back.
ROUNDING = 5e-6
KEY = noise.video_keys([7])[0]
SHIFTS = st.tuples(*[st.floats(-3000, 3000, width=32)] * 2)

turn = jax.jit(noise.turn_noise)
shift = jax.jit(noise.shift_noise)
phases = jax.jit(noise.random_phases, static_argnames="size")
attach = jax.jit(noise.object_noise)
BOTH = ("noise_shift", "object_noise")


@functools.partial(jax.jit, static_argnums=(1, 2))
def video(key, shape, schemes, shifts, speeds, *objects):
    phases = noise.random_phases(key, speeds, shape[:2])
    motion = noise_schemes.Motion(shifts, phases, *objects)
    return noise_schemes.video_noise(key, shape, motion, schemes)


def image(size, channels=4, seed=0):
    return np.random.default_rng(seed).normal(size=(*size, channels)).astype(np.float32)


def every_pixel(size):
    """An image per pixel, on the channel axis: what a linear map makes of it is its matrix."""
    return jnp.eye(size[0] * size[1]).reshape(*size, -1)


@pytest.mark.parametrize("size", SIZES)
@settings(max_examples=20, deadline=None)
@given(by=SHIFTS, speed=st.floats(0, 1, width=32), seed=st.integers(0, 2**32 - 1))
def test_the_shift_is_orthogonal_with_and_without_random_phases(size, by, speed, seed):
    angles = phases(noise.video_keys([seed])[0], jnp.array([0.0, speed]), size=size)
    for phase in angles:
        matrix = np.asarray(turn(every_pixel(size), jnp.array(by), phase)).reshape(
            -1, np.prod(size)
        )
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(len(matrix)), atol=3e-6)


@pytest.mark.parametrize("size", SIZES)
@settings(max_examples=20, deadline=None)
@given(by=st.tuples(*[st.integers(-5000, 5000)] * 2))
def test_a_whole_shift_is_a_roll(size, by):
    moved = shift(image(size), jnp.array(by))
    np.testing.assert_allclose(moved, np.roll(image(size), by, (0, 1)), atol=3e-6)


@pytest.mark.parametrize("size", SIZES)
def test_shift_zero_is_the_identity_to_the_bit(size):
    np.testing.assert_array_equal(shift(image(size), jnp.zeros(2)), image(size))


@settings(max_examples=20, deadline=None)
@given(by=SHIFTS, k=st.tuples(st.integers(-2, 2), st.integers(-3, 3)), angle=st.floats(0, 6))
def test_a_cosine_below_nyquist_moves_by_the_exact_fraction(by, k, angle):
    h, w = 6, 7
    y, x = np.indices((h, w))

    def wave(dy, dx):
        turns = k[0] * (y - dy) / h + k[1] * (x - dx) / w
        return np.cos(2 * np.pi * turns + angle)[..., None].astype(np.float32)

    np.testing.assert_allclose(shift(wave(0, 0), jnp.array(by)), wave(*by), atol=3e-6)


@settings(max_examples=20, deadline=None)
@given(by=SHIFTS)
def test_on_odd_sizes_the_shift_is_scipys(by):
    spectrum = np.fft.fft2(image((5, 7), 1)[..., 0].astype(np.float64))
    expected = np.fft.ifft2(ndimage.fourier_shift(spectrum, by)).real
    np.testing.assert_allclose(shift(image((5, 7), 1), jnp.array(by))[..., 0], expected, atol=5e-6)


@pytest.mark.parametrize(
    ("by", "sign"), [(0.4, 1), (0.5, -1), (1.4, -1), (1.5, 1), (-0.5, 1), (-0.6, -1), (7.0, -1)]
)
def test_the_nyquist_frequency_only_changes_its_sign(by, sign):
    stripes = np.tile(np.array([1, -1, 1, -1], np.float32)[:, None, None], (1, 6, 1))
    np.testing.assert_allclose(shift(stripes, jnp.array([by, 0.3])), sign * stripes, atol=1e-6)


def test_positive_is_down_and_right():
    dot = np.zeros((4, 6, 1), np.float32)
    dot[0, 0] = 1
    assert np.unravel_index(np.argmax(shift(dot, jnp.array([1, 2]))), (4, 6)) == (1, 2)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16, jnp.float32])
def test_the_dtype_is_kept_and_the_work_done_in_float32(dtype):
    low = jnp.asarray(image((4, 6)), dtype)
    by = jnp.array([0.3, -1.7], dtype)
    assert shift(low, by).dtype == dtype
    full = shift(low.astype(jnp.float32), by.astype(jnp.float32))
    # Two compilations: near a tie between two numbers of 16 bits they may round differently.
    found, expected = (np.asarray(x.astype(dtype), np.float32) for x in (shift(low, by), full))
    np.testing.assert_allclose(found, expected, rtol=float(jnp.finfo(dtype).eps), atol=ROUNDING)


def test_frames_are_the_shifts_one_by_one():
    shifts = jnp.array([[0, 0], [0.5, -1.25], [3, 2]])
    frames = jax.jit(noise.shift_noise_frames)(image((4, 6)), shifts)
    np.testing.assert_array_equal(frames[0], image((4, 6)))
    for frame, by in zip(frames, shifts, strict=True):
        np.testing.assert_allclose(frame, shift(image((4, 6)), by), atol=ROUNDING)


@pytest.mark.parametrize("size", SIZES)
def test_random_phases_are_odd_and_accumulate(size):
    speeds = jnp.array([0, 0.5, 0, 1, 0.25])
    theta = np.asarray(phases(KEY, speeds, size=size))
    assert theta.shape == (5, *size)
    opposite = np.roll(theta[:, ::-1, ::-1], 1, (1, 2))
    np.testing.assert_array_equal(theta, -opposite)
    y, x = np.indices(size)
    own = (2 * y % size[0] == 0) & (2 * x % size[1] == 0)
    assert np.all(theta[:, own] == 0) and np.all(theta[1:, ~own] != 0)
    np.testing.assert_array_equal(theta[0], 0)
    np.testing.assert_array_equal(theta[2], theta[1])
    # What frame g adds is its speed times a turn of at most half a circle.
    added = np.diff(theta, axis=0) / np.maximum(speeds[1:], 0.01)[:, None, None]
    assert np.abs(added).max() <= np.pi + 1e-5


def test_random_phases_do_not_depend_on_later_frames_and_are_uniform():
    speeds = jnp.array([0.0, 1.0, 0.5])
    theta = phases(KEY, speeds, size=(32, 31))
    shorter = phases(KEY, speeds[:2], size=(32, 31))
    np.testing.assert_allclose(shorter, theta[:2], atol=ROUNDING)
    u = np.asarray(theta[1])
    assert stats.kstest(u[:, 1:16].ravel() / np.pi, stats.uniform(-1, 2).cdf).pvalue > ALPHA
    u_next = np.asarray(theta[2] - theta[1]) * 2
    assert abs(np.corrcoef(u.ravel(), u_next.ravel())[0, 1]) < 0.1


def objects(*frames):
    """Boxes, mask and track ids of frames that are lists of (track, box); 30 slots."""
    boxes = np.full((len(frames), 30, 4), np.nan, np.float32)
    mask, tracks = np.zeros(boxes.shape[:2], np.float32), np.zeros(boxes.shape[:2], np.int32)
    for f, frame in enumerate(frames):
        for n, (track, box) in enumerate(frame):
            boxes[f, n], mask[f, n], tracks[f, n] = box, 1, track
    return jnp.asarray(boxes), jnp.asarray(mask), jnp.asarray(tracks)


SIZE = (16, 12)
ZEROS = jnp.zeros((2, *SIZE, 3))


def box_of(x0, y0, x1, y1):
    """A box given in latent pixels."""
    return (x0 / SIZE[1], y0 / SIZE[0], x1 / SIZE[1], y1 / SIZE[0])


def test_objects_change_the_pixels_whose_centre_is_in_their_box_and_no_other():
    box = box_of(2.4, 3.6, 7.6, 9.4)
    frames = attach(KEY, ZEROS + 9, *objects([(0, box)], []))
    changed = np.asarray(frames != 9)
    inside = np.zeros(SIZE, bool)
    inside[4:9, 2:8] = True
    np.testing.assert_array_equal(changed[0], np.repeat(inside[..., None], 3, -1))
    assert not changed[1].any()


@settings(max_examples=30, deadline=None)
@given(
    corner=st.tuples(st.floats(0, 3), st.floats(0, 3)),
    extent=st.tuples(st.floats(1.5, 5), st.floats(1.5, 5)),
    by=st.tuples(st.integers(0, 4), st.integers(0, 8)),
    grid=st.sampled_from([None, 1, 2]),
)
def test_a_box_moved_by_whole_pixels_takes_its_noise_along(corner, extent, by, grid):
    if grid:
        corner, extent = (tuple(np.round(np.array(v) * grid) / grid) for v in (corner, extent))
    x, y, (dx, dy) = *corner, by
    before = box_of(x, y, x + extent[0], y + extent[1])
    after = tuple(np.array(before) + np.array(box_of(dx, dy, dx, dy)))
    frames = attach(KEY, ZEROS, *objects([(3, before)], [(3, after)]))
    # A box whose edge or centre is on a rounding boundary (0.1 % of them) may round either way.
    edges = np.array([x, y, x + extent[0], y + extent[1]]) - 0.5
    centres = np.array([x + extent[0] / 2, y + extent[1] / 2]) + 0.25
    off = np.concatenate([edges, centres]) + 1e-3
    if np.all(np.abs(off - np.round(off)) > 1e-4):
        np.testing.assert_array_equal(np.roll(frames[0], (dy, dx), (0, 1)), frames[1])


@pytest.mark.parametrize("size", [10, 16, 20])
def test_an_object_has_its_place_however_it_is_compiled(size):
    """On the boundary of its rounding, too: else its noise would be a whole pixel off."""
    extents = np.linspace(0.1, 0.3, 50)
    centres = (np.arange(2, size - 2)[:, None] + 0.749) / size
    boxes = [(centres + sign * extents / 2).ravel().astype(np.float32) for sign in (-1, 1)]

    def place(start, end):
        return noise._along_axis(start, end, size)

    together = jax.jit(jax.vmap(place))(*boxes)
    one_by_one = jax.vmap(place)(*boxes)  # every operation a program of its own
    jax.tree.map(np.testing.assert_array_equal, together, one_by_one)
    assert len(np.unique(together[0][:50, 0])) == 2  # rounded down and up


def test_a_track_keeps_its_noise_in_any_slot_and_beside_any_other():
    a, b = box_of(0, 0, 5, 6), box_of(6, 8, 11, 15)
    alone = attach(KEY, ZEROS, *objects([(4, a)], [(4, b)]))
    pair = attach(KEY, ZEROS, *objects([(1, b), (4, a)], [(4, b), (31, a)]))
    np.testing.assert_array_equal(alone[0, :6, :5], pair[0, :6, :5])
    np.testing.assert_array_equal(alone[1, 8:15, 6:11], pair[1, 8:15, 6:11])
    np.testing.assert_array_equal(alone[0, :6, :5], alone[1, 8:14, 6:11])
    assert not np.any(pair[0, 8:14, 6:11] == pair[0, :6, :5])


def test_later_objects_cover_earlier_ones():
    back, front = box_of(0, 0, 8, 8), box_of(4, 4, 12, 12)
    both = attach(KEY, ZEROS, *objects([(0, back), (1, front)], [(0, back)]))
    only = attach(KEY, ZEROS, *objects([(1, front)], [(0, back)]))
    np.testing.assert_array_equal(both[0, 4:12, 4:12], only[0, 4:12, 4:12])
    np.testing.assert_array_equal(both[0, :4, :8], only[1, :4, :8])


def test_empty_slots_have_no_effect_wherever_they_are():
    boxes, mask, tracks = objects([(0, box_of(0, 0, 5, 5)), (1, box_of(2, 2, 9, 9))], [])
    frames = attach(KEY, ZEROS, boxes, mask.at[0, 0].set(0), tracks)
    alone = attach(KEY, ZEROS, *objects([(1, box_of(2, 2, 9, 9))], []))
    np.testing.assert_array_equal(frames, alone)
    np.testing.assert_array_equal(attach(KEY, ZEROS + 2, boxes, mask * 0, tracks), ZEROS + 2)


def test_all_thirty_slots_work_and_a_full_frame_box_uses_no_value_twice():
    frame = [(n, (0.0, 0.0, 1.0, 1.0)) for n in range(30)]
    frames = attach(KEY, ZEROS, *objects(frame, [(29, (0.1, 0.2, 1.0, 1.0))]))
    assert len(np.unique(frames[0])) == frames[0].size
    last = attach(KEY, ZEROS, *objects([(29, (0.0, 0.0, 1.0, 1.0))], []))
    np.testing.assert_array_equal(frames[0], last[0])


SHAPE = (16, 12, 3)
SHIFTED = jnp.array([[0, 0], [0.3, -0.7], [0.6, -1.4]]), jnp.array([0, 0, 0.5])
SCENE = objects(*[[(0, box_of(1, 1, 9, 8)), (1, box_of(5 + f, 4, 12, 14))] for f in range(3)])


def test_flags_switch_the_parts_of_a_videos_noise():
    plain = video(KEY, SHAPE, (), *SHIFTED, *SCENE)
    moved = video(KEY, SHAPE, BOTH[:1], *SHIFTED, *SCENE)
    whole = video(KEY, SHAPE, BOTH, *SHIFTED, *SCENE)
    assert plain.dtype == jnp.float32 and plain.shape == (3, *SHAPE)
    np.testing.assert_array_equal(plain, np.broadcast_to(plain[0], plain.shape))
    np.testing.assert_allclose(moved[0], plain[0], atol=ROUNDING)
    np.testing.assert_allclose(moved[1], shift(plain[0], SHIFTED[0][1]), atol=ROUNDING)
    assert np.abs(moved[2] - shift(plain[0], SHIFTED[0][2])).max() > 0.1
    np.testing.assert_allclose(whole, attach(KEY, moved, *SCENE), atol=ROUNDING)


@pytest.fixture(scope="module")
def videos():
    """The noise of 400 videos with the seeds 0 … 399, made in one batch."""

    def one(key):
        return video(key, SHAPE, BOTH, *SHIFTED, *SCENE)

    return np.asarray(jax.jit(jax.vmap(one))(noise.video_keys(range(400))))


def test_a_videos_noise_does_not_depend_on_the_batch(videos):
    for seed in (0, 399):
        key = noise.video_keys([seed])[0]
        alone = video(key, SHAPE, BOTH, *SHIFTED, *SCENE)
        np.testing.assert_allclose(videos[seed], alone, atol=ROUNDING)


def test_every_frame_is_standard_normal_and_its_values_are_independent(videos):
    for frame in np.swapaxes(videos, 0, 1).astype(np.float64):
        assert abs(frame.mean()) * np.sqrt(frame.size) < SIGMAS
        assert abs(frame.var() - 1) * np.sqrt(frame.size / 2) < SIGMAS
        assert stats.kstest(frame.ravel(), "norm").pvalue > ALPHA
        # The 576 values of a frame correlate as little as 400 independent draws of them do.
        correlation = np.corrcoef(frame.reshape(400, -1), rowvar=False)
        off = correlation[np.triu_indices(len(correlation), 1)]
        assert abs(off.std() * np.sqrt(400) - 1) < 0.01 and np.abs(off).max() < 0.35


def test_image_turns_and_tracks_are_drawn_independently():
    scene = objects(*[[(track, (0.0, 0.0, 1.0, 1.0))] for track in range(3)])
    image = video(KEY, SHAPE, (), *SHIFTED, *scene)[:1]
    # A field lies around its box's centre.
    fields = jnp.roll(attach(KEY, jnp.zeros((3, *SHAPE)), *scene), (-8, -6), (1, 2))
    turns = jnp.diff(phases(KEY, jnp.ones(3), size=SHAPE[:2]), axis=0, prepend=0)
    # Draws from one key begin with the same bits; half of a turn's draws are kept.
    drawn = [np.reshape(d, (len(d), -1))[:, : turns[0].size] for d in (image, fields, turns)]
    correlation = np.corrcoef(np.concatenate(drawn))
    assert np.abs(correlation[np.triu_indices(len(correlation), 1)]).max() < 0.4


def test_seeds_are_whole_numbers_of_32_bits():
    direct = jax.random.key(2**32 - 1, impl="threefry2x32")
    assert noise.video_keys([2**32 - 1])[0] == direct
    for seed in (-1, 2**32):
        with pytest.raises(InputError, match=r"seeds\[1\]"):
            noise.video_keys([0, seed])
