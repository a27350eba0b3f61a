"""The model card of a saved checkpoint: what it is, where it came from, how to use it."""

from flowzero_jax.version import __version__
from flowzero_jax.weights.checkpoint import Checkpoint
from flowzero_jax.weights.names import leaves

CARD = "README.md"

_NETWORKS = {"unet": "UNet", "vae": "autoencoder", "text_encoder": "text encoder"}


def model_card(checkpoint: Checkpoint, dtype: str) -> str:
    """The card's Markdown, with the front matter that the hub reads."""
    grounded = checkpoint.unet_config.grounded
    name = checkpoint.settings.name if checkpoint.settings else ""
    rows = ""
    for key, text in _NETWORKS.items():
        count = sum(leaf.size for _, leaf in leaves(checkpoint.params[key]))
        rows += f"| {text} | {count:,} |\n"
    facts = [f"- {key}: {value}\n" for key, value in checkpoint.provenance.items()]
    if checkpoint.sha256:
        facts.append(f"- SHA-256 of the files it was made from: {checkpoint.sha256}\n")
    tag = "- gligen\n" * grounded
    made_from = "".join(["Made from:\n\n", *facts, "\n"]) if facts else ""
    return f"""\
---
library_name: diffusers
tags:
- stable-diffusion
{tag}---
# {name or "Stable Diffusion 1 checkpoint"}

A Stable Diffusion 1 model {"with GLIGEN's layout" if grounded else "without GLIGEN"} layers, \
stored as {dtype} by flowzero_jax {__version__}. \
`manifest.json` has the SHA-256 of every file but this one.

| network | parameters |
| --- | --- |
{rows}
{made_from}```
flowzero-jax generate "a red ball rolls to the right on a beach" --model FOLDER\
{"" if grounded else " --no-boxes"} --out ball.mp4
```

PyTorch: `diffusers.StableDiffusion{"GLIGEN" * grounded}Pipeline.from_pretrained(FOLDER)`.

The licence is that of the weights it was made from.
"""
