"""What is behind a thing, as far as its surroundings tell: their colours, carried inwards."""

import numpy as np
from jaxtyping import Bool, Float

STRIP = 3  # pixels; so wide is the border that tells


def backdrop(
    picture: Float[np.ndarray, "y x 3"], inside: Bool[np.ndarray, "y x"]
) -> Float[np.ndarray, "y x 3"]:
    """Interpolates a picture's inside from the strips along its four edges.

    Every pixel takes the mean colours of the strips left, right, above and below it, each weighed
    by one over its distance. A strip of which nothing is `inside` (of the frame that the picture
    was cut from) says nothing; without any, the mean of the picture is everywhere.
    """
    across, seen_across = _ends(picture, inside)
    down, seen_down = _ends(picture.swapaxes(0, 1), inside.T)
    colors = np.concatenate(
        [
            np.broadcast_to(across[:, :, None], (2, *picture.shape)),
            np.broadcast_to(down[:, None], (2, *picture.shape)),
        ]
    )
    height, width = inside.shape
    x, y = _closeness(width), _closeness(height)
    weights = np.concatenate(
        [x[:, None, :] * seen_across[:, :, None], y[:, :, None] * seen_down[:, None, :]]
    )
    total = weights.sum(axis=0)
    blend = (weights[..., None] * colors).sum(axis=0) / np.maximum(total, 1e-6)[..., None]
    return np.where(total[..., None] > 0, blend, picture.mean(axis=(0, 1))).astype(np.float32)


def _ends(picture: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean colours of each row's first and last pixels `[2 y 3]`, and which have any `[2 y]`."""
    ends = np.s_[:, :STRIP], np.s_[:, -STRIP:]
    counts = np.stack([inside[end].sum(axis=1) for end in ends])
    sums = np.stack([(picture[end] * inside[end][..., None]).sum(axis=1) for end in ends])
    return sums / np.maximum(counts, 1)[..., None], counts > 0


def _closeness(length: int) -> np.ndarray:
    """One over the distance of each place to the first and to the last, from 1 on: `[2 length]`."""
    steps = np.arange(1, length + 1)
    return 1 / np.stack([steps, steps[::-1]]).astype(np.float32)
