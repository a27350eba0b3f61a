"""A workload measured: ours, the naive version and PyTorch in turns, to meet the same load.

Other work on the machine comes and goes; what is compared therefore runs A B A B …, stage by stage,
and the ratios are taken within a round. Compare with PyTorch on an otherwise idle machine only: its
threads wait for one another, and suffer from other work far more than ours.
"""

import contextlib
import time
from collections.abc import Callable

from flowzero_jax.lab.speed.memory import forget_peak, peak_memory
from flowzero_jax.lab.speed.naive_programs import compile_naive
from flowzero_jax.lab.speed.options import Options
from flowzero_jax.lab.speed.ours import compile_ours
from flowzero_jax.lab.speed.records import Measurement, Side
from flowzero_jax.lab.speed.stages import Stage, stages_of
from flowzero_jax.lab.speed.subject import Subject, load_subject
from flowzero_jax.lab.speed.timing import Peak, Program
from flowzero_jax.lab.speed.torch_job import torch_job, torch_runs
from flowzero_jax.lab.speed.torch_worker import TorchWorker
from flowzero_jax.lab.speed.workloads import Workload

# Seconds until the threads of PyTorch, which wait for more work at full speed, have gone to sleep.
SETTLING = 0.3

# What a stage's run takes, in seconds.
Run = Callable[[], float]


def measure(workload: Workload, options: Options, say: Callable[[str], None]) -> Measurement:
    """Compiles, checks and times a workload; `say` is told what is being done.

    Raises:
        InputError, ModelError, DeviceError: one line each; see `compile_ours`, `compile_naive`,
            `TorchWorker` and `load_pipeline`.
    """
    forget_peak()
    say(f"{workload.name}: making the networks")
    subject = load_subject(workload, options.dtype, options.attention, options.model)
    stages = stages_of(subject.workload, options.composed)
    runs: dict[str, list[Run | None]] = {}
    naive: list[Program] = []
    differences = None
    with contextlib.ExitStack() as stack:
        worker = None
        if "torch" in options.compare:
            say(f"{workload.name}: starting PyTorch")
            worker = stack.enter_context(_start_torch(subject, stages, options))
        say(f"{workload.name}: compiling")
        ours, inputs = compile_ours(subject, stages)
        memory = peak_memory()
        runs["ours"] = [program.seconds for program in ours]
        if "naive" in options.compare:
            say(f"{workload.name}: compiling the naive version")
            naive, differences = compile_naive(subject, stages, ours, inputs)
            runs["naive"] = [program.seconds for program in naive]
        if worker:
            runs["torch"] = _torch_runs(worker, stages)
            for run in filter(None, runs["torch"]):
                run()  # not counted: the first run is slower
        peak = Peak(subject.dtype, options.peak_seconds)
        seconds = _interleave(runs, options.rounds, peak, lambda n: say(f"{workload.name}: {n}"))
    return Measurement(
        subject=subject,
        stages=stages,
        composed=options.composed and workload.kind == "video",
        ours=Side(seconds["ours"], ours),
        naive=Side(seconds["naive"], naive) if naive else None,
        torch=Side(seconds["torch"], []) if worker else None,
        differences=differences,
        torch_ready=worker.ready if worker else {},
        peak_flops_per_second=peak.flops_per_second,
        peak_memory=memory,
    )


def _start_torch(subject: Subject, stages: list[Stage], options: Options) -> TorchWorker:
    assert options.torch_python is not None
    job = torch_job(subject, stages)
    return TorchWorker(options.torch_python, options.torch_script, job, options.torch_time_limit)


def _torch_runs(worker: TorchWorker, stages: list[Stage]) -> list[Run | None]:
    def run(index: int) -> Run:
        return lambda: worker.seconds(index)

    return [run(index) if torch_runs(stage) else None for index, stage in enumerate(stages)]


def _interleave(
    runs: dict[str, list[Run | None]], rounds: int, peak: Peak, say: Callable[[str], None]
) -> dict[str, list[list[float]]]:
    """Seconds by side, round and stage; 0 where a side has nothing to do."""
    seconds: dict[str, list[list[float]]] = {side: [] for side in runs}
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        peak.measure()
        for side in runs:
            seconds[side].append([])
        for turn in zip(*runs.values(), strict=True):
            for side, run in zip(runs, turn, strict=True):
                if "torch" in runs:
                    time.sleep(SETTLING)
                seconds[side][-1].append(run() if run else 0.0)
    return seconds
