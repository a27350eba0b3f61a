"""What went wrong with a request, and what can be done about it: errors as servers word them."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlsplit

from flowzero_jax.planner.llm.http import HttpFault
from flowzero_jax.planner.llm.request import ABOUT_CONTEXT, ABOUT_TOKENS
from flowzero_jax.planner.llm.settings import KEY_VARIABLES, LlmSettings

Kind = Literal["final", "loading", "busy", "broken", "sample", "refused"]
KEY_STATUSES = (401, 403, 407)
_BUSY = (408, 409, 425, 429, 502, 503, 504, 520, 522, 524, 529)
_LOADING = re.compile(r"\b(loading|warming up|starting up|not ready|initiali[sz]ing)\b", re.I)
_LOADED_BADLY = re.compile(r"(error|failed|unable|cannot)\s+(\w+\s+){0,2}load", re.I)
_SAMPLE = re.compile(
    r"json_validate_failed|output_parse_failed|tool_use_failed|failed_generation"
    r"|failed to (generate|validate) json",
    re.I,
)
_ACCOUNT = re.compile(r"insufficient_quota|credit|billing|balance|payment", re.I)
_MODEL = re.compile(r"(no such|unknown|invalid) model|\bmodel\b.{0,80}(not found|not exist)", re.I)
_PROMPT = re.compile(rf"{_MODEL.pattern}|content.?(filter|management|policy)|moderation", re.I)


def kind_of(status: int, said: str) -> Kind:
    """What can be done about an error.

    "loading": wait; "busy": wait and ask again; "sample": what the model wrote was refused, ask
    again, then for less; "refused": ask for less; "broken": may be any of these, so ask again, then
    for less; "final": nothing.
    """
    if status in (402, 404, *KEY_STATUSES) or 300 <= status < 400:
        return "final"
    if _LOADING.search(said) and not _LOADED_BADLY.search(said):
        return "loading"
    if _ACCOUNT.search(said) or (status < 429 and _PROMPT.search(said)):
        return "final"
    if status in _BUSY:
        return "busy"
    if status >= 500:
        return "broken"
    return "sample" if _SAMPLE.search(said) else "refused"


def explain(fault: HttpFault, said: str, settings: LlmSettings, with_key: bool) -> str:
    """What is wrong and how to fix it, in one line; `said`: by the server, short and clean."""
    status, url = fault.status, settings.url
    quoted = f"{status}: {said}" if said else str(status)
    what, advice = "refuses the request", "check --llm-model and the account"
    if status in KEY_STATUSES:
        what = "refuses the key" if with_key else "wants a key"
        advice = f"set {' or '.join(KEY_VARIABLES)}"
    elif status == 404 or _MODEL.search(said):
        what = "no such model or address"
        advice = f"check --llm-model {settings.model!r} and --llm-url, whose path usually is /v1"
    elif 300 <= status < 400:
        what = f"redirects to {_host(fault)}, which is not followed"
        return f"{url}: {what}; give the final address as --llm-url"
    elif status == 402 or _ACCOUNT.search(said):
        what, advice = "the account is used up", "see to it, or give another --llm-model"
    elif status >= 429:
        what, advice = "is busy or broken", "try later"
    elif ABOUT_CONTEXT.search(said):
        what = "more than the model's context holds"
        advice = "give the server a larger context"
    elif ABOUT_TOKENS.search(said):
        advice = "lower --llm-reply-tokens"
    elif settings.extra:
        advice = "check --llm-extra and --llm-model and the account"
    return f"{url}: {what} ({quoted}); {advice}"


def said_by(fault: HttpFault) -> str:
    """What the server says about a fault."""
    text = fault.body.decode(errors="replace")
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return text
    tree = tree[0] if isinstance(tree, list) and tree else tree
    error = tree.get("error", tree) if isinstance(tree, dict) else tree
    if isinstance(error, dict):
        parts = [error.get(name) for name in ("message", "detail", "code", "param")]
        return " ".join(part for part in parts if isinstance(part, str)) or text
    return error if isinstance(error, str) else text


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that a server asks to wait: a number or a date; 0 if it asks for nothing."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)


def _host(redirect: HttpFault) -> str:
    """Where a redirect leads; a path or query could repeat secrets."""
    try:
        host = urlsplit(redirect.headers.get("location", "")).hostname
    except ValueError:
        host = None
    return host if host and host.isprintable() else "another address"
