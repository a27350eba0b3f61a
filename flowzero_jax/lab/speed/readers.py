"""How the time to read hostile text grows: every reader of what others wrote, by size.

A reader is to take time in proportion to the text, whatever stands in it. `FAMILIES` are texts of
any size that have made readers look through the same part again and again; `READERS` are ours.
"""

import contextlib
import itertools
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flowzero_jax.batch.jobs import check_jobs
from flowzero_jax.errors import FlowZeroError
from flowzero_jax.planner import plan, verify
from flowzero_jax.planner.llm.completion import CompletionReader
from flowzero_jax.planner.llm.exchange import Question
from flowzero_jax.planner.llm.history import read_history
from flowzero_jax.planner.llm.http import HttpFault, NetworkFault
from flowzero_jax.planner.llm.reply_text import ReplyFault, read_object
from flowzero_jax.scene import parse_scene
from flowzero_jax.tokenizer import Tokenizer
from flowzero_jax.weights import read_settings

SIZES = (2**16, 2**18, 2**20)
MOST_GROWTH = 5
"""Times the time for four times the size."""
MOST_SECONDS = 2.0
"""For the largest size."""
SMALL = 0.1
"""Seconds that say nothing about growth: memory and caches count."""


def _repeated(head: str, piece: str, tail: str = "") -> Callable[[int], str]:
    return lambda size: head + piece * ((size - len(head) - len(tail)) // len(piece)) + tail


def _numbered(head: str, piece: str, tail: str) -> Callable[[int], str]:
    """`piece` has a place for a number, which makes every one of them another."""

    def text(size: int) -> str:
        count = (size - len(head) - len(tail)) // (len(piece) + 5)
        return head + "".join(piece.replace("#", f"{k:06}") for k in range(count)) + tail

    return text


def _scene(size: int) -> str:
    """A valid scene of about so many bytes, as far as a scene can be that large."""
    box = {"box": [0.1, 0.2, 0.5, 0.6]}
    per_frame = size // 512
    objects = [{"id": f"t{k}", "phrase": "a red ball", **box} for k in range(per_frame // 75)]
    frame = {
        "description": "a red ball in a meadow",
        "objects": objects[:30],
        "background_motion": {"direction": "left", "speed": 0.5},
    }
    return json.dumps({"version": 1, "prompt": "a red ball", "frames": [frame] * 512})


FAMILIES: dict[str, Callable[[int], str]] = {
    "escaped quotes without end": _repeated('{"a": "', '\\"'),
    "quotes": _repeated("", '"'),
    "backslashes": _repeated('{"a": "', "\\"),
    "half pairs": _repeated('{"a": "', "\\ud800", '"}'),
    "opening braces": _repeated("", "{"),
    "nested objects": _repeated("", '{"a":'),
    "nested lists": _repeated("", "["),
    "closing braces": _repeated("{", "}"),
    "objects in a row": _repeated("", "{}"),
    "one key again and again": _repeated("{", '"a":1,', '"a":1}'),
    "many keys, the last one twice": _numbered("{", '"k#":1,', '"k000000":1}'),
    "many keys": _numbered("{", '"k#":1,', '"z":1}'),
    "many frames": _numbered('{"frames": [', '{"k#":0},', "{}]}"),
    "many objects": _numbered('{"frames": [{"objects": [', '{"id":"#","box":[0,0,1,1]},', "{}]}]}"),
    "a long key": _repeated('{"', "k", '":1}'),
    "digits": _repeated('{"a":', "9", "}"),
    "an exponent": _repeated('{"a":1e', "9", "}"),
    "numbers": _repeated('{"a":[', "0.5,", "0]}"),
    "empty texts": _repeated('{"a":[', '"",', '""]}'),
    "commas": _repeated("", ","),
    "spaces": _repeated("", " ", "{"),
    "lines": _repeated("", "\n", "{"),
    "NUL": _repeated("{", "\0"),
    "letters": _repeated("", "a"),
    "words": _repeated("", "a "),
    "combining marks": _repeated("a", "\u0301"),
    "thoughts": _repeated("", "<think></think>", "{}"),
    "thoughts that begin": _repeated("", "<think>"),
    "thoughts that end": _repeated("", "</think>"),
    "spaces before thoughts": _repeated("", " \n", "<think"),
    "fences": _repeated("", "```\n"),
    "words of fences": _repeated("", "```json "),
    "ticks": _repeated("", "`"),
    "a fence of words": _repeated("```", "a"),
    "cells": _repeated("prompt\n", "a,"),
    "columns": _numbered("", "c#,", "prompt\na cat\n"),
    "a quoted cell without end": _repeated('prompt\n"', "a\n"),
    "doubled quotes": _repeated('prompt\n"', '""'),
    "prompts": _numbered("prompt\n", "a cat #\n", "a cat\n"),
    "the same prompt": _repeated("prompt\n", "a cat\n"),
    "jobs": _numbered("", '{"prompt": "a cat #"}\n', "{}"),
    "seeds": _repeated("prompt,seeds\na cat,", "1 ", "2"),
    "a scene": _scene,
}

EXPECTED = (FlowZeroError, ReplyFault, NetworkFault, HttpFault)
QUESTION = Question(messages=(), name="plan", schema={}, reply_tokens=1)


def _in_file(name: str, read: Callable[[Path], object]) -> Callable[[str], object]:
    """A reader of files as one of texts."""

    def reader(text: str) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            return read(path)

    return reader


def _merges(path: Path) -> object:
    path.with_name("vocab.json").write_text('{"<|startoftext|>": 0, "<|endoftext|>": 1}')
    return Tokenizer.from_folder(path.parent)


def _response(text: str) -> object:
    reader = CompletionReader()
    reader.feed(text.encode("utf-8", "replace"))
    return reader.answer(QUESTION)


READERS: dict[str, Callable[[str], object]] = {
    "a plan and its checks": lambda text: verify(parse_scene(text)),
    "a reply": read_object,
    "a response": _response,
    "a prompt": plan,
    "a history": _in_file("a.history.json", read_history),
    "flowzero.json": _in_file("flowzero.json", read_settings),
    "vocab.json": _in_file("vocab.json", lambda path: Tokenizer.from_folder(path.parent)),
    "merges.txt": _in_file("merges.txt", _merges),
    **{
        f"jobs.{ending}": _in_file(f"jobs.{ending}", lambda path: check_jobs(path, {}))
        for ending in ("jsonl", "csv", "txt")
    },
}


@dataclass(frozen=True)
class Growth:
    """How long a reader took for a family's texts of growing size."""

    reader: str
    family: str
    sizes: tuple[int, ...]
    seconds: tuple[float, ...]

    @property
    def factor(self) -> float:
        """The most by which the time grew from one size to the next; 0 where it is short."""
        pairs = [pair for pair in itertools.pairwise(self.seconds) if pair[1] > SMALL]
        return max((late / max(early, SMALL / MOST_GROWTH) for early, late in pairs), default=0)

    @property
    def is_fine(self) -> bool:
        return self.factor <= MOST_GROWTH and self.seconds[-1] <= MOST_SECONDS


def measure(reader: str, family: str, sizes: tuple[int, ...] = SIZES, rounds: int = 2) -> Growth:
    """Reads texts of all sizes; of several rounds the fastest counts, in seconds of the CPU."""
    times = []
    for size in sizes:
        text = FAMILIES[family](size)
        times.append(min(_seconds(READERS[reader], text) for _ in range(rounds)))
    return Growth(reader, family, sizes, tuple(times))


def measure_all(sizes: tuple[int, ...] = SIZES) -> Iterator[Growth]:
    """Every reader with every family."""
    for reader, family in itertools.product(READERS, FAMILIES):
        yield measure(reader, family, sizes)


def _seconds(read: Callable[[str], object], text: str) -> float:
    started = time.process_time()
    # What else is raised is a fault of the reader's.
    with contextlib.suppress(*EXPECTED):
        read(text)
    return time.process_time() - started
