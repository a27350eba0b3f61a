"""A scripted server, a home of its own for every test, and plans to answer with."""

import contextlib

import pytest
from scripted_server import ScriptedServer

from flowzero_jax.planner.llm import LlmSettings


@pytest.fixture(autouse=True)
def environment(tmp_path, monkeypatch):
    """No test sees the user's key, endpoint, cache or proxy."""
    for name in ("API_KEY", "URL", "MODEL"):
        monkeypatch.delenv(f"FLOWZERO_LLM_{name}", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def serve():
    """`serve(*steps)` starts a scripted server that stops after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda *script: stack.enter_context(ScriptedServer(script))


@pytest.fixture
def settings():
    """`settings(server, **changes)`: deadlines of tenths of a second, no refinement."""

    def make(server, **changes):
        quick = {"connect_timeout": 1.0, "read_timeout": 5.0, "total_timeout": 20.0}
        quick |= {"backoff": 0.01, "max_rounds": 0, "url": server.url, "model": "test"}
        return LlmSettings(**{**quick, **changes})

    return make
