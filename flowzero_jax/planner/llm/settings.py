"""What the planner with a language model may be told, and where the rest comes from."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from flowzero_jax.errors import InputError
from flowzero_jax.settings import About, Setting, settings_of

Format = Literal["json_schema", "json_object", "text"]
FORMATS: tuple[str, ...] = get_args(Format)
URL_VARIABLE, MODEL_VARIABLE = "FLOWZERO_LLM_URL", "FLOWZERO_LLM_MODEL"
KEY_VARIABLES = ("FLOWZERO_LLM_API_KEY", "OPENAI_API_KEY")


@dataclass(frozen=True)
class LlmSettings:
    """Which model plans, how long it may take and what it may cost. The key is not among them.

    Refinement ends after `max_rounds`, or before, when the model's `confidence` is reached and no
    hard finding is left. A server that refuses a request gets the next weaker form of it, with
    `extra` in it all the same. Time, requests and tokens (of questions and replies) are what one
    prompt may use; a reply that `reply_tokens` cut is asked for once more with twice as many.
    `backoff` is doubled each time.
    """

    url: Annotated[
        str | None, About(f"base of an OpenAI-compatible endpoint (default {URL_VARIABLE})")
    ] = None
    model: Annotated[
        str | None, About(f"the model's name there (default {MODEL_VARIABLE})", metavar="NAME")
    ] = None
    confidence: Annotated[
        float, About("refine until the model is that sure and no hard finding is left", metavar="C")
    ] = 0.8
    max_rounds: Annotated[int, About("of refinement", 0, 100, metavar="N")] = 3
    record: Annotated[
        Path | None, About("keep every reply, for --llm-replay", metavar="FOLDER")
    ] = None
    replay: Annotated[Path | None, About("take the replies from a record", metavar="FOLDER")] = None
    cache: Annotated[
        Path | None, About("for replies (default: in the user's cache)", metavar="FOLDER")
    ] = None
    total_timeout: Annotated[
        float, About("seconds for all that a prompt needs", 0.01, 86400, metavar="S")
    ] = 600.0
    connect_timeout: Annotated[float, About("seconds to connect", 0.01, 86400, metavar="S")] = 10.0
    read_timeout: Annotated[float, About("seconds without a byte", 0.01, 86400, metavar="S")] = (
        180.0
    )
    max_calls: Annotated[int, About("requests a prompt", 1, 1000, metavar="N")] = 16
    max_tokens: Annotated[int, About("tokens a prompt", 1, 10**9, metavar="N")] = 200_000
    reply_tokens: Annotated[int, About("tokens a reply", 16, 10**6, metavar="N")] = 8192
    temperature: Annotated[
        float | None, About("of the sampling (default: the server's)", 0, 2, metavar="T")
    ] = None
    response_format: Annotated[
        Format, About(f"strictest form of reply asked for: {', '.join(FORMATS)}", metavar="FORM")
    ] = "json_schema"
    extra: Annotated[
        str,
        About('fields of every request as JSON, like {"reasoning_effort": "low"}', metavar="JSON"),
    ] = ""
    backoff: Annotated[float, About("seconds before the first retry", 0, 60)] = 0.5

    def __post_init__(self) -> None:
        for setting in settings_of(LlmSettings):
            _check(setting, getattr(self, setting.name))
        if self.url is not None:
            _check_url(self.url)
        _check_extra(self.extra)
        if self.record is not None and self.replay is not None:
            raise InputError("record and replay exclude each other; give one of them")

    @property
    def extra_fields(self) -> dict[str, Any]:
        """The fields that `extra` adds to a request."""
        return json.loads(self.extra) if self.extra else {}


def resolve(settings: LlmSettings, environment: Mapping[str, str] = os.environ) -> LlmSettings:
    """`settings` with url and model from the environment where they are not set.

    Raises: InputError if one of them is in neither.
    """
    url = settings.url or environment.get(URL_VARIABLE, "").strip()
    model = settings.model or environment.get(MODEL_VARIABLE, "").strip()
    for name, value in (("url", url), ("model", model)):
        if not value:
            ways = f"--llm-{name} or FLOWZERO_LLM_{name.upper()}"
            raise InputError(f"the language model's {name} is not known; give {ways}")
    return replace(settings, url=url.rstrip("/"), model=model)


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


def _check(setting: Setting, value: Any) -> None:
    name, low, high = setting.name, setting.about.low, setting.about.high
    if setting.choices and value not in setting.choices:
        raise InputError(f"{name}: {value!r} is none of {', '.join(setting.choices)}")
    if setting.type not in (int, float) or (value is None and setting.default is None):
        return
    if type(value) not in (int, float) or not low <= value <= high:
        raise InputError(f"{name}: {value!r} is not a number from {low:g} to {high:g}")


def _check_extra(extra: str) -> None:
    try:
        fields = json.loads(extra) if extra else {}
        json.dumps(fields, ensure_ascii=False, allow_nan=False).encode()  # as it will be sent
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise InputError(f'extra: {extra[:200]!r} is no JSON object, like {{"seed": 1}}')
    if taken := fields.keys() & {"messages", "stream", "n"}:
        raise InputError(f"extra: {min(taken)} is the planner's own; leave it out")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or any(c.isspace() or c < " " for c in url):
        raise InputError(f"url: {url[:200]!r} is no http address, like http://localhost:11434/v1")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise InputError(  # may hold a secret, so it is not shown
            "url: holds a user, a query or a fragment; "
            f"give only the base, and the key as {KEY_VARIABLES[0]}"
        )
