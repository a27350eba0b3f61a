"""The files of a video: checked before anything is planned or compiled, written at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from flowzero_jax.cli.jobs import VideoJob
from flowzero_jax.errors import InputError, OutputError
from flowzero_jax.files import check_writable
from flowzero_jax.video import check_output_path, write_video
from flowzero_jax.video.paths import sidecar_path
from flowzero_jax.video.write import staged_video


@dataclass(frozen=True)
class Outputs:
    """Where the files of a job lie."""

    kind: str  # the video's format, an ending or "folder"
    video: Path
    meta: Path
    plan: Path  # written by `generate`, read by `render`
    history: Path  # of a language model's plan


def check_outputs(job: VideoJob) -> Outputs:
    """Whether everything can be written, and nothing that is read is replaced.

    Raises: InputError or OutputError.
    """
    read = [path for path in (job.plan, job.config) if path is not None]
    read += job.model.source.paths
    kind = check_output_path(job.out, read)
    meta, plan, history = (sidecar_path(job.out, name) for name in ("meta", "plan", "history"))
    written = [meta, *([plan] if job.plan is None else [])]
    written += [history] if job.planner is not None and job.planner.llm is not None else []
    for path in written:
        if path.parent.exists():  # a folder that will be made is not there yet
            check_writable(path, read)
    if job.snapshot is not None:
        check_writable(job.snapshot, read)
        if job.snapshot.resolve() in [path.resolve() for path in (Path(job.out), *written)]:
            raise InputError(f"--snapshot {job.snapshot}: is an output, too; give another name")
    return Outputs(kind, Path(job.out), meta, job.plan or plan, history)


@contextmanager
def staged_outputs(outputs: Outputs, frames: np.ndarray, fps: float) -> Iterator[Path]:
    """Yields where the video lies, written but not yet named: it is when the block succeeds.

    If it cannot be written, the frames, which cost so much more, go to a folder.
    """
    try:
        with staged_video(outputs.video, frames, fps) as staged:
            yield staged
    except OutputError as error:
        rescue = outputs.video.with_name(f"{outputs.video.stem}_frames")
        if outputs.kind != ".mp4" or rescue.exists():
            raise
        try:
            write_video(rescue, frames)
        except OutputError:
            raise error from None
        raise OutputError(f"{error}; the frames are in {rescue}") from error
