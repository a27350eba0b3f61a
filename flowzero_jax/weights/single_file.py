"""Loading one safetensors file with the names of the original Stable Diffusion 1 code."""

import re
from collections.abc import Callable
from pathlib import Path

from flowzero_jax.errors import ModelError
from flowzero_jax.files import sha256
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.tokenizer import Tokenizer
from flowzero_jax.weights.adapter import grounded_config, open_adapter
from flowzero_jax.weights.checkpoint import Checkpoint, check_together, tokenizer_files
from flowzero_jax.weights.configs import (
    parse_autoencoder_config,
    parse_text_encoder_config,
    parse_unet_config,
)
from flowzero_jax.weights.convert import (
    check_dtype,
    list_names,
    parameter_shapes,
    tensor_shapes,
    to_params,
)
from flowzero_jax.weights.manifest import checkpoint_hash, file_hashes
from flowzero_jax.weights.original_names import (
    AUTOENCODER_PREFIX,
    DROPPED,
    TEXT_PREFIX,
    UNET_PREFIX,
    autoencoder_name,
    unet_name,
)
from flowzero_jax.weights.original_sizes import (
    Shapes,
    UntoldSizes,
    autoencoder_values,
    text_encoder_values,
    unet_values,
)
from flowzero_jax.weights.safetensors_file import check_suffix, open_tensors
from flowzero_jax.weights.small_files import exists
from flowzero_jax.weights.tensor_views import Renamed, TensorSource, unique

PREFIXES = {"unet": UNET_PREFIX, "vae": AUTOENCODER_PREFIX, "text_encoder": TEXT_PREFIX}

# Names of tensors that only other models have → what those are.
FAMILIES = (
    (r"^conditioner\.|\.label_emb\.", "Stable Diffusion XL, another model family"),
    (r"^cond_stage_model\.model\.", "Stable Diffusion 2, another model family"),
    (r"(^|\.)joint_blocks\.", "Stable Diffusion 3, another model family"),
    (r"(^|\.)double_blocks\.", "Flux, another model family"),
    (r"^control_model\.", "a ControlNet, which is not supported"),
    (r"^lora_|\.lora_", "a LoRA, which is not supported"),
)
# Files that hold only such tensors → what those are.
PARTS = (
    (r"(^|\.)position_net\.|\.fuser\.", "a GLIGEN adapter; name it by --gligen, next to a --model"),
    (
        r"^(conv_|time_embedding|(down|mid|up)_block|position_net|(en|de)coder|(post_)?quant_conv|"
        r"text_model)",
        "one network of a diffusers folder; name the folder that has model_index.json",
    ),
)


def load_single_file(
    path: str | Path,
    tokenizer: str | Path | None,
    dtype="float32",
    *,
    gligen: str | Path | None = None,
    untold: UntoldSizes | None = None,
) -> Checkpoint:
    """Loads one file with UNet, autoencoder and text encoder under the original names.

    The architecture is read off the tensors' shapes, the schedule is the published one.

    Args:
        path: a `.safetensors` file.
        tokenizer: the folder with `vocab.json` and `merges.txt`, which such a file lacks.
        dtype: of the parameters.
        gligen: an adapter's file, to be added.
        untold: sizes that the file does not tell, where they are not the published ones.

    Raises:
        ModelError: the file is not whole, or no Stable Diffusion 1 model; there is no tokenizer.
        InputError: another `dtype`.
    """
    path, dtype, untold = Path(path), check_dtype(dtype), untold or UntoldSizes()
    check_suffix(path)
    with open_tensors([path]) as tensors, open_adapter(gligen) as adapter:
        parts = _parts(tensors, path)
        folder = tokenizer_folder(path, tokenizer)
        encoder = Tokenizer.from_folder(folder)
        configs = _configs(
            {name: _shapes(tensors, part) for name, part in parts.items()},
            path,
            untold,
            encoder.end_id,
        )
        configs["unet"] = grounded_config(configs["unet"], adapter, path)
        check_together(path, **configs, tokenizer=encoder)
        original_names = {
            "unet": lambda name: unet_name(name, configs["unet"]),
            "vae": lambda name: autoencoder_name(name, configs["vae"]),
            "text_encoder": str,
        }
        params = {}
        for name, part in parts.items():
            shapes = parameter_shapes(configs[name])
            view: TensorSource = _rename(
                tensors, part, PREFIXES[name], original_names[name], tensor_shapes(shapes), path
            )
            where = str(path)
            if name == "unet" and adapter is not None:
                view, where = adapter.add_to(view, configs[name]), f"{path} with {adapter.path}"
            params[name] = to_params(view, shapes, dtype, where)
        origin = {} if adapter is None else {"gligen_sha256": adapter.sha256}
    hashes = {"checkpoint": sha256(path), **origin, **file_hashes(folder, tokenizer_files(folder))}
    return Checkpoint(
        unet_config=configs["unet"],
        autoencoder_config=configs["vae"],
        text_config=configs["text_encoder"],
        schedule_config=ScheduleConfig(),
        params=params,
        tokenizer_folder=folder,
        sha256=checkpoint_hash(hashes),
        origin=origin,
    )


