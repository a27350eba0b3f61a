"""Other colours for a sticker: what is drawn inside it stays.

A sticker's body, the colour that covers most of it, takes the asked hue; lightness varies as it
did. Eyes, outlines, white spots and parts of another colour stay as they are. All in OKLab (Björn
Ottosson, 2020), where equal distances look about equal.
"""

import numpy as np

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_LAB, _FROM_LMS = np.linalg.inv(_TO_LAB), np.linalg.inv(_TO_LMS)

# From this chroma on a pixel has a hue; below the lower one it is gray.
_GRAY, _COLORFUL = 0.035, 0.075
# A pixel is of the body's hue up to the first angle, and not from the second on (radians).
_NEAR, _FAR = 0.55, 0.95
# Pixels darker than this are lines and eyes.
_INK = 0.36


def to_oklab(rgb: np.ndarray) -> np.ndarray:
    """sRGB `[… 3]` in 0..1 → OKLab `[… 3]`: lightness 0..1, two opponent colours."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T


def from_oklab(lab: np.ndarray) -> np.ndarray:
    """OKLab `[… 3]` → sRGB `[… 3]`, clipped to 0..1."""
    linear = np.clip((lab @ _FROM_LAB.T) ** 3 @ _FROM_LMS.T, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def _step(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 up to `low`, 1 from `high` on, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def body_of(lab: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """How far each pixel belongs to the body, `[h w]` in 0..1.

    Where a third of the sticker has a hue, the body is what is near its most frequent one; else it
    is what is gray and no ink.
    """
    lightness, chroma = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    hue = np.arctan2(lab[..., 2], lab[..., 1])
    colorful = _step(chroma, _GRAY, _COLORFUL)
    weight = colorful * alpha * _step(lightness, 0.25, _INK)
    if weight.sum() < 0.3 * alpha.sum():
        return (1 - colorful) * _step(lightness, _INK, _INK + 0.12)
    angles = np.linspace(-np.pi, np.pi, 72, endpoint=False)
    distance = np.abs((hue[None] - angles[:, None, None] + np.pi) % (2 * np.pi) - np.pi)
    votes = np.sum(weight * (1 - _step(distance, _NEAR / 2, _NEAR)), axis=(1, 2))
    distance = distance[int(np.argmax(votes))]
    return colorful * (1 - _step(distance, _NEAR, _FAR)) * _step(lightness, 0.2, _INK)


def recolor(glyph: np.ndarray, color: tuple[float, float, float]) -> np.ndarray:
    """Gives a sticker's body another colour.

    Args:
      glyph: float32 `[h w 4]` in 0..1, straight alpha; alpha stays.
      color: sRGB in 0..1, what most of the body becomes.
    """
    lab, alpha = to_oklab(glyph[..., :3]), glyph[..., 3]
    body = body_of(lab, alpha)
    weight = body * alpha
    lightness, chroma = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    order = np.argsort(lightness, axis=None)
    share = np.cumsum(weight.ravel()[order])
    middle = lightness.ravel()[order][np.searchsorted(share, 0.5 * share[-1])]
    usual = max(np.sum(weight * chroma) / np.sum(weight), 1e-3)
    target = to_oklab(np.array(color))

    # Lighter and darker parts keep their distance, as far as there is room for it.
    room_above, room_below = (0.98 - target[0]) / max(0.98 - middle, 0.05), target[0] / middle
    offset = lightness - middle
    new = np.empty_like(lab)
    new[..., 0] = target[0] + np.where(
        offset > 0, offset * min(room_above, 1.2), offset * min(room_below, 1.2)
    )
    strength = np.clip(chroma / usual, 0.55, 1.15) if usual > _COLORFUL else 1.0
    fading = np.clip((1 - new[..., 0]) / max(1 - target[0], 0.02), 0, 1) ** 0.5
    new[..., 1:] = target[1:] * (strength * np.minimum(fading, 1))[..., None]
    mixed = lab + (new - lab) * body[..., None]
    return np.concatenate([from_oklab(mixed), glyph[..., 3:]], axis=-1).astype(np.float32)
