"""The architecture of an original checkpoint, read off the shapes of its tensors.

The results are the values of diffusers' `config.json` files, to be checked like those. What no
shape tells is as published for Stable Diffusion 1, unless the caller says otherwise.
"""

import dataclasses
from pathlib import Path
from typing import NoReturn

from flowzero_jax.errors import ModelError
from flowzero_jax.weights.configs import Json, block_types
from flowzero_jax.weights.spellings import AUTOENCODER_PREFIXES, TEXT_PREFIXES, UNET_PREFIXES

Shapes = dict[str, tuple[int, ...]]

TEXT_HEAD_SIZE = 64


@dataclasses.dataclass(frozen=True)
class UntoldSizes:
    """What the shapes of an original checkpoint do not tell; the defaults are the published ones.

    `text_heads` 0 stands for heads of 64 features. The end token is what the tokenizer says.
    """

    num_heads: int = 8
    norm_num_groups: int = 32
    autoencoder_norm_num_groups: int = 32
    scaling_factor: float = 0.18215
    text_heads: int = 0
    eos_token_id: int = 49407


class _Sizes:
    """Shapes by name, with complaints that name the file.

    Sizes are read off vectors where there are any, and off another tensor where one is missing, so
    that a single missing or transposed tensor is found later and named, not taken for a size.
    """

    def __init__(self, shapes: Shapes, where: Path, prefix: str):
        self._shapes, self._where, self._prefix = shapes, where, prefix

    def any(self, start: str) -> bool:
        """Whether a name begins so."""
        return any(name.startswith(start) for name in self._shapes)

    def first(self, axis: int, *names: str) -> int:
        """The size of the first of these tensors that is there."""
        for name in names:
            if name in self._shapes:
                shape = self._shapes[name]
                if axis >= len(shape):
                    self.fail(f"{self._prefix}{name} has the shape {list(shape)}")
                return shape[axis]
        self.fail(f"lacks {self._prefix}{names[0]}, from which the architecture is read")

    def fitting(self, name: str, *known: int | None) -> int:
        """The one size of a tensor that is not known, where the others are."""
        size = self.first(known.index(None), name)
        found = self._shapes[name]
        if found != tuple(size if other is None else other for other in known):
            shown = ", ".join("any" if other is None else str(other) for other in known)
            self.fail(f"{self._prefix}{name} is {list(found)} instead of [{shown}]")
        return size

    def usual(self, axis: int, end: str) -> int:
        """The most frequent size among the tensors whose names end so."""
        ending = [shape for name, shape in self._shapes.items() if name.endswith(end)]
        found = [shape[axis] for shape in ending if shape]
        if not found:
            self.fail(f"lacks all {self._prefix}*{end}, from which the architecture is read")
        return max(set(found), key=found.count)

    def count(self, start: str) -> int:
        """How many numbers follow `start` in the names."""
        rest = [name.removeprefix(start) for name in self._shapes if name.startswith(start)]
        return len({name.partition(".")[0] for name in rest})

    def fail(self, fault: str) -> NoReturn:
        raise ModelError(f"{self._where}: {fault}; take another copy of a Stable Diffusion 1 model")


def unet_values(shapes: Shapes, where: Path, untold: UntoldSizes) -> Json:
    """`unet/config.json` of the tensors under `model.diffusion_model.`; raises ModelError."""
    sizes = _Sizes(shapes, where, UNET_PREFIXES[0])
    stages: list[list[tuple[int, bool]]] = [[]]  # of each layer: width, attention
    for number in range(1, sizes.count("input_blocks.")):
        block = f"input_blocks.{number}"
        if sizes.any(f"{block}.0.op."):
            stages.append([])
        else:
            ends = ("out_layers.0.weight", "out_layers.3.bias", "in_layers.2.bias")
            width = sizes.first(0, *(f"{block}.0.{end}" for end in ends))
            stages[-1].append((width, sizes.any(f"{block}.1.")))
    if any(not stage or len(set(stage)) > 1 or len(stage) != len(stages[0]) for stage in stages):
        sizes.fail("the layers of input_blocks make no regular stages")
    projections = [shape for name, shape in shapes.items() if name.endswith(".proj_in.weight")]
    return {
        "_class_name": "UNet2DConditionModel",
        **block_types([stage[0][1] for stage in stages]),
        "attention_head_dim": untold.num_heads,
        "attention_type": "gated" if sizes.any("position_net.") else "default",
        "block_out_channels": [stage[0][0] for stage in stages],
        "cross_attention_dim": sizes.usual(-1, ".attn2.to_k.weight"),
        "in_channels": sizes.fitting("input_blocks.0.0.weight", stages[0][0][0], None, 3, 3),
        "layers_per_block": len(stages[0]),
        "norm_num_groups": untold.norm_num_groups,
        "out_channels": sizes.first(0, "out.2.bias", "out.2.weight"),
        "use_linear_projection": all(len(shape) == 2 for shape in projections),
    }


def autoencoder_values(shapes: Shapes, where: Path, untold: UntoldSizes) -> Json:
    """`vae/config.json` of an autoencoder's tensors by either name; raises ModelError."""
    shapes = {
        name.replace(".down_blocks.", ".down.").replace(".resnets.", ".block."): shape
        for name, shape in shapes.items()
    }
    sizes = _Sizes(shapes, where, AUTOENCODER_PREFIXES[0])
    ends = ("norm2.weight", "conv1.bias", "conv2.bias")
    widths = [
        sizes.first(0, *(f"encoder.down.{stage}.block.0.{end}" for end in ends))
        for stage in range(sizes.count("encoder.down."))
    ]
    if not widths:
        sizes.fail("has no encoder.down.*")
    return {
        "_class_name": "AutoencoderKL",
        "block_out_channels": widths,
        "down_block_types": ["DownEncoderBlock2D"] * len(widths),
        "in_channels": sizes.fitting("encoder.conv_in.weight", widths[0], None, 3, 3),
        "latent_channels": sizes.first(0, "post_quant_conv.bias", "post_quant_conv.weight"),
        "layers_per_block": sizes.count("encoder.down.0.block."),
        "norm_num_groups": untold.autoencoder_norm_num_groups,
        "out_channels": sizes.first(0, "decoder.conv_out.bias", "decoder.conv_out.weight"),
        "scaling_factor": untold.scaling_factor,
        "up_block_types": ["UpDecoderBlock2D"] * len(widths),
    }


def text_encoder_values(shapes: Shapes, where: Path, untold: UntoldSizes) -> Json:
    """`text_encoder/config.json` of a text encoder's tensors; raises ModelError."""
    start = "text_model."
    shapes = {start + name.removeprefix(start): shape for name, shape in shapes.items()}
    sizes = _Sizes(shapes, where, TEXT_PREFIXES[0])
    embedding = "text_model.embeddings.{}_embedding.weight"
    layer = "text_model.encoder.layers.0.mlp.fc1"
    width = sizes.first(0, "text_model.final_layer_norm.weight", "text_model.final_layer_norm.bias")
    return {
        "architectures": ["CLIPTextModel"],
        "eos_token_id": untold.eos_token_id,
        "hidden_act": "quick_gelu",
        "hidden_size": width,
        "intermediate_size": sizes.first(0, f"{layer}.bias", f"{layer}.weight"),
        "max_position_embeddings": sizes.fitting(embedding.format("position"), None, width),
        "model_type": "clip_text_model",
        "num_attention_heads": untold.text_heads or max(width // TEXT_HEAD_SIZE, 1),
        "num_hidden_layers": sizes.count("text_model.encoder.layers."),
        "vocab_size": sizes.fitting(embedding.format("token"), None, width),
    }
