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
    """How a question is put."""

    response_format: str  # one of `FORMATS`
    limit_name: str = "max_tokens"  # the field with the number of tokens a reply may have
    most_tokens: int = 10**6  # that number at most, whatever a question asks for
    system: bool = True  # there is a system turn; else its text begins the user's first one
    temperature: bool = True  # it is sent, if there is one
    streamed: bool = True  # the reply is to come word by word


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


def weaker(
    question: Question, settings: LlmSettings, form: Form, said: str
) -> tuple[Form, str] | None:
    """The form after one that a server refused, and what was given up; None if nothing is left.

    What the server names goes first; if it names nothing that can go, all goes in turn.
    """
    steps = [*_steps(question, settings, form, said)]
    if ABOUT_CONTEXT.search(said):
        steps = [step for step in steps if step[0] is ABOUT_TOKENS]
    named = [step for step in steps if step[0].search(said)]
    return next(((replace(form, **change), what) for _, change, what in [*named, *steps]), None)


def _steps(
    question: Question, settings: LlmSettings, form: Form, said: str
) -> Iterator[tuple[re.Pattern[str], dict[str, Any], str]]:
    """What can still be given up: how servers name it, the change, and words for it."""
    for name in FORMATS[FORMATS.index(form.response_format) + 1 :][:1]:
        yield _ABOUT_FORMAT, {"response_format": name}, f"asked for {name}"
    if form.system and question.messages[0].role == "system":
        yield _ABOUT_SYSTEM, {"system": False}, "put the system text into the first turn"
    if form.limit_name == "max_tokens":
        name = "max_completion_tokens"
        yield re.compile(name, re.I), {"limit_name": name}, f"asked with {name}"
    if settings.temperature is not None and form.temperature:
        yield _ABOUT_TEMPERATURE, {"temperature": False}, "left --llm-temperature out"
    if (fewer := _fewer_tokens(question, form, said)) >= _LEAST_TOKENS:
        yield ABOUT_TOKENS, {"most_tokens": fewer}, f"asked for {fewer} tokens"
    if form.streamed:
        yield _ABOUT_STREAM, {"streamed": False}, "asked for a reply in one piece"


def _fewer_tokens(question: Question, form: Form, said: str) -> int:
    """What the context leaves, or the server allows, as far as it names numbers; else a fourth."""
    asked = min(question.reply_tokens, form.most_tokens)
    said = re.sub(r"\b(\d{1,3}),(?=\d{3}\b)", r"\1", said)
    numbers = {int(digits) for digits in re.findall(r"(?<![\w.])\d{2,7}(?![\w.]*\d)", said)}
    context = ABOUT_CONTEXT.search(said)
    size = re.search(r"\d{3,7}", said[context.start() :]) if context else None
    if size:
        total = int(size[0])
        written = sum(len(message.content.encode()) for message in question.messages)
        parts = {n for n in numbers if n < total and n != asked}
        left = total - max(written // _BYTES_PER_TOKEN, *parts, 0) - _MARGIN
        return left if left < asked else asked // 2
    return max((n for n in numbers if _LEAST_TOKENS <= n < asked), default=asked // 4)


ABOUT_CONTEXT = re.compile(r"(context|n_ctx|sequence).{0,20}(length|window|size|len)|n_ctx", re.I)
ABOUT_TOKENS = re.compile(r"max_(\w+_)?tokens|too (long|large|many)|context", re.I)
_ABOUT_FORMAT = re.compile(r"response.?(format|schema)|json|schema|grammar|structured|guided", re.I)
_ABOUT_SYSTEM = re.compile(r"system|\broles?\b|developer", re.I)
_ABOUT_TEMPERATURE = re.compile("temperature", re.I)
_ABOUT_STREAM = re.compile("stream", re.I)
