"""PyTorch in an interpreter of its own: started once, asked line by line, never waited for forever.

The worker reads a job as one line of JSON and answers `{"ready": true, "device", "threads",
"versions"}`; to each further line, the index of a stage of the job, it answers `{"seconds"}`. It
ends with its input.
"""

import contextlib
import json
import math
import queue
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

from flowzero_jax.errors import DeviceError, InputError
from flowzero_jax.files import reason

Json = dict[str, Any]

# Seconds that a worker whose input has ended is given.
GRACE = 5.0
SHOWN = 200  # characters of a wrong answer


class TorchWorker:
    """A running worker; leaving its context ends the process.

    Attributes:
      ready: what it said of itself.
    """

    def __init__(self, python: str, script: str | Path, job: Json, time_limit: float):
        """Starts `python script` and waits until it is ready.

        Raises:
            InputError: the interpreter cannot be started, or the worker ends or does not keep to
                the protocol.
            DeviceError: no answer within `time_limit` seconds.
        """
        self._name = f"{python} {Path(script).name}"
        self._time_limit = time_limit
        self._answers: queue.Queue[str | None] = queue.Queue()
        # A file, not a pipe: nobody reads while the worker runs.
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                [python, str(script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            self._errors.close()
            raise InputError(
                f"torch_python: {python}: cannot be started: {reason(error)}"
            ) from error
        assert self._process.stdin is not None and self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.ready = self._ask(json.dumps(job), "ready")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "TorchWorker":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def seconds(self, stage: int) -> float:
        """Wall time of one run of a stage, as the worker measured it; raises as `__init__`."""
        answer = self._ask(str(stage), "seconds")
        value = answer["seconds"]
        if not isinstance(value, float) or not 0 < value < math.inf:
            raise self._wrong(answer)
        return value

    def close(self) -> None:
        """Ends the worker, by force if it does not end with its input."""
        with contextlib.suppress(OSError):  # It may have ended before it had read everything.
            self._input.close()
        self._wait()
        self._reader.join(GRACE)
        if not self._reader.is_alive():  # A grandchild may hold the other end.
            self._output.close()
        self._errors.close()

    def _wait(self) -> None:
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        for line in self._output:
            self._answers.put(line)
        self._answers.put(None)

    def _ask(self, line: str, key: str) -> Json:
        try:
            self._input.write(line + "\n")
            self._input.flush()
        except OSError:
            raise self._ended() from None
        try:
            answer = self._answers.get(timeout=self._time_limit)
        except queue.Empty:
            self._process.kill()
            raise DeviceError(
                f"{self._name}: no answer within {self._time_limit:g} s; take a smaller workload "
                "or raise --torch_time_limit"
            ) from None
        if answer is None:
            raise self._ended()
        try:
            parsed = json.loads(answer)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict) or key not in parsed:
            raise self._wrong(answer.strip())
        return parsed

    def _wrong(self, answer: Any) -> InputError:
        return InputError(
            f"{self._name}: answered {str(answer)[:SHOWN]!r}, which is not the worker's protocol; "
            "name an interpreter with torch and diffusers"
        )

    def _ended(self) -> InputError:
        """The last line of what it complained about is usually the exception."""
        self._wait()
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors if line.strip()]
        why = lines[-1] if lines else f"exit code {self._process.returncode}, no message"
        return InputError(
            f"{self._name}: ended ({why}); name an interpreter with torch and diffusers"
        )
