"""UNets A and B against PyTorch, from the box embedding to guided clips."""

import functools

import jax.numpy as jnp
import numpy as np
import pytest
from one_network import load_network

from flowzero_jax.models import UNet
from flowzero_jax.models.grounding import fourier_embedding
from flowzero_jax.models.unet import timestep_features

FOLDERS = {"a": "pipeline/unet", "b": "unet_b"}
CROSS_FRAME = ("first", "first_prev")


class Case:
    """One UNet with its recorded arrays. Each compiled function runs once for all tests.

    Batches are `[b f …]`: independent images are videos of one frame, a clip is one video.
    """

    def __init__(self, name: str, reference, compiled):
        self.arrays = reference.arrays(f"unet_{name}")
        self.config, self.params = load_network(reference.folder / FOLDERS[name], "unet")
        self.unet = UNet(self.config)
        self._ground = compiled(functools.partial(self.unet.apply, method=UNet.ground))
        self._apply = compiled(self.unet.apply, static_argnames="cross_frame")
        self._apply_tapped = compiled(
            functools.partial(
                self.unet.apply, capture_intermediates=True, mutable=["intermediates"]
            ),
            static_argnames="cross_frame",
        )

    def run(self, *inputs, **options):
        """The prediction of `UNet.__call__`."""
        return self._apply({"params": self.params}, *inputs, **options)

    def run_tapped(self, *inputs, **options):
        """The prediction, and what every submodule returned."""
        noise, variables = self._apply_tapped({"params": self.params}, *inputs, **options)
        return noise, variables["intermediates"]

    def tokens(self, masks):
        """Grounding tokens `[f n d]` for the recorded objects."""
        boxes, phrases = self.arrays["boxes"], self.arrays["positive_embeddings"]
        return self._ground({"params": self.params}, boxes, phrases, masks)

    @functools.cached_property
    def present_tokens(self):
        return self.tokens(self.arrays["masks"])

    @functools.cached_property
    def null_tokens(self):
        return self.tokens(np.zeros_like(self.arrays["masks"]))

    def images(self, latents="latents", tokens=None):
        """Inputs of `run`: frames as independent images, each with its own timestep."""
        frames = self.arrays[latents].transpose(0, 2, 3, 1)[:, None]
        text = self.arrays["encoder_hidden_states"][:, None]
        tokens = None if tokens is None else tokens[:, None]
        return frames, self.arrays["timesteps"].astype(np.int32), text, tokens

    @functools.cached_property
    def grounded_images(self):
        return self.run_tapped(*self.images(tokens=self.present_tokens))

    def clips(self, texts, tokens=None):
        """Inputs of `run`: the recorded latents as a clip, once for each of `texts`."""
        arrays, count = self.arrays, len(texts)
        latents = np.stack([arrays["latents"].transpose(0, 2, 3, 1)] * count)
        timesteps = np.full(count, arrays["timestep_video"], np.int32)
        return latents, timesteps, np.stack([arrays[name] for name in texts]), tokens

    @functools.cache  # noqa: B019 (lives as long as the module)
    def plain_clip(self, cross_frame):
        return self.run_tapped(*self.clips(["encoder_hidden_states"]), cross_frame=cross_frame)

    @functools.cache  # noqa: B019 (lives as long as the module)
    def guided_clips(self, cross_frame):
        tokens = jnp.stack([self.null_tokens, self.present_tokens])
        texts = ["uncond_hidden_states", "encoder_hidden_states"]
        return self.run(*self.clips(texts, tokens), cross_frame=cross_frame)


@pytest.fixture(scope="module", params=sorted(FOLDERS))
def case(request, reference, compiled):
    return Case(request.param, reference, compiled)


def test_fourier_embedding(case, check):
    check(fourier_embedding(case.arrays["boxes"]), case.arrays["fourier_embedding"])


def test_position_net(case, check):
    check(case.present_tokens, case.arrays["position_net_out"])


def test_position_net_without_objects(case, check):
    check(case.null_tokens, case.arrays["position_net_out_masked_all"])


def test_timestep_features(case, check):
    expected = case.arrays["tap_time_proj"]
    check(timestep_features(case.arrays["timesteps"], expected.shape[1]), expected)


