"""Settings of the whole suite, made before any test imports JAX."""

import os
from importlib.metadata import version

# Level 0 halves the time to compile, and is as exact. Two devices, so that whatever is spread over
# devices is tested as such.
FLAGS = ["--xla_backend_optimization_level=0", "--xla_force_host_platform_device_count=2"]
if version("jaxlib").startswith("0.10."):
    # Halves it again; later versions, which end at unknown flags, do not have it.
    FLAGS.append("--xla_cpu_use_fusion_emitters=false")
os.environ["XLA_FLAGS"] = " ".join([os.environ.get("XLA_FLAGS", ""), *FLAGS])
