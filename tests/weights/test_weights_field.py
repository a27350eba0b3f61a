"""What users bring: checkpoints of other programs load, or the refusal says what they are.

Each kind is shown by the case that was reported, and by others of the same kind.
"""

import json
import re
import shutil

import numpy as np
import pytest
from one_network import load_network
from original_layout import UNET_A, UNET_RESIDUAL, original_names
from safetensors.numpy import load_file, save_file

from flowzero_jax.tokenizer import Tokenizer
from flowzero_jax.weights import Source, load_checkpoint, load_folder, save_pipeline

UNET_FILE = "unet/diffusion_pytorch_model.safetensors"
VAE_FILE = "vae/diffusion_pytorch_model.safetensors"
TEXT_FILE = "text_encoder/model.safetensors"
SCHEDULER = "scheduler/scheduler_config.json"
UNET, VAE, TEXT = "model.diffusion_model.", "first_stage_model.", "cond_stage_model.transformer."
ONES = np.ones(3, np.float32)


def without(names, start):
    return {name: ... for name in names if name.startswith(start)}


# Values that mean the same.


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("unet", {"upcast_attention": None}),
        ("unet", {"upcast_attention": True}),
        ("unet", {"only_cross_attention": [False, False], "dropout": None}),
        ("unet", {"transformer_layers_per_block": [1, 1], "freq_shift": 0.0}),
        ("unet", {"layers_per_block": [1, 1], "cross_attention_dim": [32, 32]}),
        ("unet", {"attention_head_dim": [8, 8], "use_linear_projection": None}),
        ("vae", {"scaling_factor": None, "use_quant_conv": None, "mid_block_add_attention": None}),
        ("vae", {"layers_per_block": [1, 1], "force_upcast": None}),
        ("text_encoder", {"hidden_act": None, "layer_norm_eps": None, "architectures": None}),
        ("text_encoder", {"architectures": ["CLIPTextModelWithProjection"], "model_type": None}),
    ],
)  # fmt: skip
def test_null_is_the_default_and_a_list_of_equals_one_value(folder, file, changes, edit_json):
    expected = load_network(folder / file, file)[0]
    edit_json(folder / file / "config.json", **changes)
    assert load_network(folder / file, file)[0] == expected


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"only_cross_attention": [False, True]}, "only_cross_attention: only False"),
        ({"layers_per_block": [1, 2]}, "layers_per_block: must be a whole number"),
        ({"time_cond_proj_dim": 256}, "time_cond_proj_dim: only None"),
    ],
)
def test_values_that_mean_something_else_are_refused(folder, changes, fault, edit_json, refusal):
    edit_json(folder / "unet/config.json", **changes)
    assert fault in refusal(load_network, folder / "unet", "unet")


@pytest.mark.parametrize("file", ["unet", "vae", "text_encoder"])
def test_unknown_keys_are_named_and_passed_over(folder, file, edit_json):
    edit_json(folder / file / "config.json", new_key=3, off=False, empty=[])
    with pytest.warns(UserWarning, match=rf"{file}/config.json: without effect here: new_key$"):
        load_network(folder / file, file)


@pytest.mark.parametrize(
    ("key", "entry"),
    [
        ("safety_checker", ["stable_diffusion", "SafeSafetyChecker"]),
        ("feature_extractor", ["transformers", "CLIPImageProcessorPil"]),
        ("scheduler", ["diffusers", "UniPCMultistepScheduler"]),
        ("text_encoder", ["transformers", "CLIPTextModelWithProjection"]),
        ("_class_name", "StableDiffusionImg2ImgPipeline"),
        ("controlnet", [None, None]),
    ],
)
def test_parts_that_are_not_used_decide_nothing(folder, checkpoint, key, entry, edit_json):
    edit_json(folder / "model_index.json", **{key: entry})
    assert load_folder(folder).unet_config == checkpoint.unet_config


# Tokenizers of other generations.


