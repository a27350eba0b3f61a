"""The request for a chat completion, and what of it can be given up when a server refuses it."""

import re
from collections.abc import Callable
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

    What the server names goes first; if it names nothing that can go, all goes in this order.
    """
    possible = [(words, form, what) for words, step in _STEPS for form, what in step(refusal)]
    if refusal.about_context:
        possible = [entry for entry in possible if entry[0] is ABOUT_TOKENS]
    named = [entry for entry in possible if entry[0].search(refusal.said)]
    return next(((form, what) for _, form, what in [*named, *possible]), None)


Step = Callable[[Refusal], list[tuple[Form, str]]]


def _format(refusal: Refusal) -> list[tuple[Form, str]]:
    form = refusal.form
    rest = FORMATS[FORMATS.index(form.response_format) + 1 :]
    return [(replace(form, response_format=name), f"asked for {name}") for name in rest[:1]]


def _system(refusal: Refusal) -> list[tuple[Form, str]]:
    form = replace(refusal.form, system=False)
    roles = [message.role for message in refusal.question.messages]
    useful = refusal.form.system and roles[:1] == ["system"]
    return [(form, "put the system text into the first turn")] if useful else []


def _limit(refusal: Refusal) -> list[tuple[Form, str]]:
    if refusal.form.limit_name != "max_tokens":
        return []
    name = "max_completion_tokens"
    return [(replace(refusal.form, limit_name=name), f"asked with {name}")]


def _temperature(refusal: Refusal) -> list[tuple[Form, str]]:
    given = refusal.settings.temperature is not None and refusal.form.temperature
    form = replace(refusal.form, temperature=False)
    return [(form, "left --llm-temperature out")] if given else []


def _tokens(refusal: Refusal) -> list[tuple[Form, str]]:
    fewer = _fewer_tokens(refusal)
    form = replace(refusal.form, most_tokens=fewer)
    return [(form, f"asked for {fewer} tokens")] if fewer >= _LEAST_TOKENS else []


def _stream(refusal: Refusal) -> list[tuple[Form, str]]:
    form = replace(refusal.form, streamed=False)
    return [(form, "asked for a reply in one piece")] if refusal.form.streamed else []


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
ABOUT_TOKENS = re.compile(
    r"max_(new_|output_|completion_)?tokens|too (long|large|many)|context", re.I
)
_STEPS: tuple[tuple[re.Pattern[str], Step], ...] = (
    (re.compile(r"response.?(format|schema|mime)|json|schema|grammar|structured|guided", re.I),
     _format),
    (re.compile(r"system|\broles?\b|developer", re.I), _system),
    (re.compile(r"max_completion_tokens", re.I), _limit),
    (re.compile(r"temperature", re.I), _temperature),
    (ABOUT_TOKENS, _tokens),
    (re.compile(r"stream", re.I), _stream),
)  # fmt: skip
