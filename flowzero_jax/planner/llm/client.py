"""A model behind an endpoint: what is retried, what is asked for less, what is given up.

Every way in which a request can fail ends as a PlannerError of one line that names the flag or
variable to change. The key is in none of them, even if the server repeats it.
"""

import random
import time
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from flowzero_jax.errors import PlannerError
from flowzero_jax.planner.llm.completion import CompletionReader, NotACompletion, Oversize
from flowzero_jax.planner.llm.exchange import Answer, Budget, Question
from flowzero_jax.planner.llm.faults import (
    KEY_STATUSES,
    Kind,
    explain,
    kind_of,
    retry_after,
    said_by,
)
from flowzero_jax.planner.llm.http import HttpFault, NetworkFault, load_sdk, post
from flowzero_jax.planner.llm.request import Form, Refusal, request_body, weaker
from flowzero_jax.planner.llm.settings import LlmSettings

_ATTEMPTS = 4  # sendings of one question that may heal
_SHORTEST_SECRET = 7
_MAX_WAIT = 60.0  # seconds, whatever a server asks for
_LOADING_WAIT = 3.0  # seconds between two looks whether a model is loaded


class _Trouble(Exception):
    """No answer came. `problem` is said if nothing helps, `said` are the server's own words."""

    def __init__(self, kind: Kind, problem: str, said: str = "", wait: float = 0.0) -> None:
        super().__init__(problem)
        self.kind, self.problem, self.said, self.wait = kind, problem, said, wait


@dataclass
class _Course:
    """How one question goes.

    Attributes:
      form: How it is sent next.
      tries: That were for nothing.
      first: What is said of its first refusal.
      loading: Whether the server was found loading its model.
      notes: About all of it.
    """

    form: Form
    tries: int = 0
    first: str = ""
    loading: bool = False
    notes: list[str] = field(default_factory=list)


@dataclass
class EndpointModel:
    """The model that `settings` (resolved) name; questions of all prompts go through one of these.

    It remembers what holds for all of them: a server's wish to be left alone for a while, the form
    of request that it takes, a key that it refused.
    """

    settings: LlmSettings
    key: str | None = field(repr=False)
    _not_before: float = field(default=0.0, init=False)
    _form: Form = field(init=False)
    _hopeless: str = field(default="", init=False)

    def __post_init__(self) -> None:
        openai_itself = urlsplit(self._url).hostname == "api.openai.com"
        name = "max_completion_tokens" if openai_itself else "max_tokens"
        self._form = Form(self.settings.response_format, name)

    def ask(self, question: Question, budget: Budget) -> Answer:
        """The model's answer; retries what may heal, within the budget. Raises: PlannerError."""
        if self._hopeless:
            raise PlannerError(self._hopeless)
        load_sdk()
        course = _Course(self._form)
        while True:
            self._sleep(self._not_before - time.monotonic(), budget)
            try:
                answer = self._send(question, course.form, budget)
                break
            except _Trouble as trouble:
                pause = self._after(trouble, course, question, budget)
            self._sleep(pause, budget)
        self._form = course.form
        waited = ("the server was still loading its model",) if course.loading else ()
        answer = replace(answer, notes=(*waited, *course.notes, *answer.notes))
        budget.count(answer)
        return answer

    def forget(self, question: Question) -> None:
        """Nothing is kept here."""

    @property
    def _url(self) -> str:
        return self.settings.url or ""

    def _after(
        self, trouble: _Trouble, course: _Course, question: Question, budget: Budget
    ) -> float:
        """Seconds until the question is sent again, maybe in a weaker form."""
        pause: float = self.settings.backoff * 2**course.tries
        pause = min(pause, _MAX_WAIT) * random.uniform(0.5, 1.0)
        if trouble.kind == "final":
            raise PlannerError(trouble.problem)
        if trouble.kind == "loading":
            budget.calls -= 1  # nothing was done for it
            course.tries = min(course.tries + 1, 8)
            course.loading = True
            return max(min(pause, _LOADING_WAIT), trouble.wait)
        if trouble.kind == "busy" or (course.tries == 0 and trouble.kind != "refused"):
            course.tries += 1
            if course.tries >= _ATTEMPTS:
                raise PlannerError(f"{trouble.problem} ({course.tries} tries)")
            course.notes.append(f"{trouble.problem}; tried again")
            return max(trouble.wait, pause)
        course.first = course.first or trouble.problem
        refusal = Refusal(question, self.settings, course.form, trouble.said)
        step = weaker(refusal)
        if step is None:
            raise PlannerError(trouble.problem if refusal.about_context else course.first)
        course.form, what = step
        course.notes.append(f"{trouble.problem.split('; ')[0]}; {what}")
        if trouble.kind == "refused":
            budget.calls -= 1
            return 0.0
        return pause

    def _sleep(self, seconds: float, budget: Budget) -> None:
        """Waits, unless the deadline would come first."""
        if seconds <= 0:
            return
        left = budget.remaining_seconds()
        if seconds > left:
            raise PlannerError(
                f"{self._url}: should be asked again in {seconds:.0f} s, after the deadline "
                f"({left:.0f} s left); try later or raise --llm-timeout"
            )
        time.sleep(seconds)

    def _send(self, question: Question, form: Form, budget: Budget) -> Answer:
        budget.begin_call()
        reader = CompletionReader()
        body = request_body(question, self.settings, form)
        try:
            try:
                post(self.settings, self.key, body, budget.remaining_seconds(), reader.feed)
            except NetworkFault:
                if not reader.finish:  # else the end of the reply was there
                    raise
            answer = reader.answer(question)
            return replace(
                answer,
                text=self._without_key(answer.text),
                refusal=self._without_key(answer.refusal),
            )
        except NetworkFault as fault:
            advice = "check --llm-url and that the server runs"
            budget.remaining_seconds()
            kind: Kind = "busy" if fault.heals else "final"
            raise _Trouble(kind, f"{self._url}: {fault.reason}; {advice}") from None
        except Oversize:
            note = "the response was larger than 1 MiB; the connection was closed"
            return Answer(text="", finish="oversize", notes=(note,))
        except NotACompletion as fault:
            advice = "check that --llm-url is the base of an OpenAI-compatible endpoint"
            raise _Trouble("busy", f"{self._url}: {fault}; {advice}") from None
        except HttpFault as fault:
            raise self._trouble(fault) from None

    def _trouble(self, fault: HttpFault) -> _Trouble:
        whole = fault.body.decode(errors="replace")
        problem = self._without_key(
            explain(fault, self._clean(said_by(fault)), self.settings, bool(self.key))
        )
        if fault.status in (404, *KEY_STATUSES):
            self._hopeless = problem
        kind = kind_of(fault.status, whole)
        wait = min(retry_after(fault.headers), _MAX_WAIT)
        if kind in ("busy", "loading"):
            self._not_before = time.monotonic() + wait
        return _Trouble(kind, problem, whole, wait)

    def _without_key(self, text: str) -> str:
        """The text without the key; words that local servers take for one, EMPTY, may stay."""
        secret = self.key or ""
        return text.replace(secret, "[key]") if len(secret) >= _SHORTEST_SECRET else text

    def _clean(self, text: str) -> str:
        text = self._without_key(text)
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return text if len(text) <= 200 else text[:199] + "…"
