"""The backgrounds that the sticker model knows: what they are called and how they are painted."""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from flowzero_jax.lab.stickers import interiors, landscapes, skies, waters
from flowzero_jax.lab.stickers.skies import Look

Painter = Callable[[Generator, int, Look], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Background:
    """One background: a scene in one light and season.

    Attributes:
      name: What it is called in code and tables ("meadow at night").
      paint: `(rng, size, look) -> float32 [H W 3]` in 0..1.
      look: Its light and season.
      nouns: The scene's names with their article ("a meadow"); empty where only `tails` name it.
      prepositions: What may stand between a thing and the scene ("in").
      tails: What follows the scene's name ("at night"); "" where nothing need follow.
      adjectives: Words for the same as `tails`, before the noun ("snowy").
      weight: How often it is drawn, 1 for an ordinary one.
    """

    name: str
    paint: Painter
    look: Look
    nouns: tuple[str, ...]
    prepositions: tuple[str, ...]
    tails: tuple[str, ...] = ("",)
    adjectives: tuple[str, ...] = ()
    weight: float = 1.0


# Look -> (suffix of the name, tails, adjectives).
_LOOKS: dict[str, tuple[Look, tuple[str, ...], tuple[str, ...]]] = {
    "day": (Look(), ("",) * 8 + ("by day", "during the day", "in summer", "on a sunny day"), ()),
    "night": (Look("night"), ("at night", "at night", "by night", "at midnight"), ("dark",)),
    "sunset": (
        Look("sunset"),
        ("at sunset", "at sunset", "at dusk", "in the evening", "at sunrise"),
        (),
    ),
    "rain": (Look("rain"), ("in the rain", "in the rain", "on a rainy day"), ("rainy",)),
    "winter": (Look("day", "winter"), ("in winter", "in the snow"), ("snowy", "wintry")),
    "autumn": (Look("day", "autumn"), ("in autumn", "in autumn", "in fall"), ("autumn",)),
    "spring": (Look("day", "spring"), ("in spring",), ("spring",)),
}

# Scene -> (painter, nouns, prepositions, looks).
_SCENES: dict[str, tuple[Painter, tuple[str, ...], tuple[str, ...], str]] = {
    "meadow": (
        landscapes.meadow,
        ("a meadow", "a meadow", "a green meadow", "a grassy field", "a field", "the grass"),
        ("in", "in", "on", "over"),
        "day night sunset rain winter autumn spring",
    ),
    "hills": (
        landscapes.hills,
        ("green hills", "rolling hills", "the hills", "a valley"),
        ("in", "over", "in front of"),
        "day night sunset winter autumn",
    ),
    "forest": (
        landscapes.forest,
        ("a forest", "a forest", "the woods", "a jungle"),
        ("in", "in", "through", "over"),
        "day night rain winter autumn",
    ),
    "park": (
        landscapes.park,
        ("a park", "a park", "a garden"),
        ("in",),
        "day night rain winter autumn spring",
    ),
    "mountains": (
        landscapes.mountains,
        ("mountains", "the mountains", "high mountains", "a mountain landscape"),
        ("in", "over", "in front of"),
        "day night sunset winter",
    ),
    "desert": (
        landscapes.desert,
        ("a desert", "desert dunes", "sand dunes", "the desert"),
        ("in", "over", "on"),
        "day night sunset",
    ),
    "beach": (
        waters.beach,
        ("a beach", "a beach", "a sandy beach", "the shore"),
        ("on", "on", "at", "over"),
        "day night sunset rain",
    ),
    "sea": (
        waters.sea,
        ("the sea", "the ocean", "ocean waves", "the waves", "the water"),
        ("on", "over", "above"),
        "day night sunset rain",
    ),
    "lake": (
        waters.lake,
        ("a lake", "a lake", "a pond", "a river"),
        ("on", "on", "in", "over"),
        "day night sunset winter autumn",
    ),
    "city": (
        landscapes.city,
        ("a city", "a city", "a city skyline", "a town"),
        ("in", "over", "above", "in front of"),
        "day night sunset rain winter",
    ),
    "road": (
        landscapes.road,
        ("a road", "a road", "a street", "a highway"),
        ("on", "on", "along", "over"),
        "day night sunset rain winter autumn",
    ),
}


def _cloudy(rng: Generator, size: int, look: Look) -> np.ndarray:
    return skies.sky(rng, size, look, 1.0, rng.uniform(0.6, 1.0))


def _clear(rng: Generator, size: int, look: Look) -> np.ndarray:
    return skies.sky(rng, size, look, 1.0, 0.0)


def _rain(rng: Generator, size: int, look: Look) -> np.ndarray:
    return skies.finish(rng, skies.sky(rng, size, look), look)


def _snow(rng: Generator, size: int, look: Look) -> np.ndarray:
    picture = landscapes.hills(rng, size, look)
    skies.add_snowfall(rng, picture)
    return picture


def _colored(name: str) -> Painter:
    return functools.partial(interiors.plain, name=name)


def _single() -> list[Background]:
    """The backgrounds that are not a scene in several looks."""
    day, night = Look(), Look("night")
    under = ("under", "in")
    make = Background
    result = [
        make("cloudy sky", _cloudy, day, ("a cloudy sky", "a cloudy sky", "a sky with clouds",
             "the clouds", "the sky"), (*under, "against"), weight=2),
        make("clear sky", _clear, day, ("a blue sky", "a clear sky", "a clear blue sky"),
             (*under, "against")),
        make("starry night sky", _clear, night, ("a starry night sky", "a starry night sky",
             "a starry sky", "a night sky", "the night sky", "the stars"), (*under, "against"),
             weight=2),
        make("sunset sky", _clear, Look("sunset"), ("a sunset", "a sunset sky", "an evening sky",
             "a colorful sunset", "a sunrise"), (*under, "against"), weight=1.5),
        make("rainy sky", _rain, Look("rain"), ("a rainy sky", "a gray sky", "the rain", "a storm"),
             under, weight=1.5),
        make("snow", _snow, Look("day", "winter"), ("the snow", "a snowy landscape",
             "a snowy field", "falling snow"), ("in",), weight=2),
        make("flower field", landscapes.flower_field, Look("day", "spring"), ("a field of flowers",
             "a flower field", "a flower meadow", "a flower garden"), ("in", "over"), weight=1.5),
        make("underwater", waters.underwater, day, ("the deep sea", "the sea", "the ocean",
             "a coral reef", "the water"), ("in", "under"), weight=2),
        make("space", interiors.space, day, ("space", "outer space", "a nebula", "a galaxy",
             "a colorful nebula", "the universe"), ("in", "through", "in front of"), weight=2),
        make("moon surface", interiors.moon_surface, night, ("the surface of the moon",
             "a moon landscape", "the moon"), ("on",)),
        make("room", interiors.room, day, ("a room", "a room", "a living room", "a kitchen"),
             ("in",)),
        make("room at night", interiors.room, night, ("a room", "a bedroom"), ("in",),
             ("at night",), ("dark",), 0.5),
        make("table", interiors.table, day, ("a table", "a wooden table", "a table top"), ("on",)),
        make("fire", interiors.fire, day, ("fire", "flames", "a fire", "a burning fire"),
             ("in", "in front of"), weight=0.7),
        make("plain background", interiors.plain, day, ("a plain background", "a plain background",
             "a simple background", "a plain studio background", "a wall"),
             ("on", "on", "against", "in front of"), weight=2),
    ]  # fmt: skip
    for name in (
        "white",
        "black",
        "gray",
        "red",
        "orange",
        "yellow",
        "green",
        "blue",
        "purple",
        "pink",
    ):
        nouns = (f"a {name} background".replace("a o", "an o"),)
        prepositions = ("on", "on", "against")
        result.append(
            make(f"{name} background", _colored(name), day, nouns, prepositions, weight=0.2)
        )
    return result


def _bare() -> list[Background]:
    """Words that name a light or a season and leave the scene open."""
    scenes = {
        "night": (landscapes.hills, ("at night",), "at night", 1.2),
        "day": (landscapes.hills, ("by day", "during the day", "on a sunny day"), "by day", 0.6),
        "sunset": (landscapes.hills, ("at sunset", "at dusk", "at sunrise"), "at sunset", 0.6),
        "rain": (landscapes.meadow, ("in the rain", "on a rainy day"), "in the rain", 0.6),
        "winter": (landscapes.meadow, ("in winter", "on a winter day"), "in winter", 1.0),
        "autumn": (landscapes.park, ("in autumn", "in fall", "on an autumn day"), "in autumn", 1.0),
        "spring": (landscapes.meadow, ("in spring", "on a spring day"), "in spring", 1.0),
        "summer": (landscapes.meadow, ("in summer", "on a summer day"), "in summer", 0.6),
    }
    result = []
    for key, (paint, tails, name, weight) in scenes.items():
        look = _LOOKS[key][0] if key in _LOOKS else Look()
        result.append(Background(name, paint, look, (), (), tails, (), weight))
    under = ("under water", "underwater")
    result.append(Background("under water", waters.underwater, Look(), (), (), under))
    return result


def _all() -> dict[str, Background]:
    result = [*_single(), *_bare()]
    for scene, (paint, nouns, prepositions, looks) in _SCENES.items():
        for key in looks.split():
            look, tails, adjectives = _LOOKS[key]
            if key != "day":
                nouns = tuple(noun.replace("green ", "") for noun in nouns)
            name = scene if key == "day" else f"{scene} {tails[0]}"
            weight = 2.0 if key == "day" else 0.8
            result.append(
                Background(name, paint, look, nouns, prepositions, tails, adjectives, weight)
            )
    return {background.name: background for background in result}


BACKGROUNDS: dict[str, Background] = _all()


def usable_phrases() -> list[str]:
    """Returns one phrase for every background, as a prompt would say it ("in a meadow")."""
    phrases = []
    for background in BACKGROUNDS.values():
        head = f"{background.prepositions[0]} {background.nouns[0]}" if background.nouns else ""
        phrases.append(f"{head} {background.tails[0]}".strip())
    return phrases


def paint_background(rng: Generator, name: str, size: int = 128) -> np.ndarray:
    """Paints a background, every time another one of its kind.

    Args:
      rng: Decides everything that varies.
      name: A key of `BACKGROUNDS`.
      size: Height and width in pixels.

    Returns:
      uint8 `[H W 3]`.
    """
    background = BACKGROUNDS[name]
    picture = background.paint(rng, size, background.look)
    return (255 * np.clip(picture, 0, 1) + 0.5).astype(np.uint8)
