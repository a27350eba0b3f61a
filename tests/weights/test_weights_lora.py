"""LoRAs: every naming, several at once, what they may lack, and what is none. Equality with
diffusers' merge: tests/parity."""

import json
import re

import numpy as np
import pytest
from original_layout import UNET_A, UNET_RESIDUAL, original_names
from safetensors.numpy import load_file, save_file

from flowzero_jax.values import lora as parse_lora
from flowzero_jax.weights import Source, load_checkpoint, load_folder
from flowzero_jax.weights.names import leaves

LAYER = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"
CONV = "down_blocks.0.resnets.0.conv1"
TEXT = "text_model.encoder.layers.0.self_attn.q_proj"
RNG = np.random.default_rng(0)
# Of the reference networks' weights: rank 2.
DOWN, UP = (RNG.standard_normal(shape).astype(np.float32) for shape in ((2, 32), (16, 2)))
TEXT_DOWN, TEXT_UP = (RNG.standard_normal(x).astype(np.float32) for x in ((2, 32), (32, 2)))
CONV_DOWN, CONV_UP = (
    RNG.standard_normal(shape).astype(np.float32) for shape in ((2, 16, 3, 3), (16, 2, 1, 1))
)


@pytest.fixture
def write(tmp_path):
    def write(tensors, name="lora", **metadata):
        path = tmp_path / f"{name}.safetensors"
        path.parent.mkdir(exist_ok=True)
        save_file({n: np.ascontiguousarray(x) for n, x in tensors.items()}, path, metadata or None)
        return path

    return write


@pytest.fixture
def changes(source, checkpoint):
    """Loads with LoRAs; what has become of each weight that changed, in torch's layout."""

    def changes(*loras):
        params = load_checkpoint(Source(source, loras=loras)).params
        found = {}
        for network in ("unet", "text_encoder", "vae"):
            before = dict(leaves(checkpoint.params[network]))
            for path, leaf in leaves(params[network]):
                if (leaf != before[path]).any():
                    change = leaf - before[path]
                    axes = (3, 2, 0, 1) if change.ndim == 4 else (1, 0)
                    found[".".join(path[:-1])] = change.transpose(axes)
        return found

    return changes


def close(found, expected):
    np.testing.assert_allclose(found, expected, atol=1e-5)


UNDERSCORED = LAYER.replace(".", "_")
ORIGINAL = original_names([f"{LAYER}.weight"], UNET_A, UNET_RESIDUAL)[f"{LAYER}.weight"]
ORIGINAL = ORIGINAL.removesuffix(".weight")
NAMINGS = {
    "kohya": tuple(f"lora_unet_{UNDERSCORED}.lora_{x}.weight" for x in ("down", "up")),
    "kohya, original": tuple(
        f"lora_unet_{ORIGINAL.replace('.', '_')}.lora_{x}.weight" for x in ("down", "up")
    ),
    "dotted": (f"unet.{LAYER}.lora_down.weight", f"unet.{LAYER}.lora_up.weight"),
    "original, dotted": tuple(
        f"diffusion_model.{ORIGINAL}.lora_{x}.weight" for x in ("down", "up")
    ),
    "diffusers": (f"unet.{LAYER}.lora_A.weight", f"unet.{LAYER}.lora_B.weight"),
    "diffusers 0.22": (f"unet.{LAYER}.lora.down.weight", f"unet.{LAYER}.lora.up.weight"),
    "processors": tuple(
        f"unet.{LAYER.removesuffix('.to_k')}.processor.to_k_lora.{x}.weight" for x in ("down", "up")
    ),
    "processors, UNet alone": tuple(
        f"{LAYER.removesuffix('.to_k')}.processor.to_k_lora.{x}.weight" for x in ("down", "up")
    ),
    "PEFT": tuple(f"base_model.model.{LAYER}.lora_{x}.weight" for x in "AB"),
    "PEFT, whole pipeline": tuple(f"base_model.model.unet.{LAYER}.lora_{x}.weight" for x in "AB"),
    "PEFT, named adapter": tuple(f"base_model.model.{LAYER}.lora_{x}.default.weight" for x in "AB"),
}  # fmt: skip


@pytest.mark.parametrize("naming", NAMINGS)
def test_every_naming(write, changes, naming):
    down, up = NAMINGS[naming]
    found = changes((write({down: DOWN, up: UP}), 0.5))
    assert found.keys() == {
        LAYER.replace(".attn2.to_k", "").replace("0.trans", "0.trans") + ".attn2.to_k"
    }
    close(found[LAYER], 0.5 * UP @ DOWN)


