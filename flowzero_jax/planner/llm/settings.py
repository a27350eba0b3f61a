"""What the planner with a language model may be told, and where the rest comes from."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from flowzero_jax.errors import InputError

Format = Literal["json_schema", "json_object", "text"]
FORMATS: tuple[str, ...] = get_args(Format)
URL_VARIABLE, MODEL_VARIABLE = "FLOWZERO_LLM_URL", "FLOWZERO_LLM_MODEL"
KEY_VARIABLES = ("FLOWZERO_LLM_API_KEY", "OPENAI_API_KEY")


@dataclass(frozen=True)
class LlmSettings:
    """Which model plans, how long it may take and what it may cost. The key is not among them.

    Attributes:
      url: Base of an OpenAI-compatible endpoint, as in http://localhost:11434/v1; None:
        FLOWZERO_LLM_URL.
      model: The model's name there; None: FLOWZERO_LLM_MODEL.
      confidence: Refinement ends when the model is that sure (0 to 1) and no hard finding is left.
      max_rounds: Refinement ends after so many rounds; 0: none.
      key_frames: Longer videos are planned as so many key frames and interpolated.
      temperature: Of the model's sampling; None: the server's own.
      response_format: The strictest form of reply to ask for; a server that refuses it is asked
        for the next one.
      connect_timeout, read_timeout, total_timeout: Seconds to reach the server, to wait for it to
        send anything, and for everything that one prompt needs.
      max_calls, max_tokens: Requests and tokens (of questions and replies) that one prompt may use.
      reply_tokens: Tokens that one reply may have; a reply that is cut gets twice as many once.
      backoff: Seconds before the first retry after an error of the network; doubled each time.
      cache: Folder in which replies are kept; None: none.
      record, replay: Folder that gets, or gives, every reply.
    """

    url: str | None = None
    model: str | None = None
    confidence: float = 0.8
    max_rounds: int = 3
    key_frames: int = 8
    temperature: float | None = None
    response_format: Format = "json_schema"
    connect_timeout: float = 10.0
    read_timeout: float = 180.0
    total_timeout: float = 600.0
    max_calls: int = 16
    max_tokens: int = 200_000
    reply_tokens: int = 8192
    backoff: float = 0.5
    cache: Path | None = None
    record: Path | None = None
    replay: Path | None = None

    def __post_init__(self) -> None:
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if value is not None and (type(value) not in (int, float) or not low <= value <= high):
                raise InputError(f"{name}: {value!r} is not a number from {low:g} to {high:g}")
        if self.response_format not in FORMATS:
            raise InputError(
                f"response_format: {self.response_format!r} is none of {', '.join(FORMATS)}"
            )
        if self.url is not None:
            _check_url(self.url)
        if self.record is not None and self.replay is not None:
            raise InputError("record and replay exclude each other; give one of them")


_RANGES = (
    ("confidence", 0, 1), ("max_rounds", 0, 100), ("key_frames", 2, 512), ("temperature", 0, 2),
    ("connect_timeout", 0.01, 86400), ("read_timeout", 0.01, 86400), ("total_timeout", 0.01, 86400),
    ("max_calls", 1, 1000), ("max_tokens", 1, 10**9), ("reply_tokens", 16, 10**6),
    ("backoff", 0, 60),
)  # fmt: skip


def resolve(settings: LlmSettings, environment: Mapping[str, str] = os.environ) -> LlmSettings:
    """`settings` with url and model from the environment where they are not set.

    Raises: InputError if one of them is in neither.
    """
    found = {}
    for name, variable in (("url", URL_VARIABLE), ("model", MODEL_VARIABLE)):
        value = getattr(settings, name) or environment.get(variable, "").strip()
        if not value:
            flag = f"--llm-{name}"
            raise InputError(f"the language model's {name} is not known; give {flag} or {variable}")
        found[name] = value
    return replace(settings, url=found["url"].rstrip("/"), model=found["model"])


def read_key(environment: Mapping[str, str] = os.environ) -> str | None:
    """The endpoint's key from the environment, None if there is none.

    Raises: InputError, which does not show it, if it can be no key.
    """
    for variable in KEY_VARIABLES:
        key = environment.get(variable, "").strip()
        if key:
            if not all("!" <= character <= "~" for character in key):
                raise InputError(f"{variable}: holds characters that no key has; set it anew")
            return key
    return None


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        usable = usable and (parts.port is None or parts.port > 0)
    except ValueError:
        parts, usable = None, False
    if parts is None or not usable or not url.isascii() or any(c.isspace() or c < " " for c in url):
        raise InputError(f"url: {url[:200]!r} is no http address, like http://localhost:11434/v1")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise InputError(  # may hold a secret, so it is not shown
            "url: holds a user, a query or a fragment; "
            f"give only the base, and the key as {KEY_VARIABLES[0]}"
        )
