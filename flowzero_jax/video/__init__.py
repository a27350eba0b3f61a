"""Frames to files: mp4, gif, webp, apng, a contact sheet, npz or a folder of PNGs, and back."""

from flowzero_jax.video.paths import check_output_path
from flowzero_jax.video.read import read_video
from flowzero_jax.video.sheet import contact_sheet
from flowzero_jax.video.write import write_video

__all__ = ["check_output_path", "contact_sheet", "read_video", "write_video"]
