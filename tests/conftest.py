"""Settings of the whole suite, made before any test imports JAX."""

import os

# Level 0 halves the time to compile, and is as exact. Two devices, so that whatever is spread over
# devices is tested as such.
os.environ["XLA_FLAGS"] = " ".join(
    [
        os.environ.get("XLA_FLAGS", ""),
        "--xla_backend_optimization_level=0",
        "--xla_force_host_platform_device_count=2",
    ]
)