def newer_tokenizer(folder, as_pairs=True, inside=True):
    """Turns two files into the one that transformers 5 writes."""
    vocab = json.loads((folder / "vocab.json").read_text())
    lines = (folder / "merges.txt").read_text().strip().split("\n")[1:]
    special = {name: vocab[name] for name in vocab if name.startswith("<|")}
    added = [{"id": number, "content": name} for name, number in special.items()]
    if not inside:
        vocab = {name: number for name, number in vocab.items() if name not in special}
    model = {"type": "BPE", "vocab": vocab, "merges": [x.split() for x in lines]}
    model["merges"] = model["merges"] if as_pairs else lines
    text = json.dumps({"version": "1.0", "added_tokens": added, "model": model})
    (folder / "tokenizer.json").write_text(text)
    for name in ("vocab.json", "merges.txt", "special_tokens_map.json"):
        (folder / name).unlink()


@pytest.mark.parametrize("as_pairs", [True, False])
@pytest.mark.parametrize("inside", [True, False])
def test_tokenizer_of_one_file(folder, source, as_pairs, inside):
    newer_tokenizer(folder / "tokenizer", as_pairs, inside)
    texts = ["a Photo of the ball, 42 dogs!?", "", "naïve café 🐱"]
    expected = Tokenizer.from_folder(source / "tokenizer")(texts)
    np.testing.assert_array_equal(Tokenizer.from_folder(folder / "tokenizer")(texts), expected)


def test_tokenizer_of_one_file_everywhere(
    folder, original_file, load_original, tmp_path, checkpoint
):
    newer_tokenizer(folder / "tokenizer")
    first = load_folder(folder)
    assert load_original(original_file(), folder / "tokenizer").unet_config == first.unet_config
    digest = save_pipeline(tmp_path / "saved", first)
    assert load_folder(tmp_path / "saved").sha256 == digest
    assert (tmp_path / "saved/tokenizer/vocab.json").exists()
    name = "tokenizer/tokenizer.json"
    (folder / name).write_text((folder / name).read_text() + " ")
    assert load_folder(folder).sha256 != first.sha256 != checkpoint.sha256


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"model": {"vocab": {"a": 0}}}', "has no model.merges"),
        ('{"model": {"vocab": [], "merges": []}}', "has no vocabulary"),
        ('{"model": {"vocab": {"a": 0}, "merges": []}}', "lacks the token '<|startoftext|>'"),
        ("[]", "not a JSON object"),
    ],
)
def test_damaged_tokenizer_of_one_file(folder, text, fault, refusal):
    newer_tokenizer(folder / "tokenizer")
    (folder / "tokenizer/tokenizer.json").write_text(text)
    message = refusal(load_folder, folder)
    assert fault in message and "tokenizer.json" in message


# Tensors that nobody reads.


@pytest.mark.parametrize(
    "names",
    [
        (f"{VAE}model_ema.decay", f"{VAE}model_ema.num_updates"),
        (f"{UNET}new.weight",),
        ("embedding_manager.x", "global_step"),
    ],
)
def test_tensors_that_nothing_reads_are_named_and_left_out(
    original_file, load_original, checkpoint, names, assert_equal_params
):
    path = original_file(**dict.fromkeys(names, ONES))
    with pytest.warns(UserWarning, match=re.escape(names[0])):
        loaded = load_original(path)
    assert_equal_params(loaded.params, checkpoint.params)


@pytest.mark.parametrize("file", [UNET_FILE, VAE_FILE, TEXT_FILE])
def test_tensors_that_nothing_reads_in_a_folder(folder, file, edit_tensors):
    edit_tensors(folder / file, **{"extra.weight": ONES})
    name = file.partition("/")[0]
    with pytest.warns(UserWarning, match=r"1 tensor without a place .*: extra\.weight"):
        load_network(folder / name, name)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("time_embedding.cond_proj.weight", "distilled to one scale of guidance"),
        ("add_embedding.linear_1.weight", "Stable Diffusion XL"),
        ("down_blocks.0.motion_modules.0.temporal_transformer.x", "a motion module"),
        ("down_blocks.0.temp_convs.0.conv1.0.weight", "a motion module or a video"),
        ("mid_block.attentions.0.proj_in.weight.absmax", "quantised"),
        ("down_blocks.0.attentions.0.proj_in.qweight", "quantised"),
        ("controlnet_down_blocks.0.weight", "a ControlNet"),
        ("down_blocks.0.attn2.processor.to_k_ip.weight", "an IP-Adapter"),
        ("position_net.linears_text.0.weight", "GLIGEN for other conditions"),
        ("down_blocks.0.attn2.to_k.lora_A.weight", "a LoRA; name it by --lora"),
    ],
)
def test_tensors_that_tell_another_kind_are_refused(folder, name, kind, edit_tensors, refusal):
    edit_tensors(folder / UNET_FILE, **{name: ONES})
    message = refusal(load_network, folder / "unet", "unet")
    assert f"this is {kind}" in message


