"""The JSON configurations of a diffusers pipeline folder, parsed into our dataclasses.

A key gives a size, must have the one value that the published Stable Diffusion 1 models have, or
changes nothing here; the last kind is named in a warning unless it is well known. Class names are
compared, never imported. All numbers are bounded before anything is built from them. `path` says
where the values are from, for the messages.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from flowzero_jax.errors import ModelError
from flowzero_jax.models import AutoencoderConfig, TextEncoderConfig, UNetConfig
from flowzero_jax.schedule import BetaSchedule, ScheduleConfig, Spacing
from flowzero_jax.settings import Prediction
from flowzero_jax.weights.config_reader import ConfigReader
from flowzero_jax.weights.small_files import read_json

Json = dict[str, Any]

MAX_STAGES = 6
MAX_LAYERS = 4
MAX_WIDTH = 16384
MAX_HEADS = 256
MAX_CHANNELS = 64

# They differ in what they do with the same networks.
PIPELINE_CLASSES = (
    "StableDiffusionGLIGENPipeline", "StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline",
    "StableDiffusionInpaintPipeline", "LatentConsistencyModelPipeline",
)  # fmt: skip

# component: (library, class names); of a scheduler any class that has a noise schedule will do.
COMPONENTS = {
    "unet": ("diffusers", ("UNet2DConditionModel",)),
    "vae": ("diffusers", ("AutoencoderKL",)),
    "text_encoder": ("transformers", ("CLIPTextModel", "CLIPTextModelWithProjection")),
    "tokenizer": ("transformers", ("CLIPTokenizer", "CLIPTokenizerFast")),
    "scheduler": ("diffusers", ("DDIMScheduler",)),
}
# Components that take part in the forward pass of the pipelines that have them.
FOREIGN_COMPONENTS = (
    "controlnet", "motion_adapter", "adapter", "prior", "text_encoder_2", "transformer",
)  # fmt: skip

# What all published UNets have, and none of ours can have otherwise.
UNET_FIXED = {
    "act_fn": "silu",
    "conv_in_kernel": 3,
    "conv_out_kernel": 3,
    "downsample_padding": 1,
    "flip_sin_to_cos": True,
    "mid_block_scale_factor": 1,
    "mid_block_type": "UNetMidBlock2DCrossAttn",
    "norm_eps": 1e-5,
    "resnet_out_scale_factor": 1.0,
    "resnet_time_scale_shift": "default",
    "time_embedding_type": "positional",
    "transformer_layers_per_block": 1,
    **dict.fromkeys(
        "center_input_sample class_embeddings_concat dropout dual_cross_attention freq_shift "
        "mid_block_only_cross_attention only_cross_attention resnet_skip_time_act".split(),
        False,
    ),
    **dict.fromkeys(
        "addition_embed_type addition_time_embed_dim class_embed_type cross_attention_norm "
        "encoder_hid_dim encoder_hid_dim_type num_attention_heads num_class_embeds "
        "projection_class_embeddings_input_dim reverse_transformer_layers_per_block "
        "time_cond_proj_dim time_embedding_act_fn time_embedding_dim timestep_post_act".split()
    ),
}

# Kinds of diffusion that are no chain of such noise levels, or that ask for a sampler of their own.
OTHER_DIFFUSION = re.compile("Flow|EDM|TCD|^CM|Consistency|ScoreSde|Karras|VQ|UnCLIP|Wuerstchen")
# Classes that clip unless they are told not to; of others the key is another class's.
CLIPPING = ("DDIMScheduler", "DDPMScheduler")
# Classes whose timesteps keep away from the schedule's end unless they are told otherwise.
LEADING = re.compile("DDIM|DDPM|PNDM|LCM")
# How the classes sample. Files have those of other classes, too, since one is made from another's.
SAMPLER_KEYS = (
    "clip_sample", "clip_sample_range", "dynamic_thresholding_ratio", "sample_max_value",
    "skip_prk_steps", "interpolation_type", "use_karras_sigmas", "variance_type", "algorithm_type",
    "lower_order_final", "solver_order", "solver_type", "final_sigmas_type", "timestep_type",
)  # fmt: skip

# What a text encoder's configuration says of its training, of a head that is not used and of files.
TEXT_ENCODER_NOTES = (
    "architectures", "attention_dropout", "bos_token_id", "dropout", "dtype", "initializer_factor",
    "initializer_range", "pad_token_id", "projection_dim", "torch_dtype", "transformers_version",
    "use_cache",
)  # fmt: skip

SECOND_GENERATION = (
    "this is Stable Diffusion 2, another model family; use a Stable Diffusion 1 checkpoint"
)


def parse_model_index(path: Path) -> None:
    """Raises ModelError unless pipeline and components are of classes that are supported."""
    reader = _reader(read_json(path), path, PIPELINE_CLASSES)
    for component in FOREIGN_COMPONENTS:
        entry = reader.raw(component, [None, None])
        rule = "belongs to another kind of pipeline: must be left out"
        reader.check(component, entry, entry == [None, None], rule)
    for component, (library, classes) in COMPONENTS.items():
        entry = reader.raw(component)
        pair = isinstance(entry, list) and len(entry) == 2 and entry[0] == library
        reader.check(component, entry, pair, f'must be ["{library}", "{classes[0]}"]')
        known = entry[1] in classes or component == "scheduler"
        reader.check(component, entry[1], known, f"only {' or '.join(classes)} is supported")
    reader.ignore("feature_extractor", "image_encoder", "safety_checker", "requires_safety_checker")
    reader.pass_over()


def parse_unet_config(values: Json, path: Path) -> UNetConfig:
    """The values of `unet/config.json`; raises ModelError."""
    reader = _reader(values, path, COMPONENTS["unet"][1])
    # Stable Diffusion 2 by its own marks, before some other key is complained about.
    wide = reader.peek("cross_attention_dim") == 1024 and reader.peek("use_linear_projection")
    if wide or reader.peek("attention_head_dim") == [5, 10, 20, 20]:
        raise ModelError(f"{path}: {SECOND_GENERATION}")
    widths = reader.integers("block_out_channels", 1, MAX_WIDTH, range(1, MAX_STAGES + 1))
    stages = len(widths)
    down = reader.choices("down_block_types", ("CrossAttnDownBlock2D", "DownBlock2D"), stages)
    up = list(reader.choices("up_block_types", ("CrossAttnUpBlock2D", "UpBlock2D"), stages))
    attention = tuple(name.startswith("CrossAttn") for name in down)
    mirrored = up == block_types(attention)["up_block_types"]
    reader.check("up_block_types", up, mirrored, "must mirror down_block_types")
    config = UNetConfig(
        in_channels=reader.integer("in_channels", 1, MAX_CHANNELS, 4),
        out_channels=reader.integer("out_channels", 1, MAX_CHANNELS, 4),
        block_out_channels=widths,
        layers_per_block=reader.integer("layers_per_block", 1, MAX_LAYERS, 2),
        attention_stages=attention,
        num_heads=_num_heads(reader, stages),
        cross_attention_dim=reader.integer("cross_attention_dim", 1, MAX_WIDTH),
        norm_num_groups=reader.integer("norm_num_groups", 1, MAX_WIDTH, 32),
        use_linear_projection=reader.boolean("use_linear_projection", False),
        # The key that tells of GLIGEN's layers, and the older one.
        grounded=(reader.choice("attention_type", ("default", "gated"), "default") == "gated")
        | reader.boolean("use_gated_attention", False),
    )
    reader.fixed(**UNET_FIXED)
    # The upcast is one of precision: norms and softmax are always in float32 here.
    reader.ignore("addition_embed_type_num_heads", "sample_size", "upcast_attention")
    reader.pass_over()
    _check_groups(reader, widths, config.norm_num_groups)
    for width, heads in zip(widths, config.num_heads, strict=True):
        rule = f"must be a number of heads that divides {width}"
        reader.check("attention_head_dim", heads, width % heads == 0, rule)
    return config


def parse_autoencoder_config(values: Json, path: Path) -> AutoencoderConfig:
    """The values of `vae/config.json`; raises ModelError."""
    reader = _reader(values, path, COMPONENTS["vae"][1])
    widths = reader.integers("block_out_channels", 1, MAX_WIDTH, range(1, MAX_STAGES + 1))
    reader.choices("down_block_types", ("DownEncoderBlock2D",), len(widths))
    reader.choices("up_block_types", ("UpDecoderBlock2D",), len(widths))
    config = AutoencoderConfig(
        in_channels=reader.integer("in_channels", 1, MAX_CHANNELS, 3),
        out_channels=reader.integer("out_channels", 1, MAX_CHANNELS, 3),
        latent_channels=reader.integer("latent_channels", 1, MAX_CHANNELS, 4),
        block_out_channels=widths,
        layers_per_block=reader.integer("layers_per_block", 1, MAX_LAYERS, 1),
        norm_num_groups=reader.integer("norm_num_groups", 1, MAX_WIDTH, 32),
        scaling_factor=reader.number("scaling_factor", 1e-6, 1e6, 0.18215),
    )
    reader.fixed(
        act_fn="silu",
        latents_mean=None,
        latents_std=None,
        mid_block_add_attention=True,
        shift_factor=None,
        use_post_quant_conv=True,
        use_quant_conv=True,
    )
    if config.in_channels != 3 or config.out_channels != 3:
        raise ModelError(f"{path}: in_channels and out_channels must be 3, for RGB images")
    reader.ignore("force_upcast", "sample_size")
    reader.pass_over()
    _check_groups(reader, widths, config.norm_num_groups)
    return config


def parse_text_encoder_config(values: Json, path: Path) -> TextEncoderConfig:
    """The values of `text_encoder/config.json`; raises ModelError. They have defaults in
    transformers, too, but every published file gives the sizes, so they are asked for."""
    reader = ConfigReader(values, path)
    reader.fixed(model_type="clip_text_model")
    if reader.peek("hidden_size") == 1024 and reader.peek("hidden_act") == "gelu":
        raise ModelError(f"{path}: {SECOND_GENERATION}")
    config = TextEncoderConfig(
        vocab_size=reader.integer("vocab_size", 3, 2**20),
        hidden_size=reader.integer("hidden_size", 1, MAX_WIDTH),
        intermediate_size=reader.integer("intermediate_size", 1, 8 * MAX_WIDTH),
        num_hidden_layers=reader.integer("num_hidden_layers", 1, 64),
        num_attention_heads=reader.integer("num_attention_heads", 1, MAX_HEADS),
        max_position_embeddings=reader.integer("max_position_embeddings", 3, 4096, 77),
        hidden_act=reader.choice("hidden_act", ("quick_gelu", "gelu"), "quick_gelu"),
        layer_norm_eps=reader.number("layer_norm_eps", 1e-12, 1e-2, 1e-5),
        eos_token_id=reader.integer("eos_token_id", 0, 2**20, 49407),
    )
    reader.ignore(*TEXT_ENCODER_NOTES)
    reader.pass_over()
    heads, end = config.num_attention_heads, config.eos_token_id
    rule = f"must divide hidden_size, {config.hidden_size}"
    reader.check("num_attention_heads", heads, config.hidden_size % heads == 0, rule)
    rule = f"must be below vocab_size, {config.vocab_size}"
    reader.check("eos_token_id", end, end < config.vocab_size, rule)
    return config


def parse_schedule_config(path: Path) -> tuple[ScheduleConfig, str]:
    """`scheduler/scheduler_config.json` → the noise schedule, and the class that the file names.

    The schedule is what the model was trained for; which sampler follows it is not the class's to
    decide. What belongs to that one alone is passed over. A missing key has the default of the
    named class. Raises ModelError.
    """
    values = read_json(path)
    name = str(values.get("_class_name"))[:60]
    if not name.endswith("Scheduler") or OTHER_DIFFUSION.search(name):
        raise ModelError(
            f"{path}: _class_name: {name} is not a scheduler of Stable Diffusion 1 (DDIMScheduler, "
            "for instance), whose noise schedule could be read; take the one of the model's base"
        )
    reader = ConfigReader(values, path)
    reader.fixed(thresholding=False, trained_betas=None, use_flow_sigmas=False)
    clips = name in CLIPPING and reader.raw("clip_sample", True) is not False
    rule = "latents have no bounds; it must be there and false"
    reader.check("clip_sample", True, not clips, rule)
    spacing = "leading" if LEADING.search(name) else "linspace"
    num_train_timesteps = reader.integer("num_train_timesteps", 1, 100_000, 1000)
    config = ScheduleConfig(
        num_train_timesteps=num_train_timesteps,
        beta_start=reader.number("beta_start", 1e-9, 0.999),
        beta_end=reader.number("beta_end", 1e-9, 0.999),
        beta_schedule=reader.choice("beta_schedule", get_args(BetaSchedule), "linear"),
        prediction_type=reader.choice("prediction_type", get_args(Prediction), "epsilon"),
        timestep_spacing=reader.choice("timestep_spacing", get_args(Spacing), spacing),
        steps_offset=reader.integer("steps_offset", 0, num_train_timesteps - 1, 0),
        set_alpha_to_one=reader.boolean("set_alpha_to_one", name != "PNDMScheduler"),
        rescale_betas_zero_snr=reader.boolean("rescale_betas_zero_snr", False),
    )
    reader.ignore(*SAMPLER_KEYS)
    reader.pass_over()
    rule = f"must be at least {config.beta_start}"
    reader.check("beta_end", config.beta_end, config.beta_start <= config.beta_end, rule)
    return config, name


def block_types(attention: Sequence[bool]) -> Json:
    """The stages of a UNet, as its `config.json` has them, from whether they have attention."""
    down = ["CrossAttnDownBlock2D" if stage else "DownBlock2D" for stage in attention]
    up = [name.replace("Down", "Up") for name in reversed(down)]
    return {"down_block_types": down, "up_block_types": up}


def _reader(values: Json, path: Path, classes: tuple[str, ...]) -> ConfigReader:
    name = values.get("_class_name")
    if name not in classes:
        raise ModelError(
            f"{path}: _class_name: must be {' or '.join(classes)}, not {str(name)[:60]!r}"
        )
    return ConfigReader(values, path)


def _num_heads(reader: ConfigReader, stages: int) -> tuple[int, ...]:
    """`attention_head_dim` is, for historical reasons, the number of heads: one or a list."""
    if isinstance(reader.peek("attention_head_dim"), list):
        return reader.integers("attention_head_dim", 1, MAX_HEADS, range(stages, stages + 1))
    return (reader.integer("attention_head_dim", 1, MAX_HEADS, 8),) * stages


def _check_groups(reader: ConfigReader, widths: tuple[int, ...], groups: int) -> None:
    for width in widths:
        reader.check("norm_num_groups", groups, width % groups == 0, f"must divide {width}")
