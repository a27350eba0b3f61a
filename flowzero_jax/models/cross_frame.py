"""Cross-frame attention after Text2Video-Zero: which frames' pixels a frame looks at.

"first": those of the first frame instead of its own; "first_prev": of the first and of the previous
frame; "first_self": of the first frame and its own. Frames may come in chunks, one after another,
or lie on several devices; then only the keys and values of the first frame, and of the previous
one where they are looked at, go from chunk to chunk and from device to device.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from flowzero_jax.models.attend import KeyValue
from flowzero_jax.settings import CrossFrame


class FrameMemory(NamedTuple):
    """What one layer keeps of the frames that it has seen, for those that follow."""

    started: jax.Array  # bool [], False before the first chunk: the rest means nothing yet
    first: KeyValue  # [b 1 t n e]
    previous: KeyValue | None  # [b 1 t n e], the last frame so far; "first_prev" alone has it


class CrossFrameMode(NamedTuple):
    """What the frames of a chunk look at.

    Attributes:
      sources: from the keys and values `[b f t n e]` of the chunk's frames, what earlier chunks
        left (None if this one is the first) and the mapped axis over which the frames are spread
        (each device has a run of neighbours, in order; None for one device): the keys and values to
        look at together, and the memory for the next chunk, None if it needs none.
      first_alone: `sources` gets no other frame than the chunk's first.
    """

    sources: Callable[
        [KeyValue, FrameMemory | None, str | None],
        tuple[tuple[KeyValue, ...], FrameMemory | None],
    ]
    first_alone: bool = False


def _own(own: KeyValue, memory: FrameMemory | None, frame_axis: str | None):
    return (own,), memory


def _first_frame(own: KeyValue, memory: FrameMemory | None, frame_axis: str | None):
    first = _first(own, memory, frame_axis)
    return (first,), FrameMemory(jnp.array(True), first, None)


def _first_and_own(own: KeyValue, memory: FrameMemory | None, frame_axis: str | None):
    first = _first(own, memory, frame_axis)
    return (first, own), FrameMemory(jnp.array(True), first, None)


def _first_and_previous(own: KeyValue, memory: FrameMemory | None, frame_axis: str | None):
    first = _first(own, memory, frame_axis)
    before = first if memory is None else _where(memory.started, memory.previous or first, first)
    last = jax.tree.map(lambda x: x[:, -1:], own)
    if frame_axis is not None:
        count = jax.lax.axis_size(frame_axis)
        ring = [(device, (device + 1) % count) for device in range(count)]
        last = jax.tree.map(lambda x: jax.lax.ppermute(x, frame_axis, ring), last)
        # Device 0 receives the last frame of all, which its next chunk follows.
        before = _where(jax.lax.axis_index(frame_axis) == 0, before, last)
    previous = jax.tree.map(lambda edge, x: jnp.concatenate([edge, x[:, :-1]], axis=1), before, own)
    return (first, previous), FrameMemory(jnp.array(True), first, last)


MODES: dict[CrossFrame, CrossFrameMode] = {
    "none": CrossFrameMode(_own),
    "first": CrossFrameMode(_first_frame, first_alone=True),
    "first_prev": CrossFrameMode(_first_and_previous),
    "first_self": CrossFrameMode(_first_and_own),
}


def _first(own: KeyValue, memory: FrameMemory | None, frame_axis: str | None) -> KeyValue:
    """Keys and values of the first frame of all."""

    def broadcast(own: KeyValue) -> KeyValue:
        first = jax.tree.map(lambda x: x[:, :1], own)
        if frame_axis is None:
            return first
        here = jax.lax.axis_index(frame_axis) == 0
        return jax.tree.map(
            lambda x: jax.lax.psum(jnp.where(here, x, jnp.zeros_like(x)), frame_axis), first
        )

    if memory is None:
        return broadcast(own)
    return jax.lax.cond(memory.started, lambda _: memory.first, broadcast, own)


def _where(condition: jax.Array, one: KeyValue, other: KeyValue) -> KeyValue:
    return jax.tree.map(lambda x, y: jnp.where(condition, x, y), one, other)
