"""Checkpoints: diffusers pipeline folders of safetensors ↔ flax parameters, strictly."""

from flowzero_jax.weights.folder import Checkpoint, load_folder, load_network
from flowzero_jax.weights.save import save_folder
from flowzero_jax.weights.settings import Settings, read_settings, settings_json

__all__ = [
    "Checkpoint",
    "Settings",
    "load_folder",
    "load_network",
    "read_settings",
    "save_folder",
    "settings_json",
]
