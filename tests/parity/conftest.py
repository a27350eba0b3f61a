"""The recorded reference: what PyTorch gave for small random models, and how closely we follow.

Every size, shape and setting comes from the files of `reference/`; another folder of the same
build can be named by the environment variable FLOWZERO_REFERENCE.
"""

import functools
import json
import os
from pathlib import Path

import jax
import numpy as np
import pytest

# PyTorch's own float32 run is within 3e-6 of the recorded float64 one in a single pass, and 2e-5
# over a trajectory, both relative to an array's largest magnitude.
SINGLE_PASS = 3e-5
TRAJECTORY = 2e-4

# Level 0 halves the time to compile and is as exact.
COMPILER_OPTIONS = {"xla_backend_optimization_level": 0}


class Reference:
    """The files of a reference folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    @functools.cache  # noqa: B019 (lives as long as the session)
    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """The arrays of `name.npz`."""
        with np.load(self.folder / f"{name}.npz") as file:
            return dict(file)

    @functools.cached_property
    def prompts(self) -> dict:
        """The texts, boxes and settings behind the arrays."""
        return json.loads((self.folder / "prompts.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def reference() -> Reference:
    default = Path(__file__).parent / "reference"
    return Reference(Path(os.environ.get("FLOWZERO_REFERENCE", default)))


@pytest.fixture(scope="module", autouse=True)
def exact_matmul():
    """Accelerators multiply in reduced precision by default."""
    before = jax.config.jax_default_matmul_precision
    jax.config.update("jax_default_matmul_precision", "float32")
    yield
    jax.config.update("jax_default_matmul_precision", before)


@pytest.fixture(scope="session")
def compiled():
    """`jax.jit` for functions that run once or twice."""
    return functools.partial(jax.jit, compiler_options=COMPILER_OPTIONS)


@pytest.fixture(scope="session")
def check():
    """Asserts that two arrays agree up to a share of the expected one's largest magnitude."""

    def check(actual, expected: np.ndarray, tolerance: float = SINGLE_PASS) -> None:
        actual = np.asarray(actual)
        assert actual.shape == expected.shape
        error = float(np.abs(actual.astype(np.float64) - expected).max())
        bound = float(tolerance * np.abs(expected).max())
        assert error <= bound

    return check


@pytest.fixture(scope="session")
def check_trajectory(check):
    return functools.partial(check, tolerance=TRAJECTORY)


@pytest.fixture(scope="session")
def nhwc():
    """The reference's channel order → ours."""
    return lambda array: array.transpose(0, 2, 3, 1)


@pytest.fixture(scope="session")
def nchw():
    """Our channel order → the reference's; leading axes become one."""

    def nchw(array):
        array = np.asarray(array)
        return array.reshape(-1, *array.shape[-3:]).transpose(0, 3, 1, 2)

    return nchw
