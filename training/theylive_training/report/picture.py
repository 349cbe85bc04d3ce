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

"""Pictures within the page: smaller and packed tighter than as files, as data URIs."""

from __future__ import annotations

import base64
import dataclasses
import io
from pathlib import Path

import cv2
from PIL import Image

_WIDEST = 1400  # px; a page's column is 1100 at most, and screens are fine
_COLOURS = 192  # of a plot
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 72, cv2.IMWRITE_JPEG_OPTIMIZE, 1, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)


@dataclasses.dataclass(frozen=True)
class Embedded:
    """width, height: px of what `uri` holds."""

    uri: str
    width: int
    height: int


def plot(path: Path) -> Embedded | None:
    """A drawing with few colours; None where there is none, or a damaged one."""
    image = _shrunk(path)
    if image is None:
        return None
    small = Image.fromarray(image[:, :, ::-1]).quantize(_COLOURS, dither=Image.Dither.NONE)
    data = io.BytesIO()
    small.save(data, "PNG", optimize=True)
    return _embedded("png", data.getvalue(), image)


def photograph(path: Path) -> Embedded | None:
    """A page of pictures; None where there is none, or a damaged one."""
    image = _shrunk(path)
    return None if image is None else _embedded("jpeg", cv2.imencode(".jpg", image, _JPEG)[1].tobytes(), image)


def _shrunk(path: Path) -> cv2.typing.MatLike | None:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR) if path.is_file() else None
    if image is None or image.shape[1] <= _WIDEST:
        return image
    height = round(image.shape[0] * _WIDEST / image.shape[1])
    return cv2.resize(image, (_WIDEST, height), interpolation=cv2.INTER_AREA)


def _embedded(kind: str, data: bytes, image: cv2.typing.MatLike) -> Embedded:
    return Embedded(f"data:image/{kind};base64,{base64.b64encode(data).decode()}", image.shape[1], image.shape[0])
