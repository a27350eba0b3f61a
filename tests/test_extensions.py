"""What a stranger writes to add a sampler, a cross-frame mode or a noise scheme.

Each is a function in the file that has the table (`sampler`, `models.cross_frame`,
`noise_schemes`), a row there, and its name in `settings`: two files, and a test such as these.
Here the rows are put in from outside.
"""

import dataclasses
from typing import Annotated, get_args

import jax.numpy as jnp
import numpy as np
import pytest
from clips import SETTINGS, scene
from paths import PIPELINE as CHECKPOINT

from flowzero_jax.cli import values
from flowzero_jax.devices.programs import prepare_jitted
from flowzero_jax.models.cross_frame import MODES, CrossFrameMode
from flowzero_jax.noise import video_keys
from flowzero_jax.noise_schemes import NOISE_SCHEMES
from flowzero_jax.pipeline import load_pipeline
from flowzero_jax.sampler import SAMPLERS, SamplerState, StepTable, sample, step_table
from flowzero_jax.schedule import ScheduleConfig, add_noise, alphas_cumprod, spaced_steps
from flowzero_jax.settings import About, CrossFrame, GenerationSettings, Sampler, settings_of
from flowzero_jax.tabulate import tabulate

CAT = scene("a cat")


@pytest.fixture(scope="module")
def pipeline():
    return load_pipeline(CHECKPOINT)


def test_every_choice_has_its_row():
    assert set(SAMPLERS) == set(get_args(Sampler))
    assert set(MODES) == set(get_args(CrossFrame))
    switches = {setting.name for setting in settings_of(GenerationSettings) if setting.type is bool}
    assert set(NOISE_SCHEMES) <= switches


# A sampler: every step starts anew from its clean estimate, as consistency models do.


def anew(config, num_steps, eta):
    timesteps, before, after = spaced_steps(config, num_steps)
    return StepTable(timesteps, before, after, np.zeros(num_steps, np.float32), np.sqrt(1 - after))


def test_a_sampler(pipeline, monkeypatch):
    monkeypatch.setitem(SAMPLERS, "anew", anew)
    config = ScheduleConfig(timestep_spacing="trailing")
    alphas = jnp.asarray(alphas_cumprod(config))
    clean, noise = np.random.default_rng(0).standard_normal((2, 3, 4), np.float32)

    def perfect(latents, timestep):
        return (latents - jnp.sqrt(alphas[timestep]) * clean) / jnp.sqrt(1 - alphas[timestep])

    steps = step_table(config, 10, "anew")
    state = SamplerState(add_noise(clean, noise, steps.alphas_cumprod[0]), jnp.zeros((3, 4)))
    end = sample(perfect, state, steps, "epsilon", lambda timestep: jnp.ones((3, 4))).latents
    expected = add_noise(clean, jnp.ones((3, 4)), steps.next_alphas_cumprod[-1])
    np.testing.assert_allclose(end, expected, atol=1e-3)

    settings = dataclasses.replace(SETTINGS, sampler="anew", num_steps=2)
    assert pipeline(CAT, settings=settings).std() > 1


# A cross-frame mode: a frame looks at itself twice, which softmax takes for once.


def test_a_cross_frame_mode(pipeline, monkeypatch):
    twice = CrossFrameMode(lambda own, memory, frame_axis: ((own, own), memory))
    monkeypatch.setitem(MODES, "twice", twice)
    settings = dataclasses.replace(SETTINGS, num_steps=2)
    videos = [
        pipeline(CAT, settings=dataclasses.replace(settings, cross_frame=mode)).astype(int)
        for mode in ("twice", "none", "first")
    ]
    assert np.abs(videos[0] - videos[1]).max() <= 1 < np.abs(videos[0] - videos[2]).max()


# A noise scheme: the mirror image, switched on by a setting of its name.


@dataclasses.dataclass(frozen=True)
class Settings(GenerationSettings):
    mirrored_noise: Annotated[bool, About("mirror the noise")] = False


def test_a_noise_scheme(pipeline, monkeypatch):
    monkeypatch.setitem(
        NOISE_SCHEMES, "mirrored_noise", lambda key, noise, motion: noise[:, :, ::-1]
    )
    option = settings_of(Settings)[-1]
    assert (values.flag(option), option.type) == ("--mirrored-noise", bool)
    scenes = pipeline.encode(tabulate([CAT], (8, 8)))
    usual = Settings(**dataclasses.asdict(SETTINGS))
    plain, mirrored = (
        prepare_jitted(pipeline.models, chosen, pipeline.params, scenes, video_keys([3]))[0].latents
        for chosen in (usual, dataclasses.replace(usual, mirrored_noise=True))
    )
    np.testing.assert_array_equal(mirrored, plain[:, :, :, ::-1])