def test_weights_of_whole_numbers_are_called_quantised(folder, edit_tensors, refusal):
    edit_tensors(folder / UNET_FILE, **{"conv_out.bias": np.ones(4, np.int8)})
    assert "of type I8" in (said := refusal(load_network, folder / "unet", "unet"))
    assert "quantised weights cannot" in said


# Names of any age, and shapes that mean the same.

NEW = {"q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0"}
OLD = {"q": "query", "k": "key", "v": "value", "proj_out": "proj_attn"}


@pytest.mark.parametrize("names", [NEW, OLD, NEW | {"norm": "group_norm"}])
@pytest.mark.parametrize("flat", [True, False])
def test_autoencoder_attention_by_any_name(
    original_tensors, original_file, load_original, checkpoint, names, flat, assert_equal_params
):
    changes = {}
    for name, tensor in original_tensors.items():
        start, mark, rest = name.partition(".attn_1.")
        part, _, parameter = rest.rpartition(".")
        if mark and part in names:
            tensor = tensor.squeeze() if flat else tensor
            changes |= {name: ..., f"{start}{mark}{names[part]}.{parameter}": tensor}
    assert len(changes) >= 32
    loaded = load_original(original_file(**changes))
    assert_equal_params(loaded.params, checkpoint.params)


def test_shapes_may_differ_by_ones_at_the_end(
    folder, checkpoint, edit_tensors, assert_equal_params
):
    tensors = load_file(folder / VAE_FILE)
    four = {n: x[:, :, None, None] for n, x in tensors.items() if ".to_" in n and x.ndim == 2}
    edit_tensors(folder / VAE_FILE, **four)
    alphas = {n: x.reshape(1) for n, x in load_file(folder / UNET_FILE).items() if ".alpha_" in n}
    edit_tensors(folder / UNET_FILE, **alphas)
    assert len(four) == 8 and alphas
    assert_equal_params(load_folder(folder).params, checkpoint.params)


# What no shape tells.


@pytest.mark.parametrize("mark", ["v_pred", "notes", "option"])
def test_v_prediction_is_acted_on(original_file, load_original, mark):
    path = original_file(**({"v_pred": np.zeros(0, np.float32)} if mark == "v_pred" else {}))
    if mark == "notes":
        save_file(load_file(path), path, metadata={"modelspec.prediction_type": "v"})
    options = {"prediction_type": "v_prediction"} if mark == "option" else {}
    loaded = load_original(path, **options)
    assert loaded.schedule_config.prediction_type == "v_prediction"
    assert loaded.origin["prediction_type"] == "v_prediction"
    assert not loaded.schedule_config.rescale_betas_zero_snr


def test_zero_terminal_snr_is_acted_on(original_file, load_original, refusal):
    empty = np.zeros(0, np.float32)
    loaded = load_original(original_file(v_pred=empty, ztsnr=empty))
    schedule = loaded.schedule_config
    assert schedule.rescale_betas_zero_snr and schedule.timestep_spacing == "trailing"
    assert loaded.origin == {"prediction_type": "v_prediction", "zero_terminal_snr": "yes"}
    path = original_file()
    said = {"prediction_type": "v_prediction", "zero_terminal_snr": True}
    assert load_original(path, **said).schedule_config == schedule
    assert load_original(path, **said).sha256 != load_original(path).sha256
    assert "of which epsilon says nothing" in refusal(load_original, path, zero_terminal_snr=True)


