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
    layers = "with GLIGEN's layout layers" if grounded else "without GLIGEN layers"
    counts = {
        text: sum(leaf.size for _, leaf in leaves(checkpoint.params[key]))
        for key, text in _NETWORKS.items()
    }
    rows = [f"| {text} | {count:,} |" for text, count in counts.items()]
    pipeline = "StableDiffusionGLIGENPipeline" if grounded else "StableDiffusionPipeline"
    boxes = "" if grounded else " --no-boxes"
    facts = [f"- {key}: {value}" for key, value in checkpoint.provenance.items()]
    facts += [f"- SHA-256 of the files it was made from: {checkpoint.sha256}"] * bool(
        checkpoint.sha256
    )
    return "\n".join(
        [
            "---",
            "library_name: diffusers",
            "tags:",
            "- stable-diffusion",
            *["- gligen"] * grounded,
            "---",
            f"# {name or 'Stable Diffusion 1 checkpoint'}",
            "",
            f"A Stable Diffusion 1 model {layers}, stored as {dtype} by flowzero_jax "
            f"{__version__}. `manifest.json` has the SHA-256 of every file but this one.",
            "",
            "| network | parameters |",
            "| --- | --- |",
            *rows,
            "",
            *(["Made from:", "", *facts, ""] if facts else []),
            "```",
            f'flowzero-jax generate "a red ball rolls to the right on a beach" --model FOLDER'
            f"{boxes} --out ball.mp4",
            "```",
            "",
            f"PyTorch: `diffusers.{pipeline}.from_pretrained(FOLDER)`.",
            "",
            "The licence is that of the weights it was made from.",
            "",
        ]
    )
