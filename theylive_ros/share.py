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

"""Where the package's own files (models, config, launch) lie: in a clone, under pip's prefix, or in a colcon install space."""

from __future__ import annotations

import sys
from pathlib import Path


def share_path(*parts: str) -> Path:
    """A file or folder of the package's share directory, e.g. `share_path("models", "x.tflite")`. It may not exist."""
    clone = Path(__file__).resolve().parent.parent
    if (clone / "package.xml").is_file():
        return clone.joinpath(*parts)
    try:
        from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

        return Path(get_package_share_directory("theylive_ros"), *parts)
    except (ImportError, PackageNotFoundError):
        return Path(sys.prefix, "share", "theylive_ros", *parts)
