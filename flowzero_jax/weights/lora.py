"""LoRAs (Hu et al., arXiv 2106.09685): low-rank changes of weights, added once while they are read.

A file has two or three small tensors for each layer that it changes. kohya's programs write the
layers' names with underscores, by diffusers' or the original names; diffusers and PEFT with dots.
"""

import dataclasses
import math
import re
import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from flowzero_jax.errors import ModelError
from flowzero_jax.files import sha256
from flowzero_jax.weights.convert import Part, Place, list_names
from flowzero_jax.weights.networks import NETWORKS
from flowzero_jax.weights.safetensors_file import Tensors, open_single
from flowzero_jax.weights.small_files import exists, parse_json, read_json
from flowzero_jax.weights.strangers import refuse

CHANGED = ("unet", "text_encoder")

# The layer and the role of a tensor: kohya; PEFT, with the adapter's name or without; diffusers
# since 0.22; before that, where the attention processors had the layers.
_ROLES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<layer>.+)\.(lora_(?P<role>down|up|mid)\.weight)",
        r"(?P<layer>.+)\.(lora_(?P<role>A|B)(\.\w+)?\.weight)",
        r"(?P<layer>.+)\.(lora(_linear_layer)?\.(?P<role>down|up)\.weight)",
        r"(?P<layer>.+)_lora\.(?P<role>down|up)\.weight",
        r"(?P<layer>.+)\.(?P<role>alpha)",
    )
)
_SAME = {"A": "down", "B": "up"}
# What may stand before a layer's name, one after the other.
_PREFIX = re.compile(
    r"(base_model_model|lora_unet|lora_te1?|unet|text_encoder|(model_)?diffusion_model|te)_"
)
# What the processors called the layers of a text encoder, and of any network.
_OLD_LAYERS = {
    **{f"self_attn_to_{x}": f"self_attn_{x}_proj" for x in ("q", "k", "v", "out")},
    "to_out": "to_out_0",
}
# Changes of another kind, and LoRAs of another family.
_OTHERS = (
    (r"^lora_te2_|^text_encoder_2\.|^lora_unet_label_emb", "for Stable Diffusion XL"),
    (r"^(lora_)?transformer[._]|double_blocks", "for another family than Stable Diffusion"),
    (r"\.dora_scale$|lora_magnitude_vector", "a DoRA, which is not supported"),
    (
        r"\.(hada_\w+|lokr_\w+|b?oft_\w+|diff(_b)?|on_input|[wb]_norm|lora_B\.bias)$",
        "a LoHa, LoKr, OFT or other change than a LoRA, which is not supported",
    ),
    (r"motion_modules?[._]", "for motion modules, which are not supported"),
)


@dataclasses.dataclass(frozen=True, eq=False)
class Change:
    """Of one layer's weight: `scale · up · down`, of a 3x3 convolution perhaps through `mid`."""

    where: str
    down: Place
    up: Place
    mid: Place | None
    scale: float

    def __call__(self) -> np.ndarray:
        """The change, float32, in the order of the weight's numbers; raises ModelError."""
        down, up = (_matrix(place) for place in (self.down, self.up))
        if not (np.isfinite(down).all() and np.isfinite(up).all()):
            raise ModelError(f"{self.where} holds numbers that are not finite; use another LoRA")
        if self.mid is None:
            return self.scale * (up @ down)
        mid = self.mid.tensors.read(self.mid.name).astype(np.float32)
        return self.scale * np.einsum("or,rshw,si->oihw", up, mid, down, optimize=True)

    def check(self, shape: tuple[int, ...]) -> None:
        """Raises ModelError unless it changes a weight of this shape."""
        places = (self.down, self.up, *((self.mid and (self.mid,)) or ()))
        down, up, *mid = shapes = [place.tensors.shapes[place.name] for place in places]
        kernel = mid[0][2:] if mid else down[2:]
        fits = (up[:1], math.prod((*down[1:2], *kernel))) == (shape[:1], math.prod(shape[1:]))
        ranks = {*down[:1], *up[1:2], *(mid[0][:2] if mid else ())}
        whole = math.prod(up[2:]) == 1 and (not mid or math.prod(down[2:]) == 1)
        if not fits or not whole or len(ranks) != 1 or not min(ranks):
            found = " with ".join(str(list(x)) for x in shapes)
            raise ModelError(
                f"{self.where} has {found}, which is no change of the model's {list(shape)}; take "
                "a LoRA of Stable Diffusion 1"
            )


def _matrix(place: Place) -> np.ndarray:
    tensor = place.tensors.read(place.name).astype(np.float32)
    return tensor.reshape(len(tensor), -1)


