"""A benchmark of planners: prompts of eight skills, each with what its plan must show.

The expectations are data, written beside the prompts; nothing here reads a prompt or asks the
planner's own reader what it means.
"""
