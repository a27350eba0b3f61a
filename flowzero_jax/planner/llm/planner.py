"""The planner with a language model: a prompt in, a refined plan and its history out."""

import warnings
from dataclasses import dataclass
from urllib.parse import urlsplit

from flowzero_jax.errors import OutputError, PlannerError
from flowzero_jax.files import make_folder, make_private_folder, user_cache_folder
from flowzero_jax.planner.llm.client import EndpointModel
from flowzero_jax.planner.llm.conversation import Request, Unusable
from flowzero_jax.planner.llm.exchange import Budget, Model, Question
from flowzero_jax.planner.llm.history import History
from flowzero_jax.planner.llm.http import LOOPBACK
from flowzero_jax.planner.llm.prompts import plan_messages
from flowzero_jax.planner.llm.refinement import meter, refine
from flowzero_jax.planner.llm.reply_store import CachedModel, Folder, RecordedModel, ReplayedModel
from flowzero_jax.planner.llm.schema import plan_schema
from flowzero_jax.planner.llm.settings import LlmSettings, read_key, resolve
from flowzero_jax.planner.words.text import clean_prompt
from flowzero_jax.scene import SceneSyntax, check_num_frames


@dataclass(frozen=True)
class LlmPlan:
    """What a language model planned."""

    scene: SceneSyntax  # the best plan
    history: History
    warnings: tuple[str, ...]  # what its reader should know, one line each


def plan_with_llm(
    prompt: str,
    num_frames: int = 8,
    settings: LlmSettings | None = None,
    *,
    model: Model | None = None,
) -> LlmPlan:
    """Plans a video of `num_frames` (1 to 512) frames with a language model.

    The default settings take url and model from the environment. `model` is who is asked, by
    default what `open_model` gives for the settings; give the same one for several prompts.

    Raises:
      InputError: the prompt, `num_frames` or the settings cannot be used.
      PlannerError: the model gave no usable plan.
      OutputError: a reply cannot be recorded.
    """
    prompt = clean_prompt(prompt)
    check_num_frames(num_frames)
    settings = settings or LlmSettings()
    if model is None:
        settings = settings if settings.replay else resolve(settings)
        model = open_model(settings)
    budget = Budget(settings.max_calls, settings.max_tokens, settings.total_timeout)
    messages = plan_messages(prompt, num_frames)
    question = Question(messages, plan_schema(), "plan", settings.reply_tokens)
    try:
        first = meter(model, Request(prompt, num_frames, question), budget)
    except Unusable as error:
        raise PlannerError(str(error)) from None
    history = refine(model, first, settings, budget)
    assert history.best.scene is not None
    return LlmPlan(history.best.scene, history, _warnings(history))


def plan_scene(prompt: str, num_frames: int = 8) -> SceneSyntax:
    """A plan by the model that the environment names, as `planner.plan` gives one: for benchmarks.

    Replies are kept in the user's cache. Raises: as `plan_with_llm`.
    """
    return plan_with_llm(prompt, num_frames, LlmSettings(cache=user_cache_folder("llm"))).scene


def open_model(settings: LlmSettings) -> Model:
    """The model that (resolved) settings name, with its cache and record.

    Raises:
      InputError: url, model or key cannot be used.
      OutputError: the record's folder cannot be used.
    """
    if settings.replay is not None:
        if not settings.replay.is_dir():
            raise OutputError(f"{settings.replay}: no such folder; record with --llm-record")
        return ReplayedModel(Folder(settings.replay))
    settings = resolve(settings)
    key = read_key()
    parts = urlsplit(settings.url or "")
    if key and parts.scheme == "http" and parts.hostname not in LOOPBACK:
        warnings.warn(f"{settings.url}: the key is sent unencrypted; use https", stacklevel=2)
    model: Model = EndpointModel(settings, key)
    if settings.cache is not None:
        names = ("url", "model", "temperature", "response_format", "extra")
        asked = {name: getattr(settings, name) for name in names}
        try:
            make_private_folder(settings.cache)
            model = CachedModel(model, Folder(settings.cache, asked))
        except OutputError as error:
            warnings.warn(f"replies are not kept: {error}", stacklevel=2)
    if settings.record is not None:
        make_folder(settings.record)
        model = RecordedModel(model, Folder(settings.record))
    return model


def _warnings(history: History) -> tuple[str, ...]:
    best = history.best
    lines = [f"the plan was changed when it was read: {change}" for change in best.changes]
    if history.ended == "failed":
        lines.append(f"the refinement ended early: {history.rounds[-1].notes[-1]}")
    if best.hard:
        hard = [finding.message for finding in best.findings if finding.severity == "hard"]
        more = f" (and {len(hard) - 1} more)" if len(hard) > 1 else ""
        lines.append(f"the plan still has a fault: {hard[0]}{more}")
    return tuple(lines)