def test_intermediate_values(case, check, nchw):
    """All recorded values inside the UNet, in the order of the computation, so that the first
    failure names the layer at fault."""
    _, values = case.grounded_images
    block_scope = ("down_blocks.0.attentions.0", "transformer_blocks.0")

    def output(*scopes):
        inner = values
        for scope in scopes:
            inner = inner[scope]
        out = inner["__call__"][0]
        return out[0] if isinstance(out, tuple) else out

    def tokens(*scopes):
        """Frames and clips on one axis, as recorded."""
        return output(*scopes).reshape(-1, *output(*scopes).shape[2:])

    def stage(prefix, layers, sampler):
        """The last thing that a stage computes."""
        names = (
            f"{prefix}.{sampler}.0",
            f"{prefix}.attentions.{layers - 1}",
            f"{prefix}.resnets.{layers - 1}",
        )
        return next(name for name in names if name in values)

    stages, layers = case.config.num_stages, case.config.layers_per_block
    taps = {
        "tap_time_embedding": output("time_embedding.linear_2"),
        "tap_conv_in": output("conv_in"),
        "tap_down0_resnet0": output("down_blocks.0.resnets.0"),
        **{
            f"tap_block_{name}": tokens(*block_scope, name)
            for name in ("norm1", "attn1", "fuser", "attn2", "ff")
        },
        "tap_block_out": tokens(*block_scope),
        "tap_down0_attention0": output("down_blocks.0.attentions.0"),
        **{
            f"tap_down{index}": output(stage(f"down_blocks.{index}", layers, "downsamplers"))
            for index in range(stages)
        },
        "tap_mid": output("mid_block.resnets.1"),
        **{
            f"tap_up{index}": output(stage(f"up_blocks.{index}", layers + 1, "upsamplers"))
            for index in range(stages)
        },
    }
    elsewhere = {"tap_time_proj", *(f"tap_block_attn1_cross_{mode}" for mode in CROSS_FRAME)}
    assert taps.keys() | elsewhere == {name for name in case.arrays if name.startswith("tap_")}
    for name, value in taps.items():
        expected = case.arrays[name]
        value = nchw(value) if value.ndim == 4 else value
        check(value[: len(expected)], expected)


def test_noise_without_grounding(case, check, nchw):
    check(nchw(case.run(*case.images())), case.arrays["eps_plain"])


def test_noise_with_grounding(case, check, nchw):
    check(nchw(case.grounded_images[0]), case.arrays["eps_gligen"])


def test_noise_with_null_objects_is_not_noise_without_grounding(case, check, nchw):
    """In the unconditional half the gated layers run on null tokens; they are not skipped."""
    noise, _ = case.run_tapped(*case.images(tokens=case.null_tokens))
    check(nchw(noise), case.arrays["eps_gligen_masked_all"])


def test_noise_on_sides_that_do_not_divide(case, check, nchw):
    if "latents_odd" not in case.arrays:
        pytest.skip("not recorded for this network")
    noise = case.run(*case.images("latents_odd", case.present_tokens))
    check(nchw(noise), case.arrays["eps_odd_gligen"])


@pytest.mark.parametrize("cross_frame", CROSS_FRAME)
def test_clip_without_grounding(case, check, nchw, cross_frame):
    noise, _ = case.plain_clip(cross_frame)
    check(nchw(noise), case.arrays[f"eps_cross_{cross_frame}"])


@pytest.mark.parametrize("cross_frame", CROSS_FRAME)
def test_cross_frame_attention(case, check, cross_frame):
    _, values = case.plain_clip(cross_frame)
    block = values["down_blocks.0.attentions.0"]["transformer_blocks.0"]
    expected = case.arrays[f"tap_block_attn1_cross_{cross_frame}"]
    check(block["attn1"]["__call__"][0][0][: len(expected)], expected)


@pytest.mark.parametrize("cross_frame", CROSS_FRAME)
def test_guided_clip(case, check, nchw, cross_frame):
    noise = case.guided_clips(cross_frame)
    check(nchw(noise), case.arrays[f"eps_cfg_cross_{cross_frame}_gligen"])


@pytest.mark.parametrize("cross_frame", CROSS_FRAME)
def test_conditional_half_of_a_guided_clip_is_the_clip_alone(case, check, nchw, cross_frame):
    noise = case.guided_clips(cross_frame)[1]
    check(nchw(noise), case.arrays[f"eps_cross_{cross_frame}_gligen"])
