"""DDIM with eta > 0: its formula, what its noise has in common, and what it does not depend on."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from clips import SETTINGS, Interrupted, scene, stop_after
from paths import PIPELINE as CHECKPOINT

from flowzero_jax import noise
from flowzero_jax.devices.mesh import make_video_mesh
from flowzero_jax.errors import InputError
from flowzero_jax.generation import calls
from flowzero_jax.noise_schemes import Motion, step_noise, video_noise, video_step_noise
from flowzero_jax.pipeline import load_pipeline
from flowzero_jax.sampler import SamplerState, denoising_step, step_table
from flowzero_jax.schedule import ScheduleConfig, velocity

CONFIG = ScheduleConfig()
RNG = np.random.default_rng(0)
LATENTS, NOISE, FRESH = RNG.standard_normal((3, 2, 4, 4, 3))


def one_step(eta, index, prediction, prediction_type="epsilon", **config):
    """Ours from `LATENTS` with `FRESH`, and the row of the table in float64."""
    table = step_table(ScheduleConfig(**config), 20, "ddim", eta)
    state = SamplerState(jnp.asarray(LATENTS, jnp.float32), jnp.zeros_like(LATENTS, jnp.float32))
    row = jax.tree.map(lambda column: column[index], table)
    ours = denoising_step(
        state,
        jnp.asarray(prediction, jnp.float32),
        row,
        prediction_type,
        jnp.asarray(FRESH, jnp.float32),
    )
    before, after = (np.float64(row.alphas_cumprod), np.float64(row.next_alphas_cumprod))
    return np.asarray(ours.latents), before, after


@pytest.mark.parametrize("index", [0, 7, 19])
@pytest.mark.parametrize("eta", [0.3, 1.0])
@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
def test_a_step_is_the_papers_in_float64(eta, index, prediction_type):
    ours, before, after = one_step(eta, index, NOISE, prediction_type)
    if prediction_type == "epsilon":
        clean, predicted = (LATENTS - np.sqrt(1 - before) * NOISE) / np.sqrt(before), NOISE
    else:
        clean = np.sqrt(before) * LATENTS - np.sqrt(1 - before) * NOISE
        predicted = np.sqrt(1 - before) * LATENTS + np.sqrt(before) * NOISE
    sigma = eta * np.sqrt((1 - after) / (1 - before)) * np.sqrt(1 - before / after)
    expected = np.sqrt(after) * clean + np.sqrt(1 - after - sigma**2) * predicted + sigma * FRESH
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("index", [0, 7, 19])
def test_an_eta_of_one_is_ddpm(index):
    """Its posterior in the form of Ho et al., arXiv 2006.11239, equations 6 and 7."""
    ours, before, after = one_step(1.0, index, NOISE)
    clean = (LATENTS - np.sqrt(1 - before) * NOISE) / np.sqrt(before)
    alpha = before / after
    mean = np.sqrt(after) * (1 - alpha) / (1 - before) * clean
    mean += np.sqrt(alpha) * (1 - after) / (1 - before) * LATENTS
    expected = mean + np.sqrt((1 - after) / (1 - before) * (1 - alpha)) * FRESH
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("eta", [0.2, 1.0])
@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
def test_the_variance_is_the_schedules(eta, prediction_type):
    """A perfect prediction leaves noise of the variance that the next step expects."""
    table = step_table(CONFIG, 10, "ddim", eta)
    shape = (300, 300)
    clean = jnp.zeros(shape)
    old, fresh = (jax.random.normal(jax.random.key(seed), shape) for seed in (0, 1))
    for index in range(10):
        row = jax.tree.map(lambda column, index=index: column[index], table)
        state = SamplerState(jnp.sqrt(1 - row.alphas_cumprod) * old, clean)
        v = velocity(clean, old, row.alphas_cumprod)
        prediction = old if prediction_type == "epsilon" else v
        latents = denoising_step(state, prediction, row, prediction_type, fresh).latents
        np.testing.assert_allclose(latents.var(), 1 - row.next_alphas_cumprod, rtol=0.03)


def test_without_eta_the_table_has_no_noise_at_all():
    assert step_table(CONFIG, 20).noise_scales is None
    assert step_table(CONFIG, 20, "dpm++").noise_scales is None
    table = step_table(CONFIG, 20, eta=1.0)
    assert (table.noise_scales > 0).all() and len(table.rows(slice(3, 7)).noise_scales) == 4
    last = step_table(ScheduleConfig(set_alpha_to_one=True), 20, eta=1.0).noise_scales[-1]
    assert last == 0


def test_dpm_solver_takes_no_noise():
    with pytest.raises(InputError, match=r"eta: 0.5, but dpm\+\+ adds no noise"):
        step_table(CONFIG, 20, "dpm++", 0.5)


# The noise that a step adds.

KEY = noise.video_keys([7])[0]
SHAPE = (8, 6, 3)
SHIFTS = jnp.array([[0, 0], [0.3, -0.7], [0.6, -1.4]])
BOXES = jnp.array([[[0.0, 0.0, 0.5, 0.5]], [[0.25, 0.0, 0.75, 0.5]], [[0.5, 0.0, 1.0, 0.5]]])
ONES, TRACKS = jnp.ones((3, 1)), jnp.zeros((3, 1), jnp.int32)
SPEEDS = jnp.array([0, 0, 0.5])


def motion(key=KEY, speeds=SPEEDS):
    phases = noise.random_phases(key, speeds, SHAPE[:2])
    return Motion(SHIFTS, phases, BOXES, ONES, TRACKS)


def added(timestep, schemes, key=KEY, speeds=SPEEDS):
    return np.asarray(
        step_noise(video_step_noise(key, motion(key, speeds)), timestep, SHAPE, schemes)
    )


def test_frames_share_one_image_that_moves_with_them():
    still = added(500, ())
    np.testing.assert_array_equal(still, np.broadcast_to(still[0], still.shape))
    moved = added(500, ("noise_shift",), speeds=jnp.zeros(3))
    expected = noise.shift_noise_frames(still[0], SHIFTS)
    np.testing.assert_allclose(moved, expected, atol=1e-5)


def test_random_motion_is_that_of_the_initial_noise():
    """What turns the initial noise from frame to frame turns a step's noise as well."""

    def turns(frames):
        spectra = np.fft.fft2(frames, axes=(1, 2))
        return (spectra[1:] / spectra[:1])[..., 0]

    initial = np.asarray(video_noise(KEY, SHAPE, motion(), ("noise_shift",)))
    step = added(500, ("noise_shift",))
    assert np.abs(initial[0] - step[0]).max() > 1
    np.testing.assert_allclose(turns(step), turns(initial), atol=2e-3)


