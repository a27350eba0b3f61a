"""The client against a network that fails in every way: who is asked how often, what is said."""

import json
import sys
import time

import pytest
from scripted_server import cuts, drips, fails, hangs, hangs_up, responds, says
from written_plans import PROMPT, plan

from flowzero_jax.errors import InputError, PlannerError
from flowzero_jax.planner.llm import LlmSettings, open_model, plan_with_llm
from flowzero_jax.planner.llm.client import retry_after
from flowzero_jax.planner.llm.settings import resolve

KEY = "sk-very-secret-0123456789"
GOOD = says(plan())


def planned(settings, prompt=PROMPT, frames=4, **more):
    return plan_with_llm(prompt, frames, settings, **more)


def problem(settings, **more):
    with pytest.raises(PlannerError) as caught:
        planned(settings, **more)
    message = str(caught.value)
    assert message and "\n" not in message
    return message


def test_a_good_reply_is_a_plan(serve, settings, monkeypatch):
    monkeypatch.setenv("FLOWZERO_LLM_API_KEY", KEY)
    server = serve(GOOD)
    result = planned(settings(server))
    assert result.scene.prompt == PROMPT and len(result.scene.frames) == 4
    assert not result.warnings and result.history.ended == "rounds"
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    body = server.requests[0]
    assert body["model"] == "test" and body["max_tokens"] > 0
    form = body["response_format"]
    assert form["type"] == "json_schema" and form["json_schema"]["strict"] is True
    assert json.dumps(PROMPT) in body["messages"][-1]["content"]
    first = result.history.rounds[0]
    assert (first.calls, first.question_tokens, first.reply_tokens) == (1, 100, 50)


def test_without_a_key_none_is_sent(serve, settings):
    server = serve(GOOD)
    planned(settings(server))
    assert "Authorization" not in server.headers[0]


def test_the_projects_key_comes_first(serve, settings, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "other")
    server = serve(GOOD)
    planned(settings(server))
    monkeypatch.setenv("FLOWZERO_LLM_API_KEY", KEY + "\n")  # as `cat` leaves it
    planned(settings(server))
    assert [h["Authorization"] for h in server.headers] == ["Bearer other", f"Bearer {KEY}"]


