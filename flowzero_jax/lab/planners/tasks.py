"""One prompt of the benchmark with its expectation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from flowzero_jax.lab.planners.conditions import Condition, Sound, Steady
from flowzero_jax.scene import SceneSyntax


@dataclass(frozen=True)
class Task:
    """A prompt, the skill it asks for, and all that its plan must show."""

    skill: str
    prompt: str
    conditions: tuple[Condition, ...]

    def faults(self, scene: SceneSyntax) -> list[str]:
        """Why a scene fails, one line each; empty if it passes."""
        return [fault for condition in self.conditions if (fault := condition.fault(scene))]


def task(
    skill: str,
    prompt: str,
    *conditions: Condition,
    touching: Iterable[tuple[str, str]] = (),
) -> Task:
    """A task whose plan must be sound, too: only the pairs `touching` may cover each other.

    Where nothing is to change its looks, nothing may.
    """
    steady = () if skill == "transitions" else (Steady(),)
    return Task(skill, prompt, (*conditions, Sound(tuple(touching)), *steady))


class Wheel:
    """Deals words in turn, so that templates and words meet in ever new pairs."""

    def __init__(self, text: str) -> None:
        self._words = text.split(",")
        self._numbers = count()

    def __call__(self) -> str:
        return self._words[next(self._numbers) % len(self._words)].strip()

    def two(self) -> tuple[str, str]:
        return self(), self()

    def __iter__(self) -> Iterator[str]:
        return iter(word.strip() for word in self._words)
