"""Compiling, running and timing; and the device's own speed in matrix products."""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from flowzero_jax.errors import DeviceError
from flowzero_jax.lab.speed.memory import check_memory, program_memory

# Sides of the matrices whose product measures the peak.
PEAK_SIDES = (1024, 2048, 4096, 8192, 16384)
PEAK_REPEATS = 3


@dataclasses.dataclass(frozen=True, eq=False)
class Program:
    """A compiled function with its inputs, run once: `output` is what it gave."""

    compiled: jax.stages.Compiled
    inputs: tuple
    compile_seconds: float
    memory: dict[str, int]
    output: Any

    def seconds(self) -> float:
        """Wall time of one run."""
        start = time.perf_counter()
        jax.block_until_ready(self.compiled(*self.inputs))
        return time.perf_counter() - start


def compile_program(what: str, function: Callable, *inputs) -> Program:
    """Compiles a function of arrays and warms it up; `what` is for messages.

    Raises:
        DeviceError: it does not fit into memory, or the device cannot run it.
    """
    start = time.perf_counter()
    try:
        compiled = jax.jit(function).lower(*inputs).compile()
        elapsed = time.perf_counter() - start
        memory = program_memory(compiled)
        check_memory(what, memory)
        output = jax.block_until_ready(compiled(*inputs))
    except RuntimeError as error:  # XLA's errors are such, out of memory too
        raise DeviceError(f"{what}: {str(error).splitlines()[0]}") from error
    return Program(compiled, inputs, elapsed, memory, output)


class Peak:
    """The most FLOP/s that the device reached in one large matrix product.

    The product is so large that it takes `at_least` seconds, or has the largest side.
    """

    def __init__(self, dtype, at_least: float):
        key = jax.random.key(0)
        for side in PEAK_SIDES:
            matrix = jax.random.normal(key, (side, side), jnp.float32).astype(dtype)
            self._program = compile_program("matrix product", jnp.matmul, matrix, matrix)
            self._flops = 2 * side**3
            if self._program.seconds() >= at_least:
                break
        self.flops_per_second = 0.0

    def measure(self) -> None:
        """Another attempt: other work on the machine can only lower the figure."""
        for _ in range(PEAK_REPEATS):
            rate = self._flops / self._program.seconds()
            self.flops_per_second = max(rate, self.flops_per_second)
