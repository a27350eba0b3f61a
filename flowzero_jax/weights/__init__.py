"""Checkpoints ↔ flax parameters, strictly: diffusers folders, original files, hub names."""

import importlib

# Where each name is defined. Imported on first use: a `Source` is named long before JAX is needed.
_HOMES = {
    "Checkpoint": "checkpoint",
    "CheckpointSettings": "flowzero_json",
    "Source": "source",
    "UntoldSizes": "original_sizes",
    "convert_weights": "load",
    "load_checkpoint": "load",
    "load_folder": "load",
    "read_settings": "flowzero_json",
    "save_pipeline": "save",
    "settings_json": "flowzero_json",
}

__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
