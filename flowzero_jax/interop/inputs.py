"""Inputs as people of the Flax pipelines pass them: token ids, keys, axes of devices."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from flowzero_jax.arrays import SceneArrays
from flowzero_jax.blending import Mix
from flowzero_jax.devices.programs import encode_table
from flowzero_jax.errors import InputError
from flowzero_jax.generation import Params
from flowzero_jax.models import TextEncoder
from flowzero_jax.noise import video_keys
from flowzero_jax.tabulate import SceneTable


class VideoInputs(NamedTuple):
    """What `prepare_inputs` gives: `b` videos as arrays, in place of diffusers' token ids.

    Every array has the leading axis b, so that `flax.training.common_utils.shard` works on it.
    Axes and meaning are those of `arrays.SceneArrays`, but for texts, which are token ids, and
    shifts, whose unit is the shorter side of the latents: the image size is chosen later.
    """

    prompt_ids: Int[np.ndarray, "b f l"]
    phrase_ids: Int[np.ndarray, "b f n l"]
    boxes: Float[np.ndarray, "b f n 4"]
    object_mask: Float[np.ndarray, "b f n"]
    track_ids: Int[np.ndarray, "b f n"]
    shifts: Float[np.ndarray, "b f 2"]
    random_speeds: Float[np.ndarray, "b f"]


def encode(
    model: TextEncoder,
    params: Params,
    inputs: VideoInputs,
    negative_ids: Int[np.ndarray, "b l"],
    latent_size: tuple[int, int],
) -> SceneArrays:
    """Encodes every distinct text once, in chunks of one size, and gathers the states.

    `params` are the text encoder's; `latent_size` is that of the videos to draw.
    """
    length = inputs.prompt_ids.shape[-1]
    groups = (inputs.prompt_ids, inputs.phrase_ids, negative_ids)
    rows = np.concatenate([ids.reshape(-1, length) for ids in groups])
    texts, index = np.unique(rows, axis=0, return_inverse=True)
    encode_chunk = functools.partial(_encode, model, params)
    ends = np.cumsum([ids[..., 0].size for ids in groups])[:-1]
    prompt, phrase, negative = (
        part.reshape(ids.shape[:-1])
        for part, ids in zip(np.split(index.ravel(), ends), groups, strict=True)
    )
    scaled = inputs._replace(shifts=inputs.shifts * np.float32(min(latent_size)))
    table = SceneTable(
        texts=(),  # known as token ids alone
        prompts=Mix.of(prompt),
        phrases=Mix.of(phrase),
        negative_index=negative,
        **{name: getattr(scaled, name) for name in VideoInputs._fields[2:]},
    )
    return encode_table(encode_chunk, texts.astype(np.int32), table)


@functools.partial(jax.jit, static_argnums=0)
def _encode(model: TextEncoder, params: Params, ids: jax.Array):
    if have_device_axis({"text_encoder": params}):
        params = jax.tree.map(lambda leaf: leaf[0], params)
    return model.apply({"params": params}, ids)


def keys_of_videos(prng_seed, count: int, num_devices: int) -> jax.Array:
    """A key for each of `count` videos, see `FlaxFlowZeroPipeline.__call__`.

    Raises:
        InputError: a seed out of range, or neither one seed or key nor one for each video.
    """
    seeds = [prng_seed] if isinstance(prng_seed, int | np.integer) else prng_seed
    if isinstance(seeds, list | tuple):
        if len(seeds) != count:
            raise InputError(f"prng_seed: {len(seeds)} for {count} videos; give one for each")
        return video_keys(seeds)
    if jnp.issubdtype(prng_seed.dtype, jax.dtypes.prng_key):
        keys = prng_seed
    elif prng_seed.dtype == np.uint32 and prng_seed.shape[-1:] == (2,):
        keys = jax.random.wrap_key_data(prng_seed, impl="threefry2x32")
    else:
        raise InputError("prng_seed: must be whole numbers, or keys of jax.random")
    if keys.shape == ():
        return jax.vmap(jax.random.fold_in, (None, 0))(keys, jnp.arange(count))
    if num_devices and keys.shape == (num_devices,):
        folded = jax.vmap(jax.vmap(jax.random.fold_in, (None, 0)), (0, None))
        return folded(keys, jnp.arange(count // num_devices)).ravel()
    if keys.shape != (count,):
        raise InputError(f"prng_seed: {keys.shape} for {count} videos; give one key, or one each")
    return keys


def have_device_axis(params: Params) -> bool:
    """Whether `flax.jax_utils.replicate` has been applied."""
    return params["text_encoder"]["text_model.final_layer_norm"]["scale"].ndim > 1


def without_device_axis(array, num_devices: int) -> np.ndarray:
    """`[devices b/devices …]` → `[b …]`; other arrays stay as they are."""
    array = np.asarray(array)
    return array.reshape(-1, *array.shape[2:]) if num_devices else array
