"""Turns any source of weights into a diffusers folder. See the configuration file for commands."""

import sys

from absl import app, flags
from ml_collections import config_flags

from flowzero_jax.errors import FlowZeroError
from flowzero_jax.values import lora
from flowzero_jax.weights import Source, convert_weights

_CONFIG = config_flags.DEFINE_config_file("config", "configs/convert_weights.py")
_OUT = flags.DEFINE_string("out", None, "the folder to write", required=True)


def main(arguments: list[str]) -> None:
    if len(arguments) > 1:
        raise app.UsageError(f"unexpected argument {arguments[1]!r}")
    config = _CONFIG.value
    if config.model is None:
        raise app.UsageError("name what to convert: --config.model=FOLDER, FILE or hf:OWNER/NAME")
    try:
        loras = [lora(text) for text in config.loras]
        source = Source(config.model, config.tokenizer, config.gligen, config.vae, loras)
        digest = convert_weights(source, _OUT.value, config.dtype)
    except FlowZeroError as error:
        print(f"convert_weights: error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    print(f"{_OUT.value}: {config.dtype}, sha256 {digest}")


if __name__ == "__main__":
    app.run(main)
