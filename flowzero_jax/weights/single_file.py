"""Loading one safetensors file with the names of the original Stable Diffusion 1 code."""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flowzero_jax.errors import ModelError
from flowzero_jax.files import sha256
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.tokenizer import Tokenizer
from flowzero_jax.weights.adapter import Adapter, grounded_config, load_params
from flowzero_jax.weights.checkpoint import Checkpoint, check_together, tokenizer_files
from flowzero_jax.weights.convert import check_dtype, list_names, parameter_shapes, tensor_shapes
from flowzero_jax.weights.manifest import checkpoint_hash, file_hashes
from flowzero_jax.weights.networks import NETWORKS, Network
from flowzero_jax.weights.original_names import DROPPED
from flowzero_jax.weights.original_sizes import UntoldSizes
from flowzero_jax.weights.safetensors_file import check_suffix, open_tensors
from flowzero_jax.weights.small_files import exists
from flowzero_jax.weights.tensor_views import Renamed, TensorSource, unique

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
    path: Path,
    tokenizer: str | Path | None,
    dtype="float32",
    adapter: Adapter | None = None,
    untold: UntoldSizes | None = None,
) -> Checkpoint:
    """Loads one file with UNet, autoencoder and text encoder under the original names.

    The architecture is read off the tensors' shapes, the schedule is the published one.

    Args:
        path: a `.safetensors` file.
        tokenizer: the folder with `vocab.json` and `merges.txt`, which such a file lacks.
        dtype: of the parameters.
        adapter: its layers are added.
        untold: sizes that the file does not tell, where they are not the published ones.

    Raises:
        ModelError: the file is not whole, or no Stable Diffusion 1 model; there is no tokenizer.
        InputError: another `dtype`.
    """
    dtype = check_dtype(dtype)
    check_suffix(path)
    with open_tensors([path]) as tensors:
        parts = _parts(tensors, path)
        shapes = tensors.shapes
        folder = tokenizer_folder(path, tokenizer)
        encoder = Tokenizer.from_folder(folder)
        untold = dataclasses.replace(untold or UntoldSizes(), eos_token_id=encoder.end_id)
        configs = {}
        for name, network in NETWORKS.items():
            own = {short: shapes[source] for short, source in parts[name].items()}
            configs[name] = network.parse_config(network.read_sizes(own, path, untold), path)
        configs["unet"] = grounded_config(configs["unet"], adapter, path)
        check_together(path, **configs, tokenizer=encoder)
        params = {}
        for name, network in NETWORKS.items():
            present = _by_present_names(tensors, parts[name], network, configs[name], path)
            params[name] = load_params(present, configs[name], dtype, path, adapter)
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
    for network in NETWORKS.values():
        own = [name for name in names if name.startswith(network.prefix)]
        if not own:
            raise ModelError(
                f"{path}: has no {network.prefix}*, the original name of its {network.name}; name "
                "a whole Stable Diffusion 1 model"
            )
        parts[network.name] = unique(((network.short_name(name), name) for name in own), str(path))
    prefixes = tuple(network.prefix for network in NETWORKS.values())
    others = [name for name in names if not name.startswith(prefixes)]
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


def _by_present_names(
    tensors: TensorSource, part: dict[str, str], network: Network, config: Any, path: Path
) -> Renamed:
    """One network's tensors by diffusers' names; unknown ones keep those of the file."""
    wanted = tensor_shapes(parameter_shapes(config))
    present = {network.original_name(name, config): name for name in wanted}
    named = ((present.get(name, source), source) for name, source in part.items())
    originals = {name: network.prefix + original for original, name in present.items()}
    return Renamed(tensors, unique(named, str(path)), originals)
