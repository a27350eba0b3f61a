"""A server on loopback that answers chat completions by a script, however badly it is asked to."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "ScriptedServer"

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length))
        step = self.server.take({k.title(): v for k, v in self.headers.items()}, self.path, body)
        try:
            step(self)
        except OSError:  # the client went away
            self.close_connection = True

    def log_message(self, *args):
        pass


Step = Callable[[_Handler], None]


class ScriptedServer(ThreadingHTTPServer):
    """Takes one step of `script` for each request; the last one again and again.

    `requests` are the requests' bodies, `headers` their headers; `closing` is set at the end.
    """

    daemon_threads = True

    def __init__(self, script: Sequence[Step]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = list(script)
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.times: list[float] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def take(self, headers: dict[str, str], path: str, body: dict[str, Any]) -> Step:
        with self._lock:
            self.headers.append(headers)
            self.requests.append(body)
            self.paths.append(path)
            self.times.append(time.monotonic())
            return self.script[min(len(self.requests), len(self.script)) - 1]

    def handle_error(self, request, client_address):
        pass

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *args):
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


def says(content: Any, finish: str = "stop", **message: Any) -> Step:
    """A completion with that text (anything else than text is written as JSON)."""
    text = content if isinstance(content, str) or content is None else json.dumps(content)
    return responds(
        200,
        {
            "object": "chat.completion",
            "choices": [
                {"index": 0, "finish_reason": finish,
                 "message": {"role": "assistant", "content": text, **message}}
            ],
            "usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150},
        },
    )  # fmt: skip


def responds(status: int, body: Any = b"", **headers: str) -> Step:
    """Any response; header names have underscores for dashes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def step(handler: _Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return step


def fails(status: int, message: str = "", **headers: str) -> Step:
    """An error as OpenAI writes it."""
    return responds(status, {"error": {"message": message, "type": "error"}}, **headers)


def hangs(handler: _Handler) -> None:
    """Nothing is sent."""
    handler.server.closing.wait(30)
    handler.close_connection = True


def hangs_up(handler: _Handler) -> None:
    """The connection is closed without a word."""
    handler.close_connection = True
    handler.connection.close()


def cuts(step_body: bytes) -> Step:
    """More is promised than is sent."""

    def step(handler: _Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(step_body) + 1000))
        handler.end_headers()
        handler.wfile.write(step_body)
        handler.wfile.flush()
        handler.close_connection = True

    return step


def drips(piece: bytes, pause: float, pieces: int = 10_000) -> Step:
    """The same piece, again and again."""

    def step(handler: _Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        handler.close_connection = True
        for _ in range(pieces):
            handler.wfile.write(piece)
            handler.wfile.flush()
            if handler.server.closing.wait(pause):
                return

    return step


def refuses(status: int, body: Any, when: Callable[[dict[str, Any]], bool], good: Step) -> Step:
    """An error as long as a request is such, then `good`."""

    def step(handler: _Handler) -> None:
        answer = responds(status, body) if when(handler.server.requests[-1]) else good
        answer(handler)

    return step


def streams(
    content: str,
    finish: str | None = "stop",
    field: str = "content",
    pause: float = 0.0,
    size: int = 40,
    done: bool = True,
) -> Step:
    """A completion word by word, as server-sent events; `pause` seconds between them."""
    pieces = [content[k : k + size] for k in range(0, len(content), size)]
    choices: list[dict[str, Any]] = [{"delta": {"role": "assistant", "content": ""}}]
    choices += [{"delta": {field: piece}} for piece in pieces]
    choices += [{"delta": {}, "finish_reason": finish}] if finish else []
    events = [{"choices": [{"index": 0, **choice}]} for choice in choices]
    events += [{"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 50}}]

    def step(handler: _Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        handler.close_connection = True
        handler.wfile.write(b": a comment\r\n\r\n")
        for event in events:
            handler.wfile.write(b"data: " + json.dumps(event).encode() + b"\r\n\r\n")
            handler.wfile.flush()
            if handler.server.closing.wait(pause):
                return
        handler.wfile.write(b"data: [DONE]\n\n" if done else b"")

    return step
