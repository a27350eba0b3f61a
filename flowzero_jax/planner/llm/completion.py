"""The envelope of a chat completion: out of it comes an `Answer`, streamed or not.

A response is one JSON object or a stream of events ("data: {...}"), whichever was asked for: its
beginning tells. Content that repeats itself without end is not waited for.
"""

import contextlib
import json
from typing import Any

from flowzero_jax.planner.llm.exchange import Answer, Question
from flowzero_jax.planner.llm.http import HttpFault, NetworkFault

MAX_BODY = 2**20
"""Bytes of a response that is no stream, of one event, and of a stream's texts; the largest useful
reply is a fourth of it."""
MAX_STREAM = 2**26
_EVENT_STARTS = (b"data:", b"event:", b"id:", b"retry:", b":")
_BYTES_PER_TOKEN = 3  # an estimate, for servers that do not count
_LOOP, _REPEATS, _PERIOD = 1536, 32, 1024  # characters, times, characters
_LOOK_EVERY = 512
_FIELDS = ("content", "arguments", "thoughts")  # where a plan may stand, the best first
_ADVICE = "check that --llm-url is the base of an OpenAI-compatible endpoint"


class CompletionReader:
    """Takes a response piece by piece (`feed`), then gives the `answer`.

    `finish` is why the model stopped, in the server's words; "" as long as it has not said so.
    "loop" if its text repeated itself, "oversize" if the response is larger than any useful one.
    """

    def __init__(self) -> None:
        self.finish = ""
        self._rest = bytearray()  # not yet read: all, or an event's beginning
        self._streamed: bool | None = None
        self._size = 0
        self._texts: dict[str, list[str]] = {}  # of each field, if a message was seen
        self._written = 0
        self._tail = ""
        self._usage: Any = None

    def feed(self, piece: bytes) -> bool:
        """Takes a piece of the body; whether enough has come. Raises: HttpFault."""
        self._rest += piece
        self._size += len(piece)
        if self._streamed is None:
            start = bytes(self._rest[:64]).lstrip(b"\xef\xbb\xbf \t\r\n")
            if len(start) >= 6 or b"\n" in start:
                self._streamed = start.startswith(_EVENT_STARTS)
        done = False
        if self._streamed and b"\n" in piece:
            *lines, rest = bytes(self._rest).split(b"\n")
            self._rest = bytearray(rest)
            for line in lines:
                done = self._take_event(line) or done
        if max(len(self._rest), self._written) > MAX_BODY or self._size > MAX_STREAM:
            self.finish = "oversize"
        return done or self.finish in ("loop", "oversize")

    def answer(self, question: Question) -> Answer:
        """What came. Raises: HttpFault; NetworkFault if it is no completion."""
        if self.finish == "oversize":
            note = "the response was larger than 1 MiB; the connection was closed"
            return Answer(text="", finish=self.finish, notes=(note,))
        rest = bytes(self._rest)
        if self._streamed or rest.lstrip().startswith(_EVENT_STARTS):
            for line in rest.split(b"\n"):
                self._take_event(line)
        else:
            try:
                tree = json.loads(rest)
            except (ValueError, RecursionError):
                raise NetworkFault("the response is not valid JSON", advice=_ADVICE) from None
            self._take(tree)
        if not self._texts:
            raise NetworkFault("the response holds no message", advice=_ADVICE)
        texts = {name: "".join(parts) for name, parts in self._texts.items()}
        filled = [name for name in _FIELDS if texts.get(name, "").strip()]
        source = filled[0] if filled else "content"
        if source == "thoughts" and self.finish == "length":
            source = "content"  # nothing but thoughts
        asked = sum(len(turn.content.encode(errors="replace")) for turn in question.messages)
        written = sum(len(text.encode(errors="replace")) for text in texts.values())
        place = "a tool call" if source == "arguments" else "the field for thoughts"
        return Answer(
            text=texts.get(source, ""),
            finish=self.finish,
            refusal=texts.get("refusal", ""),
            thought=source != "thoughts" and "thoughts" in filled,
            question_tokens=_count(_get(self._usage, "prompt_tokens"), asked),
            reply_tokens=_count(_get(self._usage, "completion_tokens"), written),
            notes=() if source == "content" else (f"the plan stood in {place}",),
        )

    def _take_event(self, line: bytes) -> bool:
        """Takes one line of a stream; whether it is the last one. Pieces that are no JSON pass."""
        name, _, data = line.strip().partition(b":")
        if name != b"data":
            return False
        if data.strip() == b"[DONE]":
            return True
        with contextlib.suppress(ValueError, RecursionError):
            self._take(json.loads(data))
        return False

    def _take(self, tree: Any) -> None:
        """Adds a completion, or a piece of one."""
        choice = _get(tree, "choices", 0)
        message = _get(choice, "message") or _get(choice, "delta")
        error = _get(tree, "error") or _get(tree, 0, "error") or _get(choice, "error")
        if error and not self._written and not _text(_get(message, "content")):
            raise HttpFault(_status(tree, error), {}, json.dumps({"error": error}).encode())
        self._usage = _get(tree, "usage") or self._usage
        if isinstance(message, dict):
            call = _get(message, "tool_calls", 0, "function") or message.get("function_call")
            self._add("content", _text(message.get("content")))
            self._add("arguments", _text(_get(call, "arguments")))
            self._add("thoughts", _text(message.get("reasoning_content")))
            self._add("thoughts", _text(message.get("reasoning")))
            self._add("refusal", _text(message.get("refusal")))
        self.finish = self.finish or _text(_get(choice, "finish_reason"))

    def _add(self, field: str, text: str) -> None:
        self._texts.setdefault(field, []).append(text)
        self._written += len(text)
        if self._streamed and field != "refusal":
            self._tail = (self._tail + text)[-_REPEATS * _PERIOD :]
            if self._written % _LOOK_EVERY < len(text) and repeats_itself(self._tail):
                self.finish = "loop"


