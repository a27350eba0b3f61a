"""Reads where: regions of the frame, directions, relations."""

from dataclasses import dataclass

from flowzero_jax.planner.intent import Direction, RelationKind
from flowzero_jax.planner.words import lexicon
from flowzero_jax.planner.words.tables import word_set

_HORIZONTAL = {"left": -1, "right": 1, "leftmost": -1, "rightmost": 1, "left-hand": -1,
               "right-hand": 1}  # fmt: skip
_VERTICAL = {"top": -1, "upper": -1, "bottom": 1, "lower": 1, "uppermost": -1, "lowermost": 1,
             "topmost": -1}  # fmt: skip
_CENTRE = word_set("center centre middle")
_SIDE_NOUNS = word_set(
    "side edge corner hand part half end border portion third section quadrant area region margin "
    "most hand-side sides boundary"
)
_DIRECTIONS: dict[str, Direction] = {
    "left": (-1, 0), "leftward": (-1, 0), "leftwards": (-1, 0),
    "right": (1, 0), "rightward": (1, 0), "rightwards": (1, 0),
    "up": (0, -1), "upward": (0, -1), "upwards": (0, -1), "skyward": (0, -1), "skywards": (0, -1),
    "down": (0, 1), "downward": (0, 1), "downwards": (0, 1),
    "uphill": (1, -1), "downhill": (1, 1), "aloft": (0, -1),
}  # fmt: skip
_TO = word_set("to toward towards into onto")
_AT = word_set("on at in along near by around")
#: Prepositions that can stand before "the left of".
BEFORE_REGIONS = _TO | _AT | {"from"}
_INTENSIFIED = word_set(
    "next behind above below under before after away there here beside near now outside inside "
    "underneath"
)
_MANNERS = {
    ("up", "and", "down"): "bounce",
    ("left", "and", "right"): "swing",
    ("right", "and", "left"): "swing",
    ("back", "and", "forth"): "swing",
    ("to", "and", "fro"): "swing",
    ("from", "side", "to", "side"): "swing",
    ("side", "to", "side"): "swing",
    ("in", "circles"): "circle",
    ("in", "a", "circle"): "circle",
    ("around", "in", "circles"): "circle",
    ("around", "in", "a", "circle"): "circle",
    ("in", "a", "spiral"): "circle",
    ("in", "loops"): "circle",
    ("in", "a", "loop"): "circle",
    ("in", "a", "zigzag"): "zigzag",
    ("in", "zigzags"): "zigzag",
    ("in", "a", "zigzag", "pattern"): "zigzag",
    ("in", "a", "zigzag", "path"): "zigzag",
    ("in", "an", "arc"): "arc",
    ("in", "a", "high", "arc"): "arc",
    ("in", "a", "curve"): "arc",
    ("in", "a", "parabola"): "arc",
    ("in", "a", "straight", "line"): "straight",
}

