"""Settings of the whole suite, made before any test imports JAX; without JAX, what needs none."""

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

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
