"""The errors a user can meet: one line each (what, where, how to fix), with an exit code."""


class FlowZeroError(Exception):
    """Base of all expected errors; `exit_code` is what the command line returns for it."""

    exit_code = 2


class InputError(FlowZeroError):
    """A prompt, scene, option or value that cannot be used."""

    exit_code = 2


class PlannerError(FlowZeroError):
    """The planner gave no usable plan."""

    exit_code = 3


class ModelError(FlowZeroError):
    """A checkpoint is missing, damaged or of another architecture."""

    exit_code = 4


class DeviceError(FlowZeroError):
    """The accelerator is absent, busy or out of memory."""

    exit_code = 5


class OutputError(FlowZeroError):
    """A file cannot be read or written."""

    exit_code = 6
