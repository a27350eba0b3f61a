"""The command `flowzero-jax`: `main` parses, runs one command, and turns errors into exit codes."""

from flowzero_jax.cli.entry import main

__all__ = ["main"]
