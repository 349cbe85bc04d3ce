"""The one error that a person is shown."""

from __future__ import annotations


class TrainingError(Exception):
    """Something given is missing or wrong; one line with the cause and the cure."""
