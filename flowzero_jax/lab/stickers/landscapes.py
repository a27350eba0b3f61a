"""Procedural outdoor scenes for the sticker model, under any light and season.

Every scene is a function `(rng, size, look) -> float32 [H W 3]`, where a `Look` says which light
(day, night, sunset, rain) and which season the scene has. The lines that make a scene up are
random and run on past the frame's edges: a picture looks like a crop of a scene that can slide.
"""

import numpy as np
from numpy.random import Generator

from flowzero_jax.lab.stickers import textures as tx
from flowzero_jax.lab.stickers.skies import Look, finish, lit, sky

# Vegetation by season: a dark and a light end.
_GRASS = {
    "summer": ((0.38, 0.62, 0.24), (0.58, 0.77, 0.34)),
    "spring": ((0.50, 0.74, 0.34), (0.68, 0.84, 0.46)),
    "autumn": ((0.66, 0.54, 0.28), (0.80, 0.66, 0.36)),
    "winter": ((0.84, 0.89, 0.95), (0.93, 0.96, 0.99)),
}
_LEAVES = {
    "summer": ((0.16, 0.42, 0.20), (0.32, 0.58, 0.26)),
    "spring": ((0.93, 0.68, 0.78), (0.56, 0.76, 0.40)),
    "autumn": ((0.82, 0.36, 0.12), (0.93, 0.66, 0.20)),
    "winter": ((0.60, 0.70, 0.80), (0.76, 0.84, 0.90)),
}


def _ground(
    rng: Generator, size: int, look: Look, dark: tuple, light: tuple, rows: float, columns: float
) -> np.ndarray:
    """A lit surface between two colours, mottled."""
    low, high = tx.color(rng, dark), tx.color(rng, light)
    mottled = tx.clouds(rng, size, rows, columns)
    return lit(rng, tx.blend(low, high, tx.smoothstep(0.2, 0.8, mottled)), look)


def _leaves(rng: Generator, look: Look) -> np.ndarray:
    if look.season == "spring":  # Blossom or fresh green: their mixture would be gray.
        return tx.color(rng, _LEAVES["spring"][int(rng.random() < 0.5)], spread=0.04)
    return tx.color(rng, *_LEAVES[look.season], spread=0.05)


