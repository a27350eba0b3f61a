"""A model that says what it is told to say."""

import json
from typing import Any

from flowzero_jax.planner.llm.exchange import Answer, Budget, Question


class ScriptedModel:
    """Gives the answers one after the other, the last one again and again.

    An answer is text, an exception to raise, an `Answer`, or something to write as JSON.
    """

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.questions: list[Question] = []
        self.forgotten: list[Question] = []

    def ask(self, question: Question, budget: Budget) -> Answer:
        budget.begin_call()
        self.questions.append(question)
        answer = self.answers[min(len(self.questions), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        if not isinstance(answer, Answer):
            text = answer if isinstance(answer, str) else json.dumps(answer)
            answer = Answer(text, question_tokens=10, reply_tokens=5)
        budget.count(answer)
        return answer

    def forget(self, question: Question) -> None:
        self.forgotten.append(question)

    def said(self, number: int) -> str:
        """What the user said last in a question."""
        return self.questions[number].messages[-1].content
