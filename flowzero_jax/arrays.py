"""`SceneArrays`: a batch of scenes as arrays of fixed shape, which host and device both know.

Axes: `b` video, `f` frame, `n` object slot, `l` text token, `d` width of the text encoder.
"""

from typing import NamedTuple

from jaxtyping import Array, Float, Int


class SceneArrays(NamedTuple):
    """What `generate` needs to know about `b` videos; every leaf has the leading axis `b`.

    In each frame the present slots come first. Empty slots have mask 0; their boxes and track ids
    are 0 and their phrase is the empty text.
    """

    #: Text states of each frame's description (float32).
    prompt_embeds: Float[Array, "b f l d"]
    #: Text states of each video's negative prompt (float32).
    negative_embeds: Float[Array, "b l d"]
    #: Pooled text state of each object's phrase (float32).
    phrase_embeds: Float[Array, "b f n d"]
    #: x0, y0, x1, y1 as fractions of width and height (float32).
    boxes: Float[Array, "b f n 4"]
    #: 1 where a slot holds an object, else 0 (float32).
    object_mask: Float[Array, "b f n"]
    #: Index of the object's id in order of first appearance in its video (int32).
    track_ids: Int[Array, "b f n"]
    #: Accumulated background motion (dy, dx) in latent pixels; 0 in the first frame (float32).
    shifts: Float[Array, "b f 2"]
    #: Speed of the frames whose background moves without a direction, else 0 (float32).
    random_speeds: Float[Array, "b f"]
