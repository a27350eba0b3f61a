"""From what a model wrote to one JSON object: wrapping is taken off, damage is never repaired."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from flowzero_jax.scene import RepeatedKey, keep_repeats

MAX_TEXT_BYTES = 256 * 1024
MAX_DEPTH = 64

_THOUGHTS = re.compile(r"\s*<(think|thinking|thought|reasoning)>.*?</\1>", re.DOTALL)
_OPEN_THOUGHT = re.compile(r"\s*<(think|thinking|thought|reasoning)>")
_CLOSED_THOUGHT = re.compile(r"</(think|thinking|thought|reasoning)>")
_FENCED = re.compile(r"```[\w-]*[^\S\n]*\n(.*?)```", re.DOTALL)
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{\]}"]', re.DOTALL)


class ReplyFault(Exception):
    """A reply that cannot be used; the message tells the model what to change."""


class CutReply(ReplyFault):
    """A reply that ends in the middle."""


class NoReply(ReplyFault):
    """Nothing was written, or only that nothing will be."""


def read_object(text: str) -> tuple[dict[str, Any], list[str]]:
    """The one JSON object in `text`, and what stood around it.

    Raises: ReplyFault, and CutReply where the object does not end.
    """
    if len(text) > MAX_TEXT_BYTES or len(text.encode(errors="replace")) > MAX_TEXT_BYTES:
        raise ReplyFault(f"the reply is longer than {MAX_TEXT_BYTES // 1024} KiB")
    text, notes = _unwrap(text)
    body, around = _find_object(text)
    if around:
        notes.append("text around the JSON")
    return _parse(body), notes


def _unwrap(text: str) -> tuple[str, list[str]]:
    notes = []
    if text.startswith("\ufeff"):
        text = text.lstrip("\ufeff")
        notes.append("byte-order mark")
    bare = text.lstrip()
    if not bare.startswith("{"):
        end = 0
        while match := _THOUGHTS.match(text, end):
            end = match.end()
        thoughtless = text[end:]
        if _OPEN_THOUGHT.match(thoughtless):
            raise CutReply("the reply ends within its thoughts")
        # Some servers put the opening tag into the question.
        closed = [match.end() for match in _CLOSED_THOUGHT.finditer(thoughtless)]
        thoughtless = thoughtless[closed[-1] :] if closed else thoughtless
        if thoughtless != text:
            notes.append("thinking tags")
        text = thoughtless
    if not text.lstrip().startswith("{"):
        fenced = [block for block in _FENCED.findall(text) if "{" in block]
        if len(fenced) == 1:
            return fenced[0], [*notes, "a code fence"]
    return text, notes


def _find_object(text: str) -> tuple[str, bool]:
    """The first outermost {...}, and whether there is text around it."""
    if text.lstrip().startswith("["):
        raise ReplyFault("the reply is an array; write one JSON object")
    start = text.find("{")
    if start < 0:
        raise ReplyFault("the reply holds no JSON object")
    end = _end_of_object(text, start)
    rest = text[end:]
    second = rest.find("{")
    if second >= 0 and not rest[:second].strip(" \t\r\n,;`"):
        raise ReplyFault("the reply holds more than one JSON object; write one")
    return text[start:end], bool(text[:start].strip() or rest.strip())


def _end_of_object(text: str, start: int) -> int:
    closers: list[str] = []
    for token in _TOKENS.finditer(text, start):
        mark = token[0]
        if mark == '"':
            break  # a text that does not end
        if mark in "{[":
            closers.append("}" if mark == "{" else "]")
            if len(closers) > MAX_DEPTH:
                raise ReplyFault(f"the JSON is nested deeper than {MAX_DEPTH} levels")
        elif mark in "}]":
            if closers.pop() != mark:
                raise ReplyFault("not valid JSON: brackets do not match")
            if not closers:
                return token.end()
    raise CutReply("the JSON ends in the middle")


def _parse(body: str) -> Any:
    try:
        tree = json.loads(body, object_pairs_hook=keep_repeats, parse_constant=float)
    except json.JSONDecodeError as error:
        near = body[max(error.pos - 20, 0) : error.pos + 20]
        near = json.dumps(near, ensure_ascii=False)
        raise ReplyFault(f"not valid JSON: {error.msg.lower()}, near {near}") from None
    except ValueError:
        raise ReplyFault("not valid JSON: a number has too many digits") from None
    for place, problem in _problems(tree, ""):
        raise ReplyFault(f"{place}: {problem}")
    return tree


def _problems(tree: Any, place: str) -> Iterator[tuple[str, str]]:
    """What a JSON library passes over in silence, each as (place, what)."""
    if isinstance(tree, RepeatedKey):
        yield place or "the reply", "a key occurs twice; write each key once"
    if isinstance(tree, float) and not math.isfinite(tree):
        yield place, f"{tree} is no number to draw with; write a fraction from 0 to 1"
    if isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from _problems(value, f"{place}[{number}]")
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from _problems(value, f"{place}.{key[:40]}" if place else key[:40])
