"""Looks things up in a scene by their noun, for any planner's ids and phrases."""

import math

from flowzero_jax.scene import SceneObject, SceneSyntax

Box = tuple[float, float, float, float]
#: The boxes of one id by frame.
Boxes = dict[int, Box]
_IRREGULAR = {
    "sheep": "sheep", "fish": "fish", "mouse": "mice", "butterfly": "butterflies", "bus": "buses",
    "box": "boxes", "bench": "benches", "child": "children", "fox": "foxes", "puppy": "puppies",
    "leaf": "leaves", "goose": "geese", "wolf": "wolves",
}  # fmt: skip


def plural(noun: str) -> str:
    """The plural of a noun that the benchmark uses."""
    *before, last = noun.split()
    return " ".join([*before, _IRREGULAR.get(last, last + "s")])


def counted(number: int, noun: str) -> str:
    """ "one cat", "three cats"."""
    words = "one two three four five six seven eight nine ten".split()
    return f"{words[number - 1]} {noun if number == 1 else plural(noun)}"


def a(text: str) -> str:
    """The text with its article."""
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, without punctuation."""
    plain = "".join(c if c.isalnum() or c == "-" else " " for c in text.lower())
    return ["gray" if word == "grey" else word for word in plain.split()]


def shows(phrase: str, noun: str) -> bool:
    """Whether a phrase ends in a noun, in the singular or plural: "a red ball" shows a ball."""
    words = words_of(phrase)
    return any(words[-len(form.split()) :] == form.split() for form in (noun, plural(noun)))


def find(scene: SceneSyntax, noun: str, attribute: str = "") -> dict[str, Boxes]:
    """The ids that ever show a noun (with an attribute) and their boxes, by frame, throughout."""
    named = {
        obj.id
        for frame in scene.frames
        for obj in frame.objects
        if shows(obj.phrase, noun) and set(words_of(attribute)) <= set(words_of(obj.phrase))
    }
    found: dict[str, Boxes] = {}
    for number, frame in enumerate(scene.frames):
        for obj in frame.objects:
            if obj.id in named:
                found.setdefault(obj.id, {})[number] = obj.box
    return found


def tracks_of(scene: SceneSyntax) -> dict[str, dict[int, SceneObject]]:
    """The objects of every id by frame."""
    found: dict[str, dict[int, SceneObject]] = {}
    for number, frame in enumerate(scene.frames):
        for obj in frame.objects:
            found.setdefault(obj.id, {})[number] = obj
    return found


def centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def side(box: Box) -> float:
    return math.sqrt((box[2] - box[0]) * (box[3] - box[1]))


def overlap(a: Box, b: Box) -> float:
    """The common area as a part of the smaller box."""
    wide = max(min(a[2], b[2]) - max(a[0], b[0]), 0.0)
    high = max(min(a[3], b[3]) - max(a[1], b[1]), 0.0)
    return wide * high / min(side(a), side(b)) ** 2


def likeness(a: Box, b: Box) -> float:
    """The common area as a part of the united area."""
    common = overlap(a, b) * min(side(a), side(b)) ** 2
    return common / (side(a) ** 2 + side(b) ** 2 - common)


def distance(a: Box, b: Box) -> float:
    """The distance between the edges of two boxes."""
    wide = max(max(a[0], b[0]) - min(a[2], b[2]), 0.0)
    high = max(max(a[1], b[1]) - min(a[3], b[3]), 0.0)
    return math.hypot(wide, high)
