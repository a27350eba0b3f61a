"""Loading takes little more memory than the parameters do, counted by the system."""

import dataclasses
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from flowzero_jax.models import UNetConfig
from flowzero_jax.weights import save_pipeline
from flowzero_jax.weights.convert import parameter_shapes
from flowzero_jax.weights.names import leaves

# 42 million parameters, none of the tensors more than 3 % of them.
LARGE = UNetConfig(
    block_out_channels=(128, 256, 256),
    layers_per_block=2,
    attention_stages=(True, True, False),
    num_heads=(8, 8, 8),
    cross_attention_dim=32,
)

# Prints the anonymous memory in KiB: before loading, and at most since. "pipeline" counts with the
# transfer to the device, which is the same memory on a CPU.
MEASURE = """
import sys, threading
from flowzero_jax.pipeline import load_pipeline
from flowzero_jax.weights import load_folder
import jax

def anonymous():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))

def watch():
    while not done.wait(0.002):
        seen.append(anonymous())

load = {"folder": load_folder, "pipeline": load_pipeline}[sys.argv[1]]
load("sticker" if sys.argv[1] == "pipeline" else sys.argv[4])
seen, done = [anonymous()], threading.Event()
thread = threading.Thread(target=watch)
thread.start()
loaded = load(sys.argv[2], sys.argv[3])
seen.append(anonymous())
done.set()
thread.join()
print(seen[0], max(seen))
"""


@pytest.fixture(scope="module")
def large(checkpoint, tmp_path_factory) -> tuple[Path, int]:
    """A folder with a UNet of 170 MB, and the number of all parameters."""
    rng = np.random.default_rng(0)
    unet = {}
    for path, leaf in leaves(parameter_shapes(LARGE)):
        scope = unet
        for name in path[:-1]:
            scope = scope.setdefault(name, {})
        scope[path[-1]] = rng.standard_normal(leaf.shape, np.float32)
    params = checkpoint.params | {"unet": unet}
    folder = tmp_path_factory.mktemp("large") / "model"
    save_pipeline(folder, dataclasses.replace(checkpoint, unet_config=LARGE, params=params))
    return folder, sum(math.prod(leaf.shape) for _, leaf in leaves(params))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize(
    ("what", "dtype", "size"),
    [("folder", "bfloat16", 2), ("pipeline", "float32", 4)],
)
def test_loading_takes_little_more_than_the_result(large, source, what, dtype, size):
    folder, count = large
    arguments = [sys.executable, "-c", MEASURE, what, str(folder), dtype, str(source)]
    run = subprocess.run(arguments, capture_output=True, text=True, timeout=250)
    before, most = (1024 * int(number) for number in run.stdout.split())
    # The lower bound tells that something was counted.
    assert 0.8 < (most - before) / (count * size) < 1.3
