"""Devices and processes: meshes, where frames lie, jitted programs, compilation and its cache."""
