"""The parts of a workload that are compiled and timed one by one, and what each of them counts."""

import dataclasses
from typing import Literal

from flowzero_jax.generation import Segment, segments
from flowzero_jax.lab.speed.flops import UNetCall, decode_flops, grounding_flops, unet_flops
from flowzero_jax.lab.speed.workloads import Workload
from flowzero_jax.sampler import step_table
from flowzero_jax.scene import MAX_OBJECTS


@dataclasses.dataclass(frozen=True, eq=False)
class Stage:
    """A part of a workload that runs `count` times in it."""

    name: str
    kind: Literal["prepare", "denoise", "decode"]
    num_frames: int
    count: int = 1
    segment: Segment | None = None  # of "denoise": the steps of one run

    @property
    def steps(self) -> Segment:
        """Of a stage that denoises."""
        assert self.segment is not None
        return self.segment

    @property
    def num_steps(self) -> int:
        """Denoising steps in one run."""
        return 0 if self.segment is None else len(self.segment.steps.timesteps)


def stages_of(workload: Workload, composed: bool) -> list[Stage]:
    """The stages in the order of generation.

    With `composed` the steps and the frames to decode, of which a video has many alike, are single
    ones, to be counted as often as they occur. What all steps share is then done in each of them.
    """
    settings, frames = workload.generation, workload.num_frames
    if workload.kind == "decode":
        return [Stage("decode", "decode", frames)]
    if workload.kind == "step":
        table = step_table(workload.schedule, settings.num_steps, settings.sampler, settings.eta)
        segment = Segment(
            grounded=workload.unet.grounded, guided=True, steps=table.rows(slice(0, 1))
        )
        return [Stage(_name(segment), "denoise", frames, segment=segment)]
    found = [Stage("prepare", "prepare", frames)]
    for segment in segments(workload.schedule, settings):
        count = len(segment.steps.timesteps) if composed else 1
        if composed:
            segment = segment._replace(steps=segment.steps.rows(slice(0, 1)))
        found.append(Stage(_name(segment), "denoise", frames, count, segment))
    if composed:
        return [*found, Stage("decode", "decode", 1, frames)]
    return [*found, Stage("decode", "decode", frames)]


def _name(segment: Segment) -> str:
    """For people, such as "1 grounded step with guidance"."""
    count = len(segment.steps.timesteps)
    kind = "grounded" if segment.grounded else "ungrounded"
    guidance = "with" if segment.guided else "without"
    return f"{count} {kind} step{'s' if count > 1 else ''} {guidance} guidance"


def stage_flops(workload: Workload, stage: Stage) -> int:
    """FLOPs of one run of a stage."""
    rows, columns = workload.latent_size
    if stage.kind == "decode":
        return decode_flops(workload.autoencoder, stage.num_frames, rows, columns)
    if stage.kind == "prepare":
        if not workload.generation.boxes or not workload.unet.grounded:
            return 0
        # The objects of every frame, and once the empty slots of the unconditional half.
        return grounding_flops(workload.unet, (stage.num_frames + 1) * MAX_OBJECTS)
    call = UNetCall(
        num_frames=stage.num_frames,
        rows=rows,
        columns=columns,
        halves=2 if stage.steps.guided else 1,
        grounded=stage.steps.grounded,
        cross_frame=workload.generation.cross_frame,
        text_length=workload.text_length,
        num_slots=MAX_OBJECTS,
    )
    return stage.num_steps * unet_flops(workload.unet, call)
