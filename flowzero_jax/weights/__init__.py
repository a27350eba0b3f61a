"""Checkpoints ↔ flax parameters, strictly: diffusers folders, original files, hub names."""

from flowzero_jax.weights.checkpoint import Checkpoint
from flowzero_jax.weights.flowzero_json import CheckpointSettings, read_settings, settings_json
from flowzero_jax.weights.folder import load_folder, load_network
from flowzero_jax.weights.save import save_pipeline
from flowzero_jax.weights.single_file import UntoldSizes, load_single_file
from flowzero_jax.weights.sources import convert_weights, load_checkpoint

__all__ = [
    "Checkpoint",
    "CheckpointSettings",
    "UntoldSizes",
    "convert_weights",
    "load_checkpoint",
    "load_folder",
    "load_network",
    "load_single_file",
    "read_settings",
    "save_pipeline",
    "settings_json",
]
