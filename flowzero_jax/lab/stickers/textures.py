"""Pieces of procedural pictures: gradients, smooth noise, ridges, soft edges, blobs.

A picture is float32 `[H W 3]` in 0..1, stored plane by plane (which numpy handles faster).
Coordinates `x`, `y` run from 0 to 1 whatever the size, so that a scene looks the same at every
resolution. All structure is soft and at least two or three pixels wide at 128x128: an autoencoder
that reduces eight times must be able to keep it.
"""

import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator


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


def rgb(channels: Sequence) -> np.ndarray:
    """Returns a colour `[3]`, or several, as float32."""
    return np.array(channels, np.float32)


def canvas(size: int) -> np.ndarray:
    """Returns an empty picture `[H W 3]`, stored plane by plane: numpy then works along rows."""
    return np.empty((3, size, size), np.float32).transpose(1, 2, 0)


def blend(low: np.ndarray, high: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Returns the picture that goes from colour `low` (t = 0) to `high` (t = 1), `t [H W]`."""
    picture = canvas(max(t.shape))
    for channel in range(3):
        picture[..., channel] = low[channel] + (high[channel] - low[channel]) * t
    return picture


def shaded(paint: np.ndarray, brightness: np.ndarray) -> np.ndarray:
    """Returns a colour `[3]` times a brightness `[H W]`, as a picture."""
    return blend(np.zeros(3, np.float32), paint, brightness)


def vertical(size: int, top: np.ndarray, bottom: np.ndarray, until: float = 1.0) -> np.ndarray:
    """Returns a picture that goes from `top` to `bottom`, reached at the height `until`."""
    _, y = grid(size)
    return blend(top, bottom, np.broadcast_to(np.clip(y / until, 0, 1), (size, size)))


_PHASES = 16
_THREADLESS = 200_000  # Multiplications in one product.


@functools.cache
def _cubic(size: int, bumps: int, phase: int) -> np.ndarray:
    """The matrix `[size bumps + 3]` of Catmull-Rom interpolation between random values."""
    at = (np.arange(size) + 0.5) / size * bumps + phase / _PHASES
    distance = np.abs(at[:, None] + 1 - np.arange(bumps + 4))
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    weights = np.where(distance < 1, near, np.where(distance < 2, far, 0))
    return weights.astype(np.float32)


def noise(rng: Generator, size: int, rows: float, columns: float) -> np.ndarray:
    """Returns smooth noise `[H W]`, about 0..1 around 0.5, with so many bumps down and across."""
    rows, columns = max(2, round(rows)), max(2, round(columns))
    cells = rng.random((rows + 4, columns + 4), dtype=np.float32)
    down, across = (rng.random(2) * _PHASES).astype(int)
    strips = _cubic(size, rows, int(down)) @ cells
    spread = _cubic(size, columns, int(across)).T
    # In pieces so small that BLAS starts no threads for them: the work is shared by processes.
    step = max(1, _THREADLESS // spread.size)
    result = np.empty((size, size), np.float32)
    for top in range(0, size, step):
        np.matmul(strips[top : top + step], spread, out=result[top : top + step])
    return result


def clouds(rng: Generator, size: int, rows: float, columns: float) -> np.ndarray:
    """Returns two octaves of `noise`, `[H W]`."""
    coarse = noise(rng, size, rows, columns)
    return 0.65 * coarse + 0.35 * noise(rng, size, 2.2 * rows, 2.2 * columns)


def smoothstep(low: float | np.ndarray, high: float | np.ndarray, value: np.ndarray) -> np.ndarray:
    """Returns 0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def lay(picture: np.ndarray, paint: np.ndarray, alpha: np.ndarray) -> None:
    """Lays a colour `[3]` or a picture `[H W 3]` over a picture, in place, with `alpha [H W]`."""
    for channel in range(3):
        plane = picture[..., channel]
        plane += (paint[..., channel] - plane) * alpha


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
    x = (x0 + (x1 - x0) * draws[:, 0]) * size
    y = (y0 + (y1 - y0) * draws[:, 1]) * size
    radii = (radius[0] + (radius[1] - radius[0]) * draws[:, 2] ** 2) * size
    alphas = strength[0] + (strength[1] - strength[0]) * draws[:, 3]
    chosen = (draws[:, 4] * len(paints)).astype(int)
    # All spots at once, in windows of one size; where two meet, the more opaque one is seen.
    reach = (2.0 if sharp == 1 else 1.4) * radius[1] * size
    half_x, half_y = math.ceil(reach), math.ceil(reach * flat)
    columns = np.floor(x).astype(int)[:, None] + np.arange(-half_x, half_x + 1)
    rows = np.floor(y).astype(int)[:, None] + np.arange(-half_y, half_y + 1)
    square_x = ((columns + 0.5 - x[:, None]) / radii[:, None]) ** 2
    square_y = ((rows + 0.5 - y[:, None]) / (radii[:, None] * flat)) ** 2
    square = square_y[:, :, None] + square_x[:, None, :]
    spots = alphas[:, None, None] * np.exp(-(square if sharp == 1 else square**sharp))
    inside = ((rows >= 0) & (rows < size))[:, :, None] & ((columns >= 0) & (columns < size))[
        :, None
    ]
    inside &= spots > 0.01
    places = (rows[:, :, None] * size + columns[:, None, :])[inside]
    spots = spots[inside].astype(np.float32)
    which = np.broadcast_to(chosen[:, None, None], inside.shape)[inside]
    cover = np.zeros(size * size, np.float32)
    np.maximum.at(cover, places, spots)
    seen = spots >= cover[places] - 1e-3
    paint_of = np.zeros(size * size, np.int64)
    paint_of[places[seen]] = which[seen]
    touched = np.flatnonzero(cover)
    at_y, at_x = touched // size, touched % size
    for channel in range(3):
        plane = picture[..., channel]
        before = plane[at_y, at_x]
        paint = paints[paint_of[touched], channel]
        plane[at_y, at_x] = before + (paint - before) * cover[touched]
