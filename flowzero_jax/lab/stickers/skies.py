"""Light and weather of the procedural scenes: skies, stars, clouds, rain and snow."""

import dataclasses
from typing import Literal

import numpy as np
from numpy.random import Generator

from flowzero_jax.lab.stickers import textures as tx

Light = Literal["day", "night", "sunset", "rain"]
Season = Literal["summer", "spring", "autumn", "winter"]


@dataclasses.dataclass(frozen=True)
class Look:
    """Light and season of a scene."""

    light: Light = "day"
    season: Season = "summer"


_WHITE = np.ones((1, 3), np.float32)
_STARS = np.array([(1, 1, 0.94), (0.86, 0.91, 1), (1, 0.93, 0.8)], np.float32)


def lit(rng: Generator, picture: np.ndarray, look: Look) -> np.ndarray:
    """Puts what was painted by daylight into the light of a look."""
    if look.light == "night":
        return picture * tx.rgb((0.27, 0.33, 0.50)) + tx.rgb((0.015, 0.03, 0.085))
    if look.light == "sunset":
        return picture * tx.rgb((0.88, 0.62, 0.58)) + tx.rgb((0.10, 0.03, 0.05))
    if look.light == "rain":
        gray = picture.mean(-1, keepdims=True)
        return (0.5 * picture + 0.5 * gray) * tx.rgb((0.70, 0.74, 0.80)) + np.float32(0.06)
    return picture * np.float32(rng.uniform(0.96, 1.03))


def add_stars(rng: Generator, picture: np.ndarray, bottom: float = 1.0, density: float = 1) -> None:
    """Adds stars as soft spots of two to four pixels at 128x128, in place."""
    count = round(rng.uniform(45, 75) * density * bottom)
    region = (-0.02, -0.02, 1.02, bottom)
    tx.blobs(picture, rng, count, (0.008, 0.016), _STARS, region, (0.55, 1.0))


def add_rain(rng: Generator, picture: np.ndarray) -> None:
    """Adds soft slanted streaks of rain, in place."""
    size = picture.shape[0]
    x, y = tx.grid(size)
    lanes = (x + rng.uniform(0.12, 0.25) * y) * 15 + rng.random()
    column = np.floor(lanes).astype(int)
    across = 1 - np.abs(2 * (lanes - column) - 1)
    starts, lengths = rng.random(64), rng.uniform(0.3, 0.6, 64)
    along = np.mod(y * 2.6 + starts[column], 1)
    lengths = lengths[column]
    streak = (
        tx.smoothstep(0.45, 0.9, across)
        * (along < lengths)
        * np.sin(np.pi * np.minimum(along / lengths, 1))
    )
    tx.lay(picture, tx.rgb((0.86, 0.90, 0.96)), 0.40 * streak.astype(np.float32))


def add_snowfall(rng: Generator, picture: np.ndarray) -> None:
    """Adds falling flakes, in place."""
    tx.blobs(picture, rng, 45, (0.008, 0.018), _WHITE, strength=(0.6, 0.95), sharp=1.5)


def finish(rng: Generator, picture: np.ndarray, look: Look) -> np.ndarray:
    """Adds what falls in front of everything: rain, or now and then snow in winter."""
    if look.light == "rain":
        add_rain(rng, picture)
    elif look.season == "winter" and rng.random() < 0.6:
        add_snowfall(rng, picture)
    return picture


def sky(
    rng: Generator, size: int, look: Look, horizon: float = 1.0, cloudy: float = 0.5
) -> np.ndarray:
    """Paints a sky down to the horizon, `cloudy` from 0 (clear) to 1 (many clouds)."""
    if look.light == "night":
        top = tx.color(rng, (0.03, 0.05, 0.17), (0.05, 0.05, 0.22))
        bottom = tx.color(rng, (0.12, 0.16, 0.38), (0.18, 0.15, 0.40))
        picture = tx.vertical(size, top, bottom, horizon)
        add_stars(rng, picture, horizon)
        return picture
    if look.light == "sunset":
        top = tx.color(rng, (0.38, 0.30, 0.58), (0.52, 0.32, 0.55), (0.30, 0.36, 0.62))
        middle = tx.color(rng, (0.96, 0.52, 0.42), (0.93, 0.46, 0.50))
        bottom = tx.color(rng, (1.0, 0.78, 0.42), (1.0, 0.70, 0.36))
        picture = tx.vertical(size, top, middle, 0.55 * horizon)
        _, y = tx.grid(size)
        glow = tx.smoothstep(0.5 * horizon, horizon, y) * np.ones((1, size), np.float32)
        tx.lay(picture, bottom, glow)
        bands = tx.clouds(rng, size, 7, 2.5)
        tx.lay(picture, tx.color(rng, (0.78, 0.36, 0.46)), 0.6 * tx.smoothstep(0.55, 0.75, bands))
        return picture
    if look.light == "rain":
        top = tx.color(rng, (0.40, 0.45, 0.52), (0.46, 0.49, 0.56))
        bottom = tx.color(rng, (0.64, 0.68, 0.73), (0.58, 0.63, 0.70))
        picture = tx.vertical(size, top, bottom, horizon)
        veil = tx.smoothstep(0.4, 0.7, tx.clouds(rng, size, 4, 2.5))
        tx.lay(picture, tx.rgb((0.36, 0.40, 0.47)), 0.6 * veil)
        return picture
    if look.season == "winter":
        top = tx.color(rng, (0.52, 0.67, 0.84), (0.60, 0.70, 0.83))
        bottom = tx.color(rng, (0.80, 0.87, 0.94), (0.84, 0.87, 0.92))
    else:
        top = tx.color(rng, (0.30, 0.58, 0.92), (0.40, 0.66, 0.93), (0.34, 0.66, 0.88))
        bottom = tx.color(rng, (0.70, 0.86, 0.97), (0.80, 0.90, 0.96))
    picture = tx.vertical(size, top, bottom, horizon)
    if cloudy > 0:
        add_clouds(rng, picture, cloudy, max(horizon, 0.3))
    return picture


def add_clouds(rng: Generator, picture: np.ndarray, cloudy: float, bottom: float) -> None:
    """Adds white clouds with a shaded underside down to the height `bottom`, in place."""
    size = picture.shape[0]
    _, y = tx.grid(size)
    scale = rng.uniform(0.85, 1.2)
    density = tx.clouds(rng, size, 4.5 * scale, 2.6 * scale)
    low = 0.62 - 0.16 * cloudy
    fade = 1 - tx.smoothstep(0.65 * bottom, 1.05 * bottom, y) * (bottom < 1)
    cover = tx.smoothstep(low, low + 0.14, density) * fade
    lower = np.roll(density, round(0.045 * size), axis=0)
    shade = tx.smoothstep(-0.10, 0.14, density - lower)
    white, gray = tx.rgb((0.98, 0.985, 1.0)), tx.rgb((0.81, 0.855, 0.91))
    tx.lay(picture, tx.blend(white, gray, shade), 0.95 * cover)
