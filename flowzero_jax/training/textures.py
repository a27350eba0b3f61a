"""Pieces of procedural pictures: gradients, smooth noise, ridges, soft edges, blobs.

A picture is float32 `[H W 3]` in 0..1; coordinates `x`, `y` run from 0 to 1 whatever the size, so
that a scene looks the same at every resolution. All structure is soft and at least two or three
pixels wide at 128x128: an autoencoder that reduces eight times must be able to keep it.
"""

import functools

import numpy as np
from numpy.random import Generator
from PIL import Image


@functools.cache
def grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns pixel centres `x [1 W]` and `y [H 1]` in 0..1."""
    centers = (np.arange(size, dtype=np.float32) + 0.5) / size
    centers.flags.writeable = False
    return centers[None, :], centers[:, None]


def color(rng: Generator, *stops: tuple[float, float, float], spread: float = 0.03) -> np.ndarray:
    """Returns a random mixture of colours `[3]`, varied a little (`spread` per channel)."""
    weights = rng.random(len(stops), dtype=np.float32) + 1e-3
    mixed = (weights / weights.sum()) @ np.asarray(stops, np.float32)
    varied = mixed + spread * (2 * rng.random(3, dtype=np.float32) - 1)
    return np.clip(varied, 0, 1)


def vertical(size: int, top: np.ndarray, bottom: np.ndarray, until: float = 1.0) -> np.ndarray:
    """Returns a picture that goes from `top` to `bottom`, reached at the height `until`."""
    _, y = grid(size)
    t = np.clip(y / until, 0, 1)
    rows = top + (bottom - top) * t
    return np.repeat(rows[:, None, :], size, axis=1)


def noise(rng: Generator, size: int, rows: float, columns: float) -> np.ndarray:
    """Returns smooth noise `[H W]`, about 0..1 around 0.5, with so many bumps down and across."""
    rows, columns = max(2, round(rows)), max(2, round(columns))
    cells = rng.random((rows + 2, columns + 2), dtype=np.float32)
    offset = rng.random(2)
    window = (
        0.5 + offset[0],
        0.5 + offset[1],
        0.5 + offset[0] + columns,
        0.5 + offset[1] + rows,
    )
    image = Image.fromarray(cells).resize((size, size), Image.Resampling.BICUBIC, box=window)
    return np.asarray(image)


def clouds(rng: Generator, size: int, rows: float, columns: float) -> np.ndarray:
    """Returns two octaves of `noise`, `[H W]`."""
    coarse = noise(rng, size, rows, columns)
    return 0.65 * coarse + 0.35 * noise(rng, size, 2.2 * rows, 2.2 * columns)


def smoothstep(low: float, high: float, value: np.ndarray) -> np.ndarray:
    """Returns 0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def lay(picture: np.ndarray, paint: np.ndarray, alpha: np.ndarray) -> None:
    """Lays a colour `[3]` or a picture `[H W 3]` over a picture, in place, with `alpha [H W]`."""
    picture += (paint - picture) * alpha[..., None]


def below(curve: np.ndarray, size: int, soft: float = 1.0) -> np.ndarray:
    """Returns the mask `[H W]` of what lies under a curve `[W]` of heights, soft over pixels."""
    _, y = grid(size)
    return np.clip((y - curve) * (size / soft) + 0.5, 0, 1)


def waves(rng: Generator, size: int, level: float, swing: float, bumps: float) -> np.ndarray:
    """Returns a rolling line `[W]` around a level, with about so many bumps across."""
    x, _ = grid(size)
    frequencies = bumps * np.array([0.6, 1.0, 1.9]) * (0.8 + 0.4 * rng.random(3))
    phases = rng.random(3)
    angles = 2 * np.pi * (frequencies[:, None] * x + phases[:, None])
    line = np.array([0.5, 0.35, 0.15]) @ np.sin(angles)
    return (level + swing * line).astype(np.float32)