@pytest.mark.parametrize(
    "names",
    [
        [f"lora_te_{TEXT.replace('.', '_')}.lora_{x}.weight" for x in ("down", "up")],
        [f"lora_te1_{TEXT.replace('.', '_')}.lora_{x}.weight" for x in ("down", "up")],
        [f"text_encoder.{TEXT}.lora_{x}.weight" for x in "AB"],
        [f"text_encoder.{TEXT.removeprefix('text_model.')}.lora_{x}.weight" for x in "AB"],
        [f"text_encoder.{TEXT}.lora_linear_layer.{x}.weight" for x in ("down", "up")],
        [f"text_encoder.{TEXT[:-7]}.to_q_lora.{x}.weight" for x in ("down", "up")],
    ],
)
def test_the_text_encoder_too(write, changes, names):
    found = changes((write(dict(zip(names, (TEXT_DOWN, TEXT_UP), strict=True))), 1.0))
    assert len(found) == 1
    close(next(iter(found.values())), TEXT_UP @ TEXT_DOWN)


def kohya(layer, down, up, **more):
    start = f"lora_unet_{layer.replace('.', '_')}"
    return {f"{start}.lora_down.weight": down, f"{start}.lora_up.weight": up} | {
        f"{start}.{name}": x for name, x in more.items()
    }


def test_convolutions_with_and_without_a_part_between(write, changes):
    product = np.einsum("or,rihw->oihw", CONV_UP[:, :, 0, 0], CONV_DOWN)
    close(changes((write(kohya(CONV, CONV_DOWN, CONV_UP)), 1.0)).popitem()[1], product)
    down, mid = CONV_DOWN[:, :, :1, :1], CONV_DOWN[:, :2]
    tensors = kohya(CONV, down, CONV_UP, **{"lora_mid.weight": mid})
    through = np.einsum("or,rshw,si->oihw", CONV_UP[:, :, 0, 0], mid, down[:, :, 0, 0])
    close(changes((write(tensors), 1.0)).popitem()[1], through)


def test_alpha_is_a_share_of_the_rank(write, changes):
    path = write(kohya(LAYER, DOWN, UP, alpha=np.float32(0.5)))
    close(changes((path, 1.0)).popitem()[1], 0.25 * UP @ DOWN)


NOTES = {"unet.r": 2, "unet.lora_alpha": 6, "unet.alpha_pattern": {"attn2.to_k": 1}}


@pytest.mark.parametrize(
    ("notes", "factor"),
    [
        ({"unet.lora_alpha": 6}, 3),
        (NOTES, 0.5),
        (NOTES | {"unet.use_rslora": True}, 2**-0.5),
        ({"text_encoder.lora_alpha": 6}, 1),
    ],
)
def test_alpha_in_the_notes_of_the_file(write, changes, notes, factor):
    tensors = dict(zip(NAMINGS["diffusers"], (DOWN, UP), strict=True))
    path = write(tensors, lora_adapter_metadata=json.dumps(notes))
    close(changes((path, 1.0)).popitem()[1], factor * UP @ DOWN)


def test_alpha_beside_the_file(write, changes):
    path = write(dict(zip(NAMINGS["PEFT"], (DOWN, UP), strict=True)), "peft/adapter_model")
    path.with_name("adapter_config.json").write_text(json.dumps({"r": 2, "lora_alpha": 8}))
    close(changes((path, 1.0)).popitem()[1], 4 * UP @ DOWN)


def test_several_add_up_and_scale_0_changes_nothing(write, changes):
    first = write(kohya(LAYER, DOWN, UP), "first")
    second = write(kohya(LAYER, 2 * DOWN, UP) | kohya(CONV, CONV_DOWN, CONV_UP), "second")
    assert changes((first, 0.0)) == {}
    found = changes((first, 1.0), (second, -0.25))
    assert len(found) == 2
    close(min(found.items(), key=lambda x: x[1].ndim)[1], 0.5 * UP @ DOWN)


def test_hash_and_record(write, source, checkpoint):
    path = write(kohya(LAYER, DOWN, UP))
    loaded = load_checkpoint(Source(source, loras=[(path, 0.5)]))
    assert loaded.origin["lora_1"] == str(path) and loaded.origin["lora_1_scale"] == "0.5"
    assert len(loaded.origin["lora_1_sha256"]) == 64
    moved = path.rename(path.with_name("moved.safetensors"))
    again = load_checkpoint(Source(source, loras=[(moved, 0.5)]))
    other = load_checkpoint(Source(source, loras=[(moved, 0.6)]))
    hashes = {x.sha256 for x in (loaded, again, other, checkpoint)}
    assert loaded.sha256 == again.sha256 and len(hashes) == 3


