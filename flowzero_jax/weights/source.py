"""Where a model comes from. No JAX: a source is named long before anything is loaded."""

import dataclasses
from pathlib import Path
from typing import Annotated

from flowzero_jax.settings import About

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
        About("folder with vocab.json and merges.txt, for a model in a single file"),
    ] = None
    gligen: Annotated[
        str | Path | None,
        About("a GLIGEN adapter (.safetensors), for a model that has no layers for boxes"),
    ] = None

    @property
    def additions(self) -> dict[str, str | Path]:
        """What was named besides the model."""
        others = {name: value for name, value in vars(self).items() if name != "model"}
        return {name: value for name, value in others.items() if value is not None}

    @property
    def paths(self) -> list[Path]:
        """The files and folders that are read, and must not be replaced meanwhile."""
        own = () if str(self.model) == EMBEDDED else (self.model,)
        return [Path(part) for part in (*own, *self.additions.values())]
