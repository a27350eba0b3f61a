"""Servers as they are: what documented and reported ones say and refuse still gives a plan."""

import json

import pytest
from scripted_server import fails, hangs, refuses, responds, says, streams
from written_plans import PROMPT, plan, tracks

from flowzero_jax.errors import PlannerError
from flowzero_jax.planner.llm import open_model, plan_with_llm
from flowzero_jax.planner.llm.completion import repeats_itself

TEXT = json.dumps(tracks())
GOOD = says(tracks())
MOVED = [0.1, 0.6, 0.3, 0.8]


def planned(server, settings, **changes):
    result = plan_with_llm(PROMPT, 4, settings(server, **changes))
    assert result.scene.frames[0].objects[0].phrase == "a red ball"
    return result.history.rounds[0]


def problem(server, settings, **changes):
    with pytest.raises(PlannerError) as caught:
        plan_with_llm(PROMPT, 4, settings(server, **changes))
    return str(caught.value)


def error(message, **more):
    return {"error": {"message": message, **more}}


def limit(body):
    return body.get("max_tokens") or body.get("max_completion_tokens")


# L1, L2: contexts and output limits


@pytest.mark.parametrize(
    ("said", "most"),
    [
        ("This model's maximum context length is 8192 tokens. However, you requested 10202 tokens "
         "(2010 in the messages, 8192 in the completion).", 6182),
        ("'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum "
         "context length is 8192 tokens and your request has 2010 input tokens "
         "(8192 > 8192 - 2010).", 6182),
        ("`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 2010 `inputs` tokens and 8192 "
         "`max_new_tokens`", 2086),
        ("the request exceeds the context window", 3000),
        ("Requested token count exceeds the model's context length of 4,096 tokens", 2600),
        ("max_tokens is too large: 8192. This model supports at most 4096 completion tokens", 4096),
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 1024]", 1024),
        ("max_tokens must be less than or equal to 512", 512),
        ("max_tokens: too many", 600),
    ],
)  # fmt: skip
def test_replies_get_the_tokens_that_fit(serve, settings, said, most):
    server = serve(refuses(400, error(said), lambda body: limit(body) > most, GOOD))
    entry = planned(server, settings)
    sent = [limit(body) for body in server.requests]
    assert sent == sorted(sent, reverse=True) and most / 5 < sent[-1] <= most
    assert "asked for" in entry.notes[-1] and entry.calls == 1
    assert all("response_format" in body for body in server.requests)


def test_a_limit_is_remembered_and_one_that_no_request_meets_names_the_flag(serve, settings):
    server = serve(refuses(400, error("max_tokens: at most 1024"), lambda b: limit(b) > 1024, GOOD))
    chosen = settings(server)
    model = open_model(chosen)
    for _ in range(2):
        plan_with_llm(PROMPT, 4, chosen, model=model)
    assert len(server.requests) == 3
    server = serve(fails(400, "max_tokens: no"))
    assert "--llm-reply-tokens" in problem(server, settings)
    server = serve(fails(400, "context size exceeded (1024 tokens)"))
    assert "larger context" in problem(server, settings) and len(server.requests) < 4


# L3, L15: streams


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("finish", ["stop", None])
def test_streams_are_read_and_the_timeout_is_for_each_piece(serve, settings, done, finish):
    server = serve(streams(TEXT, finish, pause=0.1, done=done, size=30))
    entry = planned(server, settings, read_timeout=0.5)
    assert server.requests[0]["stream"] is True and len(server.requests) == 1
    assert (entry.question_tokens, entry.reply_tokens) == (100, 50)


def test_a_stream_that_nobody_asked_for_is_read(serve, settings):
    server = serve(refuses(400, error("stream is not supported"), lambda b: "stream" in b,
                           streams(TEXT)))  # fmt: skip
    assert "in one piece" in planned(server, settings).notes[0]
    assert "stream_options" not in server.requests[-1]


def test_a_server_that_goes_silent_after_the_end_has_answered(serve, settings):
    def end_and_hang(handler):
        streams(TEXT, done=False)(handler)
        handler.wfile.flush()
        hangs(handler)

    assert planned(serve(end_and_hang), settings, read_timeout=0.3).calls == 1


@pytest.mark.parametrize("piece", ["the ball, ", " \n", '{"at":0,"text":"a"},', "ab" * 200])
@pytest.mark.parametrize("field", ["content", "reasoning_content"])
def test_loops_end_early(serve, settings, piece, field):
    loop = streams('{"captions":[' + piece * 40_000, field=field, pause=0.0005)
    server = serve(loop, GOOD)
    entry = planned(server, settings)
    assert "repeats itself" in " ".join(entry.notes)
    assert piece * 50 not in json.dumps(server.requests[1])


def test_what_stands_still_is_no_loop():
    frames = [{**frame, "objects": plan()["frames"][0]["objects"]} for frame in plan(24)["frames"]]
    assert not repeats_itself(json.dumps(frames)) and not repeats_itself(TEXT * 3)
    assert repeats_itself(json.dumps(frames[:1] * 200)[:-1])


