"""`flowzero-jax compile`: fills the compilation cache for a size, and tells the memory needed."""

import dataclasses

from flowzero_jax.cli.jobs import CompileJob
from flowzero_jax.cli.report import Report, counted, table


def run(job: CompileJob, report: Report) -> int:
    """Compiles all programs of a size; returns the exit code."""
    # Imports JAX: bad options are reported without waiting for it.
    from flowzero_jax.devices.compilation import memory_needed
    from flowzero_jax.loading.device import device_errors
    from flowzero_jax.loading.load import load

    loaded, num_frames = load(job.model), job.num_frames
    settings = loaded.settings
    with device_errors():
        programs = loaded.pipeline.compile(
            settings,
            num_frames,
            job.batch,
            loaded.steps_per_call,
            announce=lambda name: report.note(f"compiling: {name}"),
        )
    needed = memory_needed(programs)
    seconds = round(sum(program.seconds for program in programs), 3)
    rows = [("program", "compile s", "memory")]
    rows += [(p.name, f"{p.seconds:.1f}", _size(p.peak_bytes)) for p in programs]
    videos = "" if job.batch == 1 else f"{counted(job.batch, 'video')} of "
    size = f"{counted(num_frames, 'frame')}, {settings.width}x{settings.height}"
    total = (
        f"{loaded.model['source']}: {videos}{size}, {loaded.dtype} on {loaded.device['kind']}: "
        f"{seconds:.1f} s, needs {_size(needed)}"
    )
    report.result(
        "\n".join([*table(rows, right=(1, 2)), total]),
        programs=[dataclasses.asdict(p) | {"peak_bytes": p.peak_bytes} for p in programs],
        needed_bytes=needed,
        seconds=seconds,
        frames=num_frames,
        batch=job.batch,
        settings=loaded.recorded_settings,
        model=loaded.model,
        device=loaded.device,
        cache=loaded.cache,
    )
    return 0


def _size(count: int) -> str:
    """Bytes for people."""
    return f"{count / 1e9:,.2f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"
