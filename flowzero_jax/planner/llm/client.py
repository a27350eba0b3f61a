"""A model behind an endpoint: what is retried, what is given up, and what is said then.

Every way in which a request can fail ends as a PlannerError of one line that names the flag or
variable to change. The key is in none of them, even if the server repeats it.
"""

import contextlib
import json
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from flowzero_jax.errors import PlannerError
from flowzero_jax.planner.llm.completion import NotACompletion, read_completion
from flowzero_jax.planner.llm.exchange import Answer, Budget, Question
from flowzero_jax.planner.llm.http import HttpFault, NetworkFault, Oversize, load_sdk, post
from flowzero_jax.planner.llm.settings import FORMATS, KEY_VARIABLES, LlmSettings

_ATTEMPTS = 4  # sendings of one question
_SHORTEST_SECRET = 7
_MAX_WAIT = 60.0  # seconds, whatever a server asks for
_TRANSIENT = (408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529)
_ABOUT_FORMAT = re.compile(r"response.?format|json.?schema|json.?object|grammar|structured", re.I)
_ABOUT_LENGTH = re.compile(r"context.?(length|window|size)|too (long|many tokens)", re.I)


class _Retry(Exception):
    """Another try may help, after `wait` seconds at least; `problem` is said if none does."""

    def __init__(self, problem: str, wait: float = 0.0) -> None:
        super().__init__(problem)
        self.problem, self.wait = problem, wait


