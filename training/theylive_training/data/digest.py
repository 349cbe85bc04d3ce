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

"""What a file holds, in one word."""

from __future__ import annotations

import hashlib
from pathlib import Path

from theylive_training.errors import TrainingError

_BLOCK = 1 << 20


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex. Raises TrainingError."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as cause:
        raise TrainingError(f"{path} cannot be read ({cause.strerror}): mend its rights, or copy the data set again") from cause
    return digest.hexdigest()
