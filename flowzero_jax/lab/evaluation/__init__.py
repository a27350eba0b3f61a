"""Measures of finished videos, the prompts they are made from, and the report."""