def test_an_endless_stream_is_closed(serve, settings):
    text = "".join(f"{n} " for n in range(200_000))
    assert "larger than" in planned(serve(streams(text, size=4000), GOOD), settings).notes[0]


# L4: loading


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, error("Loading model", type="unavailable_error", code=503)),
        (503, {"error": "Model m is currently loading", "estimated_time": 20.0}),
        (500, {"error": "llm server is still loading"}),
        (429, {"detail": "the engine is warming up"}),
    ],
)
def test_a_model_that_loads_is_waited_for(serve, settings, status, body):
    server = serve(*[responds(status, body)] * 9, GOOD)
    entry = planned(server, settings)
    assert len(server.requests) == 10 and entry.calls == 1
    assert entry.notes == ("the server was still loading its model",)
    assert all("response_format" in request for request in server.requests)


def test_waiting_ends_with_the_deadline_and_a_model_that_cannot_load_is_no_wait(serve, settings):
    said = problem(serve(fails(503, "Loading model")), settings, total_timeout=0.5)
    assert "--llm-timeout" in said
    server = serve(fails(503, "error loading model: out of memory"))
    assert "4 tries" in problem(server, settings)


# L5, L7, L8: refusals, whatever their words


def with_schema(body):
    return body.get("response_format", {}).get("type") == "json_schema"


def with_format(body):
    return "response_format" in body


@pytest.mark.parametrize("when", [with_schema, with_format])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, [error('Unknown name "additionalProperties" at generation_config.response_schema')]),
        (400, error("minItems is not supported")),
        (400, {}),
        (400, b""),
        (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "response_format"]}]}),
        (501, error("not implemented")),
        (500, error("grammar: failed to parse")),
    ],
)
def test_a_refused_format_becomes_a_weaker_one(serve, settings, status, body, when):
    server = serve(refuses(status, body, when, GOOD))
    planned(server, settings)
    assert all(body["messages"][0]["role"] == "system" for body in server.requests)


def with_system(body):
    return body["messages"][0]["role"] == "system"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, error("System role not supported")),
        (400, error("Conversation roles must alternate user/assistant/user/assistant/...")),
        (422, {"error": "Template error: invalid operation: System role not supported"}),
        (500, b"Internal Server Error"),
        (400, b""),
    ],
)
def test_a_refused_system_turn_goes_into_the_first_one(serve, settings, status, body):
    server = serve(refuses(status, body, with_system, GOOD))
    planned(server, settings)
    first = server.requests[-1]["messages"][0]
    assert first["role"] == "user" and "You plan short videos" in first["content"]
    assert "Prompt:" in first["content"]
    roles = [message["role"] for message in server.requests[-1]["messages"]]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ("Unsupported value: 'temperature' does not support 0.2 with this model", "temperature"),
        ("`temperature` is deprecated for this model", "temperature"),
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead", "max_tokens"),
        ("Unrecognized request argument supplied: stream_options", "stream_options"),
        ("no", "temperature"),
        ("", "stream"),
    ],
)
def test_a_refused_field_is_left_out(serve, settings, said, field):
    server = serve(refuses(400, error(said), lambda body: field in body, GOOD))
    entry = planned(server, settings, temperature=0.2)
    assert field not in server.requests[-1] and entry.calls == 1
    if len(said) > 3:
        assert len(server.requests) == 2 and with_schema(server.requests[-1])


def test_a_server_that_refuses_everything_is_asked_a_few_times(serve, settings):
    server = serve(fails(400, "no and no"))
    assert "refuses the request (400: no and no)" in problem(server, settings)
    bodies = [json.dumps(body, sort_keys=True) for body in server.requests]
    assert len({*bodies}) == len(bodies) < 12


# L6: what the model wrote was refused


@pytest.mark.parametrize("code", ["json_validate_failed", "output_parse_failed", "tool_use_failed"])
def test_a_refused_sample_is_asked_for_again_then_for_less(serve, settings, code):
    refused = responds(400, error("Failed to generate JSON.", code=code, failed_generation="{"))
    server = serve(refused, GOOD)
    planned(server, settings)
    assert [with_schema(body) for body in server.requests] == [True, True]
    server = serve(refused, refused, GOOD)
    planned(server, settings)
    assert [with_schema(body) for body in server.requests] == [True, True, False]


# L9: errors within a 200


@pytest.mark.parametrize(
    "inside",
    [
        error("slow down", code=429),
        error("slow down", code="429"),
        error("slow down", type="rate_limit_error"),
        {"choices": [{"error": {"message": "slow down", "code": 502}, "finish_reason": "error"}]},
        {"error": "overloaded"},
        [error("slow down", code=503)],
    ],
)
@pytest.mark.parametrize("streamed", [True, False])
def test_an_error_within_a_200_that_may_heal_is_asked_again(serve, settings, inside, streamed):
    body = b"data: " + json.dumps(inside).encode() + b"\n\n" if streamed else inside
    server = serve(responds(200, body), GOOD)
    assert "tried again" in planned(server, settings).notes[0] and len(server.requests) == 2