_RELATIONS: tuple[tuple[str, RelationKind], ...] = (
    ("in the front of", "in_front_of"), ("to the front of", "in_front_of"),
    ("at the front of", "in_front_of"), ("in front of", "in_front_of"),
    ("in the front", "in_front_of"), ("to front of", "in_front_of"),
    ("to the behind of", "behind"), ("to the back of", "behind"), ("to back of", "behind"),
    ("at the back of", "behind"), ("in back of", "behind"), ("in the back of", "behind"),
    ("to the above of", "above"), ("on the top of", "on"), ("on top of", "on"),
    ("to the top of", "on"), ("at the top of", "on"), ("to top of", "on"),
    ("to the bottom of", "below"), ("at the bottom of", "below"), ("on the bottom of", "below"),
    ("at the foot of", "below"), ("next to", "next_to"), ("close to", "next_to"),
    ("adjacent to", "next_to"), ("parallel to", "next_to"), ("not far from", "next_to"),
    ("not far away from", "next_to"), ("near to", "next_to"), ("by the side of", "next_to"),
    ("at the side of", "next_to"), ("to the side of", "next_to"), ("side by side with", "next_to"),
    ("across from", "next_to"), ("together with", "with"), ("along with", "with"),
    ("left of", "left_of"), ("right of", "right_of"), ("in the middle of", "in"),
    ("in the center of", "in"), ("in the centre of", "in"), ("inside of", "in"),
    ("above", "above"), ("over", "above"), ("below", "below"), ("under", "below"),
    ("beneath", "below"), ("underneath", "below"), ("beside", "next_to"), ("besides", "next_to"),
    ("near", "next_to"), ("by", "next_to"), ("alongside", "next_to"), ("against", "next_to"),
    ("opposite", "next_to"), ("behind", "behind"), ("upon", "on"), ("atop", "on"), ("on", "on"),
    ("onto", "on"), ("in", "in"), ("inside", "in"), ("within", "in"), ("into", "in"),
    ("with", "with"), ("between", "in_front_of"), ("amid", "in"), ("among", "next_to"),
    ("amongst", "next_to"), ("at", "next_to"), ("around", "around"),
)  # fmt: skip


@dataclass(frozen=True)
class Region:
    """A part of the frame; `sided`: said as a place ("the left side"), not a bare "the left".

    `of_it`: said of a thing mentioned before ("its left"). `of`: "of ..." follows.
    """

    x: int | None
    y: int | None
    sided: bool
    of_it: bool = False
    of: bool = False

    @property
    def words(self) -> str:
        """The side in words: "to the left"."""
        return {-1: "to the left", 1: "to the right"}.get(self.x or 0, "on the side")

    @property
    def relation(self) -> RelationKind:
        """The relation that "the left side of" expresses."""
        if self.x:
            return "left_of" if self.x < 0 else "right_of"
        return "in" if not self.y else "above" if self.y < 0 else "below"


def read_region(words: list[str], i: int) -> tuple[Region, int] | None:
    """A region of the frame at `i`: "the upper left corner of the screen"."""
    of_it = words[i : i + 1] in (["its"], ["their"], ["his"], ["her"])
    if words[i : i + 1] in (["the"], ["its"], ["their"], ["his"], ["her"]):
        i += 1
    while words[i : i + 1] in (["far"], ["very"], ["extreme"], ["other"]):
        i += 1
    x = y = None
    found = sided = False
    while i < len(words):
        pieces = [words[i]] if words[i] in _HORIZONTAL else words[i].split("-")
        if not all(p in _HORIZONTAL or p in _VERTICAL or p in _CENTRE for p in pieces):
            break
        for piece in pieces:
            x = _HORIZONTAL.get(piece, x)
            y = _VERTICAL.get(piece, y)
            if piece in _CENTRE:
                x, y = (0 if x is None else x), (0 if y is None else y)
            sided |= piece not in _HORIZONTAL
        found = True
        i += 1
    if not found:
        return None
    while i < len(words) and words[i] in _SIDE_NOUNS:
        sided, i = True, i + 1
    end = _skip_of_frame(words, i)
    if end > i:
        return Region(x, y, True), end
    following = words[i] if i < len(words) else ""
    if following and following not in ("of", "'s") and _continues_noun(following):
        return None  # "the top shelf"
    return Region(x, y, sided, of_it, following == "of"), i


