"""A model behind an endpoint: what is retried, what is asked for less, what is given up.

Every way in which a request can fail ends as a PlannerError of one line that names the flag or
variable to change. The key is in none of them, even if the server repeats it.
"""

import random
import time
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from urllib.parse import urlsplit

from flowzero_jax.errors import PlannerError
from flowzero_jax.planner.llm import faults
from flowzero_jax.planner.llm.completion import CompletionReader
from flowzero_jax.planner.llm.exchange import Answer, Budget, Model, Question
from flowzero_jax.planner.llm.faults import retry_after
from flowzero_jax.planner.llm.http import OPENAI_HOST, HttpFault, NetworkFault, load_sdk, post
from flowzero_jax.planner.llm.request import ABOUT_CONTEXT, Form, request_body, weaker
from flowzero_jax.planner.llm.settings import LlmSettings

_ATTEMPTS = 4  # sendings of one question that may heal
_SHORTEST_SECRET = 7
_MAX_WAIT = 60.0  # seconds, whatever a server asks for
_LOADING_WAIT = 3.0  # seconds between two looks whether a model is loaded
_LOADING = "the server was still loading its model"


class _Trouble(NamedTuple):
    """No answer came. `problem` is said if nothing helps, `said` are the server's own words."""

    kind: faults.Kind
    problem: str
    said: str = ""
    wait: float = 0.0


@dataclass
class _Course:
    """How one question goes."""

    form: Form  # in which it is sent next
    tries: int = 0  # that were for nothing
    first: str = ""  # what is said of its first refusal
    notes: list[str] = field(default_factory=list)


@dataclass
class EndpointModel(Model):
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
        openai_itself = urlsplit(self.settings.url or "").hostname == OPENAI_HOST
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
            except (NetworkFault, HttpFault) as fault:
                trouble = self._trouble(fault, budget)
            self._sleep(self._after(trouble, course, question, budget), budget)
        self._form = course.form
        answer = replace(answer, notes=(*course.notes, *answer.notes))
        budget.count(answer)
        return answer

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
            if _LOADING not in course.notes:
                course.notes.insert(0, _LOADING)
            return max(min(pause, _LOADING_WAIT), trouble.wait)
        if trouble.kind == "busy" or (course.tries == 0 and trouble.kind != "refused"):
            course.tries += 1
            if course.tries >= _ATTEMPTS:
                raise PlannerError(f"{trouble.problem} ({course.tries} tries)")
            course.notes.append(f"{trouble.problem}; tried again")
            return max(trouble.wait, pause)
        course.first = course.first or trouble.problem
        step = weaker(question, self.settings, course.form, trouble.said)
        if step is None:
            about_context = ABOUT_CONTEXT.search(trouble.said)
            raise PlannerError(trouble.problem if about_context else course.first)
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
                f"{self.settings.url}: should be asked again in {seconds:.0f} s, after the "
                f"deadline ({left:.0f} s left); try later or raise --llm-timeout"
            )
        time.sleep(seconds)

    def _send(self, question: Question, form: Form, budget: Budget) -> Answer:
        budget.begin_call()
        reader = CompletionReader()
        body = request_body(question, self.settings, form)
        try:
            post(self.settings, self.key, body, budget.remaining_seconds(), reader.feed)
        except NetworkFault:
            if not reader.finish:  # else the end of the reply was there
                raise
        answer = reader.answer(question)
        text, refusal = self._without_key(answer.text), self._without_key(answer.refusal)
        return replace(answer, text=text, refusal=refusal)

    def _trouble(self, fault: NetworkFault | HttpFault, budget: Budget) -> _Trouble:
        if isinstance(fault, NetworkFault):
            budget.remaining_seconds()
            problem = f"{self.settings.url}: {fault.reason}; {fault.advice}"
            return _Trouble("busy" if fault.heals else "final", problem)
        whole = fault.body.decode(errors="replace")
        said = self._clean(faults.said_by(fault))
        problem = self._without_key(faults.explain(fault, said, self.settings, bool(self.key)))
        if fault.status in (404, *faults.KEY_STATUSES):
            self._hopeless = problem
        kind = faults.kind_of(fault.status, whole)
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
