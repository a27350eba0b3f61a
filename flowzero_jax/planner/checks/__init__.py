"""The checks of a scene, one idea a file; `verify` runs them all."""