def _skip_of_frame(words: list[str], i: int) -> int:
    """The position after "of the screen", or `i`."""
    if i < len(words) and words[i] in lexicon.FRAME_NOUNS:
        return i + 1
    if i >= len(words) or words[i] not in ("of", "in"):
        return i
    j = i + 1
    while j < len(words) and words[j] in ("the", "this", "a", "video", "entire"):
        j += 1
    return j + 1 if j < len(words) and words[j] in lexicon.FRAME_NOUNS else i


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
    for phrase, manner in _MANNERS.items():
        if tuple(words[i : i + len(phrase)]) == phrase:
            return Path(i + len(phrase), manner=manner)
    word = words[i]
    if word in ("across", "through", "over") and _skip_of_frame(["of", *words[i + 1 :]], 0) > 0:
        return Path(i + _skip_of_frame(["of", *words[i + 1 :]], 0), crossing=True)
    if word == "from":
        found = read_region(words, i + 1)
        return found and Path(found[1], origin=found[0])
    crossing = _read_bare_crossing(words, i)
    if crossing:
        return crossing
    if word in _TO or words[i : i + 2] == ["on", "to"]:
        found = read_region(words, i + 1 + (word == "on"))
        if found is None:
            return None
        region, end = found
        bare = not region.sided and not region.of and not region.of_it
        if bare and region.y is None and region.x is not None:
            return Path(end, direction=(region.x, 0))
        return Path(end, goal=region)
    if word in _AT:
        found = read_region(words, i + 1)
        return found and Path(found[1], at=found[0])
    return _read_direction(words, i)


def _read_bare_crossing(words: list[str], i: int) -> Path | None:
    """ "left to right", "top to bottom"."""
    start = read_region(words, i)
    if start is None or start[0].of or words[start[1] : start[1] + 1] not in (["to"], ["towards"]):
        return None
    goal = read_region(words, start[1] + 1)
    if goal is None or goal[0].of:
        return None
    if words[i] in ("left", "right") and words[start[1] + 1] == "the" and goal[0].sided:
        return None
    return Path(goal[1], origin=start[0], goal=goal[0])


def _read_direction(words: list[str], i: int) -> Path | None:
    """Bare direction words and their sums: "up", "up and to the left", "down-right"."""
    x = y = 0
    j = i + 1 if words[i] == "diagonally" else i
    found = False
    while j < len(words):
        if words[j] == "diagonally":
            j += 1
            continue
        step = _direction_word(words, j)
        if step is None and found:  # "up and to the left"
            k = j + (words[j] in ("and", ",", "or"))
            k += words[k : k + 1] == ["then"] and 99
            if words[k : k + 2] in (["to", "the"], ["towards", "the"], ["toward", "the"]):
                region = read_region(words, k + 1)
                if region and not region[0].of and not region[0].sided and region[0].x:
                    step = (region[0].x, 0, region[1])
            elif k > j and k < len(words):
                step = _direction_word(words, k)
        if step is None or (x and step[0]) or (y and step[1]):
            break
        x, y, j, found = x + step[0], y + step[1], step[2], True
    if not found:
        return Path(i + 1, direction=(1, 1)) if words[i] == "diagonally" else None
    if words[i] == "diagonally" and not (x and y):
        x, y = x or 1, y or 1
    return Path(j, direction=(x, y))


def _direction_word(words: list[str], j: int) -> tuple[int, int, int] | None:
    if j >= len(words):
        return None
    word, following = words[j], words[j + 1] if j + 1 < len(words) else ""
    if word in ("left", "right") and following == "of":
        return None
    if word == "right" and following in _INTENSIFIED:
        return None
    place = words[j + 2 : j + 3] == ["front"] or words[j + 2 : j + 4] == ["the", "middle"]
    if word == "right" and following == "in" and place:  # "right in the middle"
        return None
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
    """A relation's preposition at `i` as (kind, whether it is a goal, end).

    "on the left of", "next to", "to the front of"; not yet the noun.
    """
    goal = words[i] in _TO
    start = i + 1 if words[i] in BEFORE_REGIONS else i
    region = read_region(words, start)
    if region and region[0].of and (start > i or words[i] in _HORIZONTAL) and region[0].x:
        return region[0].relation, goal, region[1] + 1
    for text, kind in _RELATIONS:
        pieces = text.split()
        if words[i : i + len(pieces)] == pieces:
            end = i + len(pieces)
            if end < len(words) and _skip_of_frame(["of", *words[end:]], 0) > 0:
                return None
            return kind, goal or text in ("into", "onto"), end
    return None
