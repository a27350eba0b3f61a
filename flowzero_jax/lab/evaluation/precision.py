"""How far 16-bit computation strays: the recorded reference clip in each dtype against float32.

The clip is that of `tests/parity/reference`: small random networks, guided steps with boxes and
cross-frame attention. What PyTorch gave for it in float64 is the measure of float32 itself.
"""

import dataclasses
import json
from pathlib import Path

import jax
import numpy as np

from flowzero_jax.denoising import Conditions, denoise
from flowzero_jax.devices.programs import DENOISE_OPTIONS
from flowzero_jax.errors import InputError
from flowzero_jax.files import make_folder, write_text
from flowzero_jax.generation import calls, decode, prepare
from flowzero_jax.lab.evaluation.tables import markdown_table
from flowzero_jax.models import UNet
from flowzero_jax.noise import video_keys
from flowzero_jax.pipeline import Pipeline, load_pipeline
from flowzero_jax.sampler import SamplerState
from flowzero_jax.scene import BackgroundMotion, Frame, SceneObject, SceneSyntax
from flowzero_jax.settings import DTYPES, GenerationSettings
from flowzero_jax.tabulate import tabulate

FILE = "dtypes.md"
# By default XLA keeps float32 between fused operations of a CPU; then less would be rounded here
# than on an accelerator.
COMPILER_OPTIONS = {"xla_allow_excess_precision": False}


@dataclasses.dataclass(frozen=True, eq=False)
class Clip:
    """The reference clip: what goes in, and what PyTorch made of it in float64."""

    folder: Path
    scene: SceneSyntax
    negative_prompt: str
    settings: GenerationSettings
    initial_latents: np.ndarray  # [f h w c]
    latents: np.ndarray  # [s+1 f h w c], before the first and after every step
    text: np.ndarray  # [2 f l d], unconditional and conditional
    noise: np.ndarray  # [s 2 f h w c], predicted from the recorded latents
    images: np.ndarray  # [f H W 3] in 0 … 1


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """What we make of a clip in one dtype, in the order of the computation."""

    text: np.ndarray
    noise: np.ndarray
    latents: np.ndarray
    images: np.ndarray


def read_clip(folder: str | Path) -> Clip:
    """Reads a reference folder; raises InputError where there is none."""
    folder = Path(folder)
    try:
        recorded = json.loads((folder / "prompts.json").read_text(encoding="utf-8"))["trajectory"]
        with np.load(folder / "trajectory.npz") as file:
            arrays = dict(file)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder}: not a reference folder ({error})") from error
    still = BackgroundMotion(direction="left", speed=0.0)
    frames = tuple(
        Frame(
            description=prompt,
            objects=tuple(
                SceneObject(id=str(slot), phrase=phrase, box=tuple(box))
                for slot, (phrase, box) in enumerate(objects)
            ),
            background_motion=still,
        )
        for prompt, objects in zip(recorded["prompts"], recorded["objects"], strict=True)
    )
    rows, columns = recorded["hw"]
    factor = arrays["images"].shape[-1] // columns
    predictions = np.stack([arrays["eps_uncond"], arrays["eps_text"]], axis=1)
    return Clip(
        folder=folder,
        scene=SceneSyntax(version=1, prompt="the reference clip", frames=frames),
        negative_prompt=recorded["negative"],
        settings=GenerationSettings(
            height=rows * factor,
            width=columns * factor,
            num_steps=recorded["steps"],
            guidance_scale=recorded["guidance"],
            grounding_fraction=recorded["beta"],
            cross_frame="first",
        ),
        initial_latents=_nhwc(arrays["initial_latents"]),
        latents=_nhwc(arrays["latents_steps"]),
        text=np.stack([arrays["negative_prompt_embeds"], arrays["prompt_embeds"]]),
        noise=_nhwc(predictions),
        images=_nhwc(arrays["images"]),
    )


