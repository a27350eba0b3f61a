"""Takes a configuration apart key by key, so that no key goes unread and no value unchecked.

Values are compared by what they mean: null stands for the default, and where one value is asked
for, so does a list that has nothing else.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

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

    Every method takes a key out and raises ModelError, naming file and key, where the value is
    not allowed. `finish` complains about what is left, `pass_over` names it. A missing key without
    default is an error.
    Keys that begin with an underscore are notes of the program that wrote the file; they are
    never acted on.
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
        if not isinstance(values, list) or len(values) not in counts:
            span = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
            self.fail(key, values, f"must be a list of {span} whole numbers")
        return tuple(self._check_integer(key, value, low, high) for value in values)

    def number(self, key: str, low: float, high: float, default: Any = REQUIRED) -> float:
        value = self.single(key, default)
        if type(value) not in (int, float) or not low <= value <= high:
            self.fail(key, value, f"must be a number in {low:g} … {high:g}")
        return float(value)

    def boolean(self, key: str, default: Any = REQUIRED) -> bool:
        value = self.single(key, default)
        if type(value) is not bool:
            self.fail(key, value, "must be true or false")
        return value

    def text(self, key: str, max_length: int, default: Any = REQUIRED) -> str:
        value = self.raw(key, default)
        if not isinstance(value, str) or len(value) > max_length or not value.isprintable():
            self.fail(key, value, f"must be a text of at most {max_length} printable characters")
        return value

    def choice(self, key: str, options: Sequence[str], default: Any = REQUIRED) -> Any:
        value = self.raw(key, default)
        if value not in options:
            self.fail(key, value, f"must be one of {', '.join(options)}")
        return value

    def choices(self, key: str, options: Sequence[str], count: int) -> tuple[str, ...]:
        """A list of `count` texts, each one of `options`."""
        values = self.raw(key)
        if not isinstance(values, list) or len(values) != count:
            self.fail(key, values, f"must be a list of {count}, one per stage")
        for value in values:
            if value not in options:
                self.fail(key, value, f"must be one of {', '.join(options)}")
        return tuple(values)

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
            if found != value:
                self.fail(key, found, f"only {value!r} is supported")

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
        """Warns of the keys that were not asked for, unless they switch something off.

        Raises:
            ModelError: one of them says that the weights mean something else.
        """
        left = {key: value for key, value in self._values.items() if value}
        for key, kind in DECISIVE.items():
            if key in left:
                raise ModelError(f"{self.where}: {key}: {kind}; use a plain checkpoint")
        if left:
            names = ", ".join(sorted(left)[:10])
            warnings.warn(f"{self.where}: without effect here: {names}", stacklevel=2)

    def fail(self, key: str, value: Any, rule: str) -> NoReturn:
        shown = repr(value)
        shown = shown if len(shown) <= 60 else shown[:60] + "…"
        raise ModelError(f"{self.where}: {key}: {rule}, not {shown}")

    def _check_integer(self, key: str, value: Any, low: int, high: int) -> int:
        if type(value) is not int or not low <= value <= high:
            self.fail(key, value, f"must be a whole number in {low} … {high}")
        return value
