"""A model and the settings that are asked for, on the device that there is."""
