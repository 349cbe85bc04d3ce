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

"""The doctor's findings as a table for people."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from theylive_ros.doctor.finding import FAIL, OK, PC, RIG, WARN, Finding

_COLOURS = {OK: "\033[32m", WARN: "\033[33m", FAIL: "\033[31m"}
_PLAIN = "\033[0m"


def table(findings: Sequence[Finding], width: int = 80, colour: bool = False) -> str:
    """Lines of at most `width` columns (a longer word stays whole): state, name, what was found, and below it the cure."""
    column = max(len(f.name) for f in findings) + 2
    lines = []
    for part in (PC, RIG):
        chosen = [f for f in findings if f.part == part]
        if chosen:
            lines += ["", part[0].upper() + part[1:]]
        for f in chosen:
            state = f"{_COLOURS[f.status]}{f.status:4}{_PLAIN}" if colour else f"{f.status:4}"
            first, *rest = _wrap(f.detail, width - column - 8)
            lines.append(f"  {state}  {f.name:{column}}{first}")
            lines += [" " * (8 + column) + line for line in rest]
            if f.cure:
                lines += [" " * (8 + column) + line for line in _wrap("-> " + f.cure, width - column - 8)]
    return "\n".join([*lines, "", summary(findings)]).lstrip("\n")


def summary(findings: Sequence[Finding]) -> str:
    """One line: what this machine is good for."""
    fails = sum(f.status == FAIL for f in findings)
    if fails:
        return f"Not ready: {fails} {'thing' if fails == 1 else 'things'} to mend (fail)."
    rig = sum(f.status == WARN and f.part == RIG for f in findings)
    return "Ready for the simulator, pictures and bags" + (f"; as a rig, {rig} to mend (warn)." if rig else ", and as a rig.")


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, max(width, 20), subsequent_indent="   " if text.startswith("-> ") else "", break_long_words=False, break_on_hyphens=False
    ) or [""]
