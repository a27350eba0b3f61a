"""What each frame shows, as the caption of an image, in the prompt's words."""

from collections.abc import Sequence

from flowzero_jax.planner.intent import Intent, Label, Relation, Thing

_RELATION_WORDS = {
    "left_of": "to the left of", "right_of": "to the right of", "above": "above", "below": "below",
    "on": "on", "in": "in", "next_to": "next to", "in_front_of": "in front of", "behind": "behind",
    "with": "with", "around": "around",
}  # fmt: skip
#: Prepositions of motion, which a still picture does not show.
_MOVING = frozenset("across through along past toward towards into onto to down up".split())


def state_of(num_states: int, frame: int, num_frames: int) -> int:
    """Which of a thing's states a frame shows: the first frame the first, the last the last."""
    if frame == 0:
        return 0
    if frame == num_frames - 1:
        return num_states - 1
    return sum(frame >= k * num_frames // num_states for k in range(1, num_states))


def _changing(num_states: int, frame: int, num_frames: int) -> int | None:
    """The state that a frame is just leaving, in the middle of a change."""
    if num_frames < 4 or frame in (0, num_frames - 1):
        return None
    for k in range(1, num_states):
        if frame in (k * num_frames // num_states - 1, k * num_frames // num_states):
            return k - 1
    return None


def describe(intent: Intent, visible: Sequence[int], frame: int, num_frames: int) -> str:
    """The caption of one frame.

    `visible`: how many instances of each thing the frame shows.
    """
    told: set[int] = set()
    parts = []
    shown = [i for i, count in enumerate(visible) if count]
    active = [
        r
        for r in intent.relations
        if _holds(r, frame, num_frames) and {r.subject, r.target} <= set(shown)
    ]
    landmarks = {r.target for r in active}
    for index in [i for i in shown if i not in landmarks or any(r.subject == i for r in active)]:
        if index not in told:
            parts.append(_clause(intent, index, active, visible, told, frame, num_frames))
    for index in shown:
        if index not in told:
            parts.append(_clause(intent, index, active, visible, told, frame, num_frames))
    text = _join(parts)
    for place in intent.scenery:
        state = place.texts[state_of(len(place.texts), frame, num_frames)]
        text = _with_place(text, place.preposition, state)
    text = text or "an empty scene"
    return f"{text}, {intent.style}" if intent.style else text


def _clause(
    intent: Intent,
    index: int,
    active: list[Relation],
    visible: Sequence[int],
    told: set[int],
    frame: int,
    num_frames: int,
) -> str:
    told.add(index)
    thing = intent.things[index]
    text = _name(thing, visible[index], frame, num_frames)
    relations = [r for r in active if r.subject == index]
    holding = [r for r in relations if r.kind == "with" and r.words.endswith("ing")]
    if thing.doing and not holding:
        text += f" {thing.doing}"
    for relation in sorted(relations, key=lambda r: r not in holding):
        words = relation.words
        if not words or words.split()[0] in _MOVING:
            words = _RELATION_WORDS[relation.kind]
        if relation.target in told:
            continue
        inner = _clause(intent, relation.target, active, visible, told, frame, num_frames)
        text += f" {words} {inner}"
    return text


def _holds(relation: Relation, frame: int, num_frames: int) -> bool:
    if relation.when == "start":
        return frame * 3 < num_frames
    if relation.when == "end":
        return num_frames > 1 and (num_frames - 1 - frame) * 3 < num_frames and frame > 0
    return True


def _name(thing: Thing, count: int, frame: int, num_frames: int) -> str:
    vague = thing.vague and count == thing.count
    leaving = _changing(len(thing.labels), frame, num_frames)

    def told(label: Label) -> str:
        return label.caption(count, vague)

    if leaving is not None:
        return f"{told(thing.labels[leaving])} turning into {told(thing.labels[leaving + 1])}"
    return told(thing.labels[state_of(len(thing.labels), frame, num_frames)])


def _join(parts: list[str]) -> str:
    if len(parts) < 3:
        return " and ".join(parts)
    return ", ".join(parts[:-1]) + " and " + parts[-1]


def _with_place(text: str, preposition: str, place: str) -> str:
    opens = place.split()[0] in ("at", "in", "on", "by")
    if not text:
        return f"a scene {place}" if opens else place
    if opens:
        return f"{text} {place}"
    return f"{text} {preposition} {place}" if preposition else f"{text} and {place}"
