"""Sentences for pictures of stickers, as a planner would describe a frame.

A phrase names one sticker ("a red ball", the noun last, nothing prepositional); a caption names
all of them and the background, in many orders and wordings ("two dogs and a red ball on a beach",
"in a meadow, a cat", "a starry night sky").
"""

import dataclasses
from collections.abc import Sequence

from numpy.random import Generator

from flowzero_jax.lab.stickers.backgrounds import Background
from flowzero_jax.lab.stickers.vocabulary import NUMBER_WORDS, SYNONYMS, plural, with_article

_BIG, _SMALL = ("big", "large", "huge", "giant"), ("small", "little", "tiny")
_LOOKS = ("cute", "beautiful", "nice", "lovely", "funny", "cartoon", "happy", "lonely")
_DOING = ("standing", "sitting", "walking", "running", "flying", "jumping", "moving", "sleeping")
_ANYWHERE = ("in", "on", "over", "above", "across", "through", "near", "at")
_OPENINGS = ("there is {}", "this is {}", "a picture of {}", "a photo of {}", "we see {}")


@dataclasses.dataclass(frozen=True)
class Thing:
    """What the words of one sticker are made of.

    Attributes:
      noun: The vocabulary's noun.
      color: A colour word, or None.
      word: The noun as said here: `noun` or a synonym of it.
      adjective: A word without effect on the picture beyond the box ("small"), or "".
      spelling: How the colour is written where not as `color` ("grey"), or "".
    """

    noun: str
    color: str | None
    word: str
    adjective: str = ""
    spelling: str = ""

    @property
    def words(self) -> str:
        """The noun with its adjectives, without article."""
        color = self.spelling or self.color
        return " ".join(part for part in (self.adjective, color, self.word) if part)

    @property
    def phrase(self) -> str:
        """The sticker's phrase ("a small red ball")."""
        return with_article(self.words)


def _choose(rng: Generator, options: Sequence[str]) -> str:
    return options[int(rng.random() * len(options))]


def name_thing(rng: Generator, noun: str, color: str | None, area: float) -> Thing:
    """Chooses the words for a sticker whose box covers `area` (0..1) of the frame."""
    word = noun
    if noun in SYNONYMS and rng.random() < 0.12:
        word = _choose(rng, SYNONYMS[noun])
    adjective = ""
    chance = rng.random()
    if chance < 0.04:
        adjective = _choose(rng, _LOOKS)
    elif chance < 0.09 and (area > 0.2 or area < 0.07):
        adjective = _choose(rng, _BIG if area > 0.2 else _SMALL)
    spelling = "grey" if color == "gray" and rng.random() < 0.3 else ""
    return Thing(noun, color, word, adjective, spelling)


def background_words(
    rng: Generator, background: Background, preposition: bool, bare: bool = False
) -> str:
    """Names a background ("in a meadow at night"; without preposition "a meadow at night").

    Args:
      rng: Chooses among the wordings.
      background: What to name.
      preposition: Whether a preposition stands before the scene's name.
      bare: Whether only its light or season is named ("at night"), where it has one.
    """
    tail = _choose(rng, background.tails)
    if not background.nouns or (bare and tail):
        return tail
    noun = _choose(rng, background.nouns)
    article, _, rest = noun.partition(" ")
    if background.adjectives and rng.random() < 0.25:
        adjective = _choose(rng, background.adjectives)
        noun = f"the {adjective} {rest}" if article == "the" else f"{adjective} {noun}"
        if article == "a":
            noun = with_article(f"{adjective} {rest}")
        tail = ""
    elif article == "a" and rng.random() < 0.12:
        noun = f"the {rest}"
    if not preposition:
        return f"{noun} {tail}".rstrip()
    known = background.name.endswith("background") or rng.random() < 0.93
    return f"{_choose(rng, background.prepositions if known else _ANYWHERE)} {noun} {tail}".rstrip()


def _listing(parts: Sequence[str]) -> str:
    """ "a cat, a dog and a bird"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _grouped(things: Sequence[Thing]) -> list[str]:
    """Things of the same words counted together: "two dogs"."""
    counts: dict[str, int] = {}
    for thing in things:
        counts[thing.words] = counts.get(thing.words, 0) + 1
    named = []
    for words, count in counts.items():
        if count == 1:
            named.append(with_article(words))
        else:
            before, _, last = words.rpartition(" ")
            named.append(f"{NUMBER_WORDS[count]} {before} {plural(last)}".replace("  ", " "))
    return named


def _relation(rng: Generator, first: Sequence[float], second: Sequence[float]) -> str:
    """How the first box lies to the second."""
    dx = (first[0] + first[2] - second[0] - second[2]) / 2
    dy = (first[1] + first[3] - second[1] - second[3]) / 2
    if rng.random() < 0.4:
        return "next to" if abs(dx) > abs(dy) else "near"
    if abs(dx) > abs(dy):
        return "to the right of" if dx > 0 else "to the left of"
    return _choose(rng, ("below", "under") if dy > 0 else ("above", "over"))


def caption(
    rng: Generator,
    things: Sequence[Thing],
    boxes: Sequence[Sequence[float]],
    background: Background,
    name_background: bool,
) -> str:
    """Describes a picture.

    Args:
      rng: Chooses among the wordings.
      things: The stickers, drawn in this order.
      boxes: Their boxes `(x0, y0, x1, y1)`.
      background: What is behind them.
      name_background: Whether the background is named; without things it always is.
    """
    if not things:
        scene = background_words(rng, background, preposition=False)
        return _choose(rng, _OPENINGS).format(scene) if rng.random() < 0.05 else scene
    order = list(rng.permutation(len(things)))
    if len(things) == 2 and things[0].words != things[1].words and rng.random() < 0.15:
        first, second = order
        relation = _relation(rng, boxes[first], boxes[second])
        named = f"{things[first].phrase} {relation} {things[second].phrase}"
        several = False
    else:
        groups = _grouped([things[i] for i in order])
        named = _listing(groups)
        several = len(things) > 1
    style = rng.random()
    if not name_background:
        return _choose(rng, _OPENINGS[2:]).format(named) if style < 0.06 else named
    bare = background.look.light != "day" or background.look.season != "summer"
    place = background_words(rng, background, True, bare=bare and rng.random() < 0.06)
    if style < 0.07:
        return f"{place}, {named}"
    if style < 0.12:
        return f"{named} {'are' if several else 'is'} {place}"
    if style < 0.15:
        return f"there {'are' if several else 'is'} {named} {place}"
    if style < 0.18:
        return f"{named}, {background_words(rng, background, False)}"
    if style < 0.20:
        return _choose(rng, _OPENINGS[2:]).format(f"{named} {place}")
    if style < 0.24 and not several:
        return f"{named} {_choose(rng, _DOING)} {place}"
    return f"{named} {place}"