def run_clip(clip: Clip, pipeline: Pipeline) -> Run:
    """Draws the clip step by step from its recorded initial latents."""
    models, params, settings = pipeline.models, pipeline.params, clip.settings
    compiled = {
        "prepare": _jit(prepare, static_argnums=(0, 1)),
        "denoise": _jit(denoise, static_argnums=0, static_argnames=DENOISE_OPTIONS),
        "predict": _jit(_predict, static_argnums=(0, 5)),
        "decode": _jit(decode, static_argnums=0),
    }
    size = clip.initial_latents.shape[1:3]
    scenes = pipeline.encode(tabulate([clip.scene], size, clip.negative_prompt))
    _, conditions = compiled["prepare"](models, settings, params, scenes, video_keys([0]))
    start = clip.initial_latents[None]
    states = [SamplerState._make([start, np.zeros_like(start)])]
    predictions = []
    for index, call in enumerate(calls(models.schedule, settings, steps_per_call=1)):
        predictions.append(
            compiled["predict"](
                models.unet,
                params["unet"],
                np.stack([clip.latents[index]] * 2),
                np.repeat(call.steps.timesteps, 2),
                _halves(conditions, call.grounded),
                settings.cross_frame,
            )
        )
        states.append(
            compiled["denoise"](
                models,
                params,
                states[-1],
                conditions,
                call.steps,
                settings.guidance_scale,
                **call.options(settings),
            )
        )
    frames = compiled["decode"](models, params, states[-1].latents).frames
    return Run(
        text=np.asarray(_halves(conditions, grounded=False)[0]),
        noise=np.stack(predictions),
        latents=np.concatenate([state.latents for state in states]),
        images=np.asarray(frames[0]) / np.float32(255),
    )


def _halves(conditions: Conditions, grounded: bool):
    """Texts `[2 f l d]` and grounding tokens, unconditional and conditional, of the one video."""

    def stack(unconditional, conditional):
        return np.concatenate([np.broadcast_to(unconditional, conditional.shape), conditional])

    text = stack(conditions.negative_text, conditions.text)
    if not grounded:
        return text, None
    return text, stack(conditions.null_tokens, conditions.grounding_tokens)


def _predict(unet: UNet, params, latents, timesteps, conditions, cross_frame):
    return unet.apply({"params": params}, latents, timesteps, *conditions, cross_frame=cross_frame)


def _jit(function, **static):
    return jax.jit(function, compiler_options=COMPILER_OPTIONS, **static)


def errors(run: Run, against: Run | Clip) -> dict[str, float]:
    """Root-mean-square differences, as shares of the array's own root mean square.

    Keys: "text states", "noise prediction" (from equal latents, all steps), "latents after step 1"
    and after the others that the table shows, "last latents"; and "image", in grey levels of 255.
    """
    steps = len(run.latents) - 1
    values = {
        "text states": _share(run.text, against.text),
        "noise prediction": _share(run.noise, against.noise),
    }
    for step in sorted({1, round(steps / 3), round(2 * steps / 3), steps}):
        values[f"latents after step {step}"] = _share(run.latents[step], against.latents[step])
    values["image (grey levels)"] = float(
        255 * np.sqrt(np.mean((run.images - np.round(against.images * 255) / 255) ** 2))
    )
    return values


def _share(ours: np.ndarray, theirs: np.ndarray) -> float:
    theirs = np.asarray(theirs, np.float64)
    return float(np.sqrt(np.mean((ours - theirs) ** 2) / np.mean(theirs**2)))


def evaluate_dtypes(reference: str | Path, out: Path) -> dict[str, dict[str, float]]:
    """Measures each of `DTYPES` and writes `out/dtypes.md`; returns its numbers by column.

    Raises:
        InputError: `reference` is no reference folder.
        OutputError: the file cannot be written.
    """
    clip = read_clip(reference)
    runs = {name: run_clip(clip, load_pipeline(clip.folder / "pipeline", name)) for name in DTYPES}
    columns = {"float32, against PyTorch in float64": errors(runs["float32"], clip)}
    for name in DTYPES[1:]:
        columns[f"{name}, against float32"] = errors(runs[name], runs["float32"])
    rows = [
        [row, *(f"{column[row]:.2g}" for column in columns.values())]
        for row in errors(runs["float32"], clip)
    ]
    frames, steps = len(clip.scene.frames), clip.settings.num_steps
    scale = f"{clip.settings.guidance_scale:g}"
    text = f"""# Numerics by dtype

Root-mean-square errors over the reference clip of `tests/parity/reference`, {frames} frames in
{steps} steps with guidance {scale}, as shares of an array's own root mean square; of the image in
grey levels of 255. Parameters and matrix products are in the dtype; norms, softmax, FFT, guidance
and sampler are always in float32.

{markdown_table(["", *columns], rows)}

"Noise prediction" is single passes of the UNet from equal latents. The latents are those of a free
run, in which guidance amplifies every difference. The weights are random: the numbers compare
dtypes, and are not those of a trained model. Made on a CPU, without the excess precision that XLA
would allow itself there:

```
python scripts/evaluate.py dtypes --out docs/evaluation
```
"""
    make_folder(out)
    write_text(out / FILE, text)
    return columns


def _nhwc(array: np.ndarray) -> np.ndarray:
    return np.moveaxis(array, -3, -1)
