"""The table of numerics by dtype, on runs made up from the recorded one."""

import numpy as np
import pytest
from paths import REFERENCE

from flowzero_jax.errors import InputError
from flowzero_jax.lab.evaluation import precision


@pytest.fixture
def clip():
    return precision.read_clip(REFERENCE)


def made_up(clip, error):
    """The recorded run, everything too large by a share."""
    arrays = {name: getattr(clip, name) for name in ("text", "noise", "latents", "images")}
    return precision.Run(**{name: array * (1 + error) for name, array in arrays.items()})


def test_the_clip_fits_together(clip):
    frames = len(clip.initial_latents)
    steps = clip.settings.num_steps
    assert len(clip.scene.frames) == frames
    assert clip.noise.shape == (steps, 2, *clip.initial_latents.shape)
    assert clip.text.shape[:2] == (2, frames)
    assert clip.images.shape == (frames, clip.settings.height, clip.settings.width, 3)
    np.testing.assert_array_equal(clip.latents[0], clip.initial_latents)


def test_errors_are_shares_of_the_size(clip):
    values = precision.errors(made_up(clip, 0.01), made_up(clip, 0.0))
    shares = [value for name, value in values.items() if "grey" not in name]
    np.testing.assert_allclose(shares, 0.01, rtol=1e-3)
    assert all(f"latents after step {step}" in values for step in (1, clip.settings.num_steps))


def test_the_table_has_a_column_for_each_dtype(clip, tmp_path, monkeypatch):
    sizes = {"float32": 1e-6, "bfloat16": 4e-2, "float16": 5e-3}
    monkeypatch.setattr(precision, "load_pipeline", lambda folder, dtype: sizes[dtype])
    monkeypatch.setattr(precision, "run_clip", made_up)
    columns = precision.evaluate_dtypes(REFERENCE, tmp_path / "docs")
    assert [column["noise prediction"] for column in columns.values()] == pytest.approx(
        [1e-6, 4e-2, 5e-3], rel=0.1
    )
    table = (tmp_path / "docs" / "dtypes.md").read_text()
    row = next(line for line in table.splitlines() if line.startswith("| noise prediction |"))
    assert row.split("|")[3:5] == [" 0.04 ", " 0.005 "]


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="not a reference folder"):
        precision.read_clip(tmp_path)
