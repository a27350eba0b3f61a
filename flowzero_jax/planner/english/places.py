"""Reads where and when: regions, directions, relations, parts of the video (`phrases.toml`)."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from flowzero_jax.planner.english.boundaries import word_at
from flowzero_jax.planner.intent import Direction, RelationKind
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import GRAMMAR, load, longest, word_set

_LISTS = load("phrases")
_SIDES = {name: word_set(text) for name, text in _LISTS["sides"].items()}
_HORIZONTAL = dict.fromkeys(_SIDES["left"], -1) | dict.fromkeys(_SIDES["right"], 1)
_VERTICAL = dict.fromkeys(_SIDES["top"], -1) | dict.fromkeys(_SIDES["bottom"], 1)
_DIRECTIONS: dict[str, Direction] = {
    word: cast(Direction, tuple(map(int, way.split())))
    for way, text in _LISTS["directions"].items()
    for word in text.split()
}
#: Prepositions that can stand before "the left of".
BEFORE_REGIONS = GRAMMAR["to"] | GRAMMAR["at"] | {"from"}


_VIDEO = r"(?: of (?:the |this )?(?:video|clip|movie|film|scene|animation|footage|sequence|shot))?"
_IN = r"(?:in|during|for|throughout|within) (?:only )?(?:the )?"
_SPANS = tuple(
    (re.compile(rf"(?:only )?{pattern.replace('IN ', _IN)}{_VIDEO}(?: only)?(?= |$)"), span)
    for pattern, span in _LISTS["spans"].items()
)


@dataclass(frozen=True)
class Region:
    """A part of the frame; `sided`: said as a place ("the left side"), not a bare "the left".

    `of_it`: said of a thing mentioned before ("its left"). `of`: "of ..." follows.
    """

    x: int | None
    y: int | None
    sided: bool = True
    of_it: bool = False
    of: bool = False

    @property
    def words(self) -> str:
        """The side in words: "to the left of"."""
        return {-1: "to the left of", 1: "to the right of"}.get(self.x or 0, "on the side of")

    @property
    def relation(self) -> RelationKind:
        """The relation that "the left side of" expresses."""
        if self.x:
            return "left_of" if self.x < 0 else "right_of"
        return "in" if not self.y else "above" if self.y < 0 else "below"


def read_region(words: list[str], i: int) -> tuple[Region, int] | None:
    """A region of the frame at `i`: "the upper left corner of the screen"."""
    of_it = word_at(words, i) in GRAMMAR["owners"]
    i += of_it or word_at(words, i) == "the"
    while word_at(words, i) in ("far", "very", "extreme", "other"):
        i += 1
    start, pieces = i, []
    while (split := _sides_of(word_at(words, i))) is not None:
        pieces += split
        i += 1
    if i == start:
        return None
    x, y = _coordinates(pieces)
    sided = any(piece not in _HORIZONTAL for piece in pieces)
    while word_at(words, i) in _SIDES["nouns"]:
        sided, i = True, i + 1
    end = _skip_of_frame(words, i)
    if end > i:
        return Region(x, y), end
    following = word_at(words, i)
    if following not in ("", "of", "'s") and _continues_noun(following):
        return None  # "the top shelf"
    return Region(x, y, sided, of_it, following == "of"), i


def _sides_of(word: str) -> list[str] | None:
    """The sides that a word names, "bottom-left" two; None if it names none."""
    pieces = [word] if word in _HORIZONTAL else word.split("-")
    known = _HORIZONTAL.keys() | _VERTICAL.keys() | _SIDES["centre"]
    return pieces if known.issuperset(pieces) else None


def _coordinates(pieces: list[str]) -> tuple[int | None, int | None]:
    x = y = None
    for piece in pieces:
        x, y = _HORIZONTAL.get(piece, x), _VERTICAL.get(piece, y)
        if piece in _SIDES["centre"]:
            x, y = (0 if x is None else x), (0 if y is None else y)
    return x, y


def _skip_of_frame(words: list[str], i: int) -> int:
    """The position after "of the screen", or `i`."""
    if word_at(words, i) in lexicon.FRAME_NOUNS:
        return i + 1
    if word_at(words, i) not in ("of", "in"):
        return i
    j = i + 1
    while word_at(words, j) in ("the", "this", "a", "video", "entire"):
        j += 1
    return j + 1 if word_at(words, j) in lexicon.FRAME_NOUNS else i


def is_frame(words: list[str], i: int) -> int:
    """The position after "the screen" at `i`, or 0."""
    return _skip_of_frame(["of", *words[i:]], 0) and i - 1 + _skip_of_frame(["of", *words[i:]], 0)


def _continues_noun(word: str) -> bool:
    return not (
        word in lexicon.FUNCTION_WORDS or lexicon.is_adverb(word) or word.endswith(("ing", "s"))
    )


@dataclass(frozen=True)
class Path:
    """A phrase of motion or place: exactly one of the fields is set, a crossing sets two."""

    end: int
    direction: Direction | None = None
    origin: Region | None = None
    goal: Region | None = None
    at: Region | None = None
    manner: str = ""
    crossing: bool = False

    @property
    def of(self) -> bool:
        """Whether its region is one of something: "the left of" a tree."""
        return any(r is not None and r.of for r in (self.origin, self.goal, self.at))


def read_path(words: list[str], i: int) -> Path | None:
    """A direction or place at `i`: "upwards", "from the left", "on the right", "in circles"."""
    manner = longest(_LISTS["manners"], words, i)
    if manner is not None:
        return Path(manner[1], manner=manner[0])
    word = words[i]
    if word in ("across", "through", "over") and is_frame(words, i + 1):
        return Path(is_frame(words, i + 1), crossing=True)
    if word == "from":
        found = read_region(words, i + 1)
        return found and Path(found[1], origin=found[0])
    crossing = _read_bare_crossing(words, i)
    if crossing:
        return crossing
    if word in GRAMMAR["to"] or words[i : i + 2] == ["on", "to"]:
        return _read_goal(words, i + 1 + (word == "on"))
    if word in GRAMMAR["at"]:
        found = read_region(words, i + 1)
        return found and Path(found[1], at=found[0])
    return _read_direction(words, i)


def _read_goal(words: list[str], i: int) -> Path | None:
    """After "to": a place, or a direction as in "to the left"."""
    found = read_region(words, i)
    if found is None:
        return None
    region, end = found
    bare = not region.sided and not region.of and not region.of_it
    if bare and region.y is None and region.x is not None:
        return Path(end, direction=(region.x, 0))
    return Path(end, goal=region)


def _read_bare_crossing(words: list[str], i: int) -> Path | None:
    """ "left to right", "top to bottom"."""
    start = read_region(words, i)
    if start is None or start[0].of or word_at(words, start[1]) not in ("to", "towards"):
        return None
    goal = read_region(words, start[1] + 1)
    if goal is None or goal[0].of:
        return None
    if words[i] in ("left", "right") and word_at(words, start[1] + 1) == "the" and goal[0].sided:
        return None
    return Path(goal[1], origin=start[0], goal=goal[0])


def _read_direction(words: list[str], i: int) -> Path | None:
    """Bare direction words and their sums: "up", "up and to the left", "down-right"."""
    diagonal = words[i] == "diagonally"
    x = y = 0
    end = j = i + diagonal
    while True:
        step = _direction_word(words, j)
        if step is None and j > i + diagonal:
            step = _added_direction(words, j)
        if step is None or (x and step[0]) or (y and step[1]):
            break
        x, y, end = x + step[0], y + step[1], step[2]
        j = end + (word_at(words, end) == "diagonally")
    if not (x or y):
        return Path(end, direction=(1, 1)) if diagonal else None
    if diagonal and not (x and y):
        x, y = x or 1, y or 1
    return Path(end, direction=(x, y))


def _added_direction(words: list[str], j: int) -> tuple[int, int, int] | None:
    """ "and to the left" after "up"."""
    k = j + (word_at(words, j) in ("and", ",", "or"))
    if word_at(words, k) in GRAMMAR["to"] and word_at(words, k + 1) == "the":
        path = _read_goal(words, k + 1)
        return (*path.direction, path.end) if path and path.direction else None
    return _direction_word(words, k) if k > j else None


def _direction_word(words: list[str], j: int) -> tuple[int, int, int] | None:
    word, following = word_at(words, j), word_at(words, j + 1)
    if word in ("left", "right") and following == "of":
        return None
    middle = word_at(words, j + 2) == "front" or words[j + 2 : j + 4] == ["the", "middle"]
    if word == "right" and (following in GRAMMAR["intensified"] or (following == "in" and middle)):
        return None  # "right next to", "right in the middle"
    if word in ("up", "down") and following in lexicon.DETERMINERS:
        return None  # "down the road" is read with its noun
    if word in _DIRECTIONS:
        return (*_DIRECTIONS[word], j + 1)
    first, _, second = word.partition("-")
    if first in _DIRECTIONS and second in _DIRECTIONS:
        (ax, ay), (bx, by) = _DIRECTIONS[first], _DIRECTIONS[second]
        return ax + bx, ay + by, j + 1
    return None


def read_relation(words: list[str], i: int) -> tuple[RelationKind, bool, int] | None:
    """A relation in several words at `i` as (kind, whether it is a goal, end).

    "on the left of", "next to", "to the front of"; not yet the noun.
    """
    goal = words[i] in GRAMMAR["to"]
    start = i + (words[i] in BEFORE_REGIONS)
    found = read_region(words, start)
    if found and found[0].of and found[0].x and (start > i or words[i] in _HORIZONTAL):
        return found[0].relation, goal, found[1] + 1
    relation = longest(_LISTS["relations"], words, i)
    if relation is None or is_frame(words, relation[1]):
        return None
    return cast(RelationKind, relation[0]), goal, relation[1]


def read_time(words: list[str], i: int) -> tuple[tuple[float, float], bool, int] | None:
    """A part of the video at `i` as (span, whether it says "only", end)."""
    text = " ".join(words[i : i + 14])
    for pattern, span in _SPANS:
        match = pattern.match(text)
        if match:
            end = i + len(match[0].split())
            if words[end : end + 1] == ["of"]:
                return None  # "at the end of the road"
            start, stop = (float(Fraction(part)) for part in span.split())
            return (start, stop), "only" in match[0].split(), end
    return None