def add_lora(
    parts: Mapping[str, Part], path: Path, scale: float, stack: ExitStack
) -> tuple[dict[str, Part], str]:
    """UNet and text encoder, to be changed when they are read, and the file's hash.
    Raises ModelError."""
    tensors = open_single(path, stack)
    refuse(_OTHERS, tensors.shapes, path, "take a LoRA of Stable Diffusion 1")
    layers, unknown = _layers(tensors)
    if not layers:
        raise ModelError(f"{path}: holds no LoRA (*.lora_down.weight, *.lora_A.weight); name one")
    targets = _targets(parts)
    alphas = _Alphas(tensors, path)
    changes: dict[str, dict[str, Any]] = {name: dict(parts[name].changes) for name in CHANGED}
    used = 0
    for layer, roles in sorted(layers.items()):
        target = _find(targets, layer)
        if target is None or roles.keys() == {"alpha"}:
            unknown += [place.name for place in roles.values()]
            continue
        network, name = target
        if not {"down", "up"} <= roles.keys():
            raise ModelError(f"{path}: {layer} has no {'up' if 'down' in roles else 'down'} part")
        change = Change(f"{path}: {layer}", roles["down"], roles["up"], roles.get("mid"), scale)
        change.check(parts[network].shapes[name])
        change = dataclasses.replace(change, scale=scale * alphas.factor(network, name, roles))
        changes[network][name] = (*changes[network].get(name, ()), change)
        used += 1
    if not used:
        raise ModelError(f"{path}: fits no layer of this model: {list_names(layers)}; take another")
    if unknown:
        said = f"{len(unknown)} without effect on this model: {list_names(unknown)}"
        warnings.warn(f"{path}: {said}", stacklevel=2)
    changed = {name: dataclasses.replace(parts[name], changes=changes[name]) for name in CHANGED}
    return {**parts, **changed}, sha256(path)


def _layers(tensors: Tensors) -> tuple[dict[str, dict[str, Place]], list[str]]:
    """Layer, as the file calls it → its tensors by role; and the names that tell no role."""
    layers: dict[str, dict[str, Place]] = {}
    unknown = []
    for name in tensors.shapes:
        match = next((m for m in (role.fullmatch(name) for role in _ROLES) if m), None)
        if match is None:
            unknown.append(name)
            continue
        role = _SAME.get(match["role"], match["role"])
        layers.setdefault(match["layer"], {})[role] = Place(tensors, name)
    return layers, unknown


def _targets(parts: Mapping[str, Part]) -> dict[str, tuple[str, str]]:
    """All names of all layers with underscores → network, and diffusers' name of the weight."""
    targets = {}
    for network in CHANGED:
        part = parts[network]
        for name in part.places:
            for spelled in NETWORKS[network].spellings(name, part.config):
                if spelled.endswith(".weight"):
                    targets[spelled.removesuffix(".weight").replace(".", "_")] = (network, name)
    return targets


def _find(targets: Mapping[str, tuple[str, str]], layer: str) -> tuple[str, str] | None:
    """What a layer's name means, whatever stands before it; None if it is none of the model's."""
    key = layer.replace(".processor.", ".").replace(".", "_")
    for old, new in _OLD_LAYERS.items():
        if key.endswith(old):
            key = key.removesuffix(old) + new
    while key not in targets:
        match = _PREFIX.match(key)
        if match is None:
            return None
        key = key[match.end() :]
    return targets[key]


class _Alphas:
    """How much the layers of a file count: by its alphas, or PEFT's notes on its training."""

    def __init__(self, tensors: Tensors, path: Path):
        """The notes are in the file (diffusers), or beside it in `adapter_config.json` (PEFT)."""
        self._path = path
        self._notes: dict[str, Any] = {}
        self._ranks: dict[str, int] = {}
        beside = path.with_name("adapter_config.json")
        if text := tensors.notes.get("lora_adapter_metadata"):
            try:
                notes = parse_json(text.encode())
            except (ValueError, RecursionError) as error:
                raise ModelError(f"{path}: lora_adapter_metadata: not JSON ({error})") from error
            self._notes = notes if isinstance(notes, dict) else {}
        elif path.stem == "adapter_model" and exists(beside):
            self._notes = read_json(beside)

    def factor(self, network: str, name: str, roles: Mapping[str, Place]) -> float:
        """By which a layer's product is multiplied; of a network's layers in order.

        Where nothing tells an alpha, kohya's is the layer's rank; diffusers takes the rank of the
        network's first layer for all of them.
        """
        layer, down, place = name.removesuffix(".weight"), roles["down"], roles.get("alpha")
        rank = down.tensors.shapes[down.name][0]
        first = self._ranks.setdefault(network, rank)
        alpha: Any = rank if down.name.endswith(".lora_down.weight") else first
        pattern = self._note(network, "alpha_pattern")
        ends = pattern.items() if isinstance(pattern, dict) else ()
        alpha = self._note(network, "lora_alpha") or alpha
        alpha = next((x for end, x in ends if f".{layer}".endswith(f".{end}")), alpha)
        if place is not None:
            tensor = place.tensors.read(place.name)
            alpha = float(tensor.reshape(())) if tensor.size == 1 else None
        if type(alpha) not in (int, float) or not math.isfinite(alpha):
            raise ModelError(f"{self._path}: {layer}: alpha is {alpha!r}, which is no number")
        return alpha / (math.sqrt(rank) if self._note(network, "use_rslora") else rank)

    def _note(self, network: str, key: str) -> Any:
        return self._notes.get(f"{network}.{key}", self._notes.get(key))
