"""The pipeline for people of diffusers' Flax pipelines: same words, our loader underneath.

diffusers announces the end of its Flax classes through its own logger, not as Python warnings, so
that nothing has to be filtered here.
"""

import json
import shutil
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.core import freeze
from flax.jax_utils import replicate
from flax.training.common_utils import shard
from grey_levels import assert_within_one_grey_level
from paths import PIPELINE
from safetensors.numpy import load_file, save_file

import flowzero_jax as fz
from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.interop import FlaxFlowZeroPipeline
from flowzero_jax.interop.program import run_jitted

SOURCE = PIPELINE
SIZES = {"num_inference_steps": 2, "height": 16, "width": 16, "grounding_fraction": 1.0}
PROMPTS = ["a ball rolls to the right on a beach", "a dog runs to the left"]


@pytest.fixture(scope="module")
def loaded():
    return FlaxFlowZeroPipeline.from_pretrained(SOURCE)


@pytest.fixture(scope="module")
def draw(loaded):
    """Calls the pipeline with two videos of two frames."""
    pipeline, params = loaded
    inputs = pipeline.prepare_inputs(PROMPTS, num_frames=2)

    def draw(seeds, inputs=inputs, params=params, **options):
        return pipeline(inputs, params, seeds, **SIZES, **options)

    return draw


@pytest.fixture
def folder(tmp_path):
    """A copy of the pipeline folder to break."""
    return Path(shutil.copytree(SOURCE, tmp_path / "model"))


def edit(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_what_people_type(loaded, draw):
    pipeline, _ = loaded
    negative = pipeline.prepare_text_inputs(["low quality"] * 2)
    output = draw(jax.random.PRNGKey(0), neg_prompt_ids=negative, guidance_scale=5.0, jit=True)
    images = output.images
    assert images.dtype == np.float32
    assert images.shape == (2, 2, 16, 16, 3)
    pictures = pipeline.numpy_to_pil(images.reshape((4, *images.shape[-3:])))
    np.testing.assert_array_equal(np.stack(pictures), output.frames.reshape(4, 16, 16, 3))
    assert not np.array_equal(images, draw(jax.random.PRNGKey(0), guidance_scale=5.0).images)


@pytest.mark.equality
def test_seeds_are_those_of_our_own_pipeline(draw):
    pipeline = fz.load_pipeline(SOURCE)
    settings = fz.GenerationSettings(
        height=16, width=16, num_steps=2, grounding_fraction=1.0, guidance_scale=7.5
    )
    scenes = [fz.plan(prompt, 2) for prompt in PROMPTS]
    ours = pipeline(scenes, seeds=[3, 4], settings=settings)
    assert_within_one_grey_level(draw([3, 4], return_dict=False)[1], ours)


@pytest.mark.equality
def test_sharded_inputs_and_replicated_parameters(loaded, draw):
    pipeline, params = loaded
    inputs = shard(pipeline.prepare_inputs(PROMPTS, num_frames=2))
    sharded = draw([3, 4], inputs=inputs, params=replicate(params))
    assert_within_one_grey_level(sharded.frames, draw([3, 4]).frames)
    keys = jax.random.split(jax.random.PRNGKey(5), 2)
    by_device = draw(keys, inputs=inputs, params=replicate(params))
    folded = jnp.stack([jax.random.fold_in(key, 0) for key in keys])
    assert_within_one_grey_level(by_device.frames, draw(folded).frames)


def test_prompts_seeds_and_guidance_compile_nothing_anew(loaded, draw):
    draw([0, 1])
    compiled = run_jitted._cache_size()
    other = loaded[0].prepare_inputs(["two cats jump", "a red car"], num_frames=2)
    draw(jax.random.key(9), inputs=other, guidance_scale=2.0)
    assert run_jitted._cache_size() == compiled


@pytest.mark.equality
def test_initial_noise_may_be_given(draw):
    noise = np.random.default_rng(0).standard_normal((2, 2, 8, 8, 4))
    first, second = (draw(seeds, latents=noise).frames for seeds in ([0, 1], [2, 3]))
    np.testing.assert_array_equal(first, second)


def test_scenes_instead_of_prompts(loaded):
    pipeline, _ = loaded
    scene = fz.plan(PROMPTS[0], 3)
    for one, other in zip(
        pipeline.prepare_inputs(scene), pipeline.prepare_inputs(PROMPTS[0], 3), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_components_have_the_names_of_diffusers(loaded):
    assert loaded[0].components.keys() == {"vae", "text_encoder", "tokenizer", "unet", "scheduler"}
    assert loaded[0].config["unet"] == ("diffusers", "UNet2DConditionModel")
    assert loaded[0].vae_scale_factor == 2


def test_saved_parameters_come_back(loaded, tmp_path):
    pipeline, params = loaded
    half = jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16), params)
    pipeline.save_pretrained(tmp_path / "saved", freeze(half))
    again, loaded_half = FlaxFlowZeroPipeline.from_pretrained(tmp_path / "saved", dtype="bfloat16")
    assert again.unet.dtype == jnp.bfloat16
    assert again.checkpoint.unet_config == pipeline.checkpoint.unet_config
    jax.tree.map(np.testing.assert_array_equal, loaded_half, half)


