"""`flowzero-jax doctor`: what a bug report needs, and what is wrong here.

JAX is asked in a process of its own: bad XLA_FLAGS, say, end the process that has them.
"""

import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flowzero_jax.cli.report import Report
from flowzero_jax.errors import DeviceError, FlowZeroError, OutputError
from flowzero_jax.files import check_folder
from flowzero_jax.metadata import package_versions
from flowzero_jax.planner.llm.http import load_sdk, open_client
from flowzero_jax.planner.llm.settings import URL_VARIABLE, LlmSettings, read_key, resolve
from flowzero_jax.video.mp4 import require_ffmpeg

PROBE_SECONDS = 120
PROBE = "from flowzero_jax.cli.doctor import probe; probe()"
EXTRAS = {"llm": "openai", "cloud": "gcsfs", "ray": "ray", "train": "optax"}
MATTERS = re.compile(
    r"(JAX|XLA|LIBTPU|TPU|CUDA|NVIDIA|ROCM|HF|FLOWZERO|OPENAI|OMP|PYTHON|XDG|SSL|SLURM|RAY)_.*"
    r"|.*_PROXY|HOME|TMPDIR|LANG|LC_ALL|LD_LIBRARY_PATH",
    re.IGNORECASE,
)
SECRET = re.compile("KEY|TOKEN|SECRET|PASS|CRED|AUTH", re.IGNORECASE)
# What shows that a device is there -> its platform.
TRACES = {"/dev/nvidia0": "cuda12", "/dev/accel0": "tpu", "/dev/vfio/0": "tpu"}


class Examination:
    """What was found: `facts` by name, and `faults`, each a message and an exit code."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self.faults: list[tuple[str, int]] = []

    def ask(self, name: str, question: Callable[[], Any]) -> None:
        """Notes the answer, or what is wrong; a warning is a fault, too."""
        self.look(lambda: self.facts.update({name: question()}))

    def look(self, work: Callable[[], None]) -> None:
        """Notes what is wrong."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            try:
                work()
            except FlowZeroError as error:
                self.faults.append((str(error), error.exit_code))
        self.faults += [(str(warning.message), OutputError.exit_code) for warning in caught]


def run(job: None, report: Report) -> int:
    """Examines and tells; returns 0 where all is sound, else the exit code of the first fault."""
    found = Examination()
    found.ask("versions", lambda: package_versions() | {"system": platform.platform()})
    found.ask("extras", lambda: {n: bool(importlib.util.find_spec(m)) for n, m in EXTRAS.items()})
    found.ask("cores and memory", _host)
    found.ask("temporary files", lambda: _space(Path(tempfile.gettempdir())))
    found.ask("ffmpeg", _ffmpeg)
    if os.environ.get(URL_VARIABLE):
        found.ask("language model", _language_model)
    found.ask("environment", environment)
    found.look(lambda: _in_another_process(found))
    lines = [f"{name}: {_shown(value)}" for name, value in found.facts.items()]
    lines += [f"wrong: {message}" for message, _ in found.faults] or ["nothing is wrong"]
    faults = [{"message": message, "exit_code": code} for message, code in found.faults]
    report.result("\n".join(lines), **found.facts, faults=faults)
    return found.faults[0][1] if found.faults else 0


def environment() -> dict[str, str]:
    """The variables that matter; of secrets only that they are set, of addresses no user."""
    found = {name: os.environ[name] for name in sorted(os.environ) if MATTERS.fullmatch(name)}
    return {
        name: "(set)" if SECRET.search(name) else re.sub(r"//[^/\s]*@|\?\S*", "//…@", value)
        for name, value in found.items()
    }


def probe() -> None:
    """What needs JAX, printed as JSON."""
    from flowzero_jax.devices.cache import enable_compilation_cache
    from flowzero_jax.loading.device import first_device
    from flowzero_jax.pipeline import describe
    from flowzero_jax.weights.source import Source

    found = Examination()
    found.ask("device", lambda: first_device() | _devices())
    found.ask("compilation cache", lambda: _space(Path(enable_compilation_cache() or "")))
    found.ask("embedded model", lambda: describe(Source())[0].sha256)
    print(json.dumps(vars(found)))


def _in_another_process(found: Examination) -> None:
    """Adds what `probe` finds; raises DeviceError if it does not come to its end."""
    command = [sys.executable, "-c", PROBE]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        said = f"JAX does not find its device within {PROBE_SECONDS} s"
        raise DeviceError(f"{said}; JAX_PLATFORMS=cpu does without") from None
    try:
        result = json.loads(run.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        lines = run.stderr.strip().splitlines() or [f"exit code {run.returncode}"]
        said = next((line for line in lines if line.startswith("F")), lines[-1])
        raise DeviceError(f"JAX cannot be started: {said}") from None
    found.facts |= result["facts"]
    found.faults += map(tuple, result["faults"])
    if found.facts.get("device", {}).get("platform") == "cpu" and "JAX_PLATFORMS" not in os.environ:
        for trace, extra in TRACES.items():
            if Path(trace).exists():
                hint = f"pip install 'flowzero_jax[{extra}]', or say JAX_PLATFORMS=cpu"
                raise DeviceError(f"{trace} is there, but JAX computes on the CPU; {hint}")


def _devices() -> dict[str, Any]:
    import jax

    memory = jax.devices()[0].memory_stats() or {}
    total, used = memory.get("bytes_limit"), memory.get("bytes_in_use", 0)
    free = {} if total is None else {"free": f"{(total - used) / 1e9:.1f} of {total / 1e9:.1f} GB"}
    return {"count": jax.device_count(), **free}


def _host() -> str:
    page, free, all_ = map(os.sysconf, ("SC_PAGE_SIZE", "SC_AVPHYS_PAGES", "SC_PHYS_PAGES"))
    return f"{os.cpu_count()}, {free * page / 1e9:.1f} of {all_ * page / 1e9:.1f} GB free"


def _ffmpeg() -> str:
    require_ffmpeg(Path("video.mp4"))
    return "works"


def _space(folder: Path) -> str:
    """A folder's name and room; raises OutputError if it takes no files."""
    check_folder(folder)
    mode, free = folder.stat().st_mode & 0o777, shutil.disk_usage(folder).free / 1e9
    return f"{folder}, mode {mode:o}, {free:.1f} GB free"


def _language_model() -> str:
    """What is known of it; no request is sent."""
    load_sdk()
    settings, key = resolve(LlmSettings(url=os.environ[URL_VARIABLE])), read_key()
    open_client(settings, key, time.monotonic() + 1).close()
    return f"{settings.model} at {settings.url}, {'a' if key else 'no'} key"


def _shown(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(f"{name} {'yes' if v is True else v or 'no'}" for name, v in value.items())
