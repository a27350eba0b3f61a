"""FlowZero zero-shot text-to-video (arXiv 2311.15813) in JAX.

    import flowzero_jax as fz

    scene = fz.plan("a red balloon rises over a city", num_frames=8)
    pipeline = fz.load_pipeline("sticker")
    frames = pipeline(scene, seed=0)
    fz.write_video("balloon.mp4", frames, fps=4)

Axis names, everywhere: `b` video, `f` frame, `h w` latent rows and columns, `H W` pixels, `c`
channels, `n` object slot, `l` text token, `d` width, `k` any batch, `t s` attention tokens.
"""

import importlib

from flowzero_jax.errors import FlowZeroError
from flowzero_jax.version import __version__

# Where each name is defined. Imported on first use, so that planning never waits for JAX.
_HOMES = {
    "GenerationSettings": "flowzero_jax.settings",
    "LlmSettings": "flowzero_jax.planner.llm",
    "Pipeline": "flowzero_jax.pipeline",
    "SceneSyntax": "flowzero_jax.scene",
    "load_pipeline": "flowzero_jax.pipeline",
    "plan": "flowzero_jax.planner",
    "plan_with_llm": "flowzero_jax.planner.llm",
    "read_scene": "flowzero_jax.scene",
    "write_scene": "flowzero_jax.scene",
    "write_video": "flowzero_jax.video",
}

__all__ = ["FlowZeroError", "__version__", *_HOMES]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'flowzero_jax' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
