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

"""Message classes by the name of their type."""

from __future__ import annotations

import importlib

from theylive_ros.bags.errors import BagError


def message_class(name: str) -> type:
    """The class of `pkg/msg/Name`. Raises BagError where its package is not installed."""
    package, _, rest = name.partition("/")
    kind, _, short = rest.partition("/")
    try:
        return getattr(importlib.import_module(f"{package}.{kind}"), short)
    except (ImportError, AttributeError, ValueError) as cause:
        raise BagError(f"message type {name} is not installed here: install package {package}, or leave its topics out") from cause