@dataclass
class EndpointModel:
    """The model that `settings` (resolved) name; questions of all prompts go through one of these.

    It remembers what holds for all of them: a server's wish to be left alone for a while, the form
    of reply that it knows, a key that it refused.
    """

    settings: LlmSettings
    key: str | None = field(repr=False)
    _not_before: float = field(default=0.0, init=False)
    _form: str = field(default="", init=False)
    _limit_name: str = field(default="", init=False)
    _hopeless: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self._form = self.settings.response_format
        openai_itself = urlsplit(self._url).hostname == "api.openai.com"
        self._limit_name = "max_completion_tokens" if openai_itself else "max_tokens"

    def ask(self, question: Question, budget: Budget) -> Answer:
        """The model's answer; retries what may heal, within the budget. Raises: PlannerError."""
        if self._hopeless:
            raise PlannerError(self._hopeless)
        load_sdk()
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

        notes: list[str] = []
        retrying = Retrying(
            retry=retry_if_exception_type(_Retry),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=lambda state: self._wait(state, notes),
            sleep=lambda seconds: self._sleep(seconds, budget),
            reraise=True,
        )
        try:
            answer = retrying(self._ask_in_a_known_form, question, budget, notes)
        except _Retry as problem:
            raise PlannerError(f"{problem.problem} ({_ATTEMPTS} tries)") from None
        answer = replace(answer, notes=(*notes, *answer.notes))
        budget.count(answer)
        return answer

    def forget(self, question: Question) -> None:
        """Nothing is kept here."""

    @property
    def _url(self) -> str:
        return self.settings.url or ""

    def _wait(self, state: Any, notes: list[str]) -> float:
        """Seconds before the next try: what the server asks for, else jittered, ever longer."""
        problem: _Retry = state.outcome.exception()
        notes.append(f"{problem.problem}; tried again")
        pause: float = self.settings.backoff * 2 ** (state.attempt_number - 1)
        pause = min(pause, _MAX_WAIT) * random.uniform(0.5, 1.0)
        return max(problem.wait, pause)

    def _sleep(self, seconds: float, budget: Budget) -> None:
        """Waits, unless the deadline would come first."""
        left = budget.remaining_seconds()
        if seconds > left:
            raise PlannerError(
                f"{self._url}: should be asked again in {seconds:.0f} s, after the deadline "
                f"({left:.0f} s left); try later or raise --llm-timeout"
            )
        time.sleep(seconds)

    def _ask_in_a_known_form(self, question: Question, budget: Budget, notes: list[str]) -> Answer:
        """Asks for the strictest form of reply that the server takes."""
        while True:
            if (wait := self._not_before - time.monotonic()) > 0:
                self._sleep(wait, budget)
            try:
                return self._send(question, budget)
            except HttpFault as fault:
                said = self._said(fault)
                if not self._relax(fault, said):
                    raise self._explained(fault, said) from None
                notes.append(f"the server refused the request ({said}); asked for {self._form}")

    def _send(self, question: Question, budget: Budget) -> Answer:
        budget.begin_call()
        body = request_body(question, self.settings, self._form, self._limit_name)
        try:
            reply = post(self.settings, self.key, body, budget.remaining_seconds())
            answer = read_completion(reply, question)
            return replace(
                answer,
                text=self._without_key(answer.text),
                refusal=self._without_key(answer.refusal),
            )
        except NetworkFault as fault:
            advice = "check --llm-url and that the server runs"
            problem = f"{self._url}: {fault.reason}; {advice}"
            budget.remaining_seconds()
            raise (_Retry(problem) if fault.heals else PlannerError(problem)) from None
        except Oversize:
            note = "the response was larger than 1 MiB; the connection was closed"
            return Answer(text="", finish="oversize", notes=(note,))
        except NotACompletion as fault:
            advice = "check that --llm-url is the base of an OpenAI-compatible endpoint"
            raise _Retry(f"{self._url}: {fault}; {advice}") from None

    def _relax(self, fault: HttpFault, said: str) -> bool:
        """Whether another wording of the request may be taken; sets it."""
        if fault.status not in (400, 422) or _ABOUT_LENGTH.search(said):
            return False
        if "max_completion_tokens" in said and self._limit_name == "max_tokens":
            self._limit_name = "max_completion_tokens"
            return True
        weaker = FORMATS[FORMATS.index(self._form) + 1 :]
        if weaker and _ABOUT_FORMAT.search(said):
            self._form = weaker[0]
            return True
        return False

    def _explained(self, fault: HttpFault, said: str) -> Exception:
        """What to raise for a status that is not 200."""
        status, url = fault.status, self._url
        quoted = f"{status}: {said}" if said else str(status)
        variables = " or ".join(KEY_VARIABLES)
        if status in (401, 403):
            what = "refuses the key" if self.key else "wants a key"
            self._hopeless = f"{url}: {what} ({quoted}); set {variables}"
            return PlannerError(self._hopeless)
        if status == 404:
            name = self.settings.model
            self._hopeless = (
                f"{url}: no such model or address ({quoted}); check --llm-model {name!r} and "
                "--llm-url, whose path usually is /v1"
            )
            return PlannerError(self._hopeless)
        if 300 <= status < 400:
            return PlannerError(
                f"{url}: redirects to {self._clean(_host(fault))}, which is not followed; "
                "give the final address as --llm-url"
            )
        if _ABOUT_LENGTH.search(said):
            return PlannerError(
                f"{url}: more than the model's context holds ({quoted}); lower --llm-reply-tokens "
                "or --key-frames, or give the server a larger context"
            )
        if status in _TRANSIENT and "insufficient_quota" not in said:
            wait = min(retry_after(fault.headers), _MAX_WAIT)
            self._not_before = time.monotonic() + wait
            return _Retry(f"{url}: is busy or broken ({quoted}); try later", wait)
        return PlannerError(
            f"{url}: refuses the request ({quoted}); check --llm-model and the account"
        )

    def _said(self, fault: HttpFault) -> str:
        """What the server says about a fault, short and on one line."""
        text = fault.body.decode(errors="replace")
        try:
            tree = json.loads(text)
        except (ValueError, RecursionError):
            tree = None
        error = tree.get("error", tree) if isinstance(tree, dict) else tree
        if isinstance(error, dict):
            parts = [error.get(name) for name in ("message", "detail", "code", "param")]
            text = " ".join(part for part in parts if isinstance(part, str)) or text
        return self._clean(text)

    def _without_key(self, text: str) -> str:
        """The text without the key; words that local servers take for one, EMPTY, may stay."""
        secret = self.key or ""
        return text.replace(secret, "[key]") if len(secret) >= _SHORTEST_SECRET else text

    def _clean(self, text: str) -> str:
        text = self._without_key(text)
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return text if len(text) <= 200 else text[:199] + "…"


def _host(redirect: HttpFault) -> str:
    """Where a redirect leads; a path or query could repeat secrets."""
    with contextlib.suppress(ValueError):
        return urlsplit(redirect.headers.get("location", "")).hostname or "another address"
    return "another address"


def request_body(
    question: Question, settings: LlmSettings, form: str, limit_name: str = "max_tokens"
) -> dict[str, Any]:
    """The fields of a chat completion request."""
    body: dict[str, Any] = {
        "model": settings.model,
        "messages": [message._asdict() for message in question.messages],
        limit_name: question.reply_tokens,
    }
    if settings.temperature is not None:
        body["temperature"] = settings.temperature
    if form == "json_schema":
        schema = {"name": question.name, "strict": True, "schema": question.schema}
        body["response_format"] = {"type": form, "json_schema": schema}
    elif form == "json_object":
        body["response_format"] = {"type": form}
    return body


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that a server asks to wait: a number or a date; 0 if it asks for nothing."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
