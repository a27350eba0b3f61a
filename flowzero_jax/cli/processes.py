"""--distributed: one command in several processes, of which the first alone speaks.

It plans, writes and prints as ever. The others wait for its plan, draw their part of the video, and
say nothing. What fails in one of them ends all.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import ModuleType

from flowzero_jax.cli.report import Report
from flowzero_jax.errors import DeviceError, FlowZeroError
from flowzero_jax.scene import SceneSyntax, parse_scene, scene_json


@contextmanager
def one_of_several(report: Report) -> Iterator[None]:
    """Within the block this is one of several processes, which end together.

    Raises:
      SystemExit: another process failed and says why; this one is to be silent.
    """
    from flowzero_jax.devices import processes
    from flowzero_jax.loading.device import first_device

    _silence_libraries()
    try:
        processes.initialize()
        first_device()
        yield
    except processes.SharedError as error:
        if error.__cause__ is not None:  # it failed here
            raise error.__cause__ from None
        if not processes.is_first():
            raise SystemExit(error.exit_code) from None
        where = f"process {error.process}: {error}"
        raise processes.SharedError(where, error.process, error.exit_code) from None
    except BaseException as error:
        # The others know nothing of it: at a regular end this process would wait for them.
        code = report.failure(_lost(error) or error)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def leads(distributed: bool) -> bool:
    """Whether this process plans, writes and prints: the only one, or the first of several."""
    return not distributed or _with_jax().is_first()


def together(distributed: bool) -> AbstractContextManager[None]:
    """A block of which a failure is one of all processes, if there are several."""
    return _with_jax().together() if distributed else nullcontext()


def shared_scene(scene: SceneSyntax | None, distributed: bool) -> SceneSyntax:
    """The scene that the process which leads has, in all of them."""
    if not distributed:
        assert scene is not None
        return scene
    text = _with_jax().share_text("" if scene is None else scene_json(scene))
    return parse_scene(text) if scene is None else scene


def _with_jax() -> ModuleType:
    from flowzero_jax.devices import processes

    return processes


def _silence_libraries() -> None:
    """From here on Python alone writes to stdout: Gloo, which connects CPUs, prints there, too."""
    if sys.stdout is None:
        return
    sys.stdout.flush()
    kept = os.dup(1)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    sys.stdout = open(kept, "w", encoding=sys.stdout.encoding)  # noqa: SIM115  (till the end)


def _lost(error: BaseException) -> FlowZeroError | None:
    """The error to report if another process's end is what this one failed of."""
    said = str(error).strip().split("\n", 1)[0]
    if isinstance(error, KeyboardInterrupt) or "gloo" not in said.lower():
        return None
    return DeviceError(f"another process has ended ({said}); see what it said")