def _flowers(
    rng: Generator, picture: np.ndarray, look: Look, top: float, count: int, size: float
) -> None:
    paints = tx.rgb([(0.98, 0.98, 0.95), (0.98, 0.62, 0.75), (1, 0.85, 0.3), (0.72, 0.5, 0.9)])
    if look.light == "night":
        paints = paints * tx.rgb((0.5, 0.55, 0.75))
    elif look.light in ("sunset", "rain"):
        paints = paints * np.float32(0.85)
    part = (1.02 - top) / 3
    for row in range(3):
        grown = size * (0.6 + 0.4 * row)
        region = (-0.02, top + part * row, 1.02, top + part * (row + 1))
        tx.blobs(picture, rng, count // 3, (grown, 1.4 * grown), paints, region, sharp=2, flat=0.8)


def meadow(rng: Generator, size: int, look: Look) -> np.ndarray:
    """Grass to the horizon, a distant row of trees, some flowers in spring and summer."""
    horizon = rng.uniform(0.22, 0.45)
    picture = sky(rng, size, look, horizon)
    trees = tx.round_tops(rng, size, horizon + 0.02, 0.07, 11)
    tx.lay(picture, lit(rng, 0.9 * _leaves(rng, look), look), tx.below(trees, size))
    for depth in (0.0, 0.28, 0.6):
        line = tx.waves(rng, size, horizon + depth * (1 - horizon), 0.03, 1.2)
        grass = _ground(rng, size, look, *_GRASS[look.season], 9, 5)
        tx.lay(picture, grass * np.float32(1 - 0.10 * depth), tx.below(line, size))
    if look.season in ("spring", "summer"):
        count = 42 if look.season == "spring" else 20
        _flowers(rng, picture, look, horizon + 0.08, count, 0.011)
    return finish(rng, picture, look)


def flower_field(rng: Generator, size: int, look: Look) -> np.ndarray:
    """A field full of flowers."""
    horizon = rng.uniform(0.15, 0.35)
    picture = sky(rng, size, look, horizon)
    grass = _ground(rng, size, look, *_GRASS["spring"], 9, 5)
    tx.lay(picture, grass, tx.below(tx.waves(rng, size, horizon, 0.02, 1.0), size))
    _flowers(rng, picture, look, horizon + 0.02, 90, 0.020)
    return finish(rng, picture, look)


def hills(rng: Generator, size: int, look: Look) -> np.ndarray:
    """Rolling hills, one behind the other."""
    horizon = rng.uniform(0.30, 0.48)
    picture = sky(rng, size, look, horizon + 0.1)
    far = sky(rng, 8, look, 1.0, 0.0)[6, 0]
    for depth in (0.0, 0.33, 0.66, 1.0):
        line = tx.waves(rng, size, horizon + 0.5 * depth, 0.08, 0.9)
        grass = _ground(rng, size, look, *_GRASS[look.season], 5, 4)
        _, y = tx.grid(size)
        shadow = 1.06 - 0.45 * np.clip(y - line, 0, 0.4)
        hill = far + (grass * shadow[..., None] - far) * np.float32(0.5 + 0.5 * depth)
        tx.lay(picture, hill, tx.below(line, size))
    return finish(rng, picture, look)


def mountains(rng: Generator, size: int, look: Look) -> np.ndarray:
    """Snow-capped mountains behind a valley."""
    picture = sky(rng, size, look, 0.8, 0.4)
    _, y = tx.grid(size)
    far = sky(rng, 8, look, 1.0, 0.0)[6, 0]
    for depth, level in ((0.45, 0.70), (1.0, 0.86)):
        line = tx.peaks(rng, size, level, rng.uniform(0.40, 0.55) - 0.16 * depth, 3)
        relief = tx.clouds(rng, size, 6, 9)
        rock = tx.color(rng, (0.42, 0.45, 0.55), (0.50, 0.47, 0.50))
        stone = tx.shaded(rock, 0.75 + 0.5 * relief)
        deep = (0.30 if look.season == "winter" else 0.10) + 0.04 * rng.random()
        snow = 1 - tx.smoothstep(0.8 * deep, deep + 0.03, y - line + 0.12 * (relief - 0.5))
        tx.lay(stone, tx.rgb((0.95, 0.97, 1.0)), snow * (0.75 + 0.25 * relief))
        stone = lit(rng, stone, look)
        tx.lay(picture, far + (stone - far) * np.float32(depth), tx.below(line, size, 1.5))
    line = tx.waves(rng, size, rng.uniform(0.80, 0.88), 0.03, 1.2)
    tx.lay(picture, _ground(rng, size, look, *_GRASS[look.season], 8, 5), tx.below(line, size))
    return finish(rng, picture, look)


def forest(rng: Generator, size: int, look: Look) -> np.ndarray:
    """Rows of trees that grow darker towards the viewer, trunks, and a floor."""
    picture = sky(rng, size, look, 0.6, 0.0)
    x, _ = tx.grid(size)
    far = picture[size // 3, 0].copy()
    pointed = look.season == "winter" or (look.season == "summer" and rng.random() < 0.5)
    floor = rng.uniform(0.68, 0.82)
    for depth, count in ((0.35, 12), (0.6, 9), (0.9, 7)):
        base = floor - 0.10 + 0.10 * depth
        leaves = lit(rng, _leaves(rng, look) * (1.05 - 0.3 * depth), look)
        paint = far + (leaves - far) * np.float32(depth)
        if pointed:
            tops = tx.pointed_tops(rng, size, base, 0.62 - 0.12 * depth, count)
        else:
            tops = tx.round_tops(rng, size, base - 0.36 + 0.1 * depth, 0.12, count)
        shade = 0.82 + 0.36 * tx.clouds(rng, size, 7, 7)
        tx.lay(picture, tx.shaded(paint, shade), tx.below(tops, size))
        if not pointed:
            at = tx.positions(rng, count)[:, None]
            trunk = np.clip((0.010 + 0.012 * depth - np.abs(x - at)) * size + 0.5, 0, 1).max(0)
            bark = lit(rng, tx.color(rng, (0.30, 0.21, 0.15), (0.38, 0.29, 0.22)), look)
            under = tx.below(np.full(size, base - 0.24, np.float32), size, 6)
            tx.lay(picture, far + (bark - far) * np.float32(depth), trunk[None, :] * under)
    ground = {"summer": _GRASS["summer"], "spring": _GRASS["spring"], "winter": _GRASS["winter"]}
    stops = ground.get(look.season, ((0.62, 0.36, 0.16), (0.82, 0.55, 0.22)))
    line = tx.waves(rng, size, floor, 0.02, 1.5)
    tx.lay(picture, 0.85 * _ground(rng, size, look, *stops, 8, 5), tx.below(line, size))
    return finish(rng, picture, look)


def park(rng: Generator, size: int, look: Look) -> np.ndarray:
    """Lawn, a path and round trees in the season's colours."""
    horizon = rng.uniform(0.48, 0.60)
    picture = sky(rng, size, look, horizon, 0.3)
    x, y = tx.grid(size)
    far = tx.round_tops(rng, size, horizon - 0.08, 0.10, 9)
    tx.lay(picture, lit(rng, 0.92 * _leaves(rng, look), look), tx.below(far, size))
    line = tx.waves(rng, size, horizon + 0.02, 0.02, 1.1)
    lawn = _ground(rng, size, look, *_GRASS[look.season], 8, 5)
    tx.lay(picture, lawn, tx.below(line, size))
    at, base = tx.positions(rng, 4), horizon + 0.10
    trunk = np.clip((0.018 - np.abs(x - at[:, None])) * size + 0.5, 0, 1).max(0)
    bark = lit(rng, tx.color(rng, (0.38, 0.26, 0.18)), look)
    span = tx.below(np.full(size, base - 0.25, np.float32), size) * (y < base)
    tx.lay(picture, bark, trunk[None, :] * span)
    for center in at:
        paints = np.stack([lit(rng, _leaves(rng, look), look) for _ in range(3)])
        region = (center - 0.06, base - 0.40, center + 0.06, base - 0.22)
        tx.blobs(picture, rng, 5, (0.075, 0.10), paints, region, (0.9, 1.0), sharp=3)
    bend = tx.waves(rng, size, rng.uniform(0.74, 0.86), 0.05, 0.7)
    band = np.clip((0.055 - np.abs(y - bend)) * size + 0.5, 0, 1)
    path = lit(rng, tx.color(rng, (0.83, 0.76, 0.62), (0.76, 0.72, 0.66)), look)
    tx.lay(picture, path, band)
    if look.season == "autumn":
        paints = np.stack([lit(rng, _leaves(rng, look), look) for _ in range(6)])
        region = (-0.02, horizon + 0.08, 1.02, 1.02)
        tx.blobs(picture, rng, 40, (0.012, 0.02), paints, region, flat=0.6, sharp=2)
    return finish(rng, picture, look)


def desert(rng: Generator, size: int, look: Look) -> np.ndarray:
    """Sand dunes with a lit and a shaded side."""
    horizon = rng.uniform(0.30, 0.48)
    picture = sky(rng, size, look, horizon + 0.05, 0.0)
    _, y = tx.grid(size)
    for depth in (0.0, 0.3, 0.6, 0.95):
        line = tx.waves(rng, size, horizon + 0.52 * depth, 0.07, 0.8)
        sand = tx.color(rng, (0.94, 0.76, 0.46), (0.90, 0.70, 0.42))
        ripples = np.sin(2 * np.pi * (9 * (y - 0.6 * line) + 1.2 * tx.noise(rng, size, 2, 3)))
        bright = 1 + 0.05 * ripples - 0.40 * np.clip(y - line, 0, 0.35)
        dune = lit(rng, tx.shaded(sand, bright), look)
        tx.lay(picture, dune, tx.below(line, size))
        slip = tx.waves(rng, size, 0.10, 0.07, 1.3)
        shaded = tx.below(line, size) * (1 - tx.smoothstep(slip - 0.02, slip + 0.02, y - line))
        tx.lay(picture, dune * tx.rgb((0.80, 0.74, 0.72)), 0.7 * shaded)
    return picture


def road(rng: Generator, size: int, look: Look) -> np.ndarray:
    """A road across the frame with a dashed line, grass on both sides."""
    horizon = rng.uniform(0.32, 0.45)
    picture = sky(rng, size, look, horizon)
    x, y = tx.grid(size)
    trees = tx.round_tops(rng, size, horizon + 0.02, 0.09, 9)
    tx.lay(picture, lit(rng, _leaves(rng, look), look), tx.below(trees, size))
    flat = np.full(size, horizon, np.float32)
    tx.lay(picture, _ground(rng, size, look, *_GRASS[look.season], 8, 5), tx.below(flat, size))
    top, bottom = rng.uniform(0.55, 0.64), rng.uniform(0.86, 0.94)
    asphalt = _ground(rng, size, look, (0.36, 0.37, 0.40), (0.43, 0.44, 0.47), 4, 4)
    across = np.ones((1, size), np.float32)
    edge = np.clip((0.5 * (bottom - top) - np.abs(y - 0.5 * (top + bottom))) * size + 0.5, 0, 1)
    tx.lay(picture, asphalt, edge * across)
    line = lit(rng, tx.rgb((0.95, 0.93, 0.85)), look)
    for place in (top + 0.025, bottom - 0.03):
        tx.lay(
            picture, line, 0.8 * np.clip((0.008 - np.abs(y - place)) * size + 0.5, 0, 1) * across
        )
    dash = np.mod(5 * x + rng.random(), 1)
    dashed = tx.smoothstep(0.0, 0.08, dash) * (1 - tx.smoothstep(0.5, 0.58, dash))
    middle = np.clip((0.014 - np.abs(y - 0.5 * (top + bottom))) * size + 0.5, 0, 1)
    tx.lay(picture, line, middle * dashed)
    return finish(rng, picture, look)


def city(rng: Generator, size: int, look: Look) -> np.ndarray:
    """A skyline of two rows of buildings with windows, lit at night."""
    picture = sky(rng, size, look, 0.85, 0.4)
    x, y = tx.grid(size)
    far = sky(rng, 8, look, 1.0, 0.0)[6, 0]
    dark = look.light == "night"
    for depth, mean in ((0.45, 0.42), (1.0, 0.60)):
        count = int(rng.integers(5, 8))
        edges = np.concatenate([[-1], np.sort(tx.positions(rng, count)), [2]])
        which = np.searchsorted(edges, x[0])
        tops = mean + rng.uniform(-0.17, 0.17, count + 3)
        tones = np.stack(
            [
                tx.color(rng, (0.58, 0.60, 0.68), (0.72, 0.62, 0.55), (0.45, 0.53, 0.64))
                for _ in range(count + 3)
            ]
        )
        wall = lit(rng, tones, look) * np.float32(0.72 if dark else 1.0)
        wall = far + (wall - far) * np.float32(0.35 + 0.65 * depth)
        alpha = tx.below(tops[which].astype(np.float32), size)
        tx.lay(picture, wall[which][None].repeat(size, 0), alpha)
        if depth < 1 and not dark:
            continue
        rows, columns = (y - tops[which]) * 12, (x - edges[which]) * 12 - 0.2
        glass = tx.smoothstep(0.25, 0.45, np.mod(rows, 1)) * tx.smoothstep(
            0.25, 0.45, np.mod(columns, 1)
        )
        cells = rng.random((48, 64))
        cell = cells[np.clip(rows, 0, 47).astype(int), np.mod(columns.astype(int) + 7 * which, 64)]
        if dark:
            glow = tx.rgb((1.0, 0.84, 0.48))
            tx.lay(picture, glow, glass * alpha * (cell < 0.5) * (0.35 + 0.6 * depth))
        else:
            pane = lit(rng, tx.rgb((0.80, 0.89, 0.96)), look)
            if look.light in ("sunset", "rain"):
                lamps = glass * alpha * (cell < 0.35)
                tx.lay(picture, tx.rgb((1.0, 0.86, 0.55)), 0.8 * lamps)
            tx.lay(picture, pane, 0.6 * glass * alpha * (cell >= 0.35))
    street = np.full(size, rng.uniform(0.86, 0.92), np.float32)
    pavement = (0.72, 0.74, 0.78) if look.season == "winter" else (0.42, 0.43, 0.47)
    paved = lit(rng, tx.color(rng, pavement), look)
    tx.lay(picture, paved, tx.below(street, size))
    return finish(rng, picture, look)
