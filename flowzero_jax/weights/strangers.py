"""Tensors that no Stable Diffusion 1 model has: what they tell, and what becomes of them."""

import re
import warnings
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from flowzero_jax.errors import ModelError
from flowzero_jax.weights.convert import list_names
from flowzero_jax.weights.spellings import DROPPED

# Names that only files of other models have, or of other parts → what those are.
FAMILIES = (
    (r"^conditioner\.|\.label_emb\.|(^|\.)add_embedding\.", "Stable Diffusion XL, another family"),
    (r"^cond_stage_model\.model\.", "Stable Diffusion 2, another model family"),
    (r"(^|\.)joint_blocks\.", "Stable Diffusion 3, another model family"),
    (r"(^|\.)double_blocks\.", "Flux, another model family"),
    (
        r"^control_model\.|(^|\.)(input_hint_block|zero_convs|controlnet_\w+)\.",
        "a ControlNet, which is not supported",
    ),
    (
        r"(^|\.)motion_modules?\.|temporal_transformer|(^|[._])temp(oral)?_(conv|attn|mixer|block)"
        r"|\.time_(stack|mixer)\.",
        "a motion module or a video model, which is not supported",
    ),
    (
        r"\.(absmax|quant_map|quant_state\S*|qweight|qzeros|SCB|scale_weight|weight_scale"
        r"|input_scale|comfy_quant)$|^scaled_fp8$",
        "quantised, which is not supported: take the float16 one",
    ),
    (r"\.to_[kv]_ip\.|^image_proj\.", "an IP-Adapter, which is not supported"),
    (
        r"time_embed(ding)?\.cond_proj\.",
        "distilled to one scale of guidance (LCM with cond_proj), which is not supported; take the "
        "LCM LoRA (--lora) with its base",
    ),
    (
        r"(^|\.)position_net\.(linears_(text|image)|convnext|in_conv|line_linears)",
        "GLIGEN for other conditions than boxes with text, which is not supported",
    ),
)
LORA = re.compile(r"^lora_|\.lora_|_lora\.|\.(hada|lokr)_w")


def refuse(
    kinds: Iterable[tuple[str, str]],
    names: Collection[str],
    where: Path | str,
    instead: str = "use a Stable Diffusion 1 checkpoint",
    enough: Callable[[Iterable], bool] = any,
) -> None:
    """Raises ModelError if enough of the names, any or all, are of one of the kinds."""
    for pattern, kind in kinds:
        if enough(re.search(pattern, name) for name in names):
            raise ModelError(f"{where}: this is {kind}; {instead}")


def refuse_families(names: Collection[str], where: Path | str) -> None:
    """Raises ModelError if a name tells another model family, or weights of another kind."""
    refuse(FAMILIES, names, where)
    if any(map(LORA.search, names)):
        raise ModelError(f"{where}: this is a LoRA; name it by --lora, next to a --model")


def pass_over(names: Collection[str], where: Path | str) -> None:
    """Warns of tensors that nothing in the model reads; those that are well known go unsaid."""
    names = [name for name in names if not DROPPED.search(name)]
    if names:
        count = f"{len(names)} tensor{'s' * (len(names) > 1)}"
        said = f"{count} without a place in the model left out: {list_names(names)}"
        warnings.warn(f"{where}: {said}", stacklevel=2)