@pytest.mark.parametrize(
    ("code", "said"),
    [(401, "FLOWZERO_LLM_API_KEY"), (402, "the account is used up"), (404, "--llm-model")],
)
def test_an_error_within_a_200_counts_as_its_status(serve, settings, code, said):
    server = serve(responds(200, error("what it says", code=code)))
    message = problem(server, settings)
    assert said in message and "what it says" in message and len(server.requests) == 1


# L10, L11, L12, L13: where the plan is, and where it is not


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "reasoning_content": f"So: {TEXT}"},
        {"content": "", "reasoning": TEXT},
        {"content": "\n\n", "tool_calls": [{"function": {"name": "plan", "arguments": TEXT}}]},
        {"content": None, "function_call": {"name": "plan", "arguments": tracks()}},
        {"content": [{"type": "text", "text": TEXT[:50]}, {"type": "text", "text": TEXT[50:]}]},
    ],
)
def test_a_plan_in_another_field_is_read(serve, settings, message):
    body = {"choices": [{"message": message, "finish_reason": "stop"}]}
    entry = planned(serve(responds(200, body)), settings)
    assert entry.calls == 1 and (len(entry.notes) >= 1) is not isinstance(message["content"], list)


def test_a_streamed_tool_call_is_read(serve, settings):
    events = [{"choices": [{"delta": {"tool_calls": [{"function": {"arguments": piece}}]}}]}
              for piece in (TEXT[:20], TEXT[20:])]  # fmt: skip
    body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    assert "tool call" in planned(serve(responds(200, body)), settings).notes[0]


@pytest.mark.parametrize(
    "step",
    [
        says(None, "length", reasoning_content="so the ball {is"),
        says("<think>so the ball {", "length"),
        says("[THINK] so", "length"),
        streams("so " + " ".join(map(str, range(99))), "length", field="reasoning"),
    ],
)
def test_thoughts_that_use_up_the_tokens_are_said(serve, settings, step):
    server = serve(step)
    message = problem(server, settings)
    assert "within its thoughts" in message
    assert "--llm-reply-tokens" in message and "--llm-extra" in message
    sent = [limit(body) for body in server.requests]
    assert sent == [sent[0], 2 * sent[0]]


# L14: fields of the user's


def test_extra_fields_are_in_every_request(serve, settings):
    extra = {"reasoning_effort": "low", "chat_template_kwargs": {"enable_thinking": False}}
    refused = fails(400, "json_schema is not supported")
    server = serve(refused, says("no plan"), GOOD)
    planned(server, settings, extra=json.dumps({**extra, "model": "other"}))
    for body in server.requests:
        assert body["model"] == "other" and extra.items() <= body.items()
    server = serve(fails(400, "Unknown field: reasoning_effort"))
    assert "--llm-extra" in problem(server, settings, extra=json.dumps(extra))


# L16, L17: plans that are nearly as asked


def frames(**changes):
    return {"frames": [{**frame, **changes} for frame in plan()["frames"]]}


@pytest.mark.parametrize(
    "reply",
    [
        frames(mood="calm"),
        frames(background_motion=None),
        {"frames": [{k: v for k, v in f.items() if k != "background_motion"}
                    for f in plan()["frames"]]},
        plan(colour="red"),
        plan()["frames"],
        {"plan": plan(), "explanation": "it rolls"},
        tracks(colour="red"),
        {"things": tracks()["things"]},
        {"things": tracks()["things"], "captions": "a red ball", "background": None, "fps": 8},
        tracks()["things"],
        {"scene": tracks()["things"]},
        {**tracks(), "background": {"at": 0, "direction": "left", "speed": 10.0}},
        tracks(path=[[0, 10.4, 60, 20, 20], [100, 70, 60.0, 20, 20]]),
    ],
)  # fmt: skip
def test_plans_with_one_meaning_are_taken(serve, settings, reply):
    server = serve(says(reply))
    planned(server, settings)
    assert len(server.requests) == 1


@pytest.mark.parametrize("number", [10**400, -(10**400), 10**4000, 1e400, 10**17])
@pytest.mark.parametrize(
    "make",
    [
        lambda n: plan(box=[0, 0, n, 1]),
        lambda n: tracks(path=[[0, n, 60, 20, 20]]),
        lambda n: tracks(path=[[n, 1, 60, 20, 20]]),
        lambda n: {**tracks(), "captions": [{"at": n, "text": "a"}]},
        lambda n: {"scene": tracks(), "confidence": n},
    ],
)
def test_huge_numbers_are_faults_like_any_other(serve, settings, make, number):
    server = serve(says(make(number)), GOOD)
    entry = planned(server, settings)
    assert len(server.requests) == 2 and "asked again" in entry.notes[0]
