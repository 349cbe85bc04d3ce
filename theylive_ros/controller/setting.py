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

"""Fields of the controller's and the lines' config dataclasses. Standard library only."""

from __future__ import annotations

import dataclasses
from typing import Any


def setting(
    default: Any,
    description: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A read-only setting with its description, unit, and inclusive range or allowed words."""
    metadata = {"description": description, "unit": unit, "low": low, "high": high, "choices": choices, "read_only": True}
    return dataclasses.field(default=default, metadata=metadata)
