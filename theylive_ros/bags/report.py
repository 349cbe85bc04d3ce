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

"""Writes the report of a replay frame by frame, so that a long recording does not have to fit into memory."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from types import TracebackType
from typing import Any

from theylive_ros.bags.errors import BagError


class ReportFile:
    """One JSON object with a list `results`. A context manager: the file appears, whole, only when `finish` was called."""

    def __init__(self, path: Path) -> None:
        """Raises BagError where it cannot be written, as everything below does."""
        self._path = path
        self._before = '{"results": [\n'
        self._done = False
        if path.exists() and not path.is_file():  # a folder, or a device, of which a file would take the place
            raise BagError(f"{path} is no file: choose another place for the report")
        self._part = path.with_name(f".{path.name}.part")
        try:
            self._file = self._part.open("w", encoding="utf-8")
        except OSError as cause:
            raise self._error(cause) from cause

    def add(self, row: dict[str, Any]) -> None:
        """One frame."""
        self._write(self._before + json.dumps(row))
        self._before = ",\n"

    def finish(self, facts: dict[str, Any]) -> None:
        """Everything else, and the end."""
        empty = self._before if self._before != ",\n" else ""
        self._write(f"{empty}],\n{json.dumps(facts)[1:]}\n")
        try:
            self._file.close()
            self._part.replace(self._path)
        except OSError as cause:
            raise self._error(cause) from cause
        self._done = True

    def __enter__(self) -> ReportFile:
        """For a with statement."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Leave nothing half done."""
        if not self._done:
            with contextlib.suppress(OSError):  # it may write what could not be written before
                self._file.close()
            self._part.unlink(missing_ok=True)

    def _write(self, text: str) -> None:
        try:
            self._file.write(text)
        except OSError as cause:
            raise self._error(cause) from cause

    def _error(self, cause: OSError) -> BagError:
        return BagError(f"{self._path} cannot be written ({cause.strerror}): choose another place for the report")
