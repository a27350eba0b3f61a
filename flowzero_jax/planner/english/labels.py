"""The states of a thing through its changes: a green apple, then a red one."""

from dataclasses import replace

from flowzero_jax.planner.english.changes import COMPARATIVES, State, time_text
from flowzero_jax.planner.english.story import Event, ThingDraft
from flowzero_jax.planner.intent import Label
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR
from flowzero_jax.planner.words.verbs import RESULTS

_GROWTH = {"grow": 1.8, "shrink": 0.5}


def labels_of(thing: ThingDraft, events: list[Event]) -> tuple[Label, ...]:
    """The thing's states in order."""
    labels = [thing.label]
    explicit = any(e.end_state is not None or e.start_state is not None for e in events)
    for event in [e for e in events if e.verb.kind == "change" and not is_about_time(e)]:
        start, end, base = event.start_state, event.end_state, labels[-1]
        if _only_size(end):
            continue
        if start is not None:
            labels[-1] = _in_state(base, start, thing)
        if start is not None and start.label is not None and end is None:
            labels.append(base)  # "grows from a seed"
            continue
        result = RESULTS.get(event.verb.lemma)
        turned = start is not None and result in lexicon.COLORS  # "yellowing from green"
        if end is None and result and (turned or not explicit):
            end = State(attribute=(result,))
        new = _in_state(base, end, thing) if end is not None else labels[-1]
        if (new.words, new.extra) != (labels[-1].words, labels[-1].extra):
            labels.append(new)
    return tuple(labels)


def growth_of(events: list[Event]) -> float:
    """How much larger the thing is in the end."""
    growth = 1.0
    for event in events:
        recedes = event.away and event.direction is None and event.goal is None
        growth *= 0.45 if recedes else _GROWTH.get(event.verb.kind, 1.0)
        growth *= _change_of_size(event) if event.verb.kind == "change" else 1.0
    return min(max(growth, 0.35), 2.5)


def _change_of_size(event: Event) -> float:
    words = event.end_state.attribute if event.end_state is not None else ()
    compared = [w for w in words if w in COMPARATIVES]
    if compared:
        return COMPARATIVES[compared[0]]
    growth = 1.6 if event.verb.lemma in GRAMMAR["labels_growing"] else 1.0
    before, after = _size(event.start_state), _size(event.end_state)
    if before and after:
        return growth * min(max(float((after / before) ** 1.2), 0.4), 2.2)
    return growth * (1.0 if not after else 1.7 if after > 1 else 0.55)


def _size(state: State | None) -> float:
    words = state.attribute if state is not None and state.label is None else ()
    return next((lexicon.SIZES[w] for w in words if w in lexicon.SIZES), 0.0)


def _only_size(state: State | None) -> bool:
    words = [w for w in state.attribute if w != "and"] if state is not None else []
    return bool(words) and all(w in COMPARATIVES and w not in lexicon.SIZES for w in words)


def is_about_time(event: Event) -> bool:
    """Whether a change is one of the hour, season or weather, not of the thing."""
    states = (event.start_state, event.end_state)
    return any(time_of(state) for state in states if state is not None)


def time_of(state: State) -> str:
    """The time, season or landscape that a state names, or ""."""
    if state.label is not None and state.label.noun in lexicon.SCENERY - GRAMMAR["substances"]:
        return state.text  # "to a snow-covered landscape"
    return time_text(state.words)


def _in_state(label: Label, state: State, thing: ThingDraft) -> Label:
    """The label as a state tells: another thing, or this one with another look."""
    if state.label is not None and state.label.noun in GRAMMAR["forms"] and state.label.words[1:]:
        words = (*state.label.words[:-1], label.noun)
        return replace(label, words=words, written=words)
    if state.label is not None:
        return state.label
    look = state.attribute
    if thing.part:
        label = replace(label, extra=f"with {' '.join(look)} {thing.part}")
        if thing.part in GRAMMAR["not_all_over"]:
            return label
        words = (*_without_kind(label.words[:-1], look), *look, label.noun)
        return replace(label, words=words, written=words)
    if {"of", "with", "in"} & set(look):
        label, look = replace(label, extra=" ".join(look[1:])), look[:1]
    words, written = (
        (*look, *_without_kind(before[:-1], look), before[-1])
        for before in (label.words, label.written)
    )
    return replace(label, words=words, written=written)


def _without_kind(words: tuple[str, ...], look: tuple[str, ...]) -> tuple[str, ...]:
    """Drops the adjectives that a look replaces: a colour replaces a colour."""
    kinds = {_kind(word) or "quality" for word in look if word != "and"}
    kept = [w for w in words if _kind(w) not in kinds]
    if "colour" in kinds:
        kept = [w for w in kept if w not in GRAMMAR["intensities"]]
    return tuple(kept[1:] if kept[:1] == ["and"] else kept)


def _kind(word: str) -> str:
    if word in lexicon.COLORS:
        return "colour"
    if word in lexicon.SIZES:
        return "size"
    return "quality" if lexicon.is_adjective(word) or word in RESULTS.values() else ""
