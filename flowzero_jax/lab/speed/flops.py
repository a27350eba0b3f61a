"""FLOPs that the method needs, counted from the configurations.

A matrix product of `[m k]` and `[k n]` is 2·m·k·n, a convolution the matrix product that it is,
attention two products; whatever is elementwise counts nothing. What an implementation computes
besides (object tokens as queries, whose results nobody reads) or saves (projections of the text
that it keeps from one step to the next) changes nothing here.
"""

import dataclasses

from flowzero_jax.models import AutoencoderConfig, UNetConfig
from flowzero_jax.models.grounding import HIDDEN_WIDTH, NUM_FREQUENCIES
from flowzero_jax.settings import CrossFrame


@dataclasses.dataclass(frozen=True)
class UNetCall:
    """One call of the UNet for one video.

    `halves` is 2 with guidance (unconditional and conditional half), 1 without.
    """

    num_frames: int
    rows: int  # latent pixels
    columns: int  # latent pixels
    halves: int = 2
    grounded: bool = True
    cross_frame: CrossFrame = "none"
    text_length: int = 77  # tokens
    num_slots: int = 30

    @property
    def num_images(self) -> int:
        return self.halves * self.num_frames


def unet_flops(config: UNetConfig, call: UNetCall) -> int:
    """FLOPs of one call of the UNet, the text projected to keys and values in it."""
    images = call.num_images
    widths = config.block_out_channels
    grid = [(call.rows, call.columns)]
    for _ in widths[1:]:
        grid.append((-(-grid[-1][0] // 2), -(-grid[-1][1] // 2)))
    tokens = [rows * columns for rows, columns in grid]

    def layer(stage: int, inputs: int, attention: bool) -> int:
        features = widths[stage]
        resnet = _product(images, config.time_embed_dim, features)
        resnet += _resnet(images * tokens[stage], inputs, features)
        if not attention:
            return resnet
        return resnet + _transformer(config, call, tokens[stage], features)

    time_width = config.time_embed_dim
    total = _product(images, widths[0], time_width) + _product(images, time_width, time_width)
    total += _convolution(images * tokens[0], 3, config.in_channels, widths[0])
    features, skips = widths[0], [widths[0]]
    last = config.num_stages - 1
    for stage, width in enumerate(widths):
        for _ in range(config.layers_per_block):
            total += layer(stage, features, config.attention_stages[stage])
            features = width
            skips.append(features)
        if stage < last:
            total += _convolution(images * tokens[stage + 1], 3, features, features)
            skips.append(features)

    # The middle has attention even where the last stage has none.
    total += layer(last, features, True) + layer(last, features, False)

    for stage in reversed(range(config.num_stages)):
        for _ in range(config.layers_per_block + 1):
            total += layer(stage, features + skips.pop(), config.attention_stages[stage])
            features = widths[stage]
        if stage > 0:
            total += _convolution(images * tokens[stage - 1], 3, features, features)
    assert not skips
    return total + _convolution(images * tokens[0], 3, features, config.out_channels)


def grounding_flops(config: UNetConfig, num_tokens: int) -> int:
    """FLOPs of the position net for `num_tokens` object slots, empty ones included."""
    width = config.cross_attention_dim
    inputs = width + 8 * NUM_FREQUENCIES  # sine and cosine of four coordinates
    inner = _product(num_tokens, HIDDEN_WIDTH, HIDDEN_WIDTH)
    outer = _product(num_tokens, inputs, HIDDEN_WIDTH) + _product(num_tokens, HIDDEN_WIDTH, width)
    return inner + outer


def decode_flops(config: AutoencoderConfig, num_frames: int, rows: int, columns: int) -> int:
    """FLOPs of decoding `num_frames` latents of `rows` × `columns` to images."""
    tokens = num_frames * rows * columns
    channels = config.latent_channels
    widths = config.block_out_channels[::-1]
    features = widths[0]
    total = _convolution(tokens, 1, channels, channels)
    total += _convolution(tokens, 3, channels, features)
    total += 2 * _resnet(tokens, features, features)
    total += 4 * _product(tokens, features, features)
    total += _attention(tokens, rows * columns, features)
    for block, width in enumerate(widths):
        for _ in range(config.layers_per_block + 1):
            total += _resnet(tokens, features, width)
            features = width
        if block < len(widths) - 1:
            tokens *= 4
            total += _convolution(tokens, 3, features, features)
    return total + _convolution(tokens, 3, features, config.out_channels)


def _transformer(config: UNetConfig, call: UNetCall, tokens: int, width: int) -> int:
    """A spatial transformer over maps of `tokens` pixels and `width` channels."""
    images, context = call.num_images, config.cross_attention_dim
    pixels = images * tokens
    projections = 2 * _product(pixels, width, width)

    # Queries and outputs of every pixel, keys and values of whatever is looked at.
    queries = 2 * _product(pixels, width, width)
    sources = call.halves if call.cross_frame == "first" else images
    seen = 2 if call.cross_frame in ("first_prev", "first_self") else 1
    own = queries + 2 * _product(sources * tokens, width, width)
    own += _attention(pixels, seen * tokens, width)

    text = queries + 2 * _product(images * call.text_length, context, width)
    text += _attention(pixels, call.text_length, width)

    fuser = 0
    if call.grounded:
        slots = call.num_slots
        fuser = _product(images * slots, context, width) + queries
        fuser += 2 * _product(images * (tokens + slots), width, width)
        fuser += _attention(pixels, tokens + slots, width) + _feed_forward(pixels, width)
    return projections + own + fuser + text + _feed_forward(pixels, width)


def _resnet(pixels: int, inputs: int, features: int) -> int:
    total = _convolution(pixels, 3, inputs, features) + _convolution(pixels, 3, features, features)
    shortcut = _convolution(pixels, 1, inputs, features) if inputs != features else 0
    return total + shortcut


def _attention(queries: int, keys: int, width: int) -> int:
    """Scores and weighted sum, over all heads."""
    return 2 * _product(queries, width, keys)


def _feed_forward(tokens: int, width: int) -> int:
    """Twice four times the width inside: one half gates the other."""
    return _product(tokens, width, 8 * width) + _product(tokens, 4 * width, width)


def _convolution(pixels: int, side: int, inputs: int, features: int) -> int:
    """A convolution with `pixels` outputs and a kernel of `side`²."""
    return _product(pixels, side * side * inputs, features)


def _product(m: int, k: int, n: int) -> int:
    return 2 * m * k * n
