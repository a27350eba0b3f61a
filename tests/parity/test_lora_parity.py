"""LoRAs merged as diffusers merges them, and steps of its LCM scheduler; see `make_loras.py`."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from paths import PIPELINE

from flowzero_jax.sampler import SamplerState, denoising_step, step_table
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.weights import Source, load_checkpoint
from flowzero_jax.weights.names import leaves, tensor_name, to_torch

FOLDER = Path(__file__).parent / "loras"
FILES = ("diffusers_old", "kohya", "peft", "peft_patterns", "peft_ranks")
SCALE = 0.7


@pytest.fixture(scope="module")
def merged():
    with np.load(FOLDER / "merged.npz") as file:
        return dict(file)


def weights(loras=()):
    """All weights of UNet and text encoder in the checkpoint's layout."""
    params = load_checkpoint(Source(PIPELINE, loras=loras)).params
    return {
        f"{network}/{tensor_name(path)}": to_torch(path, leaf)
        for network in ("unet", "text_encoder")
        for path, leaf in leaves(params[network])
    }


@pytest.fixture(scope="module")
def plain():
    return weights()


@pytest.mark.parametrize("name", FILES)
def test_merged_weights_are_those_of_diffusers(name, plain, merged):
    start = f"{name}/"
    expected = {key.removeprefix(start): x for key, x in merged.items() if key.startswith(start)}
    found = weights([(FOLDER / f"{name}.safetensors", SCALE)])
    changed = {key for key, leaf in found.items() if (leaf != plain[key]).any()}
    assert changed == expected.keys() and len(changed) >= 6
    for key, weight in expected.items():
        np.testing.assert_allclose(found[key], weight, rtol=0, atol=1e-6 * np.abs(weight).max())


@pytest.mark.parametrize("count", [1, 4, 8, 50])
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_lcm_steps_are_those_of_diffusers(prediction, count):
    with np.load(FOLDER / "lcm.npz") as file:
        start = f"{prediction}_{count}/"
        run = {key.removeprefix(start): x for key, x in file.items() if key.startswith(start)}
    table = step_table(ScheduleConfig(prediction_type=prediction), count, "lcm")
    np.testing.assert_array_equal(table.timesteps, run["timesteps"])
    state = SamplerState(jnp.asarray(run["start"]), jnp.zeros_like(run["start"]))
    for index, expected in enumerate(run["latents"], start=count - len(run["latents"])):
        row = index - count + len(run["latents"])
        inputs = run["predictions"][row], table.rows(index), prediction, run["noise"][row]
        latents = denoising_step(state, *inputs).latents
        np.testing.assert_allclose(latents, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
        state = SamplerState(jnp.asarray(expected), state.clean)
