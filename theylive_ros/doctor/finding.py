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

"""What a check found."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

OK = "ok"
WARN = "warn"
FAIL = "fail"
PC = "needed everywhere"
RIG = "the rig's own"
SET_UP = "`theylive setup-board` says what to do, with --apply it does it; then log in again"


@dataclasses.dataclass(frozen=True)
class Finding:
    """One line of the doctor's: what was looked at, how it stands (OK, WARN, FAIL), what was found, and the cure unless it is well."""

    name: str
    status: str
    detail: str
    cure: str = ""
    part: str = PC

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return dataclasses.asdict(self)


def well(name: str, detail: str, part: str = PC) -> Finding:
    """Nothing to mend."""
    return Finding(name, OK, detail, "", part)


def lacking(name: str, detail: str, cure: str) -> Finding:
    """Something that only the rig, or a convenience, needs."""
    return Finding(name, WARN, detail, cure, PC)


def missing(name: str, detail: str, cure: str) -> Finding:
    """Something without which nothing works, not even the simulator."""
    return Finding(name, FAIL, detail, cure, PC)


def rig_lacks(name: str, detail: str, cure: str) -> Finding:
    """Something that the rig needs; a machine without the rig does without."""
    return Finding(name, WARN, detail, cure, RIG)


def split_cure(message: str, otherwise: str) -> tuple[str, str]:
    """What is wrong and how to mend it, of an error message "what: cure"; for any other exception's the cure is `otherwise`."""
    detail, _, cure = message.rpartition(": ")
    if not detail or re.match(r"\w+(Error|Exception|Interrupt)\b", message):
        return message, otherwise
    return detail, cure
