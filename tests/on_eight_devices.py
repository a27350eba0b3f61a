"""What `test_mesh.py` asserts, computed by a process with eight simulated devices.

    python on_eight_devices.py latents OUT.npz VIDEOSxFRAMESxMODEL

writes the latents of the mesh's cases on it and on one device, and

    python on_eight_devices.py collectives OUT.json

what the devices of a mesh exchange in the compiled programs: pairs of an operation and its bytes.
"""

import json
import re
import sys

import jax
import jax.numpy as jnp
import numpy as np
import tiny
from jax import export

from flowzero_jax.denoising import Conditions, Models
from flowzero_jax.devices.mesh import make_video_mesh, shard_params
from flowzero_jax.devices.placement import Placement
from flowzero_jax.devices.programs import decode_jitted, denoise_jitted
from flowzero_jax.models import Autoencoder, TextEncoder, UNet
from flowzero_jax.sampler import SamplerState, step_table
from flowzero_jax.schedule import ScheduleConfig
from flowzero_jax.weights.convert import parameter_shapes

VIDEOS, FRAMES, SIDE = 3, 5, 4
# Of each mesh: frames per chunk, and pairs of a cross-frame mode and a dtype. Three videos of five
# frames are filled up on all but 1x8x1, where the frames alone are.
CASES = {
    "1x8x1": (
        1,
        [
            *((mode, "float32") for mode in ("none", "first", "first_prev", "first_self")),
            ("first_prev", "bfloat16"),
        ],
    ),
    "2x4x1": (1, [("first_prev", "float32")]),
    "1x2x1": (2, [("first_prev", "float32"), ("first_self", "float32")]),
    "8x1x1": (2, [("first_prev", "float32")]),
    "2x2x2": (2, [("first", "float32"), ("first_prev", "float32")]),
}
# The axis that is spread, cross-frame mode and frames per chunk; 5 frames on 4 devices are 2 each.
PROGRAMS = (
    ("frames", "none", 8),
    ("frames", "first", 1),
    ("frames", "first", 8),
    ("frames", "first_prev", 1),
    ("frames", "first_prev", 8),
    ("frames", "first_self", 8),
    ("videos", "first_prev", 8),
)
COLLECTIVE = re.compile(
    r"= (?P<shape>[^=]*?) (?P<name>all-reduce|all-gather|all-to-all|collective-permute|"
    r"reduce-scatter|collective-broadcast|ragged-all-to-all|send|recv)(-start)?\("
)
ITEM_BYTES = {"f32": 4, "s32": 4, "u32": 4, "bf16": 2, "f16": 2, "u8": 1, "pred": 1}


def models_and_params(dtype, config):
    compute = jnp.dtype(dtype)
    models = Models(
        UNet(config, compute),
        Autoencoder(tiny.AUTOENCODER, compute),
        TextEncoder(tiny.TEXT_ENCODER, compute),
        ScheduleConfig(),
    )
    rng = np.random.default_rng(0)
    shapes = {"unet": parameter_shapes(config), "vae": parameter_shapes(tiny.AUTOENCODER)}
    scaled = jax.tree.map(lambda x: 0.3 * rng.standard_normal(x.shape), shapes)
    return models, jax.tree.map(lambda x: x.astype(compute), scaled)


def batch(videos=VIDEOS, frames=FRAMES):
    rng = np.random.default_rng(1)

    def normal(*shape):
        return rng.standard_normal(shape, np.float32)

    width, length = tiny.UNET.cross_attention_dim, 6
    noise = normal(videos, frames, SIDE, SIDE, tiny.UNET.in_channels)
    return SamplerState(noise, np.zeros_like(noise)), Conditions(
        normal(videos, frames, length, width),
        normal(videos, 1, length, width),
        normal(videos, frames, 30, width),
        normal(videos, 1, 30, width),
    )


def arguments(mesh, mode, frames_per_chunk, dtype="float32", config=tiny.UNET):
    """Of `denoise_jitted`, and where the batch lies."""
    models, params = models_and_params(dtype, config)
    state, conditions = batch()
    placement = None
    if mesh is None:
        params, state = jax.device_put((params, state))
    else:
        params = shard_params(mesh, params)
        placement = Placement(mesh, VIDEOS, FRAMES, frames_per_chunk)
        state, conditions = placement.spread(state, conditions)
    options = {
        "cross_frame": mode,
        "grounded": True,
        "guided": True,
        "frames_per_chunk": frames_per_chunk,
        "mesh": mesh,
    }
    steps = step_table(models.schedule, 2)
    return placement, (models, params, state, conditions, steps, 3.0), options


def latents(*case):
    placement, positional, options = arguments(*case)
    result = denoise_jitted(*positional, **options).latents
    return np.asarray(result) if placement is None else placement.collect(result)


def write_latents(out, name):
    mesh = make_video_mesh(*map(int, name.split("x")))
    frames_per_chunk, cases = CASES[name]
    # Split parameters are of several stages; the frames and videos need only one.
    config = tiny.UNET if mesh.shape["model"] > 1 else tiny.MICRO_UNET
    results = {}
    for mode, dtype in cases:
        for kind, where in (("mesh", mesh), ("one", None)):
            results[f"{mode} {dtype} {kind}"] = latents(
                where, mode, frames_per_chunk, dtype, config
            )
    np.savez(out, **results)


def collectives(program):
    """(operation, bytes on a device) of everything in compiled code that crosses devices."""
    found = []
    for match in COLLECTIVE.finditer(program):
        parts = re.findall(r"(\w+)\[([\d,]*)\]", match["shape"])
        sizes = [
            ITEM_BYTES[t] * int(np.prod([int(n) for n in s.split(",") if n])) for t, s in parts
        ]
        found.append((match["name"], sum(sizes)))
    return found


def write_collectives(out):
    results = {}
    for axis, mode, frames_per_chunk in PROGRAMS:
        mesh = make_video_mesh(1, 4) if axis == "frames" else make_video_mesh(4, 1)
        _, positional, options = arguments(mesh, mode, frames_per_chunk)
        compiled = denoise_jitted.lower(*positional, **options).compile()
        results[f"{axis} {mode} {frames_per_chunk}"] = collectives(compiled.as_text())
        if f"{axis} decode" in results:
            continue
        models, params, state, *_ = positional
        compiled = decode_jitted.lower(models, params, state.latents, mesh=mesh).compile()
        results[f"{axis} decode"] = collectives(compiled.as_text())
    _, positional, options = arguments(make_video_mesh(1, 4), "first_prev", 1)
    exported = export.export(denoise_jitted, platforms=["cpu", "cuda", "tpu"])
    results["exported"] = list(exported(*positional, **options).platforms)
    with open(out, "w") as file:
        json.dump(results, file)


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    {"latents": write_latents, "collectives": write_collectives}[command](*rest)