def test_single_file_and_gligen_layers(original_file, load_original, write, checkpoint):
    path = original_file()
    fuser = "mid_block.attentions.0.transformer_blocks.0.fuser.linear"
    down, up = (RNG.standard_normal(x).astype(np.float32) for x in ((1, 32), (24, 1)))
    loaded = load_original(path, loras=[(write(kohya(fuser, down, up)), 1.0)])
    names = fuser.split(".")
    leaf = dict(leaves(loaded.params["unet"]))
    before = dict(leaves(checkpoint.params["unet"]))
    (changed,) = [path for path in leaf if (leaf[path] != before[path]).any()]
    assert ".".join(changed[:-1]).endswith(names[-1])
    close(leaf[changed] - before[changed], (up @ down).T)


def test_what_has_no_place_is_named(write, source):
    elsewhere = kohya("down_blocks.7.attentions.0.proj_in", DOWN, UP)
    path = write(kohya(LAYER, DOWN, UP) | elsewhere | {"bundle_emb.x": DOWN})
    with pytest.warns(UserWarning, match="3 without effect on this model: bundle_emb.x, lora_unet"):
        load_checkpoint(Source(source, loras=[(path, 1.0)]))


@pytest.mark.parametrize(
    ("tensors", "fault"),
    [
        ({"x.weight": DOWN}, "holds no LoRA"),
        (kohya("down_blocks.7.proj", DOWN, UP), "fits no layer of this model"),
        (
            kohya(LAYER, DOWN[:, :30], UP),
            "has [2, 30] with [16, 2], which is no change of the model's [16, 32]",
        ),
        (kohya(LAYER, DOWN, UP[:, :1]), "has [2, 32] with [16, 1]"),
        (kohya(LAYER, DOWN[:0], UP[:, :0]), "has [0, 32] with [16, 0]"),
        (kohya(LAYER, DOWN[0], UP[0]), "has [32] with [2]"),
        (kohya(CONV, CONV_DOWN, CONV_DOWN), "has [2, 16, 3, 3] with [2, 16, 3, 3]"),
        (kohya(LAYER, DOWN, UP, alpha=DOWN), "alpha is None"),
        ({NAMINGS["kohya"][0]: DOWN}, "has no up part"),
        (kohya(LAYER, DOWN, UP, alpha=np.float32(np.nan)), "alpha is nan"),
        (kohya(LAYER, np.full_like(DOWN, np.inf), UP), "to_k holds numbers that are not finite"),
        (kohya(LAYER, DOWN, UP, dora_scale=DOWN), "a DoRA"),
        ({f"lora_unet_{UNDERSCORED}.hada_w1_a": DOWN}, "a LoHa, LoKr, OFT"),
        ({f"lora_unet_{UNDERSCORED}.lokr_w1": DOWN}, "a LoHa, LoKr, OFT"),
        ({f"lora_unet_{UNDERSCORED}.diff": DOWN}, "or other change than a LoRA"),
        ({"lora_te2_text_model.lora_down.weight": DOWN}, "for Stable Diffusion XL"),
        ({"transformer.double_blocks.0.lora_A.weight": DOWN}, "for another family"),
        ({"down_blocks.0.motion_modules.0.lora_A.weight": DOWN}, "for motion modules"),
    ],
)
def test_files_that_are_refused(write, source, tensors, fault, refusal):
    path = write(tensors)
    message = refusal(load_checkpoint, Source(source, loras=[(path, 1.0)]))
    assert fault in message and str(path) in message


def test_a_model_is_no_lora_and_a_lora_no_model(write, source, load_original, refusal):
    path = source / "text_encoder/model.safetensors"
    assert "holds no LoRA" in refusal(load_checkpoint, Source(source, loras=[(path, 1.0)]))
    message = refusal(load_original, write(kohya(LAYER, DOWN, UP)))
    assert "this is a LoRA; name it by --lora" in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.safetensors", ("a.safetensors", 1.0)),
        ("a.safetensors:0.5", ("a.safetensors", 0.5)),
        ("dir:x/a.safetensors:-1", ("dir:x/a.safetensors", -1.0)),
        ("dir:x/a.safetensors", ("dir:x/a.safetensors", 1.0)),
    ],
)
def test_file_and_scale(text, expected):
    assert parse_lora(text) == expected


@pytest.mark.parametrize("text", ["", ":1", "a:101", "a:1.2.3"])
def test_scales_that_are_none(text):
    with pytest.raises(ValueError, match=re.compile("empty|not a number")):
        parse_lora(text)


def test_folder_without_loras_is_as_before(source, checkpoint):
    assert load_checkpoint(Source(source, loras=None)).sha256 == load_folder(source).sha256
    assert load_file(source / "unet/diffusion_pytorch_model.safetensors")
