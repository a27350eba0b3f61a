"""Loads a pipeline folder in PyTorch, draws one image in float64 and saves the pipeline again.

    python draw_image.py JOB_FOLDER

The job folder has `model/`, `settings.json` (arguments of the pipeline) and `latents.npy` (NCHW).
The results are `drawn.npz` (`latents` NCHW, `image` NHWC in [0, 1]) and the folder `returned/`.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionGLIGENPipeline


def main(job: Path) -> None:
    pipe = StableDiffusionGLIGENPipeline.from_pretrained(job / "model", safety_checker=None)
    pipe.set_progress_bar_config(disable=True)
    pipe.save_pretrained(job / "returned")
    # The text encoder makes its mask in the default type.
    torch.set_default_dtype(torch.float64)
    pipe.to(torch.float64)
    settings = json.loads((job / "settings.json").read_text(encoding="utf-8"))
    settings["latents"] = torch.from_numpy(np.load(job / "latents.npy")).double()
    latents, image = (pipe(**settings, output_type=kind).images for kind in ("latent", "np"))
    np.savez(job / "drawn.npz", latents=latents.numpy(), image=image)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
