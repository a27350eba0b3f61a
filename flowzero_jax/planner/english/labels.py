"""The states of a thing through its changes: a green apple, then a red one."""

from dataclasses import replace

from flowzero_jax.planner.english.changes import COMPARATIVES, time_text
from flowzero_jax.planner.english.drafts import Event, StateDraft, ThingDraft
from flowzero_jax.planner.intent import Label
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import word_set
from flowzero_jax.planner.words.verbs import RESULTS

#: "from a structured figure": still the same thing.
_FORMS = word_set("figure form shape object")
_GROWTH = {"grow": 1.8, "shrink": 0.5}
#: Parts whose look is not that of the whole.
_NOT_ALL_OVER = word_set("hair eyes eye beard wings wing ears tail nose mouth horns teeth")
_SUBSTANCES = word_set("water ice snow soil mud smoke flames sand lava")
_INTENSITIES = word_set("bright dark light deep pale vivid vibrant soft rich dull muted")


def labels_of(thing: ThingDraft, events: list[Event]) -> tuple[Label, ...]:
    """The thing's states in order."""
    labels = [thing.label]
    explicit = any(e.end_state is not None or e.start_state is not None for e in events)
    for event in events:
        if event.verb.kind != "change" or is_about_time(event) or _only_size(event.end_state):
            continue
        start, end = event.start_state, event.end_state
        base = labels[-1]
        if start is not None:
            labels[-1] = _in_state(base, start, thing)
        if start is not None and start.label is not None and end is None:
            labels.append(base)  # "grows from a seed"
            continue
        result = RESULTS.get(event.verb.lemma)
        turned = start is not None and result in lexicon.COLORS  # "yellowing from green"
        if explicit and end is None and not turned:
            continue
        if end is None:
            result = RESULTS.get(event.verb.lemma)
            end = StateDraft(attribute=(result,)) if result else None
        if end is not None:
            new = _in_state(base, end, thing)
            if new.words != labels[-1].words or new.extra != labels[-1].extra:
                labels.append(new)
    return tuple(labels)


def growth_of(events: list[Event]) -> float:
    """How much larger the thing is in the end."""
    growth = 1.0
    for event in events:
        recedes = event.away and event.direction is None and event.goal is None
        growth *= 0.45 if recedes else _GROWTH.get(event.verb.kind, 1.0)
        if event.verb.kind != "change":
            continue
        compared = [w for w in _attribute(event.end_state) if w in COMPARATIVES]
        if compared:
            growth *= COMPARATIVES[compared[0]]
            continue
        if event.verb.lemma in ("grow", "inflate", "expand", "swell"):
            growth *= 1.6
        sizes = [_size(state) for state in (event.start_state, event.end_state)]
        if sizes[0] and sizes[1]:
            growth *= min(max((sizes[1] / sizes[0]) ** 1.2, 0.4), 2.2)
        elif sizes[1]:
            growth *= 1.7 if sizes[1] > 1 else 0.55
    return min(max(growth, 0.35), 2.5)


def is_about_time(event: Event) -> bool:
    """Whether a change is one of the hour, season or weather, not of the thing."""
    states = (event.start_state, event.end_state)
    return any(time_of(state) for state in states if state is not None)


def time_of(state: StateDraft) -> str:
    """The time, season or landscape that a state names, or ""."""
    words = state.label.words if state.label else state.attribute
    if state.label is not None and words[-1] in lexicon.SCENERY - _SUBSTANCES:
        return state.text  # "to a snow-covered landscape"
    return time_text(words)


def _attribute(state: StateDraft | None) -> tuple[str, ...]:
    return state.attribute if state is not None else ()


def _size(state: StateDraft | None) -> float:
    words = state.attribute if state is not None and state.label is None else ()
    return next((lexicon.SIZES[w] for w in words if w in lexicon.SIZES), 0.0)


def _only_size(state: StateDraft | None) -> bool:
    words = [w for w in _attribute(state) if w != "and"]
    return bool(words) and all(w in COMPARATIVES and w not in lexicon.SIZES for w in words)


def _in_state(label: Label, state: StateDraft, thing: ThingDraft) -> Label:
    if state.label is not None and state.label.noun in _FORMS and state.label.words[1:]:
        return replace(label, words=(*state.label.words[:-1], label.noun),
                       written=(*state.label.written[:-1], label.noun))  # fmt: skip
    if state.label is not None:
        return state.label
    attribute = state.attribute
    if thing.part:
        kept = label.words[:-1]
        extra = f"with {' '.join(attribute)} {thing.part}"
        if thing.part in _NOT_ALL_OVER:
            return replace(label, extra=extra)
        words = (*_without_kind(kept, attribute), *attribute, label.noun)
        return replace(label, words=words, written=words, extra=extra)
    if "of" in attribute or "with" in attribute or "in" in attribute:
        extra = " ".join(attribute[1:]) if len(attribute) > 1 else ""
        attribute = attribute[:1]
        label = replace(label, extra=extra)
    words = (*attribute, *_without_kind(label.words[:-1], attribute), label.words[-1])
    written = (*attribute, *_without_kind(label.written[:-1], attribute), label.written[-1])
    return replace(label, words=words, written=written)


def _without_kind(words: tuple[str, ...], attribute: tuple[str, ...]) -> tuple[str, ...]:
    """Drops the adjectives that the attribute replaces: a colour replaces a colour."""
    kinds = {_kind(word) or "quality" for word in attribute if word != "and"}
    kept = [w for w in words if _kind(w) not in kinds]
    if "colour" in kinds:
        kept = [w for w in kept if w not in _INTENSITIES]
    while kept and kept[0] == "and":
        kept = kept[1:]
    return tuple(kept)


def _kind(word: str) -> str:
    if word in lexicon.COLORS:
        return "colour"
    if word in lexicon.SIZES:
        return "size"
    return "quality" if lexicon.is_adjective(word) or word in RESULTS.values() else ""
