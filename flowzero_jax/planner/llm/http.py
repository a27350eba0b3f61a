"""One request to an OpenAI-compatible endpoint, by its SDK but within our own limits.

The SDK's own retries, redirects and timeouts (ten minutes) are off. A request runs in a thread of
its own, so that the deadline holds and Ctrl-C works whatever the network does: name look-up and a
server that sends a byte now and then included. What it opened it closes by itself.
"""

import os
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flowzero_jax.errors import PlannerError
from flowzero_jax.planner.llm.settings import LlmSettings

MAX_ERROR_BODY = 2**14
OPENAI_HOST = "api.openai.com"
PROXIES = ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
CERTIFICATES = ("SSL_CERT_FILE",)
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(eq=False)
class HttpFault(Exception):
    """The server answered with an error: a status that is not 200, or one within a 200.

    Of the `body` only the beginning is there; the names of `headers` are found in lower case.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(eq=False)
class NetworkFault(Exception):
    """No whole answer came; `heals`: another try may help; `advice`: what else may."""

    reason: str
    heals: bool = True
    advice: str = "check --llm-url and that the server runs"


Take = Callable[[bytes], bool]


def post(
    settings: LlmSettings, key: str | None, body: Mapping[str, Any], seconds: float, take: Take
) -> None:
    """Asks for a chat completion with the fields of `body`, within `seconds`. After `load_sdk`.

    `take` gets the response's body piece by piece and says when it has enough of it.

    Raises: HttpFault, NetworkFault, what `take` raises.
    """
    deadline = time.monotonic() + seconds
    end: Future[None] = Future()

    def run() -> None:
        try:
            _post(settings, key, body, deadline, take)
            end.set_result(None)
        except BaseException as error:
            end.set_exception(error)

    threading.Thread(target=run, name="flowzero-llm", daemon=True).start()
    try:
        end.result(seconds)
    except TimeoutError:  # the thread is left alone
        raise NetworkFault(f"no whole answer within {seconds:.3g} s") from None


def _post(
    settings: LlmSettings, key: str | None, body: Mapping[str, Any], deadline: float, take: Take
) -> None:
    import openai
    from httpx2 import HTTPError

    client = open_client(settings, key, deadline)
    headers: dict[str, Any] = {"Accept-Encoding": "identity"}
    if not key:
        headers["Authorization"] = openai.Omit()
    create = client.chat.completions.with_streaming_response.create
    own = {"model": body["model"], "messages": body["messages"], "extra_headers": headers}
    rest = {name: value for name, value in body.items() if name not in own}
    try:
        with client, create(**own, extra_body=rest) as response:
            for piece in response.iter_bytes():
                if take(piece):
                    return
                if time.monotonic() > deadline:
                    raise NetworkFault("the answer came too slowly")
    except (openai.APIConnectionError, HTTPError, OSError) as error:  # the latter in the body
        raise _network_fault(error, settings) from None


def open_client(settings: LlmSettings, key: str | None, deadline: float) -> Any:
    """The SDK's client; raises PlannerError that names the variables it cannot be made with."""
    import openai
    from httpx2 import Timeout

    left = max(deadline - time.monotonic(), 0.001)
    read, connect = min(settings.read_timeout, left), min(settings.connect_timeout, left)
    host = urlsplit(settings.url).hostname
    try:
        http = openai.DefaultHttpxClient(
            follow_redirects=False,  # they would take the key along
            timeout=Timeout(read, connect=connect),
            trust_env=host not in LOOPBACK,  # proxies
            event_hooks={"response": [lambda response: _refuse_failures(response, deadline)]},
        )
    except Exception as error:  # no such file, no address, a package that is missing
        kinds = CERTIFICATES if isinstance(error, OSError) else PROXIES
        named = [name for name in os.environ if name.upper() in kinds and os.environ[name]]
        hint = "pip install 'httpx2[socks]'" if isinstance(error, ImportError) else "correct it"
        raise PlannerError(
            f"{', '.join(named) or 'the client'}: no requests can be made with it "
            f"({type(error).__name__}: {error}); {hint}, or unset it"
        ) from None
    client = openai.OpenAI(
        api_key=key or "none", base_url=settings.url, max_retries=0, http_client=http
    )
    if host != OPENAI_HOST:  # the environment's are OpenAI's
        client.organization = client.project = None
    return client


def load_sdk() -> None:
    """Imports what requests need; raises PlannerError if it is not installed."""
    try:
        import openai
    except ImportError as error:
        raise PlannerError(
            f"--planner llm needs the package {error.name}; pip install 'flowzero_jax[llm]'"
        ) from None
    if not hasattr(openai, "DefaultHttpxClient"):
        raise PlannerError("the package openai is too old; pip install 'flowzero_jax[llm]'")


def _refuse_failures(response: Any, deadline: float) -> None:
    """Sees every response before the SDK does, which would read an error's body without end."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise NetworkFault("the server compresses what was asked for uncompressed", heals=False)
    if response.status_code == 200:
        return
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > MAX_ERROR_BODY:
            break
        if time.monotonic() > deadline:
            raise NetworkFault("the answer came too slowly")
    raise HttpFault(response.status_code, response.headers, bytes(body[:MAX_ERROR_BODY]))


def _network_fault(error: BaseException, settings: LlmSettings) -> NetworkFault:
    """Names the root of a failure."""
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) and cause not in chain:
        chain.append(cause)
    for link in chain:
        if isinstance(link, ssl.SSLError):
            return NetworkFault(f"TLS error ({link.reason or 'certificate'})", heals=False)
    names = {type(link).__name__ for link in chain}
    if "ConnectTimeout" in names:
        return NetworkFault(f"no connection within {settings.connect_timeout:g} s")
    if "ReadTimeout" in names:
        return NetworkFault(f"nothing came for {settings.read_timeout:g} s")
    if "LocalProtocolError" in names or "UnsupportedProtocol" in names:
        return NetworkFault("the request cannot be sent", heals=False)
    root = next((link for link in reversed(chain) if isinstance(link, OSError)), None)
    if root is not None and root.strerror:
        return NetworkFault(root.strerror.lower())
    return NetworkFault("the connection broke off")
