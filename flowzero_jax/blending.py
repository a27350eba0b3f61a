"""Changes that unfold: around a change of text, the states of both texts are mixed.

A day turns into night over some frames, a seedling grows: what guides a frame is no longer the one
text or the other, but a mean of what the text encoder made of them.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int


class Mix(NamedTuple):
    """Two texts for each place, and how much of the second."""

    first: Int[np.ndarray, "..."]
    second: Int[np.ndarray, "..."]
    weight: Float[np.ndarray, "..."]  # of the second, 0 to 1; 0 where there is no change

    @classmethod
    def of(cls, texts: Int[np.ndarray, "..."]) -> "Mix":
        """One text in each place."""
        return cls(texts, texts.copy(), np.zeros(texts.shape, np.float32))


def mix_changes(texts: Sequence[int], num_frames: int) -> Mix:
    """Mixes the texts of successive frames around each change, over `num_frames` frames (0: none).

    The weights rise evenly; an even number of frames lies around the cut, of an odd one the middle
    is the first frame of the new text. Where changes follow each other more closely, each takes as
    many frames as there are before the next.

    Args:
      texts: the index of each frame's text, `[f]`.
    """
    first, second, weight = mix = Mix.of(np.array(texts, np.int32))
    cuts = [f for f in range(1, len(texts)) if texts[f] != texts[f - 1]]
    room = [after - before - 1 for before, after in itertools.pairwise(cuts)]
    for number, cut in enumerate(cuts):
        frames = min([num_frames, *room[max(number - 1, 0) : number + 1]])
        middle = cut - 0.5 if frames % 2 == 0 else cut
        for f in range(len(texts)):
            share = (f - middle) / (frames + 1) + 0.5
            if 0 < share < 1:
                first[f], second[f], weight[f] = texts[cut - 1], texts[cut], share
    return mix


def mixed(states: np.ndarray, mix: Mix) -> np.ndarray:
    """The states `[k …]` of k texts, gathered and mixed; a weight of 0 leaves them as they are."""
    result = states[mix.first]
    changing = mix.weight > 0
    if changing.any():
        weight = mix.weight[changing].reshape(-1, *[1] * (states.ndim - 1))
        result[changing] += weight * (states[mix.second[changing]] - result[changing])
    return result
