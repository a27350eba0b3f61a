"""The program of the Flax pipeline: everything that may change from call to call is an array."""

import functools

import jax
from jax.sharding import Mesh, PartitionSpec

from flowzero_jax.arrays import SceneArrays
from flowzero_jax.devices.mesh import DATA_AXIS
from flowzero_jax.generation import Decoded, Models, Params, generate_checked
from flowzero_jax.interop.inputs import have_device_axis
from flowzero_jax.settings import GenerationSettings


def run(
    models: Models,
    settings: GenerationSettings,
    mesh: Mesh | None,
    params: Params,
    scenes: SceneArrays,
    keys: jax.Array,
    guidance_scale: jax.Array,
    latents: jax.Array | None,
) -> Decoded:
    """`generate` with guidance scale and latents as arrays; spread over the devices of `mesh`."""

    def on_one_device(params, scenes, keys, guidance_scale, latents):
        if replicated:
            params = jax.tree.map(lambda leaf: leaf[0], params)
        given = {"guidance_scale": guidance_scale, "latents": latents}
        return generate_checked(models, settings, params, scenes, keys, **given)

    replicated = have_device_axis(params)
    arguments = (params, scenes, keys, guidance_scale, latents)
    if mesh is None:
        return on_one_device(*arguments)
    whole, split = PartitionSpec(), PartitionSpec(DATA_AXIS)
    return jax.shard_map(
        on_one_device,
        mesh=mesh,
        in_specs=(split if replicated else whole, split, split, whole, split),
        out_specs=split,
        check_vma=False,
    )(*arguments)


run_jitted = functools.partial(jax.jit, static_argnums=(0, 1, 2))(run)
