"""From what a model wrote to one plan as JSON: found by what it looks like, never repaired.

Around it may stand anything: prose with braces, thoughts in any marks, drafts, fences. The last
whole object that looks like a plan is taken. Every step is linear in the length of the text.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from flowzero_jax.scene import RepeatedKey, keep_repeats

MAX_TEXT_BYTES = 256 * 1024
MAX_DEPTH = 64
_LARGEST = 10**15  # of numbers
_KEYS = ("things", "frames", "scene")  # one of them is in every plan

_BRACKET = re.compile(r"[\[\]{}]")
_TOKEN = re.compile(
    r'"(?:[^"\\\n]|\\.)*+(?:"|(?P<unended>\\?\Z))|(?P<bracket>[\[\]{}])'
    r"|[\s,:]+|-?[0-9][0-9.eE+-]*|true|false|null|-?Infinity|NaN",
    re.DOTALL,
)
_BEGINNING = re.compile(r'\{\s*"|\[\s*[\[{]')
THOUGHTS = re.compile(r"\s*(<\|channel\|>|[<\[◁]\s*(think|thought|reason|analysis))", re.I)


class ReplyFault(Exception):
    """A reply that cannot be used; the message tells the model what to change."""


class CutReply(ReplyFault):
    """A reply that ends in the middle."""


class NoReply(ReplyFault):
    """Nothing was written, or only that nothing will be."""


def read_object(text: str) -> tuple[dict[str, Any], list[str]]:
    """The plan in `text`, as an object, and what stood around it.

    Raises: ReplyFault, and CutReply where it does not end.
    """
    if len(text.encode(errors="replace")) > MAX_TEXT_BYTES:
        raise ReplyFault(f"the reply is longer than {MAX_TEXT_BYTES // 1024} KiB")
    spans, unended = _whole_values(text)
    if unended is not None:
        spans = [span for span in spans if span[1] <= unended]
        if not spans and THOUGHTS.match(text):
            raise CutReply("the reply ends within its thoughts")
        if not spans or _BEGINNING.match(text, unended):
            raise CutReply("the JSON ends in the middle")
    faults, alike = [], []
    for start, end in reversed(spans):
        try:
            tree = _parse(text[start:end])
        except ReplyFault as fault:
            faults.append(fault)
            continue
        for plan in _plans(tree):
            key = next(key for key in _KEYS if key in plan)
            if isinstance(plan[key], list | dict):
                _check(plan)
                around = (text[:start] + text[end:]).strip("\ufeff \t\r\n")
                return plan, ["text"] if around or plan is not tree else []
            alike.append(ReplyFault(f"{key}: should be a list"))
    raise [*alike, *faults, _no_plan(text, spans)][0]


def _whole_values(text: str) -> tuple[list[tuple[int, int]], int | None]:
    """Where whole values are that are in no other, and where one begins that does not end."""
    spans: list[tuple[int, int]] = []
    place = damaged = 0
    while bracket := _BRACKET.search(text, place):
        place = bracket.end()
        if bracket[0] in "]}":
            damaged = max(damaged - 1, 0)
            continue
        found, end, open_ = _read_value(text, bracket.start())
        if end is None:
            return [*spans, *found], bracket.start()
        # Of what is damaged only whole objects count.
        lists = not damaged and not open_
        spans += [span for span in found if lists or text[span[0]] == "{"]
        place, damaged = end, damaged + open_
    return spans, None


def _read_value(text: str, place: int) -> tuple[list[tuple[int, int]], int | None, int]:
    """Reads the value that begins with the bracket at `place`, as far as it may be JSON.

    Returns the largest whole values in it, where it ends (None: it does not), and how many of its
    brackets are open there.
    """
    spans: list[tuple[int, int]] = []
    brackets: list[int] = []
    quoted = -1  # where the text begins that was just read
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:  # prose; if it follows a text, that was none either
            return spans, (place if quoted < 0 else quoted) + 1, len(brackets)
        place, mark = token.end(), token["bracket"]
        quoted = token.start() if text[token.start()] == '"' else -1
        if mark in ("{", "["):
            brackets.append(token.start())
            if len(brackets) > MAX_DEPTH:
                raise ReplyFault(f"the JSON is nested deeper than {MAX_DEPTH} levels")
        elif mark:
            start = brackets.pop()
            if text[start] + mark not in ("{}", "[]"):
                return spans, place, len(brackets)
            while spans and spans[-1][0] > start:
                spans.pop()
            spans.append((start, place))
            if not brackets:
                return spans, place, 0
    return spans, None, len(brackets)


def _parse(body: str) -> Any:
    try:
        return json.loads(body, object_pairs_hook=keep_repeats, parse_constant=float)
    except json.JSONDecodeError as error:
        near = body[max(error.pos - 20, 0) : error.pos + 20]
        near = json.dumps(near, ensure_ascii=False)
        raise ReplyFault(f"not valid JSON: {error.msg.lower()}, near {near}") from None
    except ValueError:
        raise ReplyFault("not valid JSON: a number has too many digits") from None


def _plans(tree: Any) -> Iterator[dict[str, Any]]:
    """All that looks like a plan, the outermost first; bare lists of its parts are named."""
    if isinstance(tree, dict) and not {*_KEYS}.isdisjoint(tree):
        yield tree
    elif isinstance(tree, dict | list) and tree:
        if named := name_list(tree):
            yield named
        for value in tree.values() if isinstance(tree, dict) else tree:
            yield from _plans(value)


def name_list(tree: Any) -> dict[str, Any] | None:
    """A list of things or of frames as a plan; None for anything else."""
    for name, part in (("things", "path"), ("frames", "objects")):
        if isinstance(tree, list) and all(isinstance(v, dict) and part in v for v in tree):
            return {name: tree}
    return None


def dicts_of(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, each in its place, {} for anything else in it; [] for no list."""
    return [v if isinstance(v, dict) else {} for v in value] if isinstance(value, list) else []


def keep_known(part: dict[str, Any], known: list[str], place: str) -> list[str]:
    """Takes unknown keys out of a part of a plan; says which."""
    unknown = [key for key in part if key not in known]
    for key in unknown:
        del part[key]
    return [f"{place}: left out the unknown {key[:40]!r}" for key in unknown[:3]]


def _no_plan(text: str, spans: list[tuple[int, int]]) -> ReplyFault:
    """Says why nothing in a text is a plan."""
    start = text.find("{")
    if start < 0:
        return ReplyFault("the reply holds no JSON object")
    if not spans or start < spans[0][0]:
        try:
            _parse(text[start : text.rfind("}") + 1])
        except ReplyFault as fault:
            return fault
    return ReplyFault("things: is missing; write the whole object of the plan")


def _check(tree: Any, place: str = "") -> None:
    """Raises ReplyFault for what a JSON library passes over in silence."""
    if isinstance(tree, RepeatedKey):
        raise ReplyFault(f"{place or 'the reply'}: a key occurs twice; write each key once")
    if isinstance(tree, float) and not math.isfinite(tree):
        raise ReplyFault(f"{place}: {tree} is no number to draw with")
    if isinstance(tree, int) and abs(tree) > _LARGEST:
        raise ReplyFault(f"{place}: a number has too many digits")
    if isinstance(tree, list):
        for number, value in enumerate(tree):
            _check(value, f"{place}[{number}]")
    elif isinstance(tree, dict):
        for key, value in tree.items():
            _check(value, f"{place}.{key[:40]}" if place else key[:40])
