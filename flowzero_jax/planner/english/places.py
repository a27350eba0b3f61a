"""Reads where and when: regions, directions, relations, parts of the video (`phrases.toml`)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from flowzero_jax.planner.english.boundaries import word_at
from flowzero_jax.planner.intent import Direction, RelationKind, Spot
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


def _any(words: Iterable[str]) -> str:
    """A pattern of one of the words, the longest first."""
    return rf"(?:{'|'.join(sorted(words, key=len, reverse=True))})\b"


_SIDE = _any(_HORIZONTAL.keys() | _VERTICAL.keys() | _SIDES["centre"])
_NOUN, _TO = _any(_SIDES["nouns"]), _any(GRAMMAR["to"])
_FRAME = rf"(?:(?:the|this|a|video|entire) )*{_any(lexicon.FRAME_NOUNS)}"
_REGION = re.compile(
    rf"(?:(?P<own>{_any(GRAMMAR['owners'])}) |the )?(?:(?:far|very|extreme|other) )*"
    rf"(?P<sides>{_SIDE}(?:[ -]{_SIDE})*)(?P<noun>(?: {_NOUN})*)"
    rf"(?P<frame> {_any(lexicon.FRAME_NOUNS)}| (?:of|in) {_FRAME})?(?= |$)"
)
_DIRECTION = _any(_DIRECTIONS)
# Not "left of", "left side", "right behind", "up the hill": these are read with what follows.
_WAY = re.compile(
    rf"(?P<joint>(?:and|,|or) )?(?:diagonally )?(?P<to>{_TO} (?:the )?)?"
    rf"(?!(?:up|down) {_any(lexicon.DETERMINERS)})"
    rf"(?(to)|(?!right (?:{_any(GRAMMAR['intensified'])}|in (?:the )?(?:front|middle))))"
    rf"(?P<way>{_DIRECTION}(?:-{_DIRECTION})?)(?= |$)(?! (?:of\b|{_NOUN}))"
)
_CROSSING = re.compile(rf"(?:across|through|over) {_FRAME}(?= |$)")
_VIDEO = r"(?: of (?:the |this )?(?:video|clip|movie|film|scene|animation|footage|sequence|shot))?"
_IN = r"(?:in|during|for|throughout|within) (?:only )?(?:the )?"
_SPANS = tuple(
    (re.compile(rf"(?:only )?{pattern.replace('IN ', _IN)}{_VIDEO}(?: only)?(?= |$)"), span)
    for pattern, span in _LISTS["spans"].items()
)


@dataclass(frozen=True)
class Region:
    """A part of the frame.

    `of_it`: said of a thing mentioned before ("its left"). `of`: "of ..." follows.
    """

    x: int | None
    y: int | None
    of_it: bool = False
    of: bool = False

    @property
    def spot(self) -> Spot:
        return Spot(self.x, self.y)

    @property
    def relation(self) -> RelationKind:
        """The relation that "the left side of" expresses."""
        if self.x:
            return "left_of" if self.x < 0 else "right_of"
        return "in" if not self.y else "above" if self.y < 0 else "below"


def read_region(words: list[str], i: int) -> tuple[Region, int] | None:
    """A region of the frame at `i`: "the upper left corner of the screen"."""
    match = _REGION.match(" ".join(words[i : i + 14]))
    if match is None:
        return None
    x = y = None
    for piece in re.split(r" |-(?!hand\b)", match["sides"]):
        x, y = _HORIZONTAL.get(piece, x), _VERTICAL.get(piece, y)
        if piece in _SIDES["centre"]:
            x, y = (0 if x is None else x), (0 if y is None else y)
    end = i + len(match[0].split())
    return Region(x, y, bool(match["own"]), word_at(words, end) == "of"), end


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
    def region(self) -> Region | None:
        """The region, if it is one of something: "the left of" a tree, "its left"."""
        regions = [r for r in (self.origin, self.goal, self.at) if r is not None]
        return next((region for region in regions if region.of or region.of_it), None)


def read_path(words: list[str], i: int) -> Path | None:
    """A direction or place at `i`: "upwards", "from the left", "on the right", "in circles"."""
    manner = longest(_LISTS["manners"], words, i)
    if manner is not None:
        return Path(manner[1], manner=manner[0])
    across = _CROSSING.match(" ".join(words[i : i + 6]))
    if across:
        return Path(i + len(across[0].split()), crossing=True)
    path = _read_crossing(words, i) or _read_direction(words, i)
    if path is not None:
        return path
    i += words[i : i + 2] == ["on", "to"]
    word, found = words[i], read_region(words, i + 1)
    if found is None or word not in BEFORE_REGIONS:
        return None
    region, end = found
    if word == "from":
        return Path(end, origin=region)
    return Path(end, goal=region) if word in GRAMMAR["to"] else Path(end, at=region)


def _read_crossing(words: list[str], i: int) -> Path | None:
    """ "left to right", "top to bottom"."""
    start = read_region(words, i)
    if start is None or start[0].of or word_at(words, start[1]) not in ("to", "towards"):
        return None
    goal = read_region(words, start[1] + 1)
    if goal is None or goal[0].of:
        return None
    return Path(goal[1], origin=start[0], goal=goal[0])


def _read_direction(words: list[str], i: int) -> Path | None:
    """Direction words and their sums: "up", "up and to the left", "down-right", "to the left"."""
    diagonal = words[i] == "diagonally"
    x, y, end = 0, 0, i
    while match := _WAY.match(" ".join(words[end : end + 9])):
        steps = [_DIRECTIONS[word] for word in match["way"].split("-")]
        dx, dy = (sum(step[axis] for step in steps) for axis in (0, 1))
        if (match["joint"] and end == i) or (x and dx) or (y and dy):
            break
        x, y, end = x + dx, y + dy, end + len(match[0].split())
    if diagonal and not (x and y):
        return Path(max(end, i + 1), direction=(x or 1, y or 1))
    return Path(end, direction=(x, y)) if x or y else None


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
    if relation is None or re.match(_FRAME, " ".join(words[relation[1] :])):
        return None
    return cast(RelationKind, relation[0]), goal, relation[1]


def read_time(words: list[str], i: int) -> tuple[tuple[float, float], bool, int] | None:
    """A part of the video at `i` as (span, whether it says "only", end)."""
    text = " ".join(words[i : i + 14])
    for pattern, span in _SPANS:
        match = pattern.match(text)
        if match:
            end = i + len(match[0].split())
            if word_at(words, end) == "of":
                return None  # "at the end of the road"
            start, stop = (float(Fraction(part)) for part in span.split())
            return (start, stop), "only" in match[0].split(), end
    return None
