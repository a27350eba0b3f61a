"""The spatial transformer: attention over the pixels of a feature map, the text and the objects."""

from typing import NamedTuple

import flax.linen as nn
import jax

from flowzero_jax.models.attend import KeyValue
from flowzero_jax.models.attention import Attention
from flowzero_jax.models.cross_frame import MODES, CrossFrame, FrameMemory
from flowzero_jax.models.feed_forward import FeedForward
from flowzero_jax.models.grounding import GatedSelfAttention
from flowzero_jax.models.layers import Compute, Dense, conv1x1, group_norm, layer_norm, repeat_to


class BlockContext(NamedTuple):
    """Keys and values that stay the same in all denoising steps; an f of 1 serves all frames."""

    text: KeyValue  # [b f l n e]
    objects: KeyValue | None  # [b f n n e] of n object slots; None skips the gated layer


class TransformerBlock(nn.Module):
    """Self (or cross-frame) attention → gated layout attention → text attention → feed-forward."""

    num_heads: int
    width: int
    compute: Compute = Compute()
    frame_axis: str | None = None

    def setup(self):
        heads, width, compute = self.num_heads, self.width, self.compute
        self.attn1 = Attention(heads, width, compute, name="attn1")
        self.fuser = GatedSelfAttention(heads, width, compute, name="fuser")
        self.attn2 = Attention(heads, width, compute, name="attn2")
        self.ff = FeedForward(compute, name="ff")
        self.norm1 = layer_norm(1e-5, compute.dtype, "norm1")
        self.norm2 = layer_norm(1e-5, compute.dtype, "norm2")
        self.norm3 = layer_norm(1e-5, compute.dtype, "norm3")

    def project(self, text: jax.Array, grounding_tokens: jax.Array | None) -> BlockContext:
        """`text [b f l d]`, `grounding_tokens [b f n d]` or None."""
        objects = None if grounding_tokens is None else self.fuser.project(grounding_tokens)
        return BlockContext(self.attn2.project(text), objects)

    def __call__(
        self,
        x: jax.Array,
        context: BlockContext,
        cross_frame: CrossFrame,
        memory: FrameMemory | None,
    ) -> tuple[jax.Array, FrameMemory | None]:
        """`x [b f t d]` → `[b f t d]`, and the memory for the frames that follow.

        An `x` of one video may meet a context of several: then so many come out.
        """
        hidden = self.norm1(x)
        mode = MODES[cross_frame]
        own = self.attn1.project(hidden[:, :1] if mode.first_alone else hidden)
        sources, memory = mode.sources(own, memory, self.frame_axis)
        x = x + self.attn1(hidden, *sources)
        # Up to here the halves of guidance may have been one.
        x = repeat_to(x, len(context.text.key))
        if context.objects is not None:
            self.sow("intermediates", "before_fuser", x)
            x = self.fuser(x, context.objects)
            self.sow("intermediates", "after_fuser", x)
        x = x + self.attn2(self.norm2(x), context.text)
        return x + self.ff(self.norm3(x)), memory


class SpatialTransformer(nn.Module):
    """One transformer block over the pixels of a feature map, with a residual around it."""

    num_heads: int
    width: int
    num_groups: int
    use_linear_projection: bool
    compute: Compute = Compute()
    frame_axis: str | None = None

    def setup(self):
        self.norm = group_norm(self.num_groups, 1e-6, self.compute.dtype, "norm")
        self.proj_in = self._projection("proj_in")
        self.proj_out = self._projection("proj_out")
        self.block = TransformerBlock(
            self.num_heads, self.width, self.compute, self.frame_axis, name="transformer_blocks.0"
        )

    def project(self, text: jax.Array, grounding_tokens: jax.Array | None) -> BlockContext:
        """See `TransformerBlock.project`."""
        return self.block.project(text, grounding_tokens)

    def __call__(
        self,
        x: jax.Array,
        context: BlockContext,
        cross_frame: CrossFrame,
        memory: FrameMemory | None,
        num_frames: int,
    ) -> tuple[jax.Array, FrameMemory | None]:
        """`x [(b f) h w c]` → the same; the other arguments as in `TransformerBlock`."""
        _, h, w, c = x.shape
        tokens = self.proj_in(self.norm(x)).reshape(-1, num_frames, h * w, c)
        tokens, memory = self.block(tokens, context, cross_frame, memory)
        out = self.proj_out(tokens.reshape(-1, h, w, c))
        return repeat_to(x, len(out)) + out, memory

    def _projection(self, name: str) -> nn.Module:
        if self.use_linear_projection:
            return Dense(self.width, dtype=self.compute.dtype, name=name)
        return conv1x1(self.width, self.compute.dtype, name)