def test_what_was_said_survives_saving(folder, tmp_path):
    source = Source(folder, prediction_type="v_prediction", zero_terminal_snr=True)
    loaded = load_checkpoint(source)
    save_pipeline(tmp_path / "saved", loaded)
    assert load_folder(tmp_path / "saved").schedule_config == loaded.schedule_config


def test_an_option_beats_the_folder(folder, edit_json):
    edit_json(folder / SCHEDULER, prediction_type="v_prediction", rescale_betas_zero_snr=True)
    assert load_folder(folder).schedule_config.rescale_betas_zero_snr
    source = Source(folder, prediction_type="epsilon", zero_terminal_snr=False)
    schedule = load_checkpoint(source).schedule_config
    assert schedule.prediction_type == "epsilon" and not schedule.rescale_betas_zero_snr


# Schedulers that are not used.

SCHEDULE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


@pytest.mark.parametrize(
    ("name", "spacing"),
    [
        ("EulerDiscreteScheduler", "linspace"),
        ("EulerAncestralDiscreteScheduler", "linspace"),
        ("DPMSolverMultistepScheduler", "linspace"),
        ("LMSDiscreteScheduler", "linspace"),
        ("UniPCMultistepScheduler", "linspace"),
        ("DEISMultistepScheduler", "linspace"),
        ("DDIMInverseScheduler", "leading"),
        ("SomeNewScheduler", "linspace"),
    ],
)
def test_the_noise_schedule_of_any_scheduler_is_read(folder, checkpoint, name, spacing):
    values = SCHEDULE | {"_class_name": name, "clip_sample": True}
    (folder / SCHEDULER).write_text(json.dumps(values))
    loaded = load_folder(folder)
    assert loaded.scheduler_class == name
    assert loaded.provenance["scheduler"].startswith(name)
    schedule, usual = loaded.schedule_config, checkpoint.schedule_config
    assert schedule.timestep_spacing == spacing and schedule.set_alpha_to_one
    assert (schedule.beta_start, schedule.beta_end) == (usual.beta_start, usual.beta_end)


def test_a_model_made_for_few_steps_is_sampled_so(folder):
    (folder / SCHEDULER).write_text(json.dumps(SCHEDULE | {"_class_name": "LCMScheduler"}))
    loaded = load_folder(folder)
    assert loaded.settings.generation.sampler == "lcm" and loaded.settings.generation.num_steps == 8
    assert loaded.provenance == {}
    (folder / "flowzero.json").write_text('{"sampler": "dpm++"}')
    assert load_folder(folder).settings.generation.sampler == "dpm++"


@pytest.mark.parametrize("kind", ["linear", "squaredcos_cap_v2"])
def test_other_noise_schedules_are_followed(folder, kind, edit_json):
    edit_json(folder / SCHEDULER, beta_schedule=kind, timestep_spacing="linspace")
    schedule = load_folder(folder).schedule_config
    assert schedule.beta_schedule == kind and schedule.timestep_spacing == "linspace"


def test_keys_of_other_schedulers_are_ignored(folder, checkpoint, edit_json):
    known = {"final_sigmas_type": "zero", "timestep_type": "discrete", "use_karras_sigmas": True}
    edit_json(folder / SCHEDULER, **known, use_lu_lambdas=False)
    assert load_folder(folder).schedule_config == checkpoint.schedule_config
    edit_json(folder / SCHEDULER, use_lu_lambdas=True)
    with pytest.warns(UserWarning, match="without effect here: use_lu_lambdas"):
        assert load_folder(folder).schedule_config == checkpoint.schedule_config


# GLIGEN's layers from what else has them.


@pytest.fixture
def plain(folder, edit_json, edit_tensors):
    edit_json(folder / "unet/config.json", attention_type="default")
    names = load_file(folder / UNET_FILE)
    edit_tensors(
        folder / UNET_FILE, **{n: ... for n in names if "position_net" in n or ".fuser." in n}
    )
    return folder


