"""Iterative self-refinement: what a check finds goes back to the model until both are content."""

from flowzero_jax.errors import PlannerError
from flowzero_jax.planner.checks.findings import Finding, penalty
from flowzero_jax.planner.llm.conversation import Request, Unusable, ask_for_plan
from flowzero_jax.planner.llm.exchange import Budget, Model, Question
from flowzero_jax.planner.llm.history import History, Round
from flowzero_jax.planner.llm.prompts import refinement_messages
from flowzero_jax.planner.llm.schema import refinement_schema
from flowzero_jax.planner.llm.settings import LlmSettings
from flowzero_jax.planner.planning import verify
from flowzero_jax.scene import SceneSyntax


def refine(model: Model, first: Round, settings: LlmSettings, budget: Budget) -> History:
    """Has a plan corrected until the model is sure of it and the check finds nothing hard.

    The plan that the check likes best is kept, among equals the one that the model is surest of, so
    no round can make the result worse. A repeated plan ends it, and so does a failure of the
    network or of the budget; a round whose replies cannot be read is only lost.

    `first` is round 0, with a scene (see `meter`).
    """
    assert first.scene is not None
    rounds, kept, ended = [first], 0, "rounds"
    rejected: tuple[Finding, ...] | None = None
    seen: set[SceneSyntax | None] = {first.scene}
    for number in range(1, settings.max_rounds + 1):
        best = rounds[kept]
        assert best.scene is not None
        messages = refinement_messages(best.scene, best.findings, rounds[-1].critique, rejected)
        question = Question(messages, refinement_schema(), "refinement", settings.reply_tokens)
        faulty = best.scene if best.hard else None
        count = len(best.scene.frames)
        request = Request(best.scene.prompt, count, question, refined=True, faulty=faulty)
        calls, seconds = budget.calls, budget.spent_seconds()
        try:
            latest = meter(model, request, budget)
        except PlannerError as error:
            spent = round(budget.spent_seconds() - seconds, 3)
            calls = budget.calls - calls
            rounds.append(Round(None, calls=calls, seconds=spent, notes=(str(error),)))
            ended = "failed"
            if isinstance(error, Unusable):
                continue  # only this round's replies were bad
            break
        rounds.append(latest)
        ended = "rounds"
        if rank(latest) < rank(best):
            kept, rejected = number, None
        elif latest.scene != best.scene:
            rejected = latest.findings
        if not latest.hard and (latest.confidence or 0.0) >= settings.confidence:
            ended = "confident"
            break
        if latest.scene in seen:
            ended = "repeated"
            break
        seen.add(latest.scene)
    return History(
        prompt=first.scene.prompt,
        num_frames=len(first.scene.frames),
        planner="llm",
        url=settings.url,
        model=settings.model,
        kept=kept,
        ended=ended,
        rounds=tuple(rounds),
    )


def meter(model: Model, request: Request, budget: Budget) -> Round:
    """Asks for a plan, checks it, and says what that took. Raises: PlannerError."""
    calls, seconds = budget.calls, budget.spent_seconds()
    question_tokens, reply_tokens = budget.question_tokens, budget.reply_tokens
    reply, notes = ask_for_plan(model, request, budget)
    findings = verify(reply.scene)
    return Round(
        scene=reply.scene,
        findings=findings,
        penalty=penalty(findings),
        confidence=reply.confidence,
        critique=reply.critique,
        calls=budget.calls - calls,
        question_tokens=budget.question_tokens - question_tokens,
        reply_tokens=budget.reply_tokens - reply_tokens,
        seconds=round(budget.spent_seconds() - seconds, 3),
        notes=notes,
        changes=reply.changes,
    )


def rank(entry: Round) -> tuple[float, float]:
    """By the check, then by the model's confidence; smaller is better."""
    assert entry.penalty is not None
    return entry.penalty, -(-1.0 if entry.confidence is None else entry.confidence)
