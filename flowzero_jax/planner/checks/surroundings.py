"""The background's motion, and what the descriptions tell about the scene and its changes."""

from collections.abc import Iterator

from flowzero_jax.planner.checks.findings import Finding, severity_of
from flowzero_jax.planner.checks.looks import words_of_change
from flowzero_jax.planner.checks.matching import Case
from flowzero_jax.planner.checks.tracks import words_of
from flowzero_jax.planner.words import lexicon
from flowzero_jax.scene import DIRECTION_NAMES, DIRECTIONS

_LEAST_SPEED = 0.02
_OPENED = lexicon.DETERMINERS | lexicon.PREPOSITIONS | {"turning", "scene"}
_STEM = 4


def check_background(case: Case) -> Iterator[Finding]:
    """Background and camera: what moves, where to."""
    background = case.intent.background
    frames = case.scene.frames[1:]
    restless = background.direction is None and background.speed > 0
    if restless and all(f.background_motion.speed <= _LEAST_SPEED for f in frames):
        message = (
            "the background stands still; what the prompt speaks of moves by itself, so 'random' "
            "motion suits it"
        )
        yield Finding("wrong-background-motion", "soft", message, amount=len(frames))
    if background.direction is None or not background.speed or not frames:
        return
    moving = [f.background_motion for f in frames if f.background_motion.speed > _LEAST_SPEED]
    wanted = DIRECTION_NAMES[background.direction]
    why = " (a camera that pans right moves the background left)" if background.camera else ""
    if len(moving) * 2 < len(frames):
        message = (
            f"the background stands still in {len(frames) - len(moving)} of {len(frames)} frames; "
            f"it should move {wanted!r}{why}"
        )
        yield Finding("wrong-background-motion", "hard", message, amount=len(frames) - len(moving))
        return
    if background.free:
        return
    others = [m for m in moving if DIRECTIONS[m.direction] != background.direction]
    if len(others) * 2 > len(moving):
        x, y = background.direction
        dx, dy = DIRECTIONS[others[0].direction]
        near = x * dx + y * dy > 0
        message = (
            f"the background moves {others[0].direction!r} in {len(others)} frames; it should move "
            f"{wanted!r}{why}"
        )
        yield Finding("wrong-background-motion", severity_of(not near), message, amount=len(others))


def check_descriptions(case: Case) -> Iterator[Finding]:
    """Changes are told: the start in the first frame, the end in the last, not both in each."""
    frames = case.scene.frames
    if len(frames) < 2:
        return
    changes = [
        (_content(place.texts[0]), _content(place.texts[-1]))
        for place in case.intent.scenery
        if len(place.texts) > 1
    ]
    changes += [
        words_of_change(thing)
        for thing in case.intent.things
        if len(thing.labels) > 1 and thing.visible == (0.0, 1.0)
    ]
    told = [set(words_of(label.phrase)) for t in case.intent.things for label in t.labels[:1]]
    for position, (start, end) in enumerate(changes):
        others = [set.union(*c) for k, c in enumerate(changes) if k != position]
        steady = set().union(*others, *(words for words in told if not words & (start | end)))
        old, new = start - end, end - start
        yield from _told(frames[0].description, 0, old, new - steady, "first")
        yield from _told(frames[-1].description, len(frames) - 1, new, old - steady, "last")


def check_mentions(case: Case) -> Iterator[Finding]:
    """A description names what its frame shows."""
    for index, thing in enumerate(case.intent.things):
        if len(thing.labels) > 1:
            continue
        words = set(words_of(thing.noun))
        for number, frame in enumerate(case.scene.frames):
            shown = any(
                number in track.objects and words <= set(words_of(track.phrase(number)))
                for track in case.matched[index]
            )
            if shown and not _has(frame.description, words):
                message = (
                    f"frame {number}: the description does not tell of {case.name(index)!r}, "
                    "which the frame shows"
                )
                yield Finding("wrong-description", "soft", message, number, amount=1)
                break


def _told(text: str, frame: int, words: set[str], other: set[str], which: str) -> Iterator[Finding]:
    """Whether one frame's description tells of its own state and not of the other one."""
    start = f"frame {frame}: the description {text[:80]!r}"
    if words and not _has(text, words):
        message = f"{start} should tell of {_list(words)}, the {which} state of the change"
        yield Finding("wrong-description", "hard", message, frame)
    elif words and other and _has(text, other):
        only = f"the {which} frame shows only the {which} state"
        message = f"{start} tells of {_list(other)}, too; {only}"
        yield Finding("wrong-description", "soft", message, frame)


def _list(words: set[str]) -> str:
    return " ".join(repr(word) for word in sorted(words))


def _content(text: str) -> set[str]:
    return {word for word in words_of(text) if word not in _OPENED}


def _has(text: str, words: set[str]) -> bool:
    """Whether a text has one of the words, in any form: "night" also as "nighttime"."""
    have = words_of(text)
    return any(
        word == other or (len(word) >= _STEM and len(other) >= _STEM and _akin(word, other))
        for word in words
        for other in have
    )


def _akin(a: str, b: str) -> bool:
    stem = max(_STEM, min(len(a), len(b)) - 3)
    return a[:stem] == b[:stem]