@pytest.mark.parametrize(
    ("seeds", "options", "message"),
    [
        ([1], {}, "1 for 2 videos"),
        ([-1, 0], {}, "-1 is not in"),
        (np.zeros(2, np.float32), {}, "must be whole numbers, or keys"),
        ([0, 1], {"neg_prompt_ids": np.zeros((1, 77), np.int32)}, "for 2 videos"),
        ([0, 1], {"latents": np.zeros((2, 4, 8, 8))}, "latents: "),
        ([0, 1], {"guidance_scale": jnp.array([1.0, 2.0])}, "the same for all videos"),
        ([0, 1], {"strength": 1.0}, "strength: no such setting"),
    ],
)
def test_what_does_not_fit(draw, seeds, options, message):
    with pytest.raises(InputError, match=message):
        draw(seeds, **options)


def test_inputs_for_other_devices(loaded, draw):
    inputs = loaded[0].prepare_inputs(PROMPTS, num_frames=2)
    with pytest.raises(InputError, match="sharded over 1 devices, there are 2"):
        draw([0, 1], inputs=jax.tree.map(lambda array: array[None], inputs))


def test_token_ids_are_no_inputs(loaded, draw):
    with pytest.raises(InputError, match="must come from prepare_inputs"):
        draw([0, 1], inputs=loaded[0].prepare_text_inputs(PROMPTS))


@pytest.mark.parametrize("options", [{"scheduler": object()}, {"safety_checker": object()}])
def test_arguments_without_effect_are_refused(options):
    with pytest.raises(InputError, match="leave it out"):
        FlaxFlowZeroPipeline.from_pretrained(SOURCE, **options)


# What diffusers' own `from_pretrained` and `save_pretrained` would do with such folders.


def test_an_index_imports_no_module(folder, tmp_path, monkeypatch):
    (tmp_path / "foreign_module.py").write_text("class UNet2DConditionModel: pass")
    monkeypatch.syspath_prepend(tmp_path)
    edit(folder / "model_index.json", unet=["foreign_module", "UNet2DConditionModel"])
    with pytest.raises(ModelError, match="unet: must be"):
        FlaxFlowZeroPipeline.from_pretrained(folder)
    assert "foreign_module" not in sys.modules


def test_a_chat_template_writes_no_file(folder, tmp_path):
    templates = [{"name": "../../../escaped", "template": "x"}]
    edit(folder / "tokenizer/tokenizer_config.json", chat_template=templates)
    pipeline, params = FlaxFlowZeroPipeline.from_pretrained(folder)
    pipeline.save_pretrained(tmp_path / "saved", params)
    assert not list(tmp_path.rglob("*escaped*"))
    saved = json.loads((tmp_path / "saved/tokenizer/tokenizer_config.json").read_text())
    assert "chat_template" not in saved


def test_a_missing_weight_is_not_made_up(folder):
    path = folder / "text_encoder/model.safetensors"
    tensors = load_file(path)
    del tensors["text_model.final_layer_norm.weight"]
    save_file(tensors, path)
    with pytest.raises(ModelError, match=r"1 missing: text_model\.final_layer_norm\.weight"):
        FlaxFlowZeroPipeline.from_pretrained(folder)


def test_hidden_configuration_keys_are_not_acted_on(folder):
    edit(folder / "text_encoder/config.json", _attn_implementation_internal="someone/kernel")
    FlaxFlowZeroPipeline.from_pretrained(folder)
    assert "kernels" not in sys.modules


def test_boxes_need_layout_layers(folder, draw):
    edit(folder / "model_index.json", _class_name="StableDiffusionPipeline")
    edit(folder / "unet/config.json", attention_type="default")
    path = folder / "unet/diffusion_pytorch_model.safetensors"
    tensors = {k: v for k, v in load_file(path).items() if "fuser" not in k}
    save_file({k: v for k, v in tensors.items() if not k.startswith("position_net")}, path)
    pipeline, params = FlaxFlowZeroPipeline.from_pretrained(folder)
    with pytest.raises(ModelError, match=r"cannot place objects.*boxes=False"):
        pipeline(pipeline.prepare_inputs(PROMPTS[0], 2), params, 0, **SIZES)
