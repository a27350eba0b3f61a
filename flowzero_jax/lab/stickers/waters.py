"""Procedural scenes of water: sea, lake, beach, under water."""

import numpy as np
from numpy.random import Generator

from flowzero_jax.lab.stickers import textures as tx
from flowzero_jax.lab.stickers.skies import Look, finish, lit, sky


def _water(rng: Generator, size: int, look: Look, horizon: float, calm: float) -> np.ndarray:
    """A surface of waves that grow towards the viewer; `calm` 1 is a lake, 0 the open sea."""
    _, y = tx.grid(size)
    if look.light == "night":
        deep, pale = (0.05, 0.10, 0.26), (0.16, 0.26, 0.46)
    elif look.light == "sunset":
        deep, pale = (0.36, 0.30, 0.50), (0.95, 0.62, 0.48)
    elif look.light == "rain":
        deep, pale = (0.30, 0.38, 0.45), (0.50, 0.58, 0.63)
    elif look.season == "winter":  # Thin ice.
        deep, pale = (0.52, 0.70, 0.82), (0.80, 0.90, 0.96)
    else:
        deep, pale = (0.08, 0.38, 0.62), (0.28, 0.64, 0.78)
    low, high = tx.color(rng, deep), tx.color(rng, pale)
    depth = np.clip((y - horizon) / (1 - horizon), 0, 1)
    wander = tx.noise(rng, size, 5, 4) + 0.5 * tx.noise(rng, size, 9, 8)
    rows = 11 * (1 - calm) + 14 * calm
    phase = rows * np.sqrt(depth + 0.02) * 0.8 + (1.5 - 0.7 * calm) * wander + rng.random()
    crest = 0.5 + 0.5 * np.sin(2 * np.pi * phase)
    lightness = 0.55 * (1 - depth) + (0.45 - 0.2 * calm) * crest * (0.4 + 0.6 * depth)
    picture = tx.blend(low, high, np.clip(lightness, 0, 1))
    foam = tx.smoothstep(0.80, 0.98, crest) * tx.smoothstep(0.45, 0.7, tx.noise(rng, size, 7, 7))
    white = lit(rng, tx.rgb((0.95, 0.98, 1.0)), look)
    tx.lay(picture, white, 0.6 * (1 - calm) * foam * (0.3 + 0.7 * depth))
    return picture


def sea(rng: Generator, size: int, look: Look) -> np.ndarray:
    """The open sea with waves, the sky above."""
    horizon = rng.uniform(0.22, 0.42)
    picture = sky(rng, size, look, horizon)
    flat = np.full(size, horizon, np.float32)
    tx.lay(picture, _water(rng, size, look, horizon, 0.0), tx.below(flat, size))
    return finish(rng, picture, look)


def lake(rng: Generator, size: int, look: Look) -> np.ndarray:
    """Calm water with a wooded shore behind."""
    horizon = rng.uniform(0.32, 0.46)
    picture = sky(rng, size, look, horizon)
    leaves = {"autumn": (0.80, 0.45, 0.16), "winter": (0.62, 0.72, 0.80)}
    shore = tx.color(rng, leaves.get(look.season, (0.24, 0.48, 0.26)), spread=0.05)
    tops = tx.round_tops(rng, size, horizon - 0.02, 0.09, 9)
    shade = 0.85 + 0.3 * tx.clouds(rng, size, 8, 8)
    tx.lay(picture, lit(rng, tx.shaded(shore, shade), look), tx.below(tops, size))
    line = tx.waves(rng, size, horizon + 0.02, 0.012, 1.5)
    water = _water(rng, size, look, horizon, 1.0)
    _, y = tx.grid(size)
    mirrored = tx.below(line, size) * (1 - tx.smoothstep(horizon, horizon + 0.22, y))
    tx.lay(water, lit(rng, 0.75 * shore, look), 0.5 * mirrored)
    tx.lay(picture, water, tx.below(line, size))
    return finish(rng, picture, look)


def beach(rng: Generator, size: int, look: Look) -> np.ndarray:
    """Sand, a line of foam, the sea and the sky."""
    horizon = rng.uniform(0.22, 0.34)
    coast = rng.uniform(0.50, 0.62)
    picture = sky(rng, size, look, horizon)
    flat = np.full(size, horizon, np.float32)
    tx.lay(picture, _water(rng, size, look, horizon, 0.35), tx.below(flat, size))
    line = tx.waves(rng, size, coast, 0.035, 1.0)
    foam = lit(rng, tx.rgb((0.97, 0.98, 1.0)), look)
    tx.lay(picture, foam, 0.9 * tx.below(line - 0.03, size, 2))
    low = tx.color(rng, (0.88, 0.76, 0.54), (0.93, 0.80, 0.58))
    mottled = 0.92 + 0.16 * tx.clouds(rng, size, 8, 5)
    sand = lit(rng, tx.shaded(low, mottled), look)
    wet = tx.smoothstep(0.0, 0.10, tx.grid(size)[1] - line)
    sand = sand * (0.80 + 0.20 * wet)[..., None]
    tx.lay(picture, sand.astype(np.float32), tx.below(line, size, 2))
    shells = np.stack([lit(rng, tx.color(rng, (0.98, 0.93, 0.85), (0.75, 0.6, 0.42)), look)])
    tx.blobs(picture, rng, 8, (0.010, 0.018), shells, (0, 0.7, 1, 1), sharp=2, flat=0.7)
    return finish(rng, picture, look)


def underwater(rng: Generator, size: int, look: Look) -> np.ndarray:
    """Blue depth with rays of light, bubbles and a sea floor with weed."""
    x, y = tx.grid(size)
    top = tx.color(rng, (0.30, 0.72, 0.86), (0.24, 0.62, 0.86))
    bottom = tx.color(rng, (0.02, 0.20, 0.44), (0.03, 0.28, 0.46))
    picture = tx.vertical(size, top, bottom)
    slant = rng.uniform(-0.4, 0.4)
    beam = np.interp(np.mod(x - slant * y, 1.0), np.linspace(0, 1, 13), _looped(rng, 12))
    rays = tx.smoothstep(0.45, 0.9, beam) * np.clip(1 - y / 0.85, 0, 1)
    tx.lay(picture, tx.rgb((0.75, 0.95, 1.0)), 0.32 * rays.astype(np.float32))
    floor = tx.waves(rng, size, rng.uniform(0.82, 0.92), 0.03, 1.2)
    stems = tx.positions(rng, 6)
    for stem, height in zip(stems, rng.uniform(0.12, 0.34, len(stems)), strict=True):
        swing = stem + 0.025 * np.sin(2 * np.pi * (3 * y + stem * 5))
        up = tx.smoothstep(0.0, 0.05, y - (0.92 - height))
        weed = np.clip((0.020 - np.abs(x - swing)) * size + 0.5, 0, 1) * up
        tx.lay(picture, tx.color(rng, (0.06, 0.42, 0.38), (0.10, 0.50, 0.34)), 0.8 * weed)
    sand = tx.color(rng, (0.46, 0.58, 0.58), (0.52, 0.56, 0.48))
    mottled = 0.85 + 0.3 * tx.clouds(rng, size, 8, 5)
    tx.lay(picture, tx.shaded(sand, mottled), tx.below(floor, size))
    pale = tx.rgb([(0.80, 0.95, 1.0)])
    tx.blobs(picture, rng, 14, (0.010, 0.022), pale, strength=(0.35, 0.7), sharp=2)
    return picture


def _looped(rng: Generator, count: int) -> np.ndarray:
    values = rng.random(count)
    return np.append(values, values[0])
