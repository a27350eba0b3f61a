"""What each frame shows, as the caption of an image, in the prompt's words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flowzero_jax.planner.intent import RELATION_WORDS, Intent, Label, Relation
from flowzero_jax.planner.words import nouns

_OPENED = frozenset({"at", "in", "on", "by"})


def state_of(num_states: int, frame: int, num_frames: int) -> int:
    """Which of a thing's states a frame shows: the first frame the first, the last the last."""
    if frame == 0:
        return 0
    if frame == num_frames - 1:
        return num_states - 1
    return sum(frame >= k * num_frames // num_states for k in range(1, num_states))


def describe(intent: Intent, visible: Sequence[int], frame: int, num_frames: int) -> str:
    """The caption of one frame; `visible`: how many of each thing it shows.

    It is the prompt itself in its own words where all is seen and nothing changes its looks, or is
    in the middle of it.
    """
    states = [len(thing.labels) for thing in intent.things if len(thing.labels) > 1]
    changes = any(_changing(number, frame, num_frames) is None for number in states)
    turns = any(len(place.texts) > 1 for place in intent.scenery) and len(intent.told) < 2
    seen = [thing.count for thing in intent.things] == list(visible)
    told = intent.told[state_of(len(intent.told), frame, num_frames)] if intent.told else ""
    if told and seen and not (changes or turns):
        return told
    parts = _Caption(intent, visible, frame, num_frames).things()
    places = [
        (place.preposition, place.texts[state_of(len(place.texts), frame, num_frames)])
        for place in intent.scenery
    ]
    listed = [text for preposition, text in places if not preposition and not _is_opened(text)]
    text = _join([*parts, *listed])
    for preposition, place in places:
        if place not in listed:
            text = _with_place(text, preposition, place)
    if not text:
        text = "an empty scene" if intent.things or intent.scenery else intent.prompt
    return f"{text}, {intent.style}" if intent.style else text


@dataclass
class _Caption:
    """One frame's caption in the making; `told` are the things mentioned so far."""

    intent: Intent
    visible: Sequence[int]
    frame: int
    num_frames: int

    def __post_init__(self) -> None:
        self.told: set[int] = set()
        self.shown = [index for index, count in enumerate(self.visible) if count]
        self.relations = [
            r
            for r in self.intent.relations
            if {r.subject, r.target} <= set(self.shown) and _holds(r, self.frame, self.num_frames)
        ]

    def things(self) -> list[str]:
        """All visible things, each with what it stands to."""
        subjects = {r.subject for r in self.relations}
        landmarks = {r.target for r in self.relations} - subjects
        parts = [self._clause(i) for i in self.shown if i not in landmarks and i not in self.told]
        parts += [self._clause(i) for i in self.shown if i not in self.told]
        return [part for part in parts if part]

    def _clause(self, index: int, alone: bool = False) -> str:
        """A thing with what it does and stands to; others like it join in, unless `alone`."""
        if index in self.told:
            return ""
        thing, said = self.intent.things[index], self._said_of(index)
        group = [
            i
            for i in self.shown
            if i not in self.told
            and (i == index or not alone)
            and self._said_of(i) == said
            and (said or self.intent.things[i].labels == thing.labels)
        ]
        self.told.update(group)
        text = self._names(group)
        for relation in sorted(said, key=lambda r: not r.words.endswith("ing")):
            inner = self._clause(relation.target, alone=True)
            if not inner and relation.words not in ("", "and") and relation.kind != "with":
                inner = f"the {self.intent.things[relation.target].noun}"
            if inner:
                text += f" {relation.words or RELATION_WORDS[relation.kind]} {inner}"
        return text

    def _said_of(self, index: int) -> list[Relation]:
        """What a thing stands to."""
        return [replace(r, subject=-1) for r in self.relations if r.subject == index]

    def _names(self, group: list[int]) -> str:
        """ "two dogs and a red ball"; things that look alike are counted together."""
        names: list[str] = []
        done: set[int] = set()
        for index in group:
            if index not in done:
                thing = self.intent.things[index]
                alike = [i for i in group if self.intent.things[i].labels == thing.labels]
                done.update(alike)
                names.append(self._name(index, sum(self.visible[i] for i in alike)))
        return _join(names)

    def _name(self, index: int, count: int) -> str:
        thing = self.intent.things[index]
        vague = thing.vague and count == thing.count
        states = len(thing.labels)
        label = thing.labels[state_of(states, self.frame, self.num_frames)]
        return _counted(label, count, vague)


def _counted(label: Label, count: int, vague: bool) -> str:
    if count > 1 and label.written == label.words and not label.bare:
        label = replace(label, written=(*label.words[:-1], nouns.plural(label.noun)))
    return label.caption(count, vague)


def _changing(num_states: int, frame: int, num_frames: int) -> int | None:
    """The state that a frame is just leaving, in the middle of a change."""
    if num_frames < 4 or frame in (0, num_frames - 1):
        return None
    for k in range(1, num_states):
        if frame in (k * num_frames // num_states - 1, k * num_frames // num_states):
            return k - 1
    return None


def _holds(relation: Relation, frame: int, num_frames: int) -> bool:
    if relation.when == "start":
        return frame * 3 < num_frames
    if relation.when == "end":
        return frame > 0 and (num_frames - 1 - frame) * 3 < num_frames
    return True


def _join(parts: list[str]) -> str:
    if len(parts) < 3:
        return " and ".join(parts)
    return ", ".join(parts[:-1]) + " and " + parts[-1]


def _is_opened(text: str) -> bool:
    """Whether a place has its preposition inside: "at night"."""
    return text.split()[0] in _OPENED


def _with_place(text: str, preposition: str, place: str) -> str:
    if not text:
        return f"a scene {place}" if _is_opened(place) else place
    return f"{text} {place}" if _is_opened(place) else f"{text} {preposition} {place}"
