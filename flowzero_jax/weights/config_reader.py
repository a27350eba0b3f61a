"""Takes a configuration apart key by key, so that no key goes unread and no value unchecked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from flowzero_jax.errors import ModelError

REQUIRED: Any = object()


class ConfigReader:
    """The keys of one JSON object that nobody has asked for yet.

    Every method takes a key out and raises ModelError, naming file and key, where the value is
    not allowed. `finish` complains about what is left. A missing key without default is an error.
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
        return self._check_integer(key, self.raw(key, default), low, high)

    def integers(self, key: str, low: int, high: int, counts: range) -> tuple[int, ...]:
        """A list of whole numbers in low … high, whose length is in `counts`."""
        values = self.raw(key)
        if not isinstance(values, list) or len(values) not in counts:
            span = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
            self.fail(key, values, f"must be a list of {span} whole numbers")
        return tuple(self._check_integer(key, value, low, high) for value in values)

    def number(self, key: str, low: float, high: float, default: Any = REQUIRED) -> float:
        value = self.raw(key, default)
        if type(value) not in (int, float) or not low <= value <= high:
            self.fail(key, value, f"must be a number in {low:g} … {high:g}")
        return float(value)

    def boolean(self, key: str, default: Any = REQUIRED) -> bool:
        value = self.raw(key, default)
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
        if key in self._values:
            return self._values.pop(key)
        if default is REQUIRED:
            raise ModelError(f"{self.where}: the key {key!r} is missing; copy the file anew")
        return default

    def fixed(self, **published: Any) -> None:
        """Keys that may be missing but otherwise must have the published value."""
        for key, value in published.items():
            found = self.raw(key, value)
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

    def fail(self, key: str, value: Any, rule: str) -> NoReturn:
        shown = repr(value)
        shown = shown if len(shown) <= 60 else shown[:60] + "…"
        raise ModelError(f"{self.where}: {key}: {rule}, not {shown}")

    def _check_integer(self, key: str, value: Any, low: int, high: int) -> int:
        if type(value) is not int or not low <= value <= high:
            self.fail(key, value, f"must be a whole number in {low} … {high}")
        return value
