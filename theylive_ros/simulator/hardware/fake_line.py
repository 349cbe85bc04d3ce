"""Stands in for the module gpiod.line: the words that describe a line, with the names of the real ones."""

from __future__ import annotations

import enum


class Value(enum.Enum):
    """Logical level."""

    INACTIVE = 0
    ACTIVE = 1


class Direction(enum.Enum):
    """Of a line."""

    AS_IS = 1
    INPUT = 2
    OUTPUT = 3


class Bias(enum.Enum):
    """A line's weak pull."""

    AS_IS = 1
    UNKNOWN = 2
    DISABLED = 3
    PULL_UP = 4
    PULL_DOWN = 5


class Drive(enum.Enum):
    """How an output drives."""

    PUSH_PULL = 1
    OPEN_DRAIN = 2
    OPEN_SOURCE = 3


class Edge(enum.Enum):
    """Which edges are reported."""

    NONE = 1
    RISING = 2
    FALLING = 3
    BOTH = 4


class Clock(enum.Enum):
    """What edges are stamped with."""

    MONOTONIC = 1
    REALTIME = 2
    HTE = 3
