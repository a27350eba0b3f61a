"""Training-only losses that teach the UNet where a box is and what belongs into it.

Without them a small UNet that is trained from scratch does not find out how box coordinates and
pixels belong together, and ignores its boxes; and the text encoder, whose words mean nothing at
first, learns to say the same of all phrases. All losses look at intermediate values and leave the
architecture as it is:

- coordinates: a linear probe of the tokens before the gated layer must tell (x, y);
- attention: in the first head of the gated layer a pixel inside a box must look at that box's
  object token, a pixel outside must not;
- relative coordinates: a linear probe of the tokens after the gated layer must tell where inside
  its box a pixel lies;
- words: a linear probe must tell the words of a phrase from its embedding, and from the mean of the
  tokens in its box after the gated layer.
"""

from typing import Any

import jax
import jax.numpy as jnp

from flowzero_jax.lab.training.state import Metrics, Params

NUM_FREQUENCIES = 4


def block_activations(intermediates: Params) -> dict[str, dict[str, jax.Array]]:
    """What the transformer blocks recorded of single pictures, by the spatial transformer's name.

    Each has the tokens "before" and "after" the gated layer `[k t d]`, and the "query" and "key"
    of its first head.
    """
    return {
        name: {
            "before": block["transformer_blocks.0"]["before_fuser"][0][:, 0],
            "after": block["transformer_blocks.0"]["after_fuser"][0][:, 0],
            **_first_head(block["transformer_blocks.0"]["fuser"]["attn"]),
        }
        for name, block in intermediates.items()
        if "transformer_blocks.0" in block
    }


def _first_head(attention: Params) -> dict[str, jax.Array]:
    """Queries `[k t e]` of the pixels, keys `[k s e]` of the pixels and then the objects."""
    keys = [source.key for source in attention["sources"][0]]
    return {
        "query": attention["query"][0][:, 0, :, 0],
        "key": jnp.concatenate(keys, axis=2)[:, 0, :, 0],
    }


def init_probes(
    key: jax.Array, widths: dict[str, int], phrase_width: int, vocab_size: int
) -> Params:
    """Probe weights for transformers of the given widths and phrase embeddings."""

    def linear(key, width, features):
        kernel = jax.random.normal(key, (width, features)) * width**-0.5
        return {"kernel": kernel, "bias": jnp.zeros(features)}

    probes = {"phrase": {"words": linear(key, phrase_width, vocab_size)}}
    for index, (name, width) in enumerate(sorted(widths.items())):
        keys = jax.random.split(jax.random.fold_in(key, index), 3)
        probes[name] = {
            "coordinates": linear(keys[0], width, 4 * NUM_FREQUENCIES),
            "relative": linear(keys[1], width, 2),
            "words": linear(keys[2], width, vocab_size),
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


def word_targets(phrase_ids: jax.Array, vocab_size: int, end_id: int) -> jax.Array:
    """`phrase_ids [… l]` → equal shares of a phrase's tokens, start and end left out, `[… v]`."""
    present = (phrase_ids != end_id).at[..., 0].set(False)
    counts = jnp.sum(jax.nn.one_hot(phrase_ids, vocab_size) * present[..., None], axis=-2)
    return counts / jnp.maximum(jnp.sum(counts, axis=-1, keepdims=True), 1.0)


def word_loss(
    embeddings: jax.Array, probe: Params, words: jax.Array, object_mask: jax.Array
) -> jax.Array:
    """Cross entropy of the probed words of the present objects.

    `embeddings [k n d]`, `words [k n v]` from `word_targets`, `object_mask [k n]`.
    """
    guess = jax.nn.log_softmax(_probe(embeddings, probe))
    entropy = -jnp.sum(words * guess, axis=-1) * object_mask
    return jnp.sum(entropy) / jnp.maximum(jnp.sum(object_mask), 1.0)


def layout_losses(
    blocks: dict[str, dict[str, jax.Array]],
    probes: Params,
    boxes: jax.Array,
    object_mask: jax.Array,
    words: jax.Array,
) -> Metrics:
    """The losses of the transformer blocks, averaged over the blocks.

    `boxes [k n 4]`, `object_mask [k n]`, `words [k n v]` from `word_targets`; pictures without
    objects count only for coordinates.
    """
    losses = [
        _block_losses(values, probes[name], boxes, object_mask, words)
        for name, values in sorted(blocks.items())
    ]
    sums: dict[str, Any] = {name: sum(loss[name] for loss in losses) for name in losses[0]}
    return {name: total / len(losses) for name, total in sums.items()}


def _block_losses(block, probe, boxes, object_mask, words) -> Metrics:
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

    area = jnp.sum(owned, axis=1)
    in_box = jnp.einsum("ktn,ktd->knd", owned, block["after"]) / jnp.maximum(area, 1.0)[..., None]
    told = word_loss(in_box, probe["words"], words, object_mask * (area > 0))

    query, key = block["query"], block["key"]
    weights = jax.nn.softmax(
        jnp.einsum("kte,kse->kts", query, key) * query.shape[-1] ** -0.5, axis=-1
    )
    # Object tokens follow the pixels; slots beyond `boxes` are empty and no target.
    weights = weights[..., num_pixels : num_pixels + boxes.shape[1]]
    weights = jnp.clip(weights, 1e-6, 1 - 1e-6)
    entropy = -(owned * jnp.log(weights) + (1 - owned) * jnp.log1p(-weights))
    present = object_mask[:, None] * jnp.ones_like(entropy)
    attention = jnp.sum(entropy * present) / jnp.maximum(jnp.sum(present), 1.0)
    return {
        "coordinates": coordinates,
        "attention": attention,
        "relative": relative,
        "words": told,
    }


def _probe(tokens: jax.Array, linear: Params) -> jax.Array:
    tokens = tokens - jnp.mean(tokens, axis=-1, keepdims=True)
    tokens = tokens * jax.lax.rsqrt(jnp.mean(tokens**2, axis=-1, keepdims=True) + 1e-5)
    return tokens @ linear["kernel"] + linear["bias"]
