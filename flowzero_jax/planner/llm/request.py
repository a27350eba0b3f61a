"""The request for a chat completion, and what of it can be given up when a server refuses it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from flowzero_jax.planner.llm.exchange import Question
from flowzero_jax.planner.llm.settings import FORMATS, LlmSettings

_LEAST_TOKENS = 128  # of a reply: less holds no plan
_BYTES_PER_TOKEN = 5  # at most: to tell what surely fills a context
_MARGIN = 32  # tokens that a server's template adds


@dataclass(frozen=True)
class Form:
    """How a question is put.

    Attributes:
      response_format: One of `FORMATS`.
      limit_name: The field with the number of tokens a reply may have.
      most_tokens: That number at most, whatever a question asks for.
      system: Whether there is a system turn; else its text begins the first one of the user.
      temperature: Whether it is sent, if there is one.
      streamed: Whether the reply is to come word by word.
    """

    response_format: str
    limit_name: str = "max_tokens"
    most_tokens: int = 10**6
    system: bool = True
    temperature: bool = True
    streamed: bool = True


@dataclass(frozen=True)
class Refusal:
    """A request that a server did not take: what was sent, and what the server said."""

    question: Question
    settings: LlmSettings
    form: Form
    said: str

    @property
    def tokens(self) -> int:
        """How long the reply might have been."""
        return min(self.question.reply_tokens, self.form.most_tokens)

    @property
    def about_context(self) -> bool:
        return ABOUT_CONTEXT.search(self.said) is not None


def request_body(question: Question, settings: LlmSettings, form: Form) -> dict[str, Any]:
    """The fields of a chat completion request."""
    messages = [message._asdict() for message in question.messages]
    if not form.system and messages[0]["role"] == "system":
        system, first, *more = messages
        joined = {**first, "content": f"{system['content']}\n\n{first['content']}"}
        messages = [joined, *more]
    body: dict[str, Any] = {
        "model": settings.model,
        "messages": messages,
        form.limit_name: min(question.reply_tokens, form.most_tokens),
    }
    if form.streamed:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if settings.temperature is not None and form.temperature:
        body["temperature"] = settings.temperature
    if form.response_format == "json_schema":
        schema = {"name": question.name, "strict": True, "schema": question.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif form.response_format == "json_object":
        body["response_format"] = {"type": "json_object"}
    return {**body, **settings.extra_fields}


def weaker(refusal: Refusal) -> tuple[Form, str] | None:
    """The next form after a refusal and what was given up; None if nothing is left.

    What the server names goes first; if it names nothing that can go, all goes in turn.
    """
    steps = [*_steps(refusal)]
    if refusal.about_context:
        steps = [step for step in steps if step[0] is ABOUT_TOKENS]
    named = [step for step in steps if step[0].search(refusal.said)]
    return next(((replace(refusal.form, **c), what) for _, c, what in [*named, *steps]), None)


def _steps(refusal: Refusal) -> Iterator[tuple[re.Pattern[str], dict[str, Any], str]]:
    """What can still be given up: how servers name it, the change, and words for it."""
    form, settings = refusal.form, refusal.settings
    for name in FORMATS[FORMATS.index(form.response_format) + 1 :][:1]:
        yield _ABOUT_FORMAT, {"response_format": name}, f"asked for {name}"
    if form.system and refusal.question.messages[0].role == "system":
        yield _ABOUT_SYSTEM, {"system": False}, "put the system text into the first turn"
    if form.limit_name == "max_tokens":
        name = "max_completion_tokens"
        yield re.compile(name, re.I), {"limit_name": name}, f"asked with {name}"
    if settings.temperature is not None and form.temperature:
        yield _ABOUT_TEMPERATURE, {"temperature": False}, "left --llm-temperature out"
    if (fewer := _fewer_tokens(refusal)) >= _LEAST_TOKENS:
        yield ABOUT_TOKENS, {"most_tokens": fewer}, f"asked for {fewer} tokens"
    if form.streamed:
        yield _ABOUT_STREAM, {"streamed": False}, "asked for a reply in one piece"


def _fewer_tokens(refusal: Refusal) -> int:
    """What the context leaves, or the server allows, as far as it names numbers; else a fourth."""
    asked, said = refusal.tokens, re.sub(r"\b(\d{1,3}),(?=\d{3}\b)", r"\1", refusal.said)
    numbers = {int(digits) for digits in re.findall(r"(?<![\w.])\d{2,7}(?![\w.]*\d)", said)}
    context = ABOUT_CONTEXT.search(said)
    size = re.search(r"\d{3,7}", said[context.start() :]) if context else None
    if size:
        total = int(size[0])
        question = sum(len(message.content.encode()) for message in refusal.question.messages)
        parts = {n for n in numbers if n < total and n != asked}
        left = total - max(question // _BYTES_PER_TOKEN, *parts, 0) - _MARGIN
        return left if left < asked else asked // 2
    return max((n for n in numbers if _LEAST_TOKENS <= n < asked), default=asked // 4)


ABOUT_CONTEXT = re.compile(r"(context|n_ctx|sequence).{0,20}(length|window|size|len)|n_ctx", re.I)
ABOUT_TOKENS = re.compile(r"max_(\w+_)?tokens|too (long|large|many)|context", re.I)
_ABOUT_FORMAT = re.compile(r"response.?(format|schema)|json|schema|grammar|structured|guided", re.I)
_ABOUT_SYSTEM = re.compile(r"system|\broles?\b|developer", re.I)
_ABOUT_TEMPERATURE = re.compile("temperature", re.I)
_ABOUT_STREAM = re.compile("stream", re.I)