def repeats_itself(text: str) -> bool:
    """Whether the end of a text is one piece again and again, or nothing but white space.

    That is: at least 32 times the same and 1,536 characters; objects that stay in their place for
    some frames are less.
    """
    if len(text) < _LOOP:
        return False
    if not text[-_LOOP:].strip():
        return True
    last = text[-64:]
    before = text.rfind(last, 0, len(text) - 1)
    period = len(text) - 64 - before
    size = max(_LOOP, period * _REPEATS)
    if before < 0 or period > _PERIOD or size > len(text):
        return False
    return text[-size:-period] == text[-size + period :]


def _status(tree: Any, error: Any) -> int:
    """The status that an error within a 200 stands for."""
    for place in (_get(error, "code"), _get(error, "status"), _get(tree, "code")):
        if str(place).isdecimal() and 400 <= int(str(place)[:4]) <= 599:
            return int(place)
    words = json.dumps(error).lower()
    return next((status for word, status in _MEANT.items() if word in words), 502)


_MEANT = {
    "rate_limit": 429, "rate limit": 429, "insufficient": 402, "invalid_api_key": 401,
    "authentication": 401, "invalid_request": 400,
}  # fmt: skip


def _text(content: Any) -> str:
    """A message's text; some servers send it in parts, or what is meant as text as an object."""
    if isinstance(content, list):
        parts = [_get(part, "text") for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    if isinstance(content, dict):
        return json.dumps(content)
    return content if isinstance(content, str) else ""


def _get(tree: Any, *path: str | int) -> Any:
    try:
        for step in path:
            tree = tree[step]
    except (KeyError, IndexError, TypeError):
        return None
    return tree


def _count(value: Any, size: int) -> int:
    if type(value) is int and 0 <= value < 10**9:
        return value
    return -(-size // _BYTES_PER_TOKEN)
