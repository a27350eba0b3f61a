"""Settings of the whole suite, made before any test imports JAX; without JAX, what needs none."""

import functools
import os
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

# The tests that need no JAX. Where it is not installed, these alone are collected.
WITHOUT_JAX = {
    "planner", "preview", "video", "test_budgets.py", "test_documents.py", "test_imports.py",
    "test_scene.py", "test_tabulate.py", "test_tpu_vm.py",
}  # fmt: skip

# Level 0 halves the time to compile, and is as exact. Two devices, so that whatever is spread over
# devices is tested as such.
FLAGS = ["--xla_backend_optimization_level=0", "--xla_force_host_platform_device_count=2"]
try:
    if version("jaxlib").startswith("0.10."):
        # Halves it again; later versions, which end at unknown flags, do not have it.
        FLAGS.append("--xla_cpu_use_fusion_emitters=false")
except PackageNotFoundError:
    here = Path(__file__)
    collect_ignore = [
        path.name for path in here.parent.iterdir() if path.name not in {here.name, *WITHOUT_JAX}
    ]
os.environ["XLA_FLAGS"] = " ".join([os.environ.get("XLA_FLAGS", ""), *FLAGS])


@functools.cache
def _has_float16() -> bool:
    """Whether XLA can compile float16 here: not for CPUs without F16C instructions."""
    import jax
    import jax.numpy as jnp

    try:
        jax.jit(lambda x: x.astype(jnp.float16))(jnp.ones(3)).block_until_ready()
    except jax.errors.JaxRuntimeError:
        return False
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Skips a test that fails because float16 cannot be compiled."""
    try:
        return (yield)
    except RuntimeError as error:
        if "Failed to materialize symbols" not in str(error) or _has_float16():
            raise
        pytest.skip("XLA has no float16 for this CPU")
