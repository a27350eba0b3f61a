"""Replies in a folder: a cache that asks once, a record of a run, its replay without a network.

An entry is a plain JSON file named by the SHA-256 of the question and of whom it was asked. It
holds both in full, so that an entry of something else is noticed; a bad one is moved aside and
counts as absent. No key is ever part of it.
"""

import contextlib
import hashlib
import json
import os
import warnings
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flowzero_jax.errors import OutputError, PlannerError
from flowzero_jax.files import write_text
from flowzero_jax.planner.llm.exchange import Answer, Budget, Model, Question

VERSION = 2
MAX_ENTRY = 2**22


@dataclass(frozen=True)
class Folder:
    """Entries of one kind."""

    path: Path
    asked: dict[str, Any] = field(default_factory=dict)  # whom, part of an entry's address
    _numbers: Counter[str] = field(default_factory=Counter, init=False)

    def entry(self, question: Question) -> Path:
        """The file for a question."""
        text = json.dumps(self._request(question), sort_keys=True, ensure_ascii=True)
        return self.path / f"{hashlib.sha256(text.encode()).hexdigest()}.json"

    def next_entry(self, question: Question) -> Path:
        """The file for a question that is asked again and again: every time another one."""
        path = self.entry(question)
        self._numbers[path.stem] += 1
        return path.with_suffix(f".{self._numbers[path.stem] - 1}.json")

    def read(self, path: Path, question: Question) -> Answer | None:
        """The answer in an entry; None if there is none, after moving a bad entry aside."""
        try:
            with path.open("rb") as file:
                data = file.read(MAX_ENTRY)
        except OSError:
            return None
        try:
            tree = json.loads(data)
            if tree["version"] != VERSION or tree["request"] != self._request(question):
                raise ValueError("of another question or version")
            return _answer(tree["answer"])
        except (ValueError, KeyError, TypeError, RecursionError):
            with contextlib.suppress(OSError):
                os.replace(path, path.with_suffix(".bad"))
            return None

    def write(self, path: Path, question: Question, answer: Answer) -> None:
        """Writes an entry atomically; raises OutputError."""
        kept = {**vars(answer), "notes": list(answer.notes)}
        tree = {"version": VERSION, "request": self._request(question), "answer": kept}
        write_text(path, json.dumps(tree, indent=1, ensure_ascii=True) + "\n")

    def _request(self, question: Question) -> dict[str, Any]:
        messages = [list(message) for message in question.messages]
        return {**vars(question), "messages": messages, "asked": self.asked}


@dataclass
class CachedModel:
    """Asks `model` only what the folder does not answer."""

    model: Model
    folder: Folder

    def ask(self, question: Question, budget: Budget) -> Answer:
        path = self.folder.entry(question)
        kept = self.folder.read(path, question)
        if kept is not None:
            note = ("taken from the cache",)
            return replace(kept, question_tokens=0, reply_tokens=0, notes=note)
        answer = self.model.ask(question, budget)
        try:
            self.folder.write(path, question, answer)
        except OutputError as error:
            warnings.warn(f"the reply is not kept: {error}", stacklevel=2)
        return answer

    def forget(self, question: Question) -> None:
        with contextlib.suppress(OSError):
            self.folder.entry(question).unlink(missing_ok=True)
        self.model.forget(question)


@dataclass
class RecordedModel:
    """Asks `model` and records every answer; raises OutputError if it cannot."""

    model: Model
    folder: Folder

    def ask(self, question: Question, budget: Budget) -> Answer:
        answer = self.model.ask(question, budget)
        self.folder.write(self.folder.next_entry(question), question, answer)
        return answer

    def forget(self, question: Question) -> None:
        self.model.forget(question)


@dataclass
class ReplayedModel(Model):
    """Answers what was recorded, in its order; the record stays as it is, no network is asked."""

    folder: Folder

    def ask(self, question: Question, budget: Budget) -> Answer:
        budget.begin_call()
        answer = self.folder.read(self.folder.next_entry(question), question)
        if answer is None:
            raise PlannerError(
                f"{self.folder.path}: holds no reply to this question; record it with "
                "--llm-record, with the same prompt and options"
            )
        budget.count(answer)
        return answer


def _answer(tree: dict[str, Any]) -> Answer:
    """Raises TypeError or ValueError for what is none."""
    answer = Answer(**{**tree, "notes": tuple(tree["notes"])})
    texts = (answer.text, answer.finish, answer.refusal, *answer.notes)
    counts = (answer.question_tokens, answer.reply_tokens)
    if not all(type(text) is str for text in texts) or not all(type(n) is int for n in counts):
        raise ValueError("not an answer")
    return answer