@pytest.mark.parametrize("form", ["original", "diffusers", "model", "pipeline", "unet"])
def test_gligen_layers_of_a_whole_network(
    plain, source, original_file, tmp_path, checkpoint, form, assert_equal_params
):
    path = tmp_path / "network.safetensors"
    tensors = load_file(source / UNET_FILE)
    names = original_names(tensors, UNET_A, UNET_RESIDUAL)
    if form == "original":
        save_file({names[name]: tensor for name, tensor in tensors.items()}, path)
    elif form == "diffusers":
        save_file(tensors, path)
    else:
        path = {"model": original_file(), "pipeline": source, "unet": source / "unet"}[form]
    with pytest.warns(UserWarning, match="more than an adapter: its GLIGEN layers are taken"):
        loaded = load_checkpoint(Source(plain, gligen=path))
    assert loaded.unet_config == checkpoint.unet_config
    assert_equal_params(loaded.params, checkpoint.params)


def test_gligen_for_other_conditions_is_called_that(plain, tmp_path, refusal):
    path = tmp_path / "adapter.safetensors"
    save_file({"position_net.linears_image.0.weight": ONES}, path)
    message = refusal(load_checkpoint, Source(plain, gligen=path))
    assert "this is GLIGEN for other conditions than boxes with text" in message


# Another autoencoder.


@pytest.fixture
def other_vae(source, tmp_path):
    """A folder with the reference autoencoder, all weights doubled."""
    shutil.copytree(source / "vae", tmp_path / "other")
    tensors = load_file(source / VAE_FILE)
    file = tmp_path / "other/diffusion_pytorch_model.safetensors"
    save_file({name: 2 * tensor for name, tensor in tensors.items()}, file)
    return tmp_path / "other"


def doubled(loaded, checkpoint):
    kernel = loaded.params["vae"]["quant_conv"]["kernel"]
    np.testing.assert_array_equal(kernel, 2 * checkpoint.params["vae"]["quant_conv"]["kernel"])
    assert len(loaded.origin["vae_sha256"]) == 64 and loaded.sha256 != checkpoint.sha256


@pytest.mark.parametrize("form", ["diffusers", "original", "bare", "whole"])
def test_autoencoder_of_a_file(
    original_tensors, original_file, load_original, other_vae, tmp_path, checkpoint, form
):
    path = tmp_path / "vae.safetensors"
    twice = {n: 2 * x for n, x in original_tensors.items() if n.startswith(VAE)}
    if form == "diffusers":
        path = other_vae / "diffusion_pytorch_model.safetensors"
    elif form == "bare":
        save_file({name.removeprefix(VAE): tensor for name, tensor in twice.items()}, path)
    else:
        others = {} if form == "original" else {f"{UNET}out.2.bias": ONES}
        save_file(twice | others, path)
    lacking = original_file(**without(original_tensors, VAE))
    doubled(load_original(lacking, vae=path), checkpoint)


@pytest.mark.parametrize("form", ["folder", "pipeline"])
def test_autoencoder_of_a_folder(folder, other_vae, checkpoint, form):
    path = other_vae if form == "folder" else other_vae.rename(other_vae.with_name("vae")).parent
    doubled(load_checkpoint(Source(folder, vae=path)), checkpoint)
    shutil.rmtree(folder / "vae")
    doubled(load_checkpoint(Source(folder, vae=path)), checkpoint)


def test_file_without_autoencoder_names_the_way_out(
    original_tensors, original_file, load_original, source, refusal
):
    path = original_file(**without(original_tensors, VAE))
    assert "add one by --vae FILE or FOLDER" in refusal(load_original, path)
    text = source / "text_encoder/model.safetensors"
    assert "has no encoder.down" in refusal(load_original, path, vae=text)
    assert "an autoencoder; name it by --vae" in refusal(load_original, source / VAE_FILE)


# Files that are longer or shorter than they should be.


def test_trailing_bytes_are_called_that_and_can_be_cut_off(folder, refusal):
    path = folder / TEXT_FILE
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"12345")
    message = refusal(load_network, folder / "text_encoder", "text_encoder")
    assert "5 bytes follow its last tensor" in message and f"truncate -s {size} FILE" in message
    with path.open("r+b") as file:
        file.truncate(size)
    load_network(folder / "text_encoder", "text_encoder")
    with path.open("r+b") as file:
        file.truncate(size - 7)
    message = refusal(load_network, folder / "text_encoder", "text_encoder")
    assert "its last 7 bytes are missing: download or copy it anew" in message