def test_openai_names_of_the_environment_stay_at_home(serve, settings, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/elsewhere")
    server = serve(GOOD)
    planned(settings(server))
    sent = json.dumps(server.headers[0])
    assert "org-1" not in sent and "proj-1" not in sent


def test_a_key_that_is_none_is_not_shown(monkeypatch, serve, settings):
    monkeypatch.setenv("FLOWZERO_LLM_API_KEY", "sk-\N{BULLET}\N{BULLET}secret")
    with pytest.raises(InputError, match="FLOWZERO_LLM_API_KEY: holds") as caught:
        planned(settings(serve(GOOD)))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_what_may_heal_is_asked_again(serve, settings, status):
    server = serve(fails(status, "busy"), fails(status), GOOD)
    result = planned(settings(server))
    assert len(server.requests) == 3
    notes = result.history.rounds[0].notes
    weaker = status == 500  # twice is taken for a refusal
    assert ["tried again" in note for note in notes] == [True, not weaker]
    assert ("response_format" in notes[1]) is False and ("json_object" in notes[1]) is weaker


@pytest.mark.parametrize("step", [hangs_up, cuts(b'{"choices"'), responds(200, b"<html>")])
def test_broken_connections_and_garbage_are_asked_again(serve, settings, step):
    server = serve(step, GOOD)
    planned(settings(server))
    assert len(server.requests) == 2


@pytest.mark.parametrize("step", [fails(503, "broken"), hangs_up, responds(200, b"garbage")])
def test_tries_end(serve, settings, step):
    server = serve(step)
    message = problem(settings(server))
    assert len(server.requests) == 4
    assert server.url in message and "4 tries" in message


def test_retry_after_is_honoured(serve, settings):
    server = serve(fails(429, "slow down", Retry_After="1"), GOOD)
    planned(settings(server))
    assert server.times[1] - server.times[0] >= 1


def test_a_wait_past_the_deadline_is_not_begun(serve, settings):
    server = serve(fails(429, "slow down", Retry_After="3600"), GOOD)
    start = time.monotonic()
    model = open_model(settings(server))
    message = problem(settings(server, total_timeout=2), model=model)
    assert "after the deadline" in message and len(server.requests) == 1
    problem(settings(server, total_timeout=2), model=model)  # the next prompt knows of it
    assert len(server.requests) == 1 and time.monotonic() - start < 2


@pytest.mark.parametrize(
    ("step", "says_what"),
    [
        (fails(400, "the model `test` does not exist"), "--llm-model 'test'"),
        (fails(400, "maximum context length is 512 tokens"), "a larger context"),
        (fails(400, "Your credit balance is too low"), "the account is used up"),
        (fails(400, "blocked by the content management policy"), "content management"),
        (fails(402, "pay first"), "the account is used up (402: pay first)"),
        (fails(401, "no"), "FLOWZERO_LLM_API_KEY or OPENAI_API_KEY"),
        (fails(403, "no"), "FLOWZERO_LLM_API_KEY"),
        (fails(404, "model not found"), "--llm-model 'test'"),
        (responds(404, b"<html>not here</html>"), "--llm-url"),
        (fails(429, "insufficient_quota"), "insufficient_quota"),
    ],
)
def test_what_cannot_heal_is_asked_once(serve, settings, step, says_what):
    server = serve(step)
    assert says_what in problem(settings(server))
    assert len(server.requests) == 1


def test_a_refused_key_is_not_tried_for_the_next_prompt(serve, settings):
    server = serve(fails(401))
    model = open_model(settings(server))
    assert problem(settings(server), model=model) == problem(settings(server), model=model)
    assert len(server.requests) == 1


def test_a_key_that_the_server_repeats_is_not_shown(serve, settings, monkeypatch, caplog):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    caplog.set_level("DEBUG")
    chosen = settings(serve(fails(401, f"bad key {KEY}\n\x1b[31m")))
    model = open_model(chosen)
    message = problem(chosen, model=model)
    assert "[key]" in message
    for text in (message, repr(model), repr(chosen), caplog.text):
        assert KEY not in text


def test_a_key_in_a_reply_does_not_reach_the_plan(serve, settings, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    result = planned(settings(serve(says(plan(phrase=f"a ball {KEY}")))))
    assert KEY not in repr(result) and "[key]" in repr(result.scene)
    monkeypatch.setenv("OPENAI_API_KEY", "a")  # a placeholder
    assert planned(settings(serve(GOOD))).scene.frames[0].objects[0].phrase == "a red ball"


@pytest.mark.parametrize("location", ["http://[", "/v2", ""])
def test_odd_redirects_are_an_error_too(serve, settings, location):
    assert "another address" in problem(settings(serve(responds(302, Location=location))))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(serve, settings, status, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    other = serve(GOOD)
    location = f"{other.url.replace('127.0.0.1', 'localhost')}/chat/completions"
    server = serve(responds(status, Location=location))
    assert "redirects to localhost" in problem(settings(server))
    assert len(server.requests) == 1 and not other.requests


@pytest.mark.parametrize(
    "step",
    [hangs, drips(b" ", 0.05), drips(b"\n" * 100, 0.01), drips(b'{"choices": [', 0.05)],
    ids=["hang", "drip", "whitespace", "drip of JSON"],
)
def test_no_wait_is_longer_than_the_deadline(serve, settings, step):
    server = serve(step)
    planned(settings(serve(GOOD)))  # the SDK is loaded
    start = time.monotonic()
    message = problem(settings(server, total_timeout=0.5))
    assert time.monotonic() - start < 1.5
    assert "within 0.5 s" in message and "--llm-timeout" in message


def test_silence_is_noticed_before_the_deadline(serve, settings):
    server = serve(hangs, GOOD)
    planned(settings(server, read_timeout=0.2))
    assert len(server.requests) == 2


def test_nobody_there(settings, serve):
    server = serve(GOOD)
    chosen = settings(server, url="http://127.0.0.1:1/v1")
    message = problem(chosen)
    assert "connection refused" in message and "check --llm-url" in message


def test_an_unknown_host(settings, serve):
    message = problem(settings(serve(GOOD), url="http://no-such-host.invalid/v1", backoff=0))
    assert "no-such-host.invalid" in message


def test_tls_errors_are_not_tried_again(settings, serve):
    server = serve(GOOD)
    chosen = settings(server, url=server.url.replace("http:", "https:"))
    assert "TLS error" in problem(chosen)


def test_a_huge_response_is_closed(serve, settings):
    server = serve(drips(b"x" * 2**16, 0), GOOD)
    result = planned(settings(server))
    assert len(server.requests) == 2
    assert any("larger than 1 MiB" in note for note in result.history.rounds[0].notes)


def test_a_huge_error_is_not_read(serve, settings):
    server = serve(responds(400, b"x" * 2**22))
    assert len(problem(settings(server))) < 500


def test_a_server_without_schemas_is_asked_for_less(serve, settings):
    server = serve(
        fails(400, "response_format json_schema is not supported"),
        fails(400, "'response_format.type' must be 'text'"),
        GOOD,
        GOOD,
    )
    model = open_model(settings(server))
    result = planned(settings(server), model=model)
    forms = [body.get("response_format", {}).get("type") for body in server.requests]
    assert forms == ["json_schema", "json_object", None]
    notes = result.history.rounds[0].notes
    assert "asked for json_object" in notes[0] and "asked for text" in notes[1]
    planned(settings(server), model=model)  # remembered
    assert "response_format" not in server.requests[-1]


def test_the_newer_name_of_the_token_limit(serve, settings):
    said = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    server = serve(fails(400, said), GOOD)
    planned(settings(server))
    assert "max_completion_tokens" in server.requests[1]
    assert "max_tokens" not in server.requests[1]


def test_calls_are_capped(serve, settings):
    server = serve(says("no plan"))
    assert "--llm-max-calls" in problem(settings(server, max_calls=2))
    assert len(server.requests) == 2


def test_tokens_are_capped(serve, settings):
    server = serve(says("no plan"))
    assert "--llm-max-tokens" in problem(settings(server, max_tokens=200))
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7), ("0.5", 0.5), ("", 0), ("soon", 0), ("-3", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_retry_after_is_a_number_or_a_date(text, seconds):
    assert retry_after({"retry-after": text}) == seconds
    assert retry_after({"retry-after": "Fri, 31 Dec 2100 23:59:59 GMT"}) > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "localhost:11434"}, {"url": "file:///etc/passwd"}, {"url": "http://"},
        {"url": "http://user:secret@host/v1"}, {"url": "http://host/v1?key=secret"},
        {"url": "http://host:99999/v1"}, {"url": "http://ho st/v1"}, {"confidence": 1.5},
        {"confidence": float("nan")}, {"extra": '{"a": NaN}'}, {"max_rounds": -1}, {"max_calls": 0},
        {"extra": "[]"}, {"extra": "{"}, {"extra": '{"messages": []}'},
        {"extra": '{"a": "\\ud800"}'},
        {"total_timeout": 0}, {"response_format": "xml"}, {"temperature": True},
    ],
)  # fmt: skip
def test_impossible_settings(changes):
    with pytest.raises(InputError) as caught:
        LlmSettings(**changes)
    assert "secret" not in str(caught.value)


def test_url_and_model_may_come_from_the_environment():
    found = {"FLOWZERO_LLM_URL": "http://host/v1/", "FLOWZERO_LLM_MODEL": "m"}
    resolved = resolve(LlmSettings(model="mine"), found)
    assert (resolved.url, resolved.model) == ("http://host/v1", "mine")
    with pytest.raises(InputError, match="--llm-url or FLOWZERO_LLM_URL"):
        resolve(LlmSettings(), {})


def test_without_the_extra_the_message_says_what_to_install(serve, settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    message = problem(settings(serve(GOOD)))
    assert "needs the package openai" in message and "flowzero_jax[llm]" in message
