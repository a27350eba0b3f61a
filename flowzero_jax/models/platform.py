"""The kind of device that a program is for, by which layers choose among forms of equal result."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Platform:
    """What must be known of a device while a program for it is traced, maybe on another one.

    Attributes:
      name: as JAX calls it: "cpu", "gpu", "tpu".
      cudnn_head_size: the largest heads that cuDNN's flash attention takes there; 0 without it.
    """

    name: str
    cudnn_head_size: int = 0

    @property
    def is_cpu(self) -> bool:
        return self.name == "cpu"


CPU = Platform("cpu")
