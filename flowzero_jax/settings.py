"""Every setting of a generation, said once: type, bounds, choices, default and help. No JAX.

A field's annotation has its type, a `Literal` its choices, and beside it what it is `About`. From
these fields come (`settings_of`) the command line's options, the fields of config files, what
`flowzero.json` may give and the settings in a video's record. All of them use the name of the
field; on the command line it has dashes.
"""

import dataclasses
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

# What each choice does: `sampler`, `models.cross_frame`, `models.attend`.
Sampler = Literal["ddim", "dpm++", "lcm"]
CrossFrame = Literal["none", "first", "first_prev", "first_self"]
AttentionMethod = Literal["auto", "xla", "chunked", "cudnn"]
Dtype = Literal["float32", "bfloat16", "float16"]
# What a network was trained to give: `schedule.clean_and_noise`.
Prediction = Literal["epsilon", "v_prediction"]

DTYPES: tuple[str, ...] = get_args(Dtype)
DEFAULT_FRAMES = 8
MAX_FRAMES = 512
MAX_SIDE = 4096
MAX_STEPS = 1000
MAX_SEED = 2**32 - 1
STEPS_PER_CALL = 10
"""Denoising steps between two looks of the host, at most."""
MIN_FPS, MAX_FPS = 0.01, 240.0
"""Frames per second. The encoder takes 0 without a word; GIF holds a delay of at most 655 s."""


@dataclasses.dataclass(frozen=True)
class About:
    """What an annotation says of a setting.

    Attributes:
      help: one line.
      low, high: bounds of a number, which may be reached.
      in_checkpoint: whether a checkpoint may give it, in its `flowzero.json`.
      metavar: what stands for its value in help texts; "" for the name.
      flag: on the command line; "" for the name's.
    """

    help: str
    low: float = 0
    high: float = 1
    in_checkpoint: bool = False
    metavar: str = ""
    flag: str = ""


@dataclasses.dataclass(frozen=True)
class Setting:
    """All that is known of one setting.

    Attributes:
      name: everywhere.
      type: bool, int, float, str or Path; tuple for what may be given several times; `object` for
        what takes a parser of its own.
      choices: of a text; empty if any will do.
      default: None if it comes from elsewhere: the plan, the checkpoint, the device.
      about: the rest.
    """

    name: str
    type: type
    choices: tuple[str, ...]
    default: Any
    about: About


