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