def peaks(rng: Generator, size: int, level: float, height: float, count: int) -> np.ndarray:
    """Returns a jagged line `[W]`: peaks that reach up to `height` above a level."""
    x, _ = grid(size)
    knots = 2 * count + 3
    at = (np.arange(knots) - rng.random() + 0.3 * rng.uniform(-1, 1, knots)) / (knots - 2.5)
    up = np.where(np.arange(knots) % 2, rng.uniform(0.55, 1, knots), rng.uniform(0, 0.45, knots))
    return (level - height * np.interp(x[0], at, up)).astype(np.float32)


def positions(rng: Generator, count: int) -> np.ndarray:
    """Returns about evenly scattered places `[count]` across the frame and a bit beyond it."""
    return ((np.arange(count) + 0.8 * rng.random(count)) / count * 1.16 - 0.08).astype(np.float32)


def round_tops(rng: Generator, size: int, base: float, radius: float, count: int) -> np.ndarray:
    """Returns the upper edge `[W]` of a row of round tree crowns."""
    x, _ = grid(size)
    at = positions(rng, count)[:, None]
    radii = (radius * rng.uniform(0.7, 1.15, count))[:, None]
    lift = (radius * rng.uniform(0.0, 0.9, count))[:, None]
    inside = radii**2 - (x - at) ** 2
    tops = np.where(inside > 0, np.sqrt(np.maximum(inside, 0)) + lift, -0.2)
    return (base - tops.max(0)).astype(np.float32)


def pointed_tops(rng: Generator, size: int, base: float, height: float, count: int) -> np.ndarray:
    """Returns the upper edge `[W]` of a row of fir trees."""
    x, _ = grid(size)
    at = positions(rng, count)[:, None]
    heights = (height * rng.uniform(0.6, 1.1, count))[:, None]
    slope = 2.6 + 0.8 * rng.random()
    return (base - (heights - slope * np.abs(x - at)).max(0)).astype(np.float32)


def blobs(
    picture: np.ndarray,
    rng: Generator,
    count: int,
    radius: tuple[float, float],
    paints: np.ndarray,
    region: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0),
    strength: tuple[float, float] = (1.0, 1.0),
    flat: float = 1.0,
    sharp: float = 1.0,
) -> None:
    """Scatters soft round spots over a picture, in place.

    Args:
      picture: float32 `[H W 3]`.
      rng: Where they lie and what they look like.
      count: How many.
      radius: Smallest and largest radius, as fractions of the frame.
      paints: `[k 3]`; every spot takes one of them.
      region: `(x0, y0, x1, y1)` in which the centres lie.
      strength: Least and greatest opacity.
      flat: Height / width of a spot.
      sharp: 1 is a soft Gaussian spot, more has a flat top and a steeper edge.
    """
    size = picture.shape[0]
    x0, y0, x1, y1 = region
    draws = rng.random((count, 5), dtype=np.float32)
    xs = (x0 + (x1 - x0) * draws[:, 0]) * size
    ys = (y0 + (y1 - y0) * draws[:, 1]) * size
    radii = (radius[0] + (radius[1] - radius[0]) * draws[:, 2] ** 2) * size
    alphas = strength[0] + (strength[1] - strength[0]) * draws[:, 3]
    chosen = paints[(draws[:, 4] * len(paints)).astype(int)]
    across = np.arange(size, dtype=np.float32) + 0.5
    for x, y, r, alpha, paint in zip(xs, ys, radii, alphas, chosen, strict=True):
        reach_x, reach_y = int(2 * r + 2), int(2 * r * flat + 2)
        left, right = max(0, int(x) - reach_x), min(size, int(x) + reach_x + 1)
        top, bottom = max(0, int(y) - reach_y), min(size, int(y) + reach_y + 1)
        if left >= right or top >= bottom:
            continue
        square_x = ((across[left:right] - x) / r) ** 2
        square_y = ((across[top:bottom] - y) / (r * flat)) ** 2
        if sharp == 1.0:
            spot = np.outer(np.exp(-square_y), np.exp(-square_x)) * alpha
        else:
            spot = np.exp(-((square_y[:, None] + square_x) ** sharp)) * alpha
        part = picture[top:bottom, left:right]
        part += (paint - part) * spot[..., None]
