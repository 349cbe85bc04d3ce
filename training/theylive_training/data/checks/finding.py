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

"""What an audit found, and how bad it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

ERROR = "error"  # a net would learn something false, or a score would lie
WARNING = "warning"  # it works, but worse than a person may believe
NOTE = "note"  # a property of the set that its user should know
SEVERITIES = (ERROR, WARNING, NOTE)


@dataclasses.dataclass(frozen=True)
class Finding:
    """One line of the audit.

    kind: a short name for programs. where: the layout or part that it is about, "" for the whole set. count: how many of `of`.
    detail: what was found, in a sentence without the names. names: every picture or file concerned. cure: what to do about it.
    """

    kind: str
    severity: str
    where: str
    count: int
    of: int
    detail: str
    cure: str
    names: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For a report."""
        return dataclasses.asdict(self)


def any_of(names: Iterable[str], kind: str, severity: str, where: str, of: int, detail: str, cure: str) -> list[Finding]:
    """A finding about `names`, each counted once; nothing where there are none."""
    each = tuple(dict.fromkeys(names))
    return [Finding(kind, severity, where, len(each), of, detail, cure, each)] if each else []
