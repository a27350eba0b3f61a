"""A plan as a picture: boxes, tracks, phrases and motion arrows, before any model runs."""

from flowzero_jax.preview.plan import draw_scene, write_preview

__all__ = ["draw_scene", "write_preview"]
