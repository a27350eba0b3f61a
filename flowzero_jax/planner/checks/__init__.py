"""The checks of a scene, one idea a file; `faults` runs them all."""
