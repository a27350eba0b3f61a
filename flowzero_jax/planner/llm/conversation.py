"""Asks a model until it gives a plan that can be read: three tries, each told what was wrong."""

from dataclasses import dataclass, replace

from flowzero_jax.errors import PlannerError
from flowzero_jax.planner.llm.exchange import Answer, Budget, Model, Question
from flowzero_jax.planner.llm.prompts import correction_messages
from flowzero_jax.planner.llm.replies import Reply, read_reply
from flowzero_jax.planner.llm.reply_text import CutReply, NoReply, ReplyFault
from flowzero_jax.scene import SceneSyntax

TRIES = 3
UNCHANGED = "the plan is the same as before, but what the check found must be corrected"


class Unusable(PlannerError):
    """The replies could not be read as plans; another conversation may go better."""


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    prompt: str  # the user's
    num_frames: int
    question: Question  # the first one; a reply that is cut gets twice as many tokens
    refined: bool = False  # a confidence belongs to the reply; it is asked for once more
    faulty: SceneSyntax | None = None  # known to be wrong; if it comes back, that is said once


def ask_for_plan(model: Model, request: Request, budget: Budget) -> tuple[Reply, tuple[str, ...]]:
    """The first reply that can be read, and notes about all that came before it.

    Raises: Unusable; PlannerError of the model or the budget.
    """
    notes: list[str] = []
    asked: list[Question] = []
    kinds: list[type[ReplyFault]] = []
    question = request.question
    for attempt in range(1, TRIES + 1):
        asked.append(question)
        answer = model.ask(question, budget)
        notes += answer.notes
        try:
            # A model that was told once and still gives no confidence just has none.
            refined, last = request.refined and attempt == 1, attempt == TRIES
            reply = read_reply(
                answer, request.prompt, request.num_frames, refined=refined, last=last
            )
            if reply.scene == request.faulty and attempt == 1:
                raise ReplyFault(UNCHANGED)
            return reply, (*notes, *reply.notes)
        except ReplyFault as wrong:
            fault = wrong
        notes.append(f"{fault}; asked again")
        kinds.append(type(fault))
        if max(kinds.count(CutReply), kinds.count(NoReply)) == 2:
            break
        question = _after(fault, answer, request.question)
        if isinstance(fault, NoReply):
            model.forget(question)  # asked in the same words once more
    for question in asked:  # a later run is to try its own luck
        model.forget(question)
    why = str(fault) if len(str(fault)) <= 200 else f"{str(fault)[:199]}…"
    advice = "give a more capable model as --llm-model or leave out --planner llm"
    if isinstance(fault, CutReply):
        advice = (
            "raise --llm-reply-tokens, or have the model think less, as by "
            '--llm-extra \'{"reasoning_effort": "low"}\''
        )
    raise Unusable(f"the language model gave no usable plan ({why}); {advice}")


def _after(fault: ReplyFault, answer: Answer, first: Question) -> Question:
    """The next question: with more tokens, the same again, or with what was wrong."""
    if isinstance(fault, CutReply):
        return replace(first, reply_tokens=2 * first.reply_tokens)
    if isinstance(fault, NoReply):
        return first
    text = "" if answer.finish in ("loop", "oversize") else answer.text
    return replace(first, messages=correction_messages(first.messages, text, str(fault)))