def settings_of(kind: type) -> tuple[Setting, ...]:
    """The fields of a dataclass in their order; all of them are annotated with an `About`."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(
        Setting(
            field.name,
            *_type_and_choices(hints[field.name].__origin__),
            field.default,
            hints[field.name].__metadata__[0],
        )
        for field in dataclasses.fields(kind)
    )


def _type_and_choices(hint: Any) -> tuple[type, tuple[str, ...]]:
    """Of an annotation; None in it says that the setting may come from elsewhere."""
    if get_origin(hint) is tuple:
        return tuple, ()
    if get_origin(hint) in (types.UnionType, Union):
        rest = [part for part in get_args(hint) if part is not types.NoneType]
        return _type_and_choices(rest[0]) if len(rest) == 1 else (object, ())
    choices = get_args(hint)
    return (str, choices) if choices else (hint, ())


@dataclasses.dataclass(frozen=True)
class GenerationSettings:
    """What decides a video besides its scene and seed; the defaults are the published ones.

    `eta` above 0 makes DDIM stochastic, 1 is DDPM (Song et al., arXiv 2010.02502). `boxes` off
    leaves the layout to the descriptions. `grounding_fraction` is the part of the
    steps in which the boxes act (GLIGEN's scheduled sampling). `guidance_start` and `guidance_end`
    are the fractions of the steps between which guidance acts (Kynkäänniemi et al., arXiv
    2404.07724); outside, the conditional prediction alone is computed. `frames_per_chunk` frames
    at most go through the UNet together: it bounds memory, and does not change the video.
    `facing` and `blend_frames` change what the text encoder reads and gives (`facing`, `blending`).
    """

    height: Annotated[int, About("pixels", 1, MAX_SIDE, in_checkpoint=True)] = 512
    width: Annotated[int, About("pixels", 1, MAX_SIDE, in_checkpoint=True)] = 512
    num_steps: Annotated[int, About("denoising steps", 1, MAX_STEPS, in_checkpoint=True)] = 50
    sampler: Annotated[
        Sampler,
        About(
            "ddim; dpm++, which needs fewer steps; lcm, for models made for 4 to 8",
            in_checkpoint=True,
        ),
    ] = "ddim"
    eta: Annotated[
        float,
        About("0 to 1: share of noise that ddim adds in its steps; 0 is none", in_checkpoint=True),
    ] = 0.0
    guidance_scale: Annotated[
        float, About("0 to 100; 1 is no guidance", 0, 100, in_checkpoint=True)
    ] = 7.5
    guidance_start: Annotated[float, About("part of the steps before guidance (default 0)")] = 0.0
    guidance_end: Annotated[float, About("part of the steps when it ends (default 1)")] = 1.0
    grounding_fraction: Annotated[
        float, About("part of the steps that see the boxes", in_checkpoint=True)
    ] = 0.3
    cross_frame: Annotated[
        CrossFrame,
        About(
            f"frames that self-attention looks at: {', '.join(get_args(CrossFrame))}",
            in_checkpoint=True,
        ),
    ] = "first"
    noise_shift: Annotated[
        bool, About("move the noise with the background", in_checkpoint=True)
    ] = True
    object_noise: Annotated[
        bool, About("give every object noise that moves with it", in_checkpoint=True)
    ] = False
    boxes: Annotated[bool, About("put the objects into their boxes")] = True
    facing: Annotated[
        bool, About("tell the model which way things that move look", in_checkpoint=True)
    ] = False
    blend_frames: Annotated[
        int,
        About(
            "over which a text that changes turns into the next; 0 is a cut",
            0,
            MAX_FRAMES,
            in_checkpoint=True,
        ),
    ] = 0
    frames_per_chunk: Annotated[
        int,
        About(
            "computed together (default 8); fewer take less memory, the video stays the same",
            1,
            MAX_FRAMES,
        ),
    ] = 8

    @property
    def in_programs(self) -> "GenerationSettings":
        """Without what acts before, on the texts: no program is compiled anew for that."""
        return dataclasses.replace(self, facing=False, blend_frames=0)

    @property
    def num_grounding_steps(self) -> int:
        return int(self.grounding_fraction * self.num_steps) if self.boxes else 0


@dataclasses.dataclass(frozen=True)
class VideoSettings:
    """What decides a video besides, and belongs to no model.

    Without `frames` it is as long as its plan, without `fps` as fast as the checkpoint says.
    """

    seed: Annotated[int, About("of the noise (default 0)", 0, MAX_SEED)] = 0
    frames: Annotated[
        int | None, About(f"number of frames (default {DEFAULT_FRAMES})", 1, MAX_FRAMES)
    ] = None
    negative_prompt: Annotated[str, About("what guidance leads away from (default none)")] = ""
    fps: Annotated[float | None, About("frames per second", MIN_FPS, MAX_FPS)] = None


@dataclasses.dataclass(frozen=True)
class ComputeSettings:
    """How a video is computed: that changes it by rounding alone."""

    dtype: Annotated[
        Literal["auto", Dtype],
        About("float32, bfloat16, float16 or auto (the default): float32 on a CPU, else bfloat16"),
    ] = "auto"
    attention: Annotated[
        AttentionMethod,
        About("auto (the default), xla, chunked (less memory), cudnn (NVIDIA, not in float32)"),
    ] = "auto"
    mesh: Annotated[
        str | tuple[int, int, int] | None,
        About(
            "devices over which the frames are spread: their number, or auto for all; "
            "VIDEOSxFRAMES, VIDEOSxFRAMESxMODEL (default: one device, with --distributed all)"
        ),
    ] = None
