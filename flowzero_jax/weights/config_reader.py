"""Takes a configuration apart key by key, so that no key goes unread and no value unchecked.

Values are compared by what they mean: null stands for the default, and where one value is asked
for, so does a list that has nothing else.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flowzero_jax.errors import ModelError

REQUIRED: Any = object()

# Keys of any configuration that change what is computed, whoever wrote it.
DECISIVE = {
    "quantization_config": "the weights are quantised, which is not supported",
    "compression_config": "the weights are compressed, which is not supported",
    "auto_map": "the model is computed by code of its own, which is not run",
}


class ConfigReader:
    """The keys of one JSON object that nobody has asked for yet.

    Every method takes a key out and raises ModelError, naming file and key, where it is missing
    without a default, or its value not allowed. `finish` complains about what is left, `pass_over`
    names it. Keys that begin with an underscore are notes of the program that wrote the file.
    """

    def __init__(self, values: dict[str, Any], where: Path):
        self.where = where
        self._values = {key: value for key, value in values.items() if key[:1] != "_"}

    def peek(self, key: str) -> Any:
        """The value of a key, None if it is missing; the key stays."""
        return self._values.get(key)

    def integer(self, key: str, low: int, high: int, default: Any = REQUIRED) -> int:
        return self._check_integer(key, self.single(key, default), low, high)

    def integers(self, key: str, low: int, high: int, counts: range) -> tuple[int, ...]:
        """A list of whole numbers in low … high, whose length is in `counts`."""
        values = self.raw(key)
        span = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        allowed = isinstance(values, list) and len(values) in counts
        self.check(key, values, allowed, f"must be a list of {span} whole numbers")
        return tuple(self._check_integer(key, value, low, high) for value in values)

    def number(self, key: str, low: float, high: float, default: Any = REQUIRED) -> float:
        value = self.single(key, default)
        allowed = type(value) in (int, float) and low <= value <= high
        return float(self.check(key, value, allowed, f"must be a number in {low:g} … {high:g}"))

    def boolean(self, key: str, default: Any = REQUIRED) -> bool:
        value = self.single(key, default)
        return self.check(key, value, type(value) is bool, "must be true or false")

    def choice(self, key: str, options: Sequence[str], default: Any = REQUIRED) -> Any:
        value = self.raw(key, default)
        return self.check(key, value, value in options, f"must be one of {', '.join(options)}")

    def choices(self, key: str, options: Sequence[str], count: int) -> tuple[str, ...]:
        """A list of `count` texts, each one of `options`."""
        values = self.raw(key)
        allowed = isinstance(values, list) and len(values) == count
        self.check(key, values, allowed, f"must be a list of {count}, one per stage")
        rule = f"must be one of {', '.join(options)}"
        return tuple(self.check(key, value, value in options, rule) for value in values)

    def raw(self, key: str, default: Any = REQUIRED) -> Any:
        """The unchecked value: the caller checks it."""
        value = self._values.pop(key, None)
        if value is not None:
            return value
        if default is REQUIRED:
            raise ModelError(f"{self.where}: the key {key!r} is missing; copy the file anew")
        return default

    def single(self, key: str, default: Any = REQUIRED) -> Any:
        """As `raw`; of a list of equal values the value."""
        value = self.raw(key, default)
        alike = isinstance(value, list) and value and all(item == value[0] for item in value)
        return value[0] if alike else value

    def fixed(self, **published: Any) -> None:
        """Keys that may be missing but otherwise must have the published value."""
        for key, value in published.items():
            found = self.single(key, value)
            self.check(key, found, found == value, f"only {value!r} is supported")

    def ignore(self, *keys: str) -> None:
        """Keys that change nothing here."""
        for key in keys:
            self._values.pop(key, None)

    def finish(self) -> None:
        """Raises ModelError if a key was not asked for."""
        if self._values:
            names = ", ".join(repr(key) for key in sorted(self._values)[:10])
            raise ModelError(
                f"{self.where}: unknown key {names}; remove it, or use a checkpoint of the "
                "Stable Diffusion 1 family"
            )

    def pass_over(self) -> None:
        """Warns of the keys that were not asked for, unless they switch something off; raises
        ModelError if one says that the weights mean something else."""
        left = {key: value for key, value in self._values.items() if value}
        for key, kind in DECISIVE.items():
            if key in left:
                raise ModelError(f"{self.where}: {key}: {kind}; use a plain checkpoint")
        if left:
            names = ", ".join(sorted(left)[:10])
            warnings.warn(f"{self.where}: without effect here: {names}", stacklevel=2)

    def check(self, key: str, value: Any, allowed: bool, rule: str) -> Any:
        """The value, if it is allowed; raises ModelError."""
        if not allowed:
            shown = repr(value)
            shown = shown if len(shown) <= 60 else shown[:60] + "…"
            raise ModelError(f"{self.where}: {key}: {rule}, not {shown}")
        return value

    def _check_integer(self, key: str, value: Any, low: int, high: int) -> int:
        allowed = type(value) is int and low <= value <= high
        return self.check(key, value, allowed, f"must be a whole number in {low} … {high}")
