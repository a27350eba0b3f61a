"""Training-only losses that teach the UNet where a box is.

Without them a small UNet that is trained from scratch does not find out how box coordinates and
pixels belong together, and ignores its boxes. All three look at intermediate values of the
transformer blocks and leave the architecture as it is:

- coordinates: a linear probe of the tokens before the gated layer must tell (x, y);
- attention: in the first head of the gated layer a pixel inside a box must look at that box's
  object token, a pixel outside must not;
- relative coordinates: a linear probe of the tokens after the gated layer must tell where inside
  its box a pixel lies.
"""

import jax
import jax.numpy as jnp

from flowzero_jax.training.state import Metrics, Params

NUM_FREQUENCIES = 4


def block_activations(intermediates: Params) -> dict[str, dict[str, jax.Array]]:
    """What the transformer blocks recorded, by the name of the spatial transformer."""
    return {
        name: {
            "before": block["transformer_blocks.0"]["before_fuser"][0],
            "after": block["transformer_blocks.0"]["after_fuser"][0],
            "query": block["transformer_blocks.0"]["fuser"]["attn"]["query"][0],
            "key": block["transformer_blocks.0"]["fuser"]["attn"]["key"][0],
        }
        for name, block in intermediates.items()
        if "transformer_blocks.0" in block
    }


def init_probes(key: jax.Array, widths: dict[str, int]) -> Params:
    """Probe weights for transformers of the given widths."""

    def linear(key, width, features):
        kernel = jax.random.normal(key, (width, features)) * width**-0.5
        return {"kernel": kernel, "bias": jnp.zeros(features)}

    probes = {}
    for index, (name, width) in enumerate(sorted(widths.items())):
        first, second = jax.random.split(jax.random.fold_in(key, index))
        probes[name] = {
            "coordinates": linear(first, width, 4 * NUM_FREQUENCIES),
            "relative": linear(second, width, 2),
        }
    return probes


def pixel_centres(height: int, width: int) -> jax.Array:
    """Centres (x, y) in 0..1 of a grid's pixels, row by row, `[t 2]`."""
    y, x = jnp.meshgrid(
        (jnp.arange(height) + 0.5) / height, (jnp.arange(width) + 0.5) / width, indexing="ij"
    )
    return jnp.stack([x, y], axis=-1).reshape(-1, 2)


def owners(centres: jax.Array, boxes: jax.Array, object_mask: jax.Array) -> jax.Array:
    """Which object owns each pixel: the last box over it. One-hot `[k t n]`, 0 outside of all."""
    low, high = boxes[:, None, :, :2], boxes[:, None, :, 2:]
    points = centres[None, :, None]
    inside = jnp.all((points >= low) & (points < high), axis=-1) & (object_mask[:, None] > 0)
    covered_later = jnp.cumsum(inside[..., ::-1], axis=-1)[..., ::-1] - inside
    return (inside & (covered_later == 0)).astype(jnp.float32)


def layout_losses(
    blocks: dict[str, dict[str, jax.Array]],
    probes: Params,
    boxes: jax.Array,
    object_mask: jax.Array,
) -> Metrics:
    """The three losses, averaged over the blocks.

    `boxes [k n 4]`, `object_mask [k n]`; pictures without objects count only for coordinates.
    """
    losses = [
        _block_losses(values, probes[name], boxes, object_mask)
        for name, values in sorted(blocks.items())
    ]
    return {name: sum(loss[name] for loss in losses) / len(losses) for name in losses[0]}


def _block_losses(block, probe, boxes, object_mask) -> Metrics:
    num_pixels = block["before"].shape[1]
    side = int(num_pixels**0.5)
    centres = pixel_centres(side, num_pixels // side)

    angles = jnp.pi * 2.0 ** jnp.arange(NUM_FREQUENCIES) * centres[..., None] / 2
    target = jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=-1).reshape(num_pixels, -1)
    guess = _probe(block["before"], probe["coordinates"])
    coordinates = jnp.mean((guess - target) ** 2)

    owned = owners(centres, boxes, object_mask)
    own_box = jnp.einsum("ktn,knc->ktc", owned, boxes)
    inside = jnp.sum(owned, axis=-1)
    size = jnp.maximum(own_box[..., 2:] - own_box[..., :2], 1e-3)
    target = 2 * (centres - own_box[..., :2]) / size - 1
    error = jnp.mean((_probe(block["after"], probe["relative"]) - target) ** 2, axis=-1)
    relative = jnp.sum(error * inside) / jnp.maximum(jnp.sum(inside), 1.0)

    query, key = block["query"][:, :num_pixels, 0], block["key"][:, :, 0]
    weights = jax.nn.softmax(
        jnp.einsum("kte,kse->kts", query, key) * query.shape[-1] ** -0.5, axis=-1
    )
    # Object tokens follow the pixels; slots beyond `boxes` are empty and no target.
    weights = weights[..., num_pixels : num_pixels + boxes.shape[1]]
    weights = jnp.clip(weights, 1e-6, 1 - 1e-6)
    entropy = -(owned * jnp.log(weights) + (1 - owned) * jnp.log1p(-weights))
    present = object_mask[:, None] * jnp.ones_like(entropy)
    attention = jnp.sum(entropy * present) / jnp.maximum(jnp.sum(present), 1.0)
    return {"coordinates": coordinates, "attention": attention, "relative": relative}


def _probe(tokens: jax.Array, linear: Params) -> jax.Array:
    tokens = tokens - jnp.mean(tokens, axis=-1, keepdims=True)
    tokens = tokens * jax.lax.rsqrt(jnp.mean(tokens**2, axis=-1, keepdims=True) + 1e-5)
    return tokens @ linear["kernel"] + linear["bias"]
