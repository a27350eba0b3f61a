"""What can be measured, by name: the size of the networks and of what they compute."""

import dataclasses
from collections.abc import Iterable
from typing import Literal

from flowzero_jax.errors import InputError
from flowzero_jax.models import AutoencoderConfig, UNetConfig
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.settings import GenerationSettings


@dataclasses.dataclass(frozen=True)
class Workload:
    """One video's denoising step, its decoding, or all of its generation.

    The sizes of the networks are for random weights; those of a `checkpoint` are its own, and its
    generation settings where the workload gives none.
    """

    name: str
    kind: Literal["step", "decode", "video"]
    num_frames: int
    settings: GenerationSettings | None
    unet: UNetConfig = dataclasses.field(default_factory=UNetConfig)
    autoencoder: AutoencoderConfig = dataclasses.field(default_factory=AutoencoderConfig)
    schedule: ScheduleConfig = dataclasses.field(default_factory=ScheduleConfig)
    text_length: int = 77  # tokens
    checkpoint: str | None = None

    @property
    def generation(self) -> GenerationSettings:
        """The settings; a workload whose checkpoint is loaded has some in any case."""
        assert self.settings is not None
        return self.settings

    @property
    def latent_size(self) -> tuple[int, int]:
        factor = self.autoencoder.factor
        return self.generation.height // factor, self.generation.width // factor


# Where nothing else is said: the size of Stable Diffusion 1.4 with GLIGEN's layers, 512x512 pixels.
WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("step-64", "step", 1, GenerationSettings()),
        Workload("step-32", "step", 2, GenerationSettings(height=256, width=256)),
        Workload("decode-512", "decode", 1, GenerationSettings()),
        Workload("video-1", "video", 1, GenerationSettings()),
        Workload("video-8", "video", 8, GenerationSettings()),
        Workload("sticker", "video", 8, None, checkpoint="sticker"),
        Workload("sticker-128", "video", 128, None, checkpoint="sticker"),
    )
}


def select(names: Iterable[str]) -> list[Workload]:
    """The named workloads, each once; a name may be several, separated by commas.

    Raises:
        InputError: a name that there is not, or none.
    """
    names = [part.strip() for name in names for part in name.split(",") if part.strip()]
    for name in names:
        if name not in WORKLOADS:
            raise InputError(f"workload: no {name!r}; take some of {', '.join(WORKLOADS)}")
    if not names:
        raise InputError(f"workload: say what to measure: some of {', '.join(WORKLOADS)}")
    return [WORKLOADS[name] for name in dict.fromkeys(names)]
