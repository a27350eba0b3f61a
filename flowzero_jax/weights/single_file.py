"""Opening one safetensors file with the names of the original Stable Diffusion 1 code."""

import dataclasses
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path

from flowzero_jax.errors import ModelError
from flowzero_jax.files import sha256
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.tokenizer import Tokenizer, vocabulary_files
from flowzero_jax.weights.checkpoint import Opened, tokenizer_files
from flowzero_jax.weights.convert import find_part
from flowzero_jax.weights.manifest import file_hashes
from flowzero_jax.weights.networks import NETWORKS
from flowzero_jax.weights.original_sizes import UntoldSizes
from flowzero_jax.weights.safetensors_file import Tensors, open_single
from flowzero_jax.weights.small_files import exists
from flowzero_jax.weights.strangers import pass_over, refuse, refuse_families

# Files that hold only such tensors → what those are.
PARTS = (
    (r"(^|\.)position_net\.|\.fuser\.", "a GLIGEN adapter; name it by --gligen, next to a --model"),
    (
        r"^(first_stage_model\.|vae\.)?((en|de)coder|(post_)?quant_conv)\.",
        "an autoencoder; name it by --vae, next to a --model, or name the folder that has "
        "model_index.json",
    ),
    (
        r"^(conv_|time_embedding|(down|mid|up)_block|position_net|text_model)",
        "one network of a diffusers folder; name the folder that has model_index.json",
    ),
)
# Names of tensors without content by which trainers mark what a model predicts.
V_PREDICTION, ZERO_SNR = "v_pred", "ztsnr"


def open_file(
    path: Path,
    tokenizer: str | Path | None,
    networks: Collection[str],
    untold: UntoldSizes,
    stack: ExitStack,
) -> Opened:
    """One file with UNet, autoencoder and text encoder under the original names.

    The architecture is read off the tensors' shapes, but for `untold`; the schedule is the
    published one, changed by what the file says of it. The tokenizer is in a folder of its own.
    Raises ModelError.
    """
    tensors = open_single(path, stack)
    shapes = tensors.shapes
    refuse_families(shapes, path)
    refuse(PARTS, shapes, path, enough=all)
    folder = tokenizer_folder(path, tokenizer)
    end_id = Tokenizer.from_folder(folder).end_id
    untold = dataclasses.replace(untold, eos_token_id=end_id)
    parts, left = {}, set(shapes) - {V_PREDICTION, ZERO_SNR}
    for name, network in NETWORKS.items():
        start = network.prefixes[0]
        own = {source.removeprefix(start): source for source in shapes if source.startswith(start)}
        if name not in networks:
            left -= set(own.values())
            continue
        if not own:
            way_out = "; add one by --vae FILE or FOLDER" if name == "vae" else ""
            raise ModelError(
                f"{path}: has no {start}*, the original name of its {name}{way_out}; name a whole "
                "Stable Diffusion 1 model"
            )
        found = {short: shapes[source] for short, source in own.items()}
        config = network.parse_config(network.read_sizes(found, path, untold), path)
        parts[name] = find_part(tensors, network, config, str(path))
        left -= parts[name].sources
    pass_over(left, path)
    return Opened(
        where=path,
        parts=parts,
        schedule=_schedule(tensors),
        tokenizer_folder=folder,
        hashes={"checkpoint": sha256(path), **file_hashes(folder, tokenizer_files(folder))},
    )


def tokenizer_folder(path: Path, folder: str | Path | None) -> Path:
    """The named folder with a tokenizer's files; raises ModelError."""
    if folder is None:
        raise ModelError(
            f"{path}: a single file holds no tokenizer; name a folder with vocab.json and "
            "merges.txt, or tokenizer.json, by --tokenizer (any Stable Diffusion 1 folder has it "
            "as tokenizer/)"
        )
    folder, inner = Path(folder), Path(folder) / "tokenizer"
    if not _has_vocabulary(folder):
        hint = f"name {inner}" if _has_vocabulary(inner) else "name the folder of a CLIP tokenizer"
        raise ModelError(f"{folder}: has no vocab.json or tokenizer.json; {hint}")
    return folder


def _has_vocabulary(folder: Path) -> bool:
    return exists(folder / vocabulary_files(folder)[0])


def _schedule(tensors: Tensors) -> ScheduleConfig:
    """The published one, but for what markers, or the notes of the file, say."""
    notes = {name: str(value).lower() for name, value in tensors.notes.items()}
    predicts_v = (
        V_PREDICTION in tensors.shapes
        or notes.get("modelspec.prediction_type") == "v"
        or notes.get("ss_v_parameterization") == "true"
    )
    schedule = ScheduleConfig(prediction_type="v_prediction" if predicts_v else "epsilon")
    ends_in_noise = ZERO_SNR in tensors.shapes or notes.get("ss_zero_terminal_snr") == "true"
    return schedule.with_zero_snr() if ends_in_noise else schedule
