# Copyright 2026 theylive_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Settings of the executor, and how settings come out of the JSON that starts a controller. Standard library only."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any, TypeVar

from theylive_ros.controller.setting import setting

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class ExecutorSettings:
    """What the executor holds to, whatever a planner asks. Positions are microsteps from the reference."""

    max_rate: float = setting(
        2000.0, "fastest plan accepted per axis; keep it at or below the motors' start-stop rate", "microsteps/s", 1.0, 50000.0
    )
    max_acceleration: float = setting(
        100000.0, "highest acceleration of an accepted plan per axis; BRAKE and silence slow down at it", "microsteps/s^2", 1.0, 1e7
    )
    low_x: int = setting(-150, "soft range of axis x: no accepted plan goes lower", "microsteps", -1e6, 1e6)
    high_x: int = setting(150, "soft range of axis x: no accepted plan goes higher", "microsteps", -1e6, 1e6)
    low_y: int = setting(-150, "soft range of axis y: no accepted plan goes lower", "microsteps", -1e6, 1e6)
    high_y: int = setting(150, "soft range of axis y: no accepted plan goes higher", "microsteps", -1e6, 1e6)
    min_interval_us: int = setting(400, "two pulses of an axis are never closer than this; at most 1e6 / max_rate", "us", 1, 1000000)
    dir_setup_us: int = setting(20, "time between setting DIR and the pulse that needs it", "us", 0, 100000)
    max_lease_us: int = setting(50000, "longest time that the laser stays lit after one request", "us", 1000, 50000)
    max_on_us: int = setting(12000000, "light after which the laser must rest", "us", 1000, 3600000000)
    min_off_us: int = setting(400000, "how long it then rests; shorter pauses do not count as rest", "us", 0, 3600000000)
    max_duty: float = setting(1.0, "largest share of light in any `duty_window_us`; 1: no such limit", "", 0.0, 1.0)
    duty_window_us: int = setting(10000000, "the time over which `max_duty` holds", "us", 1000, 3600000000)
    silence_us: int = setting(
        200000, "no intact line from the planner for so long: dark, and both axes brake to rest", "us", 10000, 10000000
    )
    late_us: int = setting(
        1000, "a pulse later than this shifts the rest of the plan by its lateness; less is made up, min_interval_us apart", "us", 0, 100000
    )
    input_period_us: int = setting(2000, "switches are read at least this often while anything moves or shines", "us", 100, 20000)
    start_tolerance_us: int = setting(2000, "a plan may start this far in the past", "us", 0, 100000)
    velocity_tolerance: float = setting(100.0, "largest jump of speed where two segments meet", "microsteps/s", 0.0, 10000.0)
    homing_rate: float = setting(400.0, "constant speed of homing, below the motors' start-stop rate", "microsteps/s", 1.0, 10000.0)
    homing_slow_rate: float = setting(100.0, "speed at which homing meets a switch for the second time", "microsteps/s", 1.0, 10000.0)
    homing_back_off: int = setting(
        16, "how far homing leaves a switch before it meets it slowly; more than the switch needs to open", "microsteps", 1, 100000
    )
    homing_travel: int = setting(400, "homing gives up when a switch has not been met within this distance", "microsteps", 1, 1000000)
    limit_x: int = setting(-160, "where switch X closes; its sign is the direction in which it is looked for", "microsteps", -1e6, 1e6)
    limit_y: int = setting(-160, "where switch Y closes; its sign is the direction in which it is looked for", "microsteps", -1e6, 1e6)

    def __post_init__(self) -> None:
        """ValueError naming the first setting that is out of range or contradicts another."""
        check(self)
        if self.max_rate * self.min_interval_us > 1e6:
            raise ValueError(
                f"min_interval_us {self.min_interval_us} forbids max_rate {self.max_rate:g}; it must be at most 1e6 / max_rate"
            )
        if not self.homing_slow_rate <= self.homing_rate <= self.max_rate:
            rates = f"{self.homing_slow_rate:g}, {self.homing_rate:g}, {self.max_rate:g}"
            raise ValueError(f"homing_slow_rate, homing_rate and max_rate are {rates}; each must be at most the next")
        for axis, low, high in (("x", self.low_x, self.high_x), ("y", self.low_y, self.high_y)):
            if not low <= 0 <= high:
                raise ValueError(f"the soft range of axis {axis}, {low} to {high}, must hold 0, where homing ends")
        if self.limit_x == 0 or self.limit_y == 0:
            raise ValueError("limit_x and limit_y must not be 0: the laser may not shine where a limit switch is pressed")


def build(kind: type[T], values: dict[str, Any]) -> T:
    """A config dataclass from plain values. ValueError names an unknown setting, a wrong type or a value out of range."""
    known = [f.name for f in dataclasses.fields(kind)]  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ValueError(f"{kind.__name__} has no setting {', '.join(unknown)}; it has: {', '.join(known)}")
    config = kind(**values)
    check(config)
    return config


def check(config: Any) -> None:
    """ValueError for the first field whose value is of another type than declared or outside its metadata's low and high."""
    hints = typing.get_type_hints(type(config))
    for field in dataclasses.fields(config):
        value, declared = getattr(config, field.name), hints[field.name]
        fits = isinstance(value, (int, float) if declared is float else typing.get_origin(declared) or declared)
        if not fits or (isinstance(value, bool) and declared is not bool):
            raise ValueError(f"{field.name} is {value!r}; it must be of type {declared.__name__}")
        low, high = field.metadata.get("low"), field.metadata.get("high")
        # `not low <= value` also catches a NaN
        if (low is not None and not low <= value) or (high is not None and not value <= high):
            raise ValueError(f"{field.name} is {value}; it must be from {low} to {high} {field.metadata.get('unit', '')}".rstrip())
