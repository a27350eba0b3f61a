"""A pipeline for people who know diffusers' Flax pipelines, drawing videos.

    pipeline, params = FlaxFlowZeroPipeline.from_pretrained(folder, dtype=jnp.bfloat16)
    inputs = pipeline.prepare_inputs(["a ball rolls to the right on a beach"])
    images = pipeline(inputs, params, jax.random.PRNGKey(0), num_inference_steps=50).images

Loading and saving are ours throughout: what a folder's index names is compared and never imported,
weights are safetensors and complete, and of a tokenizer only token ids are read. diffusers gives
the base class alone; it is imported here and nowhere else in the package.
"""

from flowzero_jax.interop.inputs import VideoInputs
from flowzero_jax.interop.pipeline import FlaxFlowZeroPipeline, FlaxFlowZeroPipelineOutput

__all__ = ["FlaxFlowZeroPipeline", "FlaxFlowZeroPipelineOutput", "VideoInputs"]
