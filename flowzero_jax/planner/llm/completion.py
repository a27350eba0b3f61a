"""The envelope of a chat completion: out of it comes an `Answer`, whatever else it holds."""

import json
from typing import Any

from flowzero_jax.planner.llm.exchange import Answer, Question

_BYTES_PER_TOKEN = 3  # an estimate, for servers that do not count


class NotACompletion(Exception):
    """The body of a response is no chat completion; the message says why."""


def read_completion(body: bytes, question: Question) -> Answer:
    """The answer in the body of a response; raises NotACompletion."""
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        raise NotACompletion("the response is not valid JSON") from None
    choice = _get(tree, "choices", 0)
    message = _get(choice, "message")
    if not isinstance(message, dict):
        raise NotACompletion("the response holds no message")
    usage = _get(tree, "usage")
    asked = sum(len(turn.content.encode(errors="replace")) for turn in question.messages)
    return Answer(
        text=_text(message.get("content")),
        finish=_word(_get(choice, "finish_reason")),
        refusal=_word(message.get("refusal")),
        question_tokens=_count(_get(usage, "prompt_tokens"), asked),
        reply_tokens=_count(_get(usage, "completion_tokens"), len(body)),
    )


def _text(content: Any) -> str:
    """A message's text; some servers send it in parts."""
    if isinstance(content, list):
        parts = [_get(part, "text") for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return _word(content)


def _get(tree: Any, *path: str | int) -> Any:
    for step in path:
        if isinstance(tree, dict) and isinstance(step, str):
            tree = tree.get(step)
        elif isinstance(tree, list) and isinstance(step, int) and step < len(tree):
            tree = tree[step]
        else:
            return None
    return tree


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any, size: int) -> int:
    if type(value) is int and 0 <= value < 10**9:
        return value
    return -(-size // _BYTES_PER_TOKEN)
