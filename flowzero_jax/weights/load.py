"""One function for everything that a checkpoint can be loaded from."""

import dataclasses
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from importlib import resources
from pathlib import Path

from flowzero_jax.errors import InputError, ModelError
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.tokenizer import Tokenizer
from flowzero_jax.weights.additions import add_gligen, open_vae
from flowzero_jax.weights.checkpoint import Checkpoint, Opened, check_together
from flowzero_jax.weights.convert import Part, check_dtype, to_params
from flowzero_jax.weights.folder import open_folder
from flowzero_jax.weights.hub import fetch
from flowzero_jax.weights.lora import add_lora
from flowzero_jax.weights.manifest import checkpoint_hash
from flowzero_jax.weights.networks import NETWORKS
from flowzero_jax.weights.original_sizes import UntoldSizes
from flowzero_jax.weights.save import save_pipeline
from flowzero_jax.weights.single_file import open_file
from flowzero_jax.weights.source import EMBEDDED, HUB, Source


def load_checkpoint(
    source: Source, dtype="float32", untold: UntoldSizes | None = None
) -> Checkpoint:
    """Loads what a source names.

    Files in any precision are read tensor by tensor from a memory map and converted to `dtype`.

    Args:
        source: a model and its additions; a hub's alone goes to the network.
        dtype: of the parameters: "float32", "bfloat16" or "float16".
        untold: sizes of a single file that are not the published ones.

    Raises:
        ModelError: there is no such model, or it is not a whole and consistent one.
        InputError: another `dtype`; a tokenizer for something that has its own.
    """
    model, dtype, untold = str(source.model), check_dtype(dtype), untold or UntoldSizes()
    is_folder = model == EMBEDDED or model.startswith(HUB) or Path(model).is_dir()
    if is_folder and source.tokenizer is not None:
        raise InputError(f"{model}: has a tokenizer of its own; leave --tokenizer out")
    networks = [name for name in NETWORKS if name != "vae" or source.vae is None]
    path, origin = _locate(model, networks)
    with ExitStack() as stack:
        if is_folder:
            opened = open_folder(path, networks, stack)
        else:
            opened = open_file(path, source.tokenizer, networks, untold, stack)
        parts, added = _with_additions(opened.parts, source, untold, stack)
        return _read(dataclasses.replace(opened, parts=parts), source, origin, added, dtype)


def load_folder(path: str | Path, dtype="float32") -> Checkpoint:
    """Loads a pipeline folder as it is; see `load_checkpoint`."""
    dtype = check_dtype(dtype)
    with ExitStack() as stack:
        opened = open_folder(Path(path), list(NETWORKS), stack)
        return _read(opened, Source(path), {}, {}, dtype)


def _with_additions(
    parts: Mapping[str, Part], source: Source, untold: UntoldSizes, stack: ExitStack
) -> tuple[dict[str, Part], dict[str, str]]:
    """The networks completed and changed by the other files, and what is to be known of those."""
    parts, added = dict(parts), {}
    if source.vae is not None:
        parts["vae"], added["vae_sha256"] = open_vae(Path(source.vae), untold, stack)
        parts = {name: parts[name] for name in NETWORKS}
    if source.gligen is not None:
        gligen = Path(source.gligen)
        parts["unet"], added["gligen_sha256"] = add_gligen(parts["unet"], gligen, stack)
    for number, (path, scale) in enumerate(source.loras, start=1):
        parts, digest = add_lora(parts, Path(path), scale, stack)
        key = f"lora_{number}"
        added |= {key: str(path), f"{key}_scale": repr(scale), f"{key}_sha256": digest}
    return parts, added


def _schedule(opened: Opened, source: Source) -> tuple[ScheduleConfig, dict[str, str]]:
    """The noise schedule, and what the user, or a single file, said of it; raises ModelError."""
    schedule = opened.schedule
    if source.prediction_type is not None:
        schedule = dataclasses.replace(schedule, prediction_type=source.prediction_type)
    if source.zero_terminal_snr:
        schedule = schedule.with_zero_snr()
    elif source.zero_terminal_snr is False:
        schedule = dataclasses.replace(schedule, rescale_betas_zero_snr=False)
    if schedule.rescale_betas_zero_snr and schedule.prediction_type == "epsilon":
        raise ModelError(
            f"{opened.where}: starts from pure noise (zero terminal SNR), of which epsilon says "
            "nothing; add --prediction-type v_prediction, or --no-zero-terminal-snr"
        )
    said = {}
    if schedule.prediction_type != "epsilon":
        said["prediction_type"] = str(schedule.prediction_type)
    if schedule.rescale_betas_zero_snr:
        said["zero_terminal_snr"] = "yes"
    return schedule, said


def _read(
    opened: Opened, source: Source, origin: dict[str, str], added: dict[str, str], dtype
) -> Checkpoint:
    """Reads the weights; raises ModelError if the parts do not fit together."""
    schedule, said = _schedule(opened, source)
    # The hash is of what decides, not of where it lies.
    decisive = {name: x for name, x in added.items() if name.endswith(("_sha256", "_scale"))}
    decisive |= {name: str(x) for name, x in source.schedule.items()}
    configs = {name: part.config for name, part in opened.parts.items()}
    tokenizer = Tokenizer.from_folder(opened.tokenizer_folder)
    generation = None if opened.settings is None else opened.settings.generation
    check_together(opened.where, **configs, tokenizer=tokenizer, settings=generation)
    return Checkpoint(
        unet_config=configs["unet"],
        autoencoder_config=configs["vae"],
        text_config=configs["text_encoder"],
        schedule_config=schedule,
        params={name: to_params(part, dtype) for name, part in opened.parts.items()},
        tokenizer_folder=opened.tokenizer_folder,
        settings=opened.settings,
        sha256=checkpoint_hash(opened.hashes | decisive),
        scheduler_class=opened.scheduler_class,
        origin=origin | added | said,
    )


def _locate(model: str, networks: Collection[str]) -> tuple[Path, dict[str, str]]:
    """The folder or file of a model, and what must be known to find the same again."""
    if model == EMBEDDED:
        return Path(str(resources.files("flowzero_jax"))) / "checkpoints" / EMBEDDED, {}
    if model.startswith(HUB):
        snapshot = fetch(model, networks)
        return snapshot.folder, {"repository": snapshot.repository, "commit": snapshot.commit}
    if not Path(model).exists():
        raise ModelError(
            f"{model}: no such model; name a diffusers pipeline folder, a .safetensors file with "
            "the original names, or hf:OWNER/NAME"
        )
    return Path(model), {}


def convert_weights(source: Source, folder: str | Path, dtype="float32") -> str:
    """Loads as `load_checkpoint` and writes a diffusers folder in `dtype`; returns its hash.

    Raises:
        ModelError, InputError: as `load_checkpoint`.
        OutputError: as `save_pipeline`.
    """
    for path in source.paths:
        if path.resolve().is_relative_to(Path(folder).resolve()):
            raise InputError(f"{folder}: would replace {path}, which is read; give another name")
    return save_pipeline(folder, load_checkpoint(source, dtype), dtype)
