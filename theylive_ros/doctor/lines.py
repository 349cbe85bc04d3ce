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

"""Whether the GPIO lines of the default wiring are to be had: a pin that a device tree overlay has taken is found before a motor moves."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from theylive_ros.controller.lines import chip
from theylive_ros.controller.lines.board import NOT_WIRED
from theylive_ros.controller.lines.gpio import GpioConfig
from theylive_ros.controller.lines.interface import LinesError


def free_lines(gpiod: Any, paths: Sequence[str]) -> str:
    """What is well, in words. gpiod: the module; paths: of the machine's chips. LinesError says what is not, and the cure."""
    config = GpioConfig()
    names = {f.name: getattr(config, f.name) for f in dataclasses.fields(config) if f.name.endswith("_line")}
    lines = {offset: name.removesuffix("_line") for name, offset in names.items() if offset != NOT_WIRED}
    path = chip.find_chip(gpiod, paths, config.chip)
    with gpiod.Chip(path) as opened:
        count = opened.get_info().num_lines
        if max(lines) >= count:
            raise LinesError(
                f"{config.chip} has {count} lines, the default wiring goes up to {max(lines)}: on this board, give lines of your own"
            )
        infos = [opened.get_line_info(offset) for offset in lines]
    taken = [f"{info.offset} ({lines[info.offset]}) by {info.consumer or 'the kernel'!r}" for info in infos if info.used]
    if taken:
        raise LinesError(f"in use: {', '.join(taken)}: stop that program, switch its overlay off, or choose other lines")
    return f"{config.chip}: {', '.join(f'{name} {offset}' for offset, name in lines.items())} are free"