def tokenizer_folder(path: Path, folder: str | Path | None) -> Path:
    """The named folder with a tokenizer's files; raises ModelError."""
    if folder is None:
        raise ModelError(
            f"{path}: a single file holds no tokenizer; name a folder with vocab.json and "
            "merges.txt by --tokenizer (any Stable Diffusion 1 folder has it as tokenizer/)"
        )
    folder = Path(folder)
    if not exists(folder / "vocab.json"):
        inner = exists(folder / "tokenizer" / "vocab.json")
        hint = f"name {folder / 'tokenizer'}" if inner else "name the folder of a CLIP tokenizer"
        raise ModelError(f"{folder}: has no vocab.json; {hint}")
    return folder


def _parts(tensors: TensorSource, path: Path) -> dict[str, dict[str, str]]:
    """The tensors of each network: name without prefix → name in the file; raises ModelError."""
    names = [name for name in tensors.shapes if not DROPPED.match(name)]
    _refuse(FAMILIES, names, any, path)
    _refuse(PARTS, names, all, path)
    parts = {}
    for network, prefix in PREFIXES.items():
        own = [name for name in names if name.startswith(prefix)]
        if not own:
            raise ModelError(
                f"{path}: has no {prefix}*, the original name of its {network}; name a whole "
                "Stable Diffusion 1 model"
            )
        short = ((name.removeprefix(prefix), name) for name in own)
        if network == "text_encoder":
            # Some programs left out the part of the name that all have in common.
            start = "text_model."
            short = ((start + name.removeprefix(start), source) for name, source in short)
        parts[network] = unique(short, str(path))
    others = [name for name in names if not name.startswith(tuple(PREFIXES.values()))]
    if others:
        raise ModelError(
            f"{path}: the tensors do not fit the architecture: {len(others)} unexpected: "
            f"{list_names(others)}; use another Stable Diffusion 1 model"
        )
    return parts


def _refuse(kinds, names: list[str], quantity: Callable, path: Path) -> None:
    for pattern, kind in kinds:
        if quantity(re.search(pattern, name) for name in names):
            raise ModelError(f"{path}: this is {kind}; use a Stable Diffusion 1 checkpoint")


def _shapes(tensors: TensorSource, part: dict[str, str]) -> Shapes:
    shapes = tensors.shapes
    return {name: shapes[source] for name, source in part.items()}


def _configs(shapes: dict[str, Shapes], path: Path, untold: UntoldSizes, eos_token_id: int) -> dict:
    unet = unet_values(shapes["unet"], path, untold)
    vae = autoencoder_values(shapes["vae"], path, untold)
    text_encoder = text_encoder_values(shapes["text_encoder"], path, untold, eos_token_id)
    return {
        "unet": parse_unet_config(unet, path),
        "vae": parse_autoencoder_config(vae, path),
        "text_encoder": parse_text_encoder_config(text_encoder, path),
    }


def _rename(
    tensors: TensorSource,
    part: dict[str, str],
    prefix: str,
    original: Callable[[str], str],
    wanted: Shapes,
    path: Path,
) -> Renamed:
    """One network's tensors by diffusers' names; unknown ones keep those of the file."""
    present = {original(name): name for name in wanted}
    named = ((present.get(name, source), source) for name, source in part.items())
    originals = {name: prefix + original for original, name in present.items()}
    return Renamed(tensors, unique(named, str(path)), originals)
