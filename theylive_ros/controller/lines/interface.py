"""What drives the motors and the laser: one object with the wires in its hands. Group `theylive_ros.lines`.

Standard library only: the controller runs as a small process of its own.
"""

from __future__ import annotations

import abc
from typing import Any, ClassVar, NamedTuple


class LinesError(Exception):
    """The wires cannot be had or have failed; one line with the cause and the cure."""


class Inputs(NamedTuple):
    """State of the switches, True where one is pressed."""

    limit_x: bool
    limit_y: bool
    stop: bool


class Lines(abc.ABC):
    """The wires of a rig. Built as `cls(config)`, `config` being an instance of its dataclass `Config`; opened by `open()`."""

    Config: ClassVar[type]

    def __init__(self, config: Any) -> None:
        """Keeps the config; touches no wire."""
        self.config = config

    @property
    @abc.abstractmethod
    def has_laser(self) -> bool:
        """Whether a laser line is wired. Without one, nothing may be armed."""

    @property
    @abc.abstractmethod
    def has_limits(self) -> bool:
        """Whether limit switches are wired, so that homing is possible."""

    @abc.abstractmethod
    def open(self) -> None:
        """Take the wires, laser off. Raises LinesError."""

    def turn(self, axis: int, direction: int, now_us: int) -> None:  # noqa: B027
        """Set an axis' DIR wire, `dir_setup_us` or more before the pulse that needs it. Lines without such a wire do nothing."""

    @abc.abstractmethod
    def step(self, axis: int, direction: int, now_us: int) -> None:
        """One pulse: axis 0 (x, mirror 1) or 1 (y, mirror 2), direction +1 or -1. `now_us`: the executor's clock, microseconds."""

    @abc.abstractmethod
    def light(self, on: bool, now_us: int) -> None:
        """Switch the laser line."""

    @abc.abstractmethod
    def inputs(self) -> Inputs:
        """Read the switches."""

    @abc.abstractmethod
    def close(self) -> None:
        """Laser off, then let the wires go. Safe to call twice."""
