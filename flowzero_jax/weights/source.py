"""Where a model comes from. No JAX: a source is named long before anything is loaded."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

from flowzero_jax.settings import About, Prediction

#: The model that is part of this package.
EMBEDDED = "sticker"
#: Of names that go to the network.
HUB = "hf:"


@dataclasses.dataclass(frozen=True)
class Source:
    """A model, and the files that complete it; `load_checkpoint` opens all of them."""

    model: Annotated[
        str | Path,
        About(
            "sticker (embedded, the default), a diffusers folder, a .safetensors file with the "
            "original names, or hf:OWNER/NAME[@REVISION], which alone goes to the network"
        ),
    ] = EMBEDDED
    tokenizer: Annotated[
        str | Path | None,
        About("folder of a CLIP tokenizer, for a model in a single file"),
    ] = None
    gligen: Annotated[
        str | Path | None,
        About("a GLIGEN adapter (.safetensors), for a model that has no layers for boxes"),
    ] = None
    vae: Annotated[
        str | Path | None, About("another autoencoder: a .safetensors file or a folder")
    ] = None
    loras: Annotated[
        tuple[tuple[str | Path, float], ...],
        About(
            "a LoRA that is added to the weights, by its scale (default 1); may be repeated",
            flag="--lora",
            metavar="FILE[:SCALE]",
        ),
    ] = ()
    prediction_type: Annotated[
        Prediction | None,
        About("what the UNet predicts, epsilon or v_prediction, where no file tells"),
    ] = None
    zero_terminal_snr: Annotated[
        bool | None, About("the model was trained down to pure noise, where no file tells")
    ] = None

    def __post_init__(self):
        object.__setattr__(self, "loras", tuple(self.loras or ()))

    @property
    def additions(self) -> dict[str, str | Path]:
        """The files that were named besides the model, but for LoRAs."""
        return self._said("tokenizer", "gligen", "vae")

    @property
    def schedule(self) -> dict[str, str | bool]:
        """What was said about the noise schedule."""
        return self._said("prediction_type", "zero_terminal_snr")

    def _said(self, *names: str) -> dict[str, Any]:
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    @property
    def paths(self) -> list[Path]:
        """The files and folders that are read, and must not be replaced meanwhile."""
        own = () if str(self.model) == EMBEDDED else (self.model,)
        loras = (path for path, _ in self.loras)
        return [Path(part) for part in (*own, *self.additions.values(), *loras)]
