"""Procedural scenes without weather: space, the moon, a room, a table, fire, plain paper."""

import numpy as np
from numpy.random import Generator

from flowzero_jax.lab.stickers import textures as tx
from flowzero_jax.lab.stickers.skies import Look, add_stars, sky
from flowzero_jax.lab.stickers.vocabulary import COLORS


def space(rng: Generator, size: int, look: Look) -> np.ndarray:
    """A coloured nebula among stars."""
    picture = tx.vertical(
        size, tx.color(rng, (0.04, 0.03, 0.12)), tx.color(rng, (0.06, 0.04, 0.18))
    )
    hues = tx.rgb([(0.62, 0.20, 0.70), (0.15, 0.42, 0.80), (0.85, 0.28, 0.45), (0.10, 0.58, 0.60)])
    first, second = rng.choice(len(hues), 2, replace=False)
    for hue in (first, second):
        cloud = tx.smoothstep(0.40, 0.85, tx.clouds(rng, size, 3.5, 3.5))
        tx.lay(picture, hues[hue], 0.75 * cloud)
    add_stars(rng, picture, 1.0, 0.9)
    return picture


def moon_surface(rng: Generator, size: int, look: Look) -> np.ndarray:
    """Gray ground with craters under a black sky."""
    horizon = rng.uniform(0.35, 0.50)
    picture = tx.vertical(size, tx.rgb((0.02, 0.02, 0.05)), tx.rgb((0.05, 0.05, 0.10)))
    add_stars(rng, picture, horizon, 0.9)
    tone = tx.color(rng, (0.62, 0.62, 0.64), (0.56, 0.56, 0.60), spread=0.01)
    mottled = 0.85 + 0.3 * tx.clouds(rng, size, 7, 5)
    ground = tx.shaded(tone, mottled)
    for top, radius in ((horizon + 0.04, 0.03), (horizon + 0.2, 0.06)):
        state = rng.bit_generator.state
        region = (-0.05, top, 1.05, top + 0.3)
        tx.blobs(
            ground, rng, 7, (radius, 1.5 * radius), tone[None] * 1.25, region, flat=0.4, sharp=3
        )
        rng.bit_generator.state = state
        region = (-0.05, top + 0.008, 1.05, top + 0.308)
        inner = (0.8 * radius, 1.2 * radius)
        tx.blobs(ground, rng, 7, inner, tone[None] * 0.68, region, flat=0.4, sharp=3)
    line = tx.waves(rng, size, horizon, 0.025, 1.2)
    tx.lay(picture, ground, tx.below(line, size))
    return picture


def room(rng: Generator, size: int, look: Look) -> np.ndarray:
    """A wall with wide stripes and a window, a wooden floor."""
    x, y = tx.grid(size)
    wall = tx.color(
        rng, (0.93, 0.86, 0.74), (0.80, 0.87, 0.84), (0.90, 0.80, 0.80), (0.82, 0.85, 0.92)
    )
    stripe = tx.smoothstep(-0.3, 0.3, np.sin(2 * np.pi * (5 * x + rng.random())))
    striped = (1 - 0.06 * stripe) * np.ones((size, 1), np.float32)
    picture = tx.shaded(wall, striped)
    dark = look.light == "night"
    if dark:
        picture *= tx.rgb((0.62, 0.56, 0.58))
    left, top = rng.uniform(-0.1, 0.72), rng.uniform(0.10, 0.2)
    outside = sky(rng, size, look, 0.6)
    for grow, paint in ((0.022, tx.rgb((0.97, 0.96, 0.93))), (0.0, outside)):
        across = np.clip((0.16 + grow - np.abs(x - left - 0.16)) * size + 0.5, 0, 1)
        down = np.clip((0.19 + grow - np.abs(y - top - 0.19)) * size + 0.5, 0, 1)
        shown = paint * np.float32(0.7 if dark and paint.ndim == 1 else 1.0)
        tx.lay(picture, shown, across * down)
    floor = rng.uniform(0.66, 0.78)
    plank = np.floor((y - floor) * 13)
    wood = tx.color(rng, (0.66, 0.45, 0.28), (0.74, 0.55, 0.36))
    grain = 0.93 + 0.07 * np.mod(plank, 2) + 0.10 * (tx.noise(rng, size, 10, 3) - 0.5)
    boards = tx.shaded(wood, grain * np.float32(0.6 if dark else 1.0))
    tx.lay(picture, boards, tx.below(np.full(size, floor, np.float32), size))
    skirting = np.clip((0.014 - np.abs(y - floor)) * size + 0.5, 0, 1) * np.ones(
        (1, size), np.float32
    )
    tx.lay(picture, tx.rgb((0.95, 0.94, 0.91)) * (0.6 if dark else 1.0), skirting)
    return picture


def table(rng: Generator, size: int, look: Look) -> np.ndarray:
    """A wooden table top before a soft wall."""
    wall = tx.color(rng, (0.86, 0.88, 0.84), (0.80, 0.84, 0.90), (0.92, 0.86, 0.80))
    picture = tx.vertical(size, wall * np.float32(0.92), wall)
    tx.lay(
        picture,
        tx.rgb((1.0, 1.0, 1.0)),
        0.4 * tx.smoothstep(0.5, 0.9, tx.noise(rng, size, 2, 2)),
    )
    edge = rng.uniform(0.52, 0.68)
    _, y = tx.grid(size)
    wood = tx.color(rng, (0.60, 0.40, 0.24), (0.72, 0.52, 0.32))
    rings = np.sin(2 * np.pi * (7 * y + 1.6 * tx.noise(rng, size, 4, 2)))
    top = tx.shaded(wood, 1 + 0.09 * rings)
    tx.lay(picture, top, tx.below(np.full(size, edge, np.float32), size))
    return picture


def fire(rng: Generator, size: int, look: Look) -> np.ndarray:
    """Flames that rise from below."""
    _, y = tx.grid(size)
    heat = tx.clouds(rng, size, 3, 6) - 0.5 + 1.3 * (y - 0.35)
    picture = tx.vertical(size, tx.rgb((0.16, 0.04, 0.05)), tx.rgb((0.30, 0.06, 0.04)))
    tx.lay(picture, tx.color(rng, (0.84, 0.20, 0.05)), tx.smoothstep(-0.05, 0.2, heat))
    tx.lay(picture, tx.color(rng, (0.98, 0.55, 0.10)), tx.smoothstep(0.2, 0.45, heat))
    tx.lay(picture, tx.color(rng, (1.0, 0.86, 0.36)), tx.smoothstep(0.5, 0.8, heat))
    return picture


def plain(rng: Generator, size: int, look: Look, name: str | None = None) -> np.ndarray:
    """Soft paper of one colour; `name` is a colour word, None any pastel."""
    if name is None:
        base = np.clip(0.45 + 0.5 * rng.random(3, dtype=np.float32), 0, 1)
    elif name in ("white", "black", "gray"):
        base = tx.color(rng, COLORS[name], spread=0.01)
    else:
        base = 0.72 * tx.color(rng, COLORS[name], spread=0.02) + 0.24
    shade = 0.94 + 0.09 * tx.noise(rng, size, 2, 2)
    return tx.shaded(base, shade)
