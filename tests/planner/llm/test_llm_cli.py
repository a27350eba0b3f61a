"""The command line with a language model: files, exit codes, replay, fallback, interrupts."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from scripted_server import fails, hangs, says
from written_plans import PROMPT, plan

import flowzero_jax as fz
import flowzero_jax.errors
from flowzero_jax.cli import main
from flowzero_jax.planner.llm import plan_scene
from flowzero_jax.planner.llm.history import read_history
from flowzero_jax.scene import parse_scene, read_scene

KEY = "sk-very-secret-0123456789"
OUT = ["--out", "ball.json", "--frames", "4", "--json"]


def refined(confidence=0.9):
    return says({"critique": "", "scene": plan(), "confidence": confidence})


def llm(server, *more):
    return ["--planner", "llm", "--llm-url", server.url, "--llm-model", "test", *more]


def result(capsys):
    captured = capsys.readouterr()
    return json.loads(captured.out), captured.err


def test_plan_writes_the_plan_and_its_history(serve, capsys):
    server = serve(says(plan()), refined())
    assert main(["plan", PROMPT, *OUT, *llm(server)]) == 0
    said, errors = result(capsys)
    assert said == {
        "plan": "ball.json", "frames": 4, "planner": "llm", "history": "ball.history.json",
        "rounds": 2, "confidence": 0.9, "hard_findings": 0,
    }  # fmt: skip
    assert errors == "" and read_scene("ball.json").prompt == PROMPT
    history = read_history("ball.history.json")
    assert history.ended == "confident" and history.url == server.url
    assert main(["show", "ball.history.json", "--out", "rounds.png"]) == 0
    assert main(["show", "ball.json", "--history", "--out", "same.png"]) == 0
    assert Path("rounds.png").read_bytes() == Path("same.png").read_bytes()
    with Image.open("rounds.png") as picture:
        assert picture.width > 2 * 4 * 112


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:9"),
        ("all_proxy", "socks4://127.0.0.1:9"),
        ("HTTPS_PROXY", "nonsense://127.0.0.1"),
        ("http_proxy", "http://[::1"),
        ("SSL_CERT_FILE", "/nowhere/certificates.pem"),
        ("SSL_CERT_FILE", __file__),
    ],
)
def test_a_variable_without_which_no_client_can_be_made_is_named(monkeypatch, capsys, name, value):
    for other in [other for other in os.environ if other.upper().endswith("_PROXY")]:
        monkeypatch.delenv(other)
    monkeypatch.setenv(name, value)
    options = ["--planner", "llm", "--llm-url", "https://llm.invalid/v1", "--llm-model", "m"]
    assert main(["plan", PROMPT, *OUT, *options, "--no-llm-cache"]) == 3
    said, errors = result(capsys)
    assert said["error"]["type"] == "PlannerError" and errors.count("\n") == 1
    assert f"error: {name}: no requests can be made with it" in errors
    assert "--llm-url" not in errors and not os.path.exists("ball.json")


def test_url_and_model_from_the_environment(serve, monkeypatch):
    server = serve(says(plan()), refined())
    monkeypatch.setenv("FLOWZERO_LLM_URL", server.url)
    monkeypatch.setenv("FLOWZERO_LLM_MODEL", "from the environment")
    assert main(["plan", PROMPT, *OUT, "--planner", "llm"]) == 0
    assert server.requests[0]["model"] == "from the environment"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--planner", "llm"], "--llm-url or FLOWZERO_LLM_URL"),
        (["--planner", "llm", "--llm-url", "http://127.0.0.1:1/v1"], "FLOWZERO_LLM_MODEL"),
        (["--planner", "llm", "--llm-url", "ftp://x", "--llm-model", "m"], "no http address"),
        (["--planner", "oracle"], "none of rules, llm"),
        (["--llm-model", "m"], "--llm-model: only for a language model; add --planner llm"),
        (["--confidence", "0.5"], "--confidence: only for"),
        (["--planner", "llm", "--confidence", "2"], "--confidence"),
        (["--planner", "llm", "--max-rounds", "-1"], "--max-rounds"),
        (["--planner", "llm", "--llm-extra", "low"], "is no JSON object"),
        (["--planner", "llm", "--llm-timeout", "0"], "--llm-timeout"),
        (["--planner", "llm", "--llm-format", "xml"], "json_schema, json_object, text"),
        (["--planner", "llm", "--llm-record", "a", "--llm-replay", "b"], "exclude each other"),
        (["--planner", "llm", "--llm-cache", "a", "--no-llm-cache"], "not allowed with"),
        (["--planner", "llm", "--llm-fallback", "luck"], "none of rules"),
    ],
)
def test_usage_errors(capsys, tmp_path, argv, said):
    assert main(["plan", PROMPT, *OUT, *argv]) == 2
    assert said in json.loads(capsys.readouterr().out)["error"]["message"]
    assert not list(tmp_path.iterdir())


def test_a_planner_failure_is_exit_code_3_and_leaves_nothing(serve, capsys, tmp_path):
    server = serve(says("I would rather not."))
    assert main(["plan", PROMPT, *OUT, *llm(server)]) == 3
    error = result(capsys)[0]["error"]
    assert error["type"] == "PlannerError" and "no usable plan" in error["message"]
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_generate_fails_before_any_model_is_loaded(serve, capsys, tmp_path):
    server = serve(fails(401, "no key"))
    assert main(["generate", PROMPT, "--out", "ball.gif", "--json", *llm(server)]) == 3
    assert "FLOWZERO_LLM_API_KEY" in result(capsys)[0]["error"]["message"]
    assert not list(tmp_path.glob("ball*"))


def test_fallback_to_rules_is_loud(serve, capsys):
    server = serve(fails(404, "no such model"))
    assert main(["plan", PROMPT, *OUT, *llm(server, "--llm-fallback", "rules")]) == 0
    said, errors = result(capsys)
    assert said["planner"] == "rules" and len(said["warnings"]) == 2
    assert "BY RULES" in errors and "no such model" in errors
    assert not Path("ball.history.json").exists()


def test_a_rerun_asks_nobody(serve, capsys, tmp_path):
    server = serve(says(plan()), refined(), fails(500))
    argv = ["plan", PROMPT, *OUT, *llm(server)]
    assert main(argv) == 0
    first = Path("ball.json").read_bytes()
    assert main(argv) == 0
    assert len(server.requests) == 2 and Path("ball.json").read_bytes() == first
    history = read_history("ball.history.json")
    assert history.rounds[0].calls == 0 and "cache" in history.rounds[0].notes[0]
    folder = tmp_path / "cache" / "flowzero_jax" / "llm"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(list(folder.iterdir())) == 2
    assert main([*argv, "--no-llm-cache", "--max-rounds", "0"]) == 3  # it is asked again
    assert len(server.requests) > 2


def test_bad_cache_entries_are_moved_aside(serve, tmp_path):
    server = serve(says(plan()), says(plan()), says(plan()), says(plan()))
    argv = ["plan", PROMPT, *OUT, *llm(server, "--max-rounds", "0", "--llm-cache", "kept")]
    assert main(argv) == 0
    (entry,) = Path("kept").iterdir()
    good = entry.read_text()
    for number, bad in enumerate(
        ["{", good.replace('"version": 2', '"version": 1'), good.replace("beach", "moon")]
    ):
        entry.write_text(bad)
        assert main(argv) == 0 and len(server.requests) == number + 2
        assert entry.with_suffix(".bad").exists() and entry.read_text() == good


def test_a_cache_that_others_can_write_is_not_used(serve, capsys, tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    server = serve(says(plan()))
    more = ("--max-rounds", "0", "--llm-cache", "open")
    assert main(["plan", PROMPT, *OUT, *llm(server, *more)]) == 0
    assert "writable by others" in result(capsys)[0]["warnings"][0]
    assert not list((tmp_path / "open").iterdir())


def test_another_model_is_asked_anew(serve):
    server = serve(says(plan()))
    for name in ("one", "two"):
        argv = ["--planner", "llm", "--llm-url", server.url, "--llm-model", name]
        assert main(["plan", PROMPT, *OUT, *argv, "--max-rounds", "0"]) == 0
    assert [body["model"] for body in server.requests] == ["one", "two"]


def test_a_record_is_replayed_offline(serve, capsys):
    server = serve(fails(503), says(""), says(plan()), refined())
    record = llm(server, "--llm-record", "record")
    assert main(["plan", PROMPT, *OUT, *record]) == 0
    asked, first = len(server.requests), Path("ball.json").read_bytes()
    replay = ["--planner", "llm", "--llm-replay", "record"]
    argv = ["plan", PROMPT, *OUT, *replay]
    for _ in range(2):
        assert main(argv) == 0
        assert Path("ball.json").read_bytes() == first
    assert len(server.requests) == asked == 4
    assert len(read_history("ball.history.json").rounds) == 2
    capsys.readouterr()
    assert main(["plan", "another prompt", *OUT, *replay]) == 3
    assert "--llm-record" in result(capsys)[0]["error"]["message"]
    assert main([*argv[:-1], "nowhere"]) == 6


def test_a_file_of_prompts_gives_plans_and_histories(serve, capsys):
    good, bad = [says(plan()), refined()], [says("no")] * 3
    server = serve(*good, *bad, *good)
    Path("prompts.txt").write_text(f"{PROMPT}\nfails\n\n{PROMPT} at night\n{PROMPT}\n")
    argv = ["plan", "--prompts-file", "prompts.txt", "--out", "plans.jsonl", "--frames", "4"]
    assert main([*argv, "--json", *llm(server)]) == 7
    assert result(capsys)[0] == {
        "plans": "plans.jsonl", "prompts": 5, "failures": 2, "histories": "plans.history.jsonl",
    }  # fmt: skip
    plans = Path("plans.jsonl").read_text().splitlines()
    lines = Path("plans.history.jsonl").read_text().splitlines()
    histories = [json.loads(line) for line in lines]
    assert [json.loads(line).get("error", {}).get("exit_code") for line in plans] == [
        None, 3, 2, None, None,
    ]  # fmt: skip
    assert parse_scene(plans[0]) == parse_scene(plans[4]) and len(server.requests) == 7
    assert [history and history["prompt"] for history in histories] == [
        PROMPT, None, None, f"{PROMPT} at night", PROMPT,
    ]  # fmt: skip


def test_the_key_is_nowhere(serve, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server = serve(says(plan()), refined())
    assert main(["plan", PROMPT, *OUT, *llm(server, "--llm-record", "record")]) == 0
    broken = serve(fails(401, f"the key {KEY} is wrong"))
    assert main(["plan", "another", *OUT, *llm(broken), "--debug"]) == 3
    captured = capsys.readouterr()
    written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) >= 6
    assert not any(KEY in text for text in [captured.out, captured.err, *written])


def program(*argv):
    root = str(Path(flowzero_jax.errors.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_works_at_once(serve, tmp_path, number, code):
    server = serve(hangs)
    former = signal.signal(number, signal.default_int_handler)
    process = program("-m", "flowzero_jax", "plan", PROMPT, *OUT, *llm(server))
    signal.signal(number, former)
    while not server.requests:
        assert process.poll() is None
        time.sleep(0.02)
    time.sleep(0.2)
    sent = time.monotonic()
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - sent < 5
    assert process.returncode == code and errors.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_planning_by_a_model_imports_no_jax_and_rules_no_client(serve):
    server = serve(says(plan()), refined())
    code = (
        "import sys; from flowzero_jax.cli import main; code = main(sys.argv[1:]); "
        "names = {'jax', 'flax', 'transformers', 'torch', 'openai', 'httpx2'}; "
        "print(code, sorted(names & {*sys.modules}))"
    )
    process = program("-c", code, "plan", PROMPT, *OUT, *llm(server))
    assert process.communicate()[0].splitlines()[-1] == "0 ['httpx2', 'openai']"
    process = program("-c", code, "plan", PROMPT, *OUT)
    assert process.communicate()[0].splitlines()[-1] == "0 []"
    process = program("-c", code, "plan", PROMPT, *OUT, *llm(server))  # from the cache
    assert process.communicate()[0].splitlines()[-1] == "0 []"


def test_python_has_the_same_planner(serve, monkeypatch):
    server = serve(says(plan()), refined())
    monkeypatch.setenv("FLOWZERO_LLM_URL", server.url)
    monkeypatch.setenv("FLOWZERO_LLM_MODEL", "test")
    result = fz.plan_with_llm(PROMPT, 4, fz.LlmSettings(confidence=0.5))
    assert result.history.ended == "confident"
    assert plan_scene(PROMPT, 4) == result.scene
