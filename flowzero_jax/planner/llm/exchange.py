"""What is asked of a model and what comes back, whoever carries it."""

import time
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from flowzero_jax.errors import PlannerError


class Message(NamedTuple):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Question:
    """A conversation that waits for the model's next turn."""

    messages: tuple[Message, ...]
    schema: dict[str, Any]  # JSON schema of the wanted reply
    name: str  # the schema's
    reply_tokens: int  # how long the reply may be


@dataclass(frozen=True)
class Answer:
    """A model's reply as it came; tokens as the server counts them, or estimated.

    `finish` is why it stopped, in the server's words ("stop", "length", "content_filter", ...);
    "loop" and "oversize" if the rest was not waited for.
    """

    text: str  # not trusted, not yet read
    finish: str = "stop"
    refusal: str = ""
    thought: bool = False  # whether it wrote thoughts, too, in a field of their own
    question_tokens: int = 0
    reply_tokens: int = 0
    notes: tuple[str, ...] = ()  # what happened on the way


@dataclass
class Budget:
    """What one prompt may still use; raises PlannerError when it is used up."""

    max_calls: int
    max_tokens: int
    seconds: float
    calls: int = 0
    question_tokens: int = 0
    reply_tokens: int = 0
    started: float = field(default_factory=time.monotonic)

    def spent_seconds(self) -> float:
        return time.monotonic() - self.started

    def remaining_seconds(self) -> float:
        """Seconds left, more than 0."""
        left = self.seconds - self.spent_seconds()
        if left <= 0:
            raise PlannerError(
                f"the language model was not done within {self.seconds:g} s; raise --llm-timeout"
            )
        return left

    def begin_call(self) -> None:
        """Counts a request, before it is sent."""
        self.remaining_seconds()
        tokens = self.question_tokens + self.reply_tokens
        limits = ("calls", self.calls, self.max_calls), ("tokens", tokens, self.max_tokens)
        for what, used, most in limits:
            if used >= most:
                said = f"the language model used up its {most} {what}"
                raise PlannerError(f"{said}; raise --llm-max-{what}")
        self.calls += 1

    def count(self, answer: Answer) -> None:
        """Adds the tokens of an answer."""
        self.question_tokens += answer.question_tokens
        self.reply_tokens += answer.reply_tokens


class Model(Protocol):
    """Anything that answers questions: an endpoint, a folder of recorded replies, a simulation."""

    def ask(self, question: Question, budget: Budget) -> Answer:
        """The answer; raises PlannerError if there is none."""
        ...

    def forget(self, question: Question) -> None:
        """The answer was of no use: it is not to be kept, if answers are."""
        return
