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
        if end is not None and COMPARATIVES.keys() & set(end.attribute):
            continue  # "bigger and bigger"
        if start is not None:
            labels[-1] = _in_state(base, start)
        result = RESULTS.get(event.verb.lemma)
        turned = start is not None and result in lexicon.COLORS  # "yellowing from green"
        if end is None and result and (turned or not explicit):
            end = State(attribute=(result,))
        grown = start is not None and start.label is not None  # "grows from a seed"
        new = base if grown else labels[-1]
        new = _in_state(base, end) if end is not None else new
        if (new.words, new.extra) != (labels[-1].words, labels[-1].extra):
            labels.append(new)
    return tuple(labels)


def growth_of(events: list[Event]) -> float:
    """How much larger the thing is in the end."""
    growth = 1.0
    for event in events:
        recedes = event.away and event.direction is None and event.goal is None
        growth *= 0.45 if recedes else _GROWTH.get(event.verb.kind, 1.0)
        changes = event.verb.kind == "change"
        growth *= 1.6 if changes and event.verb.lemma in GRAMMAR["labels_growing"] else 1.0
        before, after = _size(event.start_state) or 1.0, _size(event.end_state)
        growth *= min(max((after / before) ** 1.6, 0.4), 2.2) if after and changes else 1.0
    return min(max(growth, 0.35), 2.5)


def _size(state: State | None) -> float:
    words = state.attribute if state is not None and state.label is None else ()
    sizes = COMPARATIVES | lexicon.SIZES
    return next((sizes[word] for word in words if word in sizes), 0.0)


def is_about_time(event: Event) -> bool:
    """Whether a change is one of the hour, season or weather, not of the thing."""
    states = [s for s in (event.start_state, event.end_state) if s is not None]
    return event.verb.kind == "change" and any(time_text(state.words) for state in states)


def _in_state(label: Label, state: State) -> Label:
    """The label as a state tells: another thing, or this one with another look."""
    look = state.attribute
    if state.label is not None:
        return state.label
    words, written = (
        (*look, *_without_kind(before[:-1], look), before[-1])
        for before in (label.words, label.written)
    )
    return replace(label, words=words, written=written)


def _without_kind(words: tuple[str, ...], look: tuple[str, ...]) -> tuple[str, ...]:
    """Without the adjectives that a look replaces: a colour replaces a colour."""
    kinds = {_kind(word) or "quality" for word in look if word != "and"}
    shades = GRAMMAR["intensities"] if "colour" in kinds else frozenset()
    kept = [word for word in words if _kind(word) not in kinds and word not in shades]
    return tuple(kept[1:] if kept[:1] == ["and"] else kept)


def _kind(word: str) -> str:
    if word in lexicon.COLORS:
        return "colour"
    return "quality" if lexicon.is_adjective(word) or word in RESULTS.values() else ""
