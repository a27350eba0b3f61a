"""Asks a model until it gives a plan that can be read: three tries, each told what was wrong."""

from dataclasses import dataclass, replace

from flowzero_jax.errors import PlannerError
from flowzero_jax.planner.llm.exchange import Budget, Message, Model, Question
from flowzero_jax.planner.llm.prompts import correction_messages
from flowzero_jax.planner.llm.replies import Reply, read_reply
from flowzero_jax.planner.llm.reply_text import CutReply, NoReply, ReplyFault
from flowzero_jax.scene import SceneSyntax

TRIES = 3
UNCHANGED = "the plan is the same as before, but what the check found must be corrected"


class Unusable(PlannerError):
    """The replies could not be read as plans; another conversation may go better."""


class PlanIsCut(Unusable):
    """Replies end in the middle even with twice the tokens: fewer frames may fit."""


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
      prompt: The user's.
      num_frames: Of the plan.
      question: The first one; a reply that is cut gets twice as many tokens.
      refined: Whether a confidence belongs to the reply; it is asked for once more.
      faulty: A plan that is known to be wrong; if it comes back unchanged, that is said once.
    """

    prompt: str
    num_frames: int
    question: Question
    refined: bool = False
    faulty: SceneSyntax | None = None


def ask_for_plan(model: Model, request: Request, budget: Budget) -> tuple[Reply, tuple[str, ...]]:
    """The first reply that can be read, and notes about all that came before it.

    Raises: Unusable; PlannerError of the model or the budget.
    """
    notes: list[str] = []
    asked: list[Question] = []
    correction: tuple[Message, ...] = ()
    reply_tokens = request.question.reply_tokens
    cuts = blanks = 0
    fault: ReplyFault | None = None
    for attempt in range(1, TRIES + 1):
        messages = (*request.question.messages, *correction)
        question = replace(request.question, messages=messages, reply_tokens=reply_tokens)
        asked.append(question)
        answer = model.ask(question, budget)
        notes += answer.notes
        try:
            # A model that was told once and still gives no confidence just has none.
            refined = request.refined and attempt == 1
            last = attempt == TRIES
            reply = read_reply(
                answer, request.prompt, request.num_frames, refined=refined, last=last
            )
        except CutReply as cut:
            fault, correction = cut, ()
            reply_tokens = 2 * request.question.reply_tokens
            cuts += 1
        except NoReply as none:
            fault, correction = none, ()
            model.forget(question)  # asked in the same words once more
            blanks += 1
        except ReplyFault as wrong:
            fault, correction = wrong, correction_messages(answer.text, str(wrong))
        else:
            if reply.scene != request.faulty or attempt > 1:
                return reply, (*notes, *reply.notes)
            fault, correction = ReplyFault(UNCHANGED), correction_messages(answer.text, UNCHANGED)
        notes.append(f"{fault}; asked again")
        if cuts == 2 or blanks == 2:
            break
    for question in asked:  # a later run is to try its own luck
        model.forget(question)
    kind = PlanIsCut if isinstance(fault, CutReply) else Unusable
    why = str(fault) if len(str(fault)) <= 200 else f"{str(fault)[:199]}…"
    raise kind(
        f"the language model gave no usable plan ({why}); give a more capable model as "
        "--llm-model or leave out --planner llm"
    )
