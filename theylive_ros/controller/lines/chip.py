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

"""GPIO chips through libgpiod 2: found by label, lines requested, and every refusal of the kernel in one line with its cure.

`gpiod` is handed in as an argument, so that a stand-in can be: the module, or something with its names.
"""

from __future__ import annotations

import errno
import importlib
import platform
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from theylive_ros.controller.lines.interface import LinesError

CONSUMER = "theylive"  # what gpioinfo shows beside our lines
FIRST_KERNEL = (5, 10)  # with version 2 of the character device
ALLOW = "`theylive setup-board` writes the udev rule and the group; then log in again"


def import_gpiod() -> Any:
    """The module gpiod, version 2. LinesError without it."""
    try:
        gpiod = importlib.import_module("gpiod")
    except ImportError as error:
        raise LinesError(f"the Python module gpiod is missing ({error}): pip install 'gpiod>=2'") from error
    if not hasattr(gpiod, "LineSettings"):
        raise LinesError("the Python module gpiod is of version 1: pip install 'gpiod>=2'")
    return gpiod


def find_chip(gpiod: Any, paths: Sequence[str], label: str) -> str:
    """Path of the chip with a label. Numbers of chips change from kernel to kernel, labels do not. LinesError if there is none."""
    there, denied = [], []
    for path in paths:
        try:
            with gpiod.Chip(path) as chip:
                info = chip.get_info()
        except PermissionError:
            denied.append(path)
            continue
        except OSError as error:
            there.append(f"{path} ({error.strerror or error})")
            continue
        if info.label == label:
            return path
        there.append(f"{info.name} ({info.label})")
    if denied:
        raise LinesError(f"no permission to open {', '.join(denied)}: {ALLOW}")
    if not there:
        raise LinesError("no /dev/gpiochipN here: this machine has no GPIO; without a rig use the lines sim or gpio_standin")
    raise LinesError(f"no GPIO chip is labelled {label!r}; there are {', '.join(there)}: set chip to one of these labels")


def request(gpiod: Any, path: str, lines: Mapping[int, tuple[str, Any]]) -> Any:
    """Take lines in one request: offset -> what it is to us, its LineSettings. LinesError says which line is not to be had, and why."""
    try:
        with gpiod.Chip(path) as chip:
            info = chip.get_info()
            for offset, (name, _) in lines.items():
                if offset >= info.num_lines:
                    raise LinesError(f"line {offset} ({name}) does not exist: {info.name} ({info.label}) has {info.num_lines} lines")
            try:
                return chip.request_lines({offset: settings for offset, (_, settings) in lines.items()}, consumer=CONSUMER)
            except OSError as error:
                raise LinesError(_why(error, chip, info, lines)) from error
    except PermissionError as error:
        raise LinesError(f"no permission to open {path}: {ALLOW}") from error
    except OSError as error:
        raise LinesError(f"{path} does not open: {error.strerror or error}") from error


def output(gpiod: Any, *, on: bool, active_low: bool) -> Any:
    """Settings of an output that begins on or off."""
    line = gpiod.line
    value = line.Value.ACTIVE if on else line.Value.INACTIVE
    return gpiod.LineSettings(direction=line.Direction.OUTPUT, active_low=active_low, output_value=value)


def switch(gpiod: Any, *, pull: str, active_low: bool, debounce_us: int) -> Any:
    """Settings of an input whose edges are reported. pull: up, down or none."""
    line = gpiod.line
    bias = {"up": line.Bias.PULL_UP, "down": line.Bias.PULL_DOWN, "none": line.Bias.DISABLED}[pull]
    return gpiod.LineSettings(
        direction=line.Direction.INPUT,
        edge_detection=line.Edge.BOTH,
        bias=bias,
        active_low=active_low,
        debounce_period=timedelta(microseconds=debounce_us),
    )


def _why(error: OSError, chip: Any, info: Any, lines: Mapping[int, tuple[str, Any]]) -> str:
    names = ", ".join(f"{offset} ({name})" for offset, (name, _) in lines.items())
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"no permission for the lines of {info.name}: {ALLOW}"
    if error.errno == errno.EBUSY:
        taken = {offset: chip.get_line_info(offset) for offset in lines}
        users = ", ".join(f"{o} ({lines[o][0]}) by {i.consumer or 'the kernel'!r}" for o, i in taken.items() if i.used)
        return f"lines of {info.name} are in use: {users or names}; end that program, or free the pin in the device tree, or use another"
    if error.errno in (errno.EINVAL, errno.ENOTTY) and _kernel() < FIRST_KERNEL:
        return f"kernel {platform.release()} is too old for libgpiod 2: use an image with kernel 5.10 or newer (the robot's has 6.1)"
    if error.errno in (errno.EINVAL, errno.ENOTSUP, errno.ENXIO):
        return (
            f"{info.name} refuses lines {names} ({error.strerror}): is a pull asked for that the chip lacks, is an input without interrupt?"
        )
    return f"{info.name} does not give lines {names}: {error.strerror or error}"


def _kernel() -> tuple[int, ...]:
    numbers = platform.release().split("-")[0].split(".")[:2]
    return tuple(int(n) for n in numbers if n.isdigit())