def test_objects_carry_noise_of_their_own():
    frames = added(500, ("noise_shift", "object_noise"))
    background = added(500, ("noise_shift",))
    np.testing.assert_array_equal(frames[:, 4:], background[:, 4:])
    thing = frames[0, :4, :3]
    assert (thing != background[0, :4, :3]).any()
    # The box moves by 1.5 pixels a frame, its noise by whole ones: 3 in two frames.
    np.testing.assert_array_equal(frames[2, :4, 3:], thing)


def test_steps_and_the_initial_noise_are_independent():
    both = ("noise_shift", "object_noise")
    drawn = [added(t, both)[0] for t in (1, 2, 999)]
    drawn += [np.asarray(video_noise(KEY, SHAPE, motion(), both))[0]]
    correlation = np.corrcoef([np.ravel(frame) for frame in drawn])
    assert np.abs(correlation[np.triu_indices(len(drawn), 1)]).max() < 0.35
    assert (added(1, both, noise.video_keys([8])[0]) != drawn[0]).any()


def test_a_frames_noise_does_not_depend_on_the_others():
    both = ("noise_shift", "object_noise")
    source = video_step_noise(KEY, motion())
    alone = source._replace(motion=jax.tree.map(lambda x: x[2:], source.motion))
    draw = jax.jit(step_noise, static_argnums=(2, 3))
    np.testing.assert_array_equal(
        draw(alone, 500, SHAPE, both)[0], draw(source, 500, SHAPE, both)[2]
    )


@pytest.mark.parametrize("impl", ["rbg", "threefry2x32"])
def test_any_kind_of_key_will_do(impl):
    frames = added(500, (), jax.random.key(0, impl=impl))
    assert abs(frames[0].std() - 1) < 0.3


# Whole videos.

CAT, DOG = scene("a cat"), scene("a small dog", left=0.3, direction="random")
STOCHASTIC = dataclasses.replace(SETTINGS, eta=0.7)


@pytest.fixture(scope="module")
def pipeline():
    return load_pipeline(CHECKPOINT)


@pytest.fixture(scope="module")
def draw(pipeline):
    def draw(scenes, settings=STOCHASTIC, **arguments):
        return pipeline(scenes, settings=settings, **arguments)

    return draw


@pytest.fixture(scope="module")
def cat(draw):
    return draw(CAT, seed=7)


def test_noise_in_the_steps_changes_the_video_and_the_seed_decides_it(draw, cat):
    np.testing.assert_array_equal(draw(CAT, seed=7), cat)
    assert (draw(CAT, SETTINGS, seed=7) != cat).any()


def test_a_video_does_not_depend_on_its_place_in_the_batch(draw, cat):
    videos = draw([CAT, DOG], seeds=[7, 5])
    np.testing.assert_array_equal(videos, draw([DOG, CAT], seeds=[5, 7])[::-1])
    assert np.abs(videos[0].astype(int) - cat).max() <= 1


@pytest.mark.parametrize("frames_per_chunk", [1, 2])
def test_frames_in_chunks_equal_all_at_once(draw, cat, frames_per_chunk):
    settings = dataclasses.replace(STOCHASTIC, frames_per_chunk=frames_per_chunk)
    assert np.abs(draw(CAT, settings, seed=7).astype(int) - cat).max() <= 1


@pytest.mark.parametrize("shape", [(1, 2), (2, 1)])
def test_a_mesh_draws_the_same(draw, cat, shape):
    spread = load_pipeline(CHECKPOINT, mesh=make_video_mesh(*shape))
    videos = spread([CAT, DOG], seeds=[7, 5], settings=STOCHASTIC)
    assert np.abs(videos[0].astype(int) - cat).max() <= 1
    assert np.abs(videos[1].astype(int) - draw(DOG, seed=5)).max() <= 1


def test_an_interrupted_video_goes_on_from_its_snapshot(draw, cat, tmp_path):
    path = tmp_path / "cat.snapshot"
    with pytest.raises(Interrupted):
        draw(CAT, seed=7, snapshot=path, progress=stop_after(2))
    kept = path.read_bytes()
    with pytest.raises(InputError, match="belongs to another video"):
        draw(CAT, dataclasses.replace(STOCHASTIC, eta=0.5), seed=7, snapshot=path)
    assert path.read_bytes() == kept
    np.testing.assert_array_equal(draw(CAT, seed=7, snapshot=path), cat)


def test_without_eta_the_program_has_no_noise(pipeline):
    (call, *_) = calls(pipeline.models.schedule, SETTINGS)
    assert call.options(SETTINGS)["noise_schemes"] == ()
    assert len(jax.tree.leaves(call.steps)) == 4
    (call, *_) = calls(pipeline.models.schedule, STOCHASTIC)
    assert call.options(STOCHASTIC)["noise_schemes"] == ("noise_shift", "object_noise")
