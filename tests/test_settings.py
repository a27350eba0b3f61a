"""What is said of a setting once holds wherever it can be given."""

import json

import pytest

from flowzero_jax.cli.config import read_overrides
from flowzero_jax.cli.options import RENDER_OPTIONS
from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.settings import (
    ComputeSettings,
    GenerationSettings,
    Setting,
    VideoSettings,
    settings_of,
)
from flowzero_jax.weights import read_settings

GENERATION = settings_of(GenerationSettings)
ALL = (*GENERATION, *settings_of(VideoSettings), *settings_of(ComputeSettings))
IN_CHECKPOINT = [setting for setting in GENERATION if setting.about.in_checkpoint]


def named(settings):
    return pytest.mark.parametrize("setting", settings, ids=lambda setting: setting.name)


def limits(setting: Setting) -> tuple[list, list]:
    """Values that a setting may just have, and such that it may not."""
    about = setting.about
    if setting.choices:
        return list(setting.choices), ["nothing like it"]
    if setting.type is bool:
        return [True, False], ["yes"]
    if setting.type in (int, float):
        return [setting.type(about.low), setting.type(about.high)], [about.low - 1, about.high + 1]
    return [], []


def test_settings_can_be_static_arguments():
    assert hash(GenerationSettings()) == hash(GenerationSettings(height=512))


@named([setting for setting in ALL if setting.default is not None and limits(setting)[0]])
def test_defaults_are_allowed(setting):
    good, _ = limits(setting)
    numbers = setting.type in (int, float)
    assert good[0] <= setting.default <= good[1] if numbers else setting.default in good


@named(ALL)
def test_every_setting_is_an_option(setting):
    assert setting in RENDER_OPTIONS


@named(ALL)
def test_options_have_the_bounds_of_their_setting(setting):
    good, bad = limits(setting)
    for value in good:
        given = read_overrides([f"--config.{setting.name}={value}"])
        assert given == {setting.name: value}
    for value in bad:
        with pytest.raises(InputError, match=setting.name):
            read_overrides([f"--config.{setting.name}={value}"])


@named(IN_CHECKPOINT)
def test_checkpoints_have_the_bounds_of_their_setting(setting, tmp_path):
    path = tmp_path / "flowzero.json"
    good, bad = limits(setting)
    for value in good:
        path.write_text(json.dumps({setting.name: value}))
        assert getattr(read_settings(path).generation, setting.name) == value
    for value in bad:
        path.write_text(json.dumps({setting.name: value}))
        with pytest.raises(ModelError, match=f"{setting.name}: must be"):
            read_settings(path)


@named([setting for setting in GENERATION if not setting.about.in_checkpoint])
def test_checkpoints_do_not_give_the_other_settings(setting, tmp_path):
    path = tmp_path / "flowzero.json"
    path.write_text(json.dumps({setting.name: setting.default}))
    with pytest.raises(ModelError, match=f"unknown key '{setting.name}'"):
        read_settings(path)
