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

"""The size of a picture from the first bytes of its file, much faster than to decode it."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp"}
_ORIENTATION, _LYING = 0x0112, (5, 6, 7, 8)  # the EXIF tag, and its values that swap width and height


def image_size(path: Path) -> tuple[int, int] | None:
    """Width and height (px) of the picture as OpenCV reads it, so turned as its EXIF says; None where the file is no picture.

    Raises OSError where there is no such file or it may not be read.
    """
    with open(path, "rb") as file:
        try:
            with Image.open(file) as image:
                width, height = image.size
                is_lying = image.getexif().get(_ORIENTATION) in _LYING
        except Exception:  # Pillow raises what it likes on damaged headers
            return None
    return (height, width) if is_lying else (width, height)


def pictures_in(folder: Path) -> list[Path]:
    """All picture files below a folder, sorted; hidden ones are no part of a data set."""
    found = (p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
    return sorted(p for p in found if p.is_file())
