"""Sentences for pictures of stickers, as a planner would describe a frame.

A phrase names one sticker ("a red ball", the noun last, nothing prepositional); a caption names
all of them and the background, in many orders and wordings ("two dogs and a red ball on a beach",
"in a meadow, a cat", "a starry night sky").
"""

import dataclasses
from collections.abc import Sequence

from numpy.random import Generator

from flowzero_jax.lab.stickers.backgrounds import Background
from flowzero_jax.lab.stickers.phrasing import act, choose, opening, tail
from flowzero_jax.lab.stickers.vocabulary import NUMBER_WORDS, SYNONYMS, plural, with_article

_BIG, _SMALL = ("big", "large", "huge", "giant"), ("small", "little", "tiny")
_LOOKS = ("cute", "beautiful", "nice", "lovely", "funny", "cartoon", "happy", "lonely")
_ANYWHERE = ("in", "on", "over", "above", "across", "through", "near", "at")


@dataclasses.dataclass(frozen=True)
class Thing:
    """What the words of one sticker are made of.

    Attributes:
      noun: The vocabulary's noun.
      color: A colour word, or None.
      word: The noun as said here: `noun` or a synonym of it.
      adjective: A word without effect on the picture beyond the box ("small"), or "".
      spelling: How the colour is written where not as `color` ("grey"), or "".
      facing: The side that the sticker looks to, "left" or "right", or "" where it is not said.
    """

    noun: str
    color: str | None
    word: str
    adjective: str = ""
    spelling: str = ""
    facing: str = ""

    @property
    def words(self) -> str:
        """The noun with its adjectives, without article."""
        color = self.spelling or self.color
        return " ".join(part for part in (self.adjective, color, self.word) if part)

    @property
    def phrase(self) -> str:
        """The sticker's phrase ("a small red ball")."""
        return with_article(self.words)

    @property
    def facing_phrase(self) -> str:
        """What is said of the sticker's box ("a left-facing small red ball")."""
        return f"a {self.facing}-facing {self.words}" if self.facing else self.phrase


def name_thing(rng: Generator, noun: str, color: str | None, area: float) -> Thing:
    """Chooses the words for a sticker whose box covers `area` (0..1) of the frame."""
    word = noun
    if noun in SYNONYMS and rng.random() < 0.12:
        word = choose(rng, SYNONYMS[noun])
    adjective = ""
    chance = rng.random()
    if chance < 0.04:
        adjective = choose(rng, _LOOKS)
    elif chance < 0.09 and (area > 0.2 or area < 0.07):
        adjective = choose(rng, _BIG if area > 0.2 else _SMALL)
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
    tail = choose(rng, background.tails)
    if not background.nouns or (bare and tail):
        return tail
    noun = choose(rng, background.nouns)
    article, _, rest = noun.partition(" ")
    if background.adjectives and rng.random() < 0.25:
        adjective = choose(rng, background.adjectives)
        noun = f"the {adjective} {rest}" if article == "the" else f"{adjective} {noun}"
        if article == "a":
            noun = with_article(f"{adjective} {rest}")
        tail = ""
    elif article == "a" and rng.random() < 0.12:
        noun = f"the {rest}"
    if not preposition:
        return f"{noun} {tail}".rstrip()
    known = background.name.endswith("background") or rng.random() < 0.93
    return f"{choose(rng, background.prepositions if known else _ANYWHERE)} {noun} {tail}".rstrip()


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
    return choose(rng, ("below", "under") if dy > 0 else ("above", "over"))


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
    words = _sentence(rng, things, boxes, background, name_background)
    if rng.random() < 0.08:
        words = opening(rng, words)
    return words + tail(rng) if rng.random() < 0.12 else words


def _sentence(rng, things, boxes, background, name_background) -> str:
    """What things are where, and what they do."""
    if not things:
        return background_words(rng, background, preposition=False)
    order = list(rng.permutation(len(things)))
    several = len(things) > 1
    if len(things) == 2 and things[0].words != things[1].words and rng.random() < 0.15:
        first, second = order
        relation = _relation(rng, boxes[first], boxes[second])
        named = f"{things[first].phrase} {relation} {things[second].phrase}"
    else:
        named = _listing(_grouped([things[i] for i in order]))
    if rng.random() < 0.45:
        named = f"{named} {act(rng, several)}"
    if not name_background:
        return named
    bare = background.look.light != "day" or background.look.season != "summer"
    place = background_words(rng, background, True, bare=bare and rng.random() < 0.06)
    style = rng.random()
    if style < 0.10:
        return f"{place}, {named}"
    if style < 0.13:
        return f"{named}, {background_words(rng, background, False)}"
    return f"{named} {place}"
